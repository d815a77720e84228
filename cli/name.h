/*
 * name.h - the name of an output file, from a pattern.
 *
 * %p pid, %e program name, %h host, %t unix time, %n sequence number,
 * %q{VAR} environment, %% a percent sign.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_NAME_H
#define PW_CLI_NAME_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct name_facts {
	pid_t pid;
	const char *program;	/* argv[0] or a path: its last part counts */
	time_t now;
};

enum name_result { NAME_OK, NAME_EXISTS, NAME_BAD, NAME_SYSTEM };

struct name_file {
	int fd;			/* NAME_OK: open for writing, close-on-exec */
	char path[PATH_MAX];	/* absolute */
	char name[PATH_MAX];	/* as the pattern gave it */
	bool moved;		/* the first name was taken */
	char why[512];		/* not NAME_OK: a sentence; escaped */
};

/*
 * Open the file that pattern names, mode 0600, parents made.  A pattern with
 * % gives the first free of NAME, NAME.2, ... (with %n: of the numbers);
 * without, an existing file gives NAME_EXISTS unless force.  A device is
 * opened as it is.
 */
enum name_result name_open(struct name_file *, const char *pattern,
	    const struct name_facts *, bool force);

/* The text for number n (from 1).  0, or -1 with why filled. */
int	name_expand(char path[PATH_MAX], const char *pattern,
	    const struct name_facts *, unsigned n, char why[512]);

#endif
