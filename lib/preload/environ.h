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
#define ENVIRON_OPTIONS	"POOLWATCH_OPTIONS"

/* The value of name in env (NULL-terminated, may be NULL), or NULL. */
const char *environ_find(char *const *env, const char *name);

/*
 * How many words stand before the one that names the file that module is, in
 * list, as LD_PRELOAD has it; -1: none does.
 */
int	environ_place(const char *list, const char *module);

/*
 * Take POOLWATCH_SESSION, POOLWATCH_OPTIONS and our word of LD_PRELOAD out of env, in place:
 * entries move down, the string of LD_PRELOAD is shortened where it lies.
 * Our word has the name of module, whatever the folder: ld.so looks for names
 * without one, and knows $LIB and $ORIGIN.
 * A LD_PRELOAD that held nothing else disappears.
 */
void	environ_hide(char **env, const char *module);

/*
 * What is needed to put them back: an array of *count pointers and a text of
 * *size bytes, both the caller's.
 */
void	environ_measure(char *const *env, const char *module,
	    const char *session, size_t *count, size_t *size);

/*
 * env with both words, in array and text as measured.  module stands behind so
 * many words (`before`) of LD_PRELOAD, if there are so many: who is asked first
 * is the user's choice.
 */
void	environ_build(char *const *env, const char *module, int before,
	    const char *session, char **array, char *text);

#pragma GCC visibility pop

#endif
