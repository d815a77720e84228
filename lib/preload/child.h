/*
 * child.h - may the program that is about to be executed be given our words?
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_CHILD_H
#define PW_PRELOAD_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

/* Remember (copy) the session's path, for children. */
void	child_set_session(const char *path);
const char *child_session(void);

/* Are children followed at all? */
bool	child_followed(void);
/* Is it to be, whether it can or not? */
bool	child_wanted(void);

/*
 * Can the file take us: a dynamic program of our kind, or a script of one,
 * that the kernel would not run in secure mode?  A file that can't be read is
 * believed to.  Arguments as of openat.
 */
bool	child_takes(int dirfd, const char *path, int flags);

/*
 * Where execvp would find file: in buf of size bytes, or file itself when it
 * has a slash.  NULL: nowhere.
 */
const char *child_search(const char *file, char *buf, size_t size);

/* Would the kernel execute it?  No promise. */
bool	child_executable(int dirfd, const char *path, int flags);

#pragma GCC visibility pop

/* child_elf.c: of an ELF file that is open. */
bool	child_elf_takes(int fd);

#endif
