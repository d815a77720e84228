/*
 * refuse.h - can this program be watched?  Judged before it is started.
 *
 * What is looked for is what the preload cannot reach: programs that don't
 * ask for a loader, that the kernel starts with a cleaned environment, that
 * belong to another machine, that bring an allocator of a kind that can't be
 * shared.  A script is judged by its interpreter, followed to the end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_REFUSE_H
#define PW_CLI_REFUSE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define REFUSE_TEXT	512

/*
 * One program.  Text is escaped already.  hint is what would help, "" when
 * nothing is known.
 */
struct refuse_verdict {
	int status;		/* 0: can be watched; else the exit status */
	char why[REFUSE_TEXT];	/* names the file */
	char hint[REFUSE_TEXT];
	char image[PATH_MAX];	/* the ELF file that will be executed */
	bool via_shell;		/* no #!: exec says ENOEXEC, /bin/sh runs it */
	bool own_malloc;	/* its dynamic symbols define malloc */
	char above[REFUSE_TEXT];	/* allocator above malloc and its cure */
};

/*
 * Find name as execvp does (PATH when it has no slash) into path.  0, or the
 * exit status (126, 127) with why filled.
 */
int	refuse_find(const char *name, char path[PATH_MAX],
	    struct refuse_verdict *);

/* Judge the file at path; returns v->status. */
int	refuse_judge(const char *path, struct refuse_verdict *);

/* refuse_elf.c: judge an ELF file; fd is borrowed. */
int	refuse_elf(int fd, const char *path, struct refuse_verdict *);

/* refuse_privilege.c: would the kernel start it as AT_SECURE? */
int	refuse_privilege(int fd, const char *path, struct refuse_verdict *);

/* Fill a verdict; returns status. */
int	refuse_say(struct refuse_verdict *, int status, const char *hint,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* text escaped, in a buffer that lives until the eighth call after this. */
const char *refuse_name(const char *text);

#endif
