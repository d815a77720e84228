/*
 * doctor.c - can it be watched?  Asked without running anything.
 *
 * The same judges as before a run, and the things a run needs of the system:
 * the library, a folder for the session, /proc.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
say_fact(struct front *f, bool good, const char *what, const char *cure)
{
	front_say(f, "%s  %s", good ? "yes" : "NO ", what);
	if (!good && cure[0])
		front_say(f, "     try: %s", cure);
}

static bool
session_folder_works(void)
{
	const char *run = getenv("XDG_RUNTIME_DIR"), *tmp = getenv("TMPDIR");

	return (run && !access(run, W_OK | X_OK)) ||
	    !access("/dev/shm", W_OK | X_OK) ||
	    (tmp && !access(tmp, W_OK | X_OK)) || !access("/tmp", W_OK | X_OK);
}

static bool
system_is_ready(struct front *f)
{
	bool module = !front_find_module(f->module);
	bool folder = session_folder_works();

	say_fact(f, module, "the library that records is there",
	    "install poolwatch again");
	say_fact(f, folder, "a folder for the session can be written",
	    "mount a tmpfs on /dev/shm");
	return module && folder;
}

int
doctor_program(struct front *f)
{
	bool ready = system_is_ready(f);
	struct refuse_verdict *v = &f->verdict;

	if (refuse_find(f->options.argv[0], f->program, v) ||
	    refuse_judge(f->program, v)) {
		say_fact(f, false, v->why, v->hint);
		return v->status;
	}
	front_say(f, "yes  %s can be watched", refuse_name(f->program));
	if (strcmp(v->image, f->program))
		front_say(f, "     it is a script; what runs is %s",
		    refuse_name(v->image));
	if (v->own_malloc)
		front_say(f, "     but it has an allocator of its own inside; "
		    "what that gives out is not seen");
	if (v->above[0])
		front_say(f, "     %s", v->above);
	return ready ? 0 : WATCH_FAILED;
}

/* Yama's word on ptrace, which poolleak needs for a heap it never recorded. */
static int
ptrace_scope(void)
{
	FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%d", &scope) != 1)
		scope = 0;
	fclose(file);
	return scope;
}

int
doctor_pid(struct front *f)
{
	pid_t pid = f->options.pid;
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &st) < 0) {
		front_say(f, "there is no process %d", (int)pid);
		return WATCH_FAILED;
	}
	front_say(f, "recording can't start in a running process: the library "
	    "must be there from its first allocation");
	front_say(f, "poolleak %d will look at its heap (not yet in this version)", (int)pid);
	if (!f->options.doctor)
		return WATCH_FAILED;
	if (st.st_uid != geteuid() && geteuid() != 0)
		say_fact(f, false, "it belongs to another user",
		    "ask as that user, or as root");
	else if (ptrace_scope() > 0 && geteuid() != 0)
		say_fact(f, false, "the kernel (Yama) lets only root attach",
		    "ask as root, or set kernel.yama.ptrace_scope to 0");
	return WATCH_FAILED;
}
