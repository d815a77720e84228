/*
 * pool_reset.c - all arenas at once: poolreset, poolisoverlap.
 *
 * A reset asks nothing of the blocks, only of the arenas, so it also mends a
 * poisoned pool: afterwards the pool is as it was before its first arena.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

#include <string.h>

static bool
is_arena(const struct pool_arena *a)
{
	return a != NULL && a->magic == (POOL_MAGIC_ARENA ^ (uintptr_t)a);
}

/* NULL: there is none, or a header of an arena is damaged. */
static struct pool_arena *
highest(Pool *p)
{
	struct pool_arena *a = p->arenalist;

	while (is_arena(a) && a->up != NULL)
		a = a->up;
	return is_arena(a) ? a : NULL;
}

static void
reset_arenas_l(Pool *p)
{
	struct pool_arena *a;
	size_t given;

	while ((a = highest(p)) != NULL) {
		given = a->given;
		pool_arena_unlink_l(p, a);
		if (p->flags & POOL_ANTAGONISM)
			pool_fill(a + 1, a->size - sizeof(*a), POOL_FILL_RESET,
			    a + 1);
		pool_arena_give_l(p, a, given);
	}
}

static void
reset_state_l(Pool *p)
{
	p->freeroot = NULL;
	p->arenalist = NULL;
	p->binmap = 0;
	for (int i = 0; i < POOL_NBIN; i++)
		p->bin[i] = NULL;
	memset(p->recent, 0, sizeof(p->recent));
	p->low = p->high = 0;
	p->why = NULL;
	p->poisoned = p->torn = 0;
	p->cursize = p->curfree = p->curalloc = 0;
	p->nfree = p->lastcompact = 0;
}

void
poolreset(Pool *p)
{
	if (p == NULL)
		return;
	if (p->lock != NULL)
		p->lock(p);
	pool_log(p, POOL_CALL_BEGIN, "poolreset %p", (void *)p);
	reset_arenas_l(p);
	reset_state_l(p);
	pool_log(p, POOL_CALL_END, "poolreset %p", (void *)p);
	if (p->unlock != NULL)
		p->unlock(p);
}

/* n 0 asks whether v is inside. */
static bool
overlap_l(Pool *p, uintptr_t at, size_t n)
{
	struct pool_arena *next;

	if (pool_arena_find(p, at) != NULL)
		return true;
	next = pool_arena_next(p, at);
	return next != NULL && n > (uintptr_t)next - at;
}

int
poolisoverlap(Pool *p, const void *v, size_t n)
{
	bool yes;

	if (p->lock != NULL)
		p->lock(p);
	yes = overlap_l(p, (uintptr_t)v, n);
	if (p->unlock != NULL)
		p->unlock(p);
	return yes;
}
