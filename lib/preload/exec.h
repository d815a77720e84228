/*
 * exec.h - a call of libc's that starts a child with the process's environ.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_EXEC_H
#define PW_PRELOAD_EXEC_H

#pragma GCC visibility push(hidden)

/* call(arg) while environ has our words, if the program at path takes them. */
int	exec_with_environ(int (*call)(void *), void *arg, const char *path);

#pragma GCC visibility pop

#endif
