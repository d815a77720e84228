/*
 * script.h - keys and commands from a file.
 *
 * A line is a command (`:save-screen out`), something typed at a prompt (`/foo`,
 * `?foo`, `\foo`), or keys with blanks between (`j j Enter`).  Empty lines and
 * those that begin with # say nothing.  Before each line everything is read
 * that the trace has by then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_SCRIPT_H
#define PW_VIEWER_SCRIPT_H

#include <stddef.h>

struct app;

/*
 * Run all of it, or until something quits.  drawn is called after each line.
 * 0, or -1 with one line in why.
 */
int	script_run(struct app *, const char *path, void (*drawn)(struct app *),
	    char *why, size_t size);

#endif
