/*
 * pool_merge.c - a new arena and its neighbours become one, if merge agrees.
 *
 * merge is asked for the neighbour above first, then for the one below.  Where
 * it says yes, the lower arena ends where the higher one ended.  What lies
 * between their blocks becomes a free block, joined with the free blocks on
 * both sides:
 *
 *	... last block | edge 8 | gap | arena header 40 | first block ...
 *
 * That is a multiple of 16, and never less than the 48 bytes without a gap, so
 * it always has room for a header, links and footer; no block in use has to
 * grow over it.  The gap counts as asked of the source from then on: the source
 * has joined it too, and gets one piece back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

static uintptr_t
given_end(const struct pool_arena *a)
{
	return (uintptr_t)a + a->given;
}

static void
join_arenas_l(Pool *p, struct pool_arena *low, struct pool_arena *high)
{
	struct pool_header *edge = pool_arena_end(low);
	struct pool_header *first = pool_arena_first(high);
	struct pool_header *end = pool_arena_end(high);
	uintptr_t to = given_end(high);
	size_t size = (size_t)((char *)first - (char *)edge);
	bool left = (pool_word(edge) & POOL_WORD_LEFT) != 0;

	pool_log_note(p, POOL_DEBUGGING, "merging %p and %p", (void *)low,
	    (void *)high);
	pool_arena_unlink_l(p, high);
	p->cursize += to - given_end(low);
	low->given = to - (uintptr_t)low;
	low->size = (size_t)((char *)(end + 1) - (char *)low);
	high->magic = 0;
	if (p->flags & POOL_ANTAGONISM)
		pool_fill(pool_data(edge), size - POOL_OVERHEAD,
		    POOL_FILL_UNALLOC, pool_data(edge));
	pool_join_l(p, edge, size, left);
}

static bool
merge_l(Pool *p, struct pool_arena *low, struct pool_arena *high)
{
	if (given_end(high) - (uintptr_t)low > POOL_BLOCK_MAX ||
	    !p->merge(low, high))
		return false;
	join_arenas_l(p, low, high);
	return true;
}

static struct pool_arena *
arena_below(Pool *p, uintptr_t addr)
{
	struct pool_arena *a = p->arenalist, *below = NULL;

	while (a != NULL)
		if ((uintptr_t)a < addr) {
			below = a;
			a = a->up;
		} else
			a = a->down;
	return below;
}

void
pool_merge_l(Pool *p, struct pool_arena *a)
{
	struct pool_arena *high = pool_arena_next(p, (uintptr_t)a), *low;

	if (high != NULL)
		merge_l(p, a, high);
	low = arena_below(p, (uintptr_t)a);
	if (low != NULL && !p->poisoned)
		merge_l(p, low, a);
}
