/*
 * pool_walk.c - all blocks of a pool: poolwalk, pooldump, poolcheck, pooltrim.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool.h"

#include "alloc/pool_impl.h"

void
poolcheck(Pool *p)
{
	if (p->lock != NULL)
		p->lock(p);
	if (p->poisoned)
		pool_fault(p, NULL, p->why);
	else
		pool_check_l(p);
	pool_unlock(p);
}

void
poolblockcheck(Pool *p, void *v)
{
	struct pool_user u;

	if (v == NULL || pool_enter(p) != 0)
		return;
	pool_lookup_l(p, v, &u);
	pool_unlock(p);
}

static void
walk_block(struct pool_header *h, pool_walk_fn *fn, void *arg)
{
	struct pool_user u;

	switch (pool_word_kind(pool_word(h))) {
	case POOL_KIND_ALLOC:
		if (pool_user_get(h, &u))
			fn(arg, pool_user_data(h, &u), u.size,
			    POOL_BLOCK_ALLOC);
		break;
	case POOL_KIND_QUICK:
		fn(arg, pool_data(h), pool_room(h), POOL_BLOCK_QUICK);
		break;
	case POOL_KIND_DEAD:
		fn(arg, pool_data(h), pool_room(h), POOL_BLOCK_DEAD);
		break;
	default:
		fn(arg, pool_data(h), pool_room(h), POOL_BLOCK_FREE);
	}
}

/* The block behind h; NULL: there is none, or h does not know its size. */
static struct pool_header *
walk_next(struct pool_arena *a, struct pool_header *h)
{
	struct pool_header *end = pool_arena_end(a);
	uint64_t word = pool_word(h);
	size_t size = pool_word_size(word);

	if (!pool_word_is_sound(h, word) || size < POOL_MINBLOCK ||
	    size >= (size_t)((char *)end - (char *)h))
		return NULL;
	return pool_behind(h, size);
}

void
poolwalk(Pool *p, pool_walk_fn *fn, void *arg)
{
	struct pool_header *h;
	struct pool_arena *a;

	if (pool_enter(p) != 0)
		return;
	for (a = pool_arena_next(p, 0); a != NULL;
	    a = pool_arena_next(p, (uintptr_t)a))
		for (h = pool_arena_first(a); h != NULL; h = walk_next(a, h))
			walk_block(h, fn, arg);
	pool_unlock(p);
}

/* What a free block begins with may never have been a tag. */
static void
dump_block(Pool *p, struct pool_header *h)
{
	static const char *const kinds[8] = {
		"?", "free", "alloc", "quick", "dead", "edge", "own", "?",
	};
	unsigned k = pool_word_kind(pool_word(h));
	const char *kind = kinds[k];
	uint64_t tag[2];

	pool_tags_get(p, h, tag);
	if (k == POOL_KIND_FREE || (tag[0] == 0 && tag[1] == 0))
		p->print(p, "%p %s %zu\n", (void *)h, kind, pool_size(h));
	else
		p->print(p, "%p %s %zu tags 0x%lx 0x%lx\n", (void *)h, kind,
		    pool_size(h), (unsigned long)tag[0],
		    (unsigned long)tag[1]);
}

static void
dump_arena(Pool *p, struct pool_arena *a)
{
	struct pool_header *h;

	p->print(p, "arena %p %zu\n", (void *)a, (size_t)a->size);
	for (h = pool_arena_first(a); h != NULL; h = walk_next(a, h))
		dump_block(p, h);
}

void
pool_dump_l(Pool *p)
{
	struct pool_arena *a;

	if (p->print == NULL)
		return;
	p->print(p, "pool %p %s\n", (void *)p,
	    p->name != NULL ? p->name : "?");
	for (a = pool_arena_next(p, 0); a != NULL;
	    a = pool_arena_next(p, (uintptr_t)a))
		dump_arena(p, a);
}

void
pooldump(Pool *p)
{
	if (pool_enter(p) != 0)
		return;
	if (!(p->flags & POOL_VERBOSITY))
		pool_dump_l(p);
	pool_unlock(p);
}

size_t
pooltrim(Pool *p)
{
	size_t given;

	if (pool_enter(p) != 0)
		return 0;
	pool_log(p, POOL_CALL_BEGIN, "pooltrim %p", (void *)p);
	given = pool_arena_trim_l(p);
	pool_log(p, POOL_CALL_END, "pooltrim %p = %zu", (void *)p, given);
	pool_leave(p);
	return given;
}
