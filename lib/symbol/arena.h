/*
 * arena.h - memory that is given back all at once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_SYMBOL_ARENA_H
#define PW_SYMBOL_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* Zero it before the first use. */
struct arena {
	struct arena_chunk *chunks;
	char *next;
	size_t left;		/* bytes behind next */
};

/* size bytes, zeroed, aligned for any type; NULL without memory. */
void	*arena_take(struct arena *, size_t size);
/* A copy of size bytes and a NUL, or NULL. */
char	*arena_string(struct arena *, const char *, size_t size);
void	arena_release(struct arena *);

#endif
