/*
 * pool_compact.c - blocks slide down over the free ones: poolcompact.
 *
 * Each arena is walked once from its beginning.  Free blocks are taken out of
 * their bins and make a run; a block behind the run is copied to its beginning,
 * and the run then lies behind the block:
 *
 *	block | run ....... | block B | free |		before
 *	block | block B | run .............. |		after
 *
 * A placed block (poolallocalign) goes down by a multiple of its alignment that
 * keeps it in one window; what is left in front of it becomes a free block, or
 * it stays.  Dead blocks, and quick ones, whose owner may change them without
 * the lock, stay as well: the run before them becomes a free block.
 *
 * Nothing is moved in a pool that is not sound.  Sizes stay what they are, so
 * curalloc and curfree do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

#include <string.h>

#define PLACES_TRIED	1024	/* for a placed block, the lowest first */

struct slide {
	Pool *pool;
	struct pool_header *run;
	size_t size;		/* of the run; 0: there is none */
	bool moved;
};

static void
run_close(struct slide *s)
{
	if (s->size != 0)
		pool_join_l(s->pool, s->run, s->size, false);
	s->size = 0;
}

static void
run_add(struct slide *s, struct pool_header *h, size_t size)
{
	if (!pool_bins_remove(s->pool, pool_links(h, size), size))
		return;
	if (s->size == 0)
		s->run = h;
	else
		pool_set_word(h, 0);
	s->size += size;
}

/* Where the new block ends before the old header, that must be none any more. */
static void
block_move(struct slide *s, struct pool_header *h, struct pool_header *to,
    const struct pool_user *u)
{
	size_t size = pool_size(h);
	unsigned slack;

	memmove(to, h, size);
	slack = pool_user_set(to, size, u);
	pool_set_word(to, pool_word_make(to, size, POOL_KIND_ALLOC, slack,
	    false));
	if ((char *)to + size <= (char *)h)
		pool_set_word(h, 0);
	s->moved = true;
	s->pool->move((char *)pool_data(h) + u->skip,
	    (char *)pool_data(to) + u->skip);
}

static bool
place_fits(uintptr_t data, const struct pool_user *u)
{
	return u->span == 0 || u->size == 0 ||
	    data / u->span == (data + u->size - 1) / u->span;
}

static size_t
place_step(size_t align)
{
	size_t step = align;

	while (step % POOL_GRAIN != 0)
		step *= 2;
	return step;
}

/*
 * How far down a placed block may go over run bytes; 0: not at all.  Neither
 * before nor behind it may less than a block be left.
 */
static size_t
place_shift(struct pool_header *h, size_t run, const struct pool_user *u)
{
	uintptr_t data = (uintptr_t)pool_data(h) + u->skip;
	size_t step = place_step(u->align), shift = run - run % step;

	for (int i = 0; i < PLACES_TRIED && shift >= POOL_MINBLOCK;
	    i++, shift -= step)
		if ((shift == run || run - shift >= POOL_MINBLOCK) &&
		    place_fits(data - shift, u))
			return shift;
	return 0;
}

static void
block_slide(struct slide *s, struct pool_header *h)
{
	struct pool_header *run = s->run, *to;
	size_t size = pool_size(h), shift = s->size, before;
	struct pool_user u;

	if (s->size == 0)
		return;
	if (!pool_user_get(h, &u) || (u.align != 0 &&
	    (shift = place_shift(h, s->size, &u)) == 0)) {
		pool_log_note(s->pool, POOL_DEBUGGING, "%p stays", (void *)h);
		run_close(s);
		return;
	}
	before = s->size - shift;
	to = pool_behind(run, before);
	block_move(s, h, to, &u);
	if (before != 0)
		pool_join_l(s->pool, run, before, false);
	s->run = pool_behind(to, size);
	s->size = shift;
}

static void
arena_slide(struct slide *s, struct pool_arena *a)
{
	struct pool_header *h = pool_arena_first(a), *next;
	uint64_t word;

	for (; h != pool_arena_end(a) && !s->pool->poisoned; h = next) {
		word = pool_word(h);
		next = pool_right(h);
		switch (pool_word_kind(word)) {
		case POOL_KIND_FREE:
			run_add(s, h, pool_word_size(word));
			break;
		case POOL_KIND_ALLOC:
			block_slide(s, h);
			break;
		default:
			run_close(s);
		}
	}
	run_close(s);
}

bool
pool_compact_l(Pool *p)
{
	struct slide s = { .pool = p };
	struct pool_arena *a = NULL;

	if (p->move == NULL || p->lastcompact == p->nfree ||
	    (p->ops != NULL && p->ops->ordered) || !pool_check_l(p))
		return false;
	while (!p->poisoned &&
	    (a = pool_arena_next(p, (uintptr_t)a)) != NULL)
		arena_slide(&s, a);
	p->lastcompact = p->nfree;
	pool_log_note(p, POOL_DEBUGGING, "compacted: %d, largest free %zu",
	    s.moved, pool_bins_largest(p));
	return s.moved;
}

int
poolcompact(Pool *p)
{
	bool moved;

	if (pool_enter(p) != 0)
		return 0;
	pool_log(p, POOL_CALL_BEGIN, "poolcompact %p", (void *)p);
	moved = pool_compact_l(p);
	pool_log(p, POOL_CALL_END, "poolcompact %p = %d", (void *)p, moved);
	pool_leave(p);
	return moved;
}

bool
pool_more_l(Pool *p, size_t block_size)
{
	size_t found;

	if (pool_arena_grow_l(p, block_size))
		return true;
	if (p->poisoned || !pool_compact_l(p))
		return false;
	return pool_bins_best(p, block_size, &found) != NULL ||
	    pool_arena_grow_l(p, block_size);
}
