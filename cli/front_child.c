/*
 * front_child.c - start PROGRAM and the recorder.
 *
 * PROGRAM is forked first and waits on a pipe: names hold its pid, and the
 * session must name it before it runs.  When we die meanwhile, the pipe
 * closes and the child vanishes.  It then restores what we changed (signals,
 * environment) and executes; a failing exec comes back through a second pipe
 * that a successful one closes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/file.h"

#define READY_BYTE	'g'

static bool
is_ourselves(const char *path)
{
	struct stat a, b;

	return path && !stat(path, &a) && !stat("/proc/self/exe", &b) &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* What PROGRAM's environment has beside the user's; the library hides it. */
static void
set_environment(struct front *f)
{
	const char *user = getenv("LD_PRELOAD");
	char *value;

	if (asprintf(&value, "%s%s%s", f->module, user && *user ? ":" : "",
	    user ? user : "") < 0)
		_exit(WATCH_FAILED);
	setenv("LD_PRELOAD", value, 1);
	unsetenv("POOLWATCH_OPTIONS");
	unsetenv("POOLWATCH_MODULE");
	setenv(SESSION_ENV, f->session_path, 1);
	if (is_ourselves(getenv("_")))	/* a shell's word for what it ran */
		setenv("_", f->program, 1);
	if (f->options.pass_through)
		return;
	setenv("PYTHONMALLOC", "malloc", 0);
	setenv("G_SLICE", "always-malloc", 0);
	setenv("GLIBCXX_FORCE_NEW", "1", 0);
}

/* As execvp: what the kernel doesn't know is a script of the shell. */
static void
execute(struct front *f)
{
	char **argv = f->options.argv, **shell;
	int n = f->options.argc;

	execv(f->program, argv);
	if (errno != ENOEXEC || !f->verdict.via_shell)
		return;
	shell = calloc((size_t)n + 2, sizeof(*shell));
	if (!shell)
		return;
	shell[0] = argv[0];
	shell[1] = f->program;
	memcpy(shell + 2, argv + 1, (size_t)n * sizeof(*shell));
	execv("/bin/sh", shell);
}

/* The session's path comes through the pipe, behind the byte. */
static _Noreturn void
be_program(struct front *f, int go, int report)
{
	char message[1 + PATH_MAX] = "";
	ssize_t n, error;

	do
		n = read(go, message, sizeof(message) - 1);
	while (n < 0 && errno == EINTR);
	if (n < 1 || message[0] != READY_BYTE)
		_exit(WATCH_FAILED);
	strcpy(f->session_path, message + 1);
	set_environment(f);
	front_give_signals_back(f);
	execute(f);
	error = errno;
	n = write(report, &error, sizeof(error));
	_exit(n == sizeof(error) ? WATCH_CANNOT_RUN : WATCH_FAILED);
}

int
front_fork_child(struct front *f)
{
	int go[2], report[2];

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0)
		return -1;
	f->root = fork();
	if (f->root == 0) {
		close(go[1]);
		close(report[0]);
		be_program(f, go[0], report[1]);
	}
	close(go[0]);
	close(report[1]);
	f->go_fd = go[1];
	f->exec_fd = report[0];
	return f->root < 0 ? -1 : 0;
}

void
front_drop_child(struct front *f)
{
	close(f->go_fd);
	close(f->exec_fd);
	while (waitpid(f->root, NULL, 0) < 0 && errno == EINTR)
		;
}

/*
 * The answer: EOF when PROGRAM was executed or ended before.  Signals are
 * attended to meanwhile: it may be stopped before it is executed.
 */
static int
await_exec(struct front *f)
{
	struct pollfd p[2] = { { f->exec_fd, POLLIN, 0 },
	    { f->signal_fd, POLLIN, 0 } };
	ssize_t error = 0;

	while (poll(p, 2, -1) >= 0 || errno == EINTR) {
		if (p[0].revents)
			break;
		front_handle_signals(f);
	}
	if (read(f->exec_fd, &error, sizeof(error)) != sizeof(error))
		error = 0;
	close(f->exec_fd);
	return (int)error;
}

int
front_start_child(struct front *f)
{
	char message[1 + PATH_MAX] = { READY_BYTE };
	size_t n = strlen(f->session_path);
	ssize_t got;

	/* At most PATH_MAX bytes: one whole write to an empty pipe. */
	memcpy(message + 1, f->session_path, n + 1);
	got = write(f->go_fd, message, n + 1);
	close(f->go_fd);
	(void)got;	/* it was killed while it waited: EOF tells */
	return await_exec(f);
}

static int
pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* A tenth of what is free, at most 10 GB; nothing for what is no file. */
static uint64_t
size_limit(const struct front *f)
{
	uint64_t room = record_room(f->trace_fd);

	if (f->options.max_size)
		return f->options.max_size;
	if (room == UINT64_MAX)
		return 0;
	room /= 10;
	return room > (10ull << 30) ? 10ull << 30 : room ? room : 1;
}

/* The old files of a ring are not to be kept from going, by us least of all. */
static void
let_go_of_ring(struct front *f)
{
	close(f->trace_fd);
	f->trace_fd = -1;
}

int
front_fork_recorder(struct front *f)
{
	char path[PATH_MAX];
	struct record_setup s = {
		.session = f->session,
		.session_path = f->session_path,
		.session_fd = f->session_fd,
		.trace_fd = f->trace_fd,
		.max_size = size_limit(f),
		.ticks = f->ticks,
	};

	f->shared = mmap(NULL, sizeof(*f->shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	f->notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (f->shared == MAP_FAILED || f->notify_fd < 0)
		return -1;
	if (f->options.ring && f->trace[0])
		s.ring = realpath(f->trace, path);
	if (f->options.ring && s.ring == NULL)
		front_say(f, "a trace without a name is no ring: at its size "
		    "recording stops");
	s.shared = f->shared;
	s.notify_fd = f->notify_fd;
	s.front_pidfd = pidfd_of(getpid());
	s.root_pidfd = pidfd_of(f->root);
	/* Whatever becomes of the recorder, there is a trace that can be read. */
	s.file = trace_file_create(f->trace_fd, f->session, f->session_path);
	s.file_error = errno;
	f->recorder = fork();
	if (f->recorder == 0)
		record_run(&s);
	close(s.front_pidfd);
	close(s.root_pidfd);
	if (s.ring)
		let_go_of_ring(f);
	return f->recorder < 0 ? -1 : 0;
}
