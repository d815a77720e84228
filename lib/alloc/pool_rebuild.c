/*
 * pool_rebuild.c - bins, tree, footers and sums of a pool, made from the words.
 *
 * A heap in a file may have been left between any two stores.  What counts
 * then are the headers (see pool_block.c for the order they are written in):
 * first all arenas are walked and nothing is written; if every chain is whole,
 * they are walked again and what hangs on them is made anew.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

#include <string.h>

static const char *
header_wrong(struct pool_header *h, struct pool_header *end)
{
	uint64_t word = pool_word(h);
	size_t size = pool_word_size(word);
	unsigned kind = pool_word_kind(word);

	if (!pool_word_is_sound(h, word))
		return "bad magic";
	if (h == end)
		return kind == POOL_KIND_EDGE ? NULL : "found wrong tail";
	if (size < POOL_MINBLOCK || size > (size_t)((char *)end - (char *)h))
		return "block leaves its arena";
	return kind >= POOL_KIND_FREE && kind <= POOL_KIND_DEAD ? NULL :
	    "bad magic";
}

static const char *
arena_wrong(struct pool_arena *a, void **where)
{
	struct pool_header *h, *end = pool_arena_end(a);
	const char *wrong;

	*where = a;
	if (a->magic != (POOL_MAGIC_ARENA ^ (uintptr_t)a))
		return "bad arena magic";
	if (a->size < POOL_ARENA_OVERHEAD + POOL_MINBLOCK ||
	    a->size % POOL_GRAIN != 0 || a->size > a->given)
		return "bad arena size";
	for (h = pool_arena_first(a);; h = pool_right(h)) {
		*where = h;
		wrong = header_wrong(h, end);
		if (wrong != NULL || h == end)
			return wrong;
	}
}

/* h is free: all free blocks behind it become part of it. */
static size_t
gather(struct pool_header *h)
{
	struct pool_header *right = pool_right(h);

	while (pool_word_kind(pool_word(right)) == POOL_KIND_FREE) {
		struct pool_header *gone = right;
		size_t size = pool_size(h) + pool_size(right);

		right = pool_right(right);
		pool_set_word(h, pool_word_make(h, size, POOL_KIND_FREE, 0,
		    false));
		pool_set_word(gone, 0);
	}
	return pool_size(h);
}

static void
arena_rebuild(Pool *p, struct pool_arena *a)
{
	struct pool_header *h = pool_arena_first(a), *end = pool_arena_end(a);
	bool left = false;

	for (; h < end; h = pool_right(h)) {
		pool_set_left(h, left);
		left = pool_word_kind(pool_word(h)) == POOL_KIND_FREE;
		if (left) {
			size_t size = gather(h);

			pool_bins_insert(p, pool_links(h, size), size);
		} else
			p->curalloc += pool_size(h);
	}
	pool_set_left(end, left);
}

const char *
pool_rebuild_l(Pool *p, void **where)
{
	struct pool_arena *a;
	const char *wrong;

	for (a = pool_arena_next(p, 0); a != NULL;
	    a = pool_arena_next(p, (uintptr_t)a)) {
		wrong = arena_wrong(a, where);
		if (wrong != NULL)
			return wrong;
	}
	p->freeroot = NULL;
	p->binmap = 0;
	memset(p->bin, 0, sizeof(p->bin));
	p->curfree = p->curalloc = 0;
	p->poisoned = p->torn = false;
	for (a = pool_arena_next(p, 0); a != NULL;
	    a = pool_arena_next(p, (uintptr_t)a))
		arena_rebuild(p, a);
	return NULL;
}
