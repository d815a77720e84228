/*
 * environ.h - our two words in the environment: found, hidden, put back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_ENVIRON_H
#define PW_PRELOAD_ENVIRON_H

#include <stdbool.h>
#include <stddef.h>

#pragma GCC visibility push(hidden)

#define ENVIRON_PRELOAD	"LD_PRELOAD"

/* The value of name in env (NULL-terminated, may be NULL), or NULL. */
const char *environ_find(char *const *env, const char *name);

/*
 * Take POOLWATCH_SESSION and our word of LD_PRELOAD out of env, in place:
 * entries move down, the string of LD_PRELOAD is shortened where it lies.
 * A LD_PRELOAD that held nothing else disappears.
 */
void	environ_hide(char **env, const char *module);

/*
 * What is needed to put them back: an array of *count pointers and a text of
 * *size bytes, both the caller's.
 */
void	environ_measure(char *const *env, const char *module,
	    const char *session, size_t *count, size_t *size);

/* env with both words, in array and text as measured. */
void	environ_build(char *const *env, const char *module,
	    const char *session, char **array, char *text);

#pragma GCC visibility pop

#endif
