/*
 * run.h - a program run under poolwatch, to be looked at meanwhile.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_RUN_H
#define PW_VIEWER_RUN_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

struct run {
	pid_t pid;		/* of poolwatch */
	char trace[PATH_MAX];
	char output[PATH_MAX];	/* what program and poolwatch print */
};

/*
 * Start it, in a process group of its own and with nothing to read, and wait
 * until its trace is there.  0, or -1 with one line in why.
 */
int	run_start(struct run *, char **argv, char *why, size_t size);
/* true: it still runs. */
int	run_is_alive(struct run *);

#endif
