/*
 * arena.c - memory that is given back all at once.
 *
 * Chunks of 64 KB in a list; what is larger than a quarter of one gets a
 * chunk of its own, so that no more than a quarter is ever wasted.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "symbol/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

#define ARENA_CHUNK	(64u << 10)
#define ARENA_ALIGN	_Alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	max_align_t data[];
};

static void *
arena_chunk_take(struct arena *a, size_t size)
{
	struct arena_chunk *c;

	if (size > SIZE_MAX / 2)
		return NULL;
	c = calloc(1, sizeof(*c) + size);
	if (c == NULL)
		return NULL;
	c->next = a->chunks;
	a->chunks = c;
	return c->data;
}

void *
arena_take(struct arena *a, size_t size)
{
	void *p;

	if (size > ARENA_CHUNK / 4)
		return arena_chunk_take(a, size);
	size = bits_align_up(size ? size : 1, ARENA_ALIGN);
	if (size > a->left) {
		p = arena_chunk_take(a, ARENA_CHUNK);
		if (p == NULL)
			return NULL;
		a->next = p;
		a->left = ARENA_CHUNK;
	}
	p = a->next;
	a->next += size;
	a->left -= size;
	return p;
}

char *
arena_string(struct arena *a, const char *s, size_t size)
{
	char *p = arena_take(a, size + 1);

	if (p != NULL)
		memcpy(p, s, size);
	return p;
}

void
arena_release(struct arena *a)
{
	struct arena_chunk *c, *next;

	for (c = a->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	memset(a, 0, sizeof(*a));
}
