/*
 * mmalloc_check.c - mmcheck and mmstats: is the heap sound, how much is where.
 *
 * The pool looks at a block whenever it is freed or resized, mmcheck or not.
 * What mmcheck adds is a function to call, and a look at all of the heap: now,
 * and for as long as the file lives at each attach and detach.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_impl.h"

int
mmcheck(void *md, void (*func)(void))
{
	struct mmalloc_region *r = region_find(md, true);
	struct mmalloc_header *h;

	if (r == NULL || r->readonly || r->foreign)
		return 0;
	h = region_header(r);
	region_lock(r);
	r->abortfunc = func;
	header_store(&h->flags, h->flags | MMALLOC_CHECKED);
	poolcheck(&r->pool);
	region_done(r, 0);
	return 1;
}

static void
count(struct mstats *s, uint64_t word)
{
	size_t size = pool_word_size(word);

	if (pool_word_kind(word) == POOL_KIND_FREE) {
		s->chunks_free++;
		s->bytes_free += size;
	} else {
		s->chunks_used++;
		s->bytes_used += size;
	}
}

/* A chain that was found whole, or is ours; else nothing is counted. */
static void
count_all(const struct mmalloc_region *r, struct mstats *s)
{
	size_t top = mmalloc_chain_end(r->base, r->mapped);
	struct pool_header *h = pool_arena_first(region_arena(r));
	char *end = r->base + top - sizeof(*h);

	if (top == 0)
		return;
	s->bytes_total = top;
	for (; (char *)h < end; h = pool_right(h))
		count(s, pool_word(h));
}

struct mstats
mmstats(void *md)
{
	struct mmalloc_region *r = region_find(md, false);
	struct mstats s = { 0 };

	if (r == NULL || r->foreign)
		return s;
	region_lock(r);
	count_all(r, &s);
	region_unlock(r);
	return s;
}
