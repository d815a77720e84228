/*
 * run.c - a program run under poolwatch, to be looked at meanwhile.
 *
 * The screen is ours, so what the program prints goes to a file beside the
 * trace.  poolwatch is looked for beside poolview first.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "trace/reader.h"
#include "viewer/text.h"

#define WAIT_STEP	20	/* ms */
#define WAIT_STEPS	500

static void
name_files(struct run *r, const char *program)
{
	const char *dir = access(".", W_OK) == 0 ? "." : "/tmp";

	snprintf(r->trace, sizeof(r->trace), "%s/%s.%d.pwt", dir,
	    text_base(program), (int)getpid());
	snprintf(r->output, sizeof(r->output), "%s/%s.%d.out", dir,
	    text_base(program), (int)getpid());
}

/* poolwatch beside our own program, or the one of PATH. */
static void
name_poolwatch(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 16);
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash ? slash + 1 : path, "poolwatch");
	if (access(path, X_OK) != 0)
		strcpy(path, "poolwatch");
}

static void
become_poolwatch(struct run *r, char **argv)
{
	char path[PATH_MAX];
	char **args;
	int n = 0, fd;

	while (argv[n] != NULL)
		n++;
	args = calloc((size_t)n + 5, sizeof(*args));
	fd = open(r->output, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (args == NULL || fd < 0)
		_exit(125);
	setpgid(0, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	close(fd);
	fd = open("/dev/null", O_RDONLY);
	dup2(fd, 0);
	close(fd);
	args[0] = "poolwatch";
	args[1] = "-o";
	args[2] = r->trace;
	args[3] = "--";
	memcpy(args + 4, argv, (size_t)n * sizeof(*args));
	name_poolwatch(path, sizeof(path));
	execvp(path, args);
	dprintf(2, "%s: %s\n", path, strerror(errno));
	_exit(127);
}

int
run_is_alive(struct run *r)
{
	if (r->pid > 0 && waitpid(r->pid, NULL, WNOHANG) != 0)
		r->pid = 0;
	return r->pid > 0;
}

static int
trace_is_there(struct run *r)
{
	struct trace_status status;
	struct trace_reader *reader = trace_open(r->trace, 0, &status);

	if (reader == NULL)
		return 0;
	trace_close(reader);
	return 1;
}

/* The first line that was printed, which tells why. */
static void
read_reason(struct run *r, char *why, size_t size)
{
	FILE *f = fopen(r->output, "r");

	snprintf(why, size, "poolwatch did not start");
	if (f == NULL)
		return;
	if (fgets(why, (int)size, f) != NULL)
		why[strcspn(why, "\n")] = '\0';
	fclose(f);
}

int
run_start(struct run *r, char **argv, char *why, size_t size)
{
	static const struct timespec step = { 0, WAIT_STEP * 1000000 };
	int i, alive = 1;

	name_files(r, argv[0]);
	r->pid = fork();
	if (r->pid < 0) {
		snprintf(why, size, "fork: %s", strerror(errno));
		return -1;
	}
	if (r->pid == 0)
		become_poolwatch(r, argv);
	for (i = 0; i < WAIT_STEPS && alive; i++) {
		/* In this order: it may end between the two. */
		alive = run_is_alive(r);
		if (trace_is_there(r))
			return 0;
		nanosleep(&step, NULL);
	}
	read_reason(r, why, size);
	return -1;
}
