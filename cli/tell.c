/*
 * tell.c - steer a recording that runs, from outside.
 *
 * The session file is what programs and recorder share; whoever may write it
 * may steer.  A process of the tree shows its path among its mappings (as do
 * the front and the recorder); where those can't be read, the usual folders are
 * searched for a session that knows the pid.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "trace/writer.h"

#define PREFIX		"poolwatch-"	/* as front_session.c names them */
#define PATIENCE_NS	5000000000ull
#define NAP_NS		100000000ull

/* The path in a line of /proc/PID/maps, if it may be a session's. */
static const char *
maps_path(char *line)
{
	char *path = strchr(line, '/');
	char *name = path ? strrchr(path, '/') + 1 : NULL;

	line[strcspn(line, "\n")] = '\0';
	return name && !strncmp(name, PREFIX, strlen(PREFIX)) ? path : NULL;
}

/* NULL: it shows none, or errno says why it shows nothing. */
static struct session_header *
find_mapped(pid_t pid)
{
	struct session_header *h = NULL;
	char name[40], *line = NULL;
	const char *path;
	size_t size = 0;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	maps = fopen(name, "re");
	if (!maps)
		return NULL;
	errno = 0;
	while (!h && getline(&line, &size, maps) > 0)
		if ((path = maps_path(line)))
			h = session_attach(path);
	free(line);
	fclose(maps);
	return h;
}

static bool
knows(struct session_header *h, pid_t pid)
{
	uint32_t n = __atomic_load_n(&h->procs_claimed, __ATOMIC_ACQUIRE);
	const struct session_proc *p = session_procs(h);

	if ((uint32_t)pid == h->front_pid || (uint32_t)pid == h->recorder_pid ||
	    (uint32_t)pid == h->root_pid)
		return true;
	for (uint32_t i = 0; i < n && i < session_procs_max(h); i++)
		if (p[i].pid == (uint32_t)pid && !p[i].dead)
			return true;
	return false;
}

static struct session_header *
find_in(const char *folder, pid_t pid)
{
	DIR *dir = folder && *folder == '/' ? opendir(folder) : NULL;
	struct session_header *h = NULL;
	struct dirent *e;
	char *path;

	while (dir && (e = readdir(dir))) {
		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) ||
		    asprintf(&path, "%s/%s", folder, e->d_name) < 0)
			continue;
		h = session_attach(path);
		free(path);
		if (h && knows(h, pid))
			break;
		if (h)
			os_unmap(h, h->file_size);
		h = NULL;
	}
	if (dir)
		closedir(dir);
	return h;
}

static struct session_header *
find(pid_t pid)
{
	const char *folders[] = { getenv("XDG_RUNTIME_DIR"), "/dev/shm",
	    getenv("TMPDIR"), "/tmp" };
	struct session_header *h = find_mapped(pid);
	size_t i;

	for (i = 0; !h && i < sizeof(folders) / sizeof(folders[0]); i++)
		h = find_in(folders[i], pid);
	return h;
}

/* One at a time; who died meanwhile is passed over.  0, or -1. */
static int
take_turn(struct session_header *h, uint64_t until)
{
	uint32_t me = (uint32_t)getpid(), other = 0;

	while (!__atomic_compare_exchange_n(&h->tell_lock, &other, me, false,
	    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		if (kill((pid_t)other, 0) < 0 && errno == ESRCH)
			continue;	/* other is what was seen: take it */
		if (os_monotonic_ns() > until)
			return -1;
		usleep(1000);
		other = 0;
	}
	return 0;
}

/* What the recorder answers: 0 or an errno; ETIME: nothing. */
static int
ask(struct session_header *h, const struct watch_options *o)
{
	uint64_t until = os_monotonic_ns() + PATIENCE_NS;
	uint32_t asked, done;
	int result = ETIME;

	if (take_turn(h, until) < 0)
		return ETIME;
	h->tell_word = o->tell_word;
	snprintf(h->tell_name, sizeof(h->tell_name), "%s", o->tell_name);
	asked = __atomic_add_fetch(&h->tell_asked, 1, __ATOMIC_RELEASE);
	session_wake(h);
	while ((done = __atomic_load_n(&h->tell_done, __ATOMIC_ACQUIRE)) !=
	    asked && os_monotonic_ns() < until)
		os_futex_wait(&h->tell_done, done, NAP_NS);
	if (done == asked)
		result = h->tell_result;
	__atomic_store_n(&h->tell_lock, 0, __ATOMIC_RELEASE);
	return result;
}

static const char *
why(int error, enum session_tell word)
{
	switch (error) {
	case EALREADY:
		return word == SESSION_TELL_PAUSE ? "it is paused already" :
		    "it is not paused";
	case EAGAIN:
		return "the program has not begun";
	case EPIPE:
		return "the recording has just ended";
	case ETIME:
		return "its recorder does not answer";
	default:
		return strerror(error);
	}
}

int
tell_run(struct front *f)
{
	const struct watch_options *o = &f->options;
	struct session_header *h;
	int error;

	f->say_pid = o->tell_pid;
	if (kill(o->tell_pid, 0) < 0 && errno == ESRCH) {
		front_say(f, "there is no process %d", (int)o->tell_pid);
		return WATCH_FAILED;
	}
	h = find(o->tell_pid);
	if (!h || h->closed) {
		front_say(f, "process %d is of no recording that runs, or of "
		    "somebody else's", (int)o->tell_pid);
		return WATCH_FAILED;
	}
	error = ask(h, o);
	if (error)
		front_say(f, "%s", why(error, o->tell_word));
	return error ? WATCH_FAILED : 0;
}
