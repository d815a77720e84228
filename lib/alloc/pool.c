/*
 * pool.c - pool(2): the public calls, each entered, done and left.
 *
 * Entering takes the lock and, under POOL_PARANOIA, checks the whole pool: a
 * fault found then is the caller's, who wrote outside a block since the last
 * call; the same check at leaving would say that the fault is ours.
 *
 * How a request walks down: poolalloc -> pool_find_l (pool_block.c) -> a bin
 * (pool_bins.c) or the tree (pool_tree.c), and when they have nothing large
 * enough, a new arena (pool_arena.c); then it is cut (pool_block.c) and its
 * guards are set (pool_user.c).  A pointer walks: pool_lookup_l (pool_check.c)
 * -> pool_give_l (pool_block.c).  poolrealloc: pool_realloc.c.  Layout: pool_layout.h.
 *
 * Lock order: a pool, then the vmem arena that is its source.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool.h"

#include <errno.h>
#include <string.h>

#include "alloc/pool_impl.h"
#include "base/bits.h"

_Static_assert(POOL_NBIN == POOL_NBINS, "a bin for each small size");

void
pool_watch_l(Pool *p)
{
	if (p->poisoned)
		return;
	if (p->flags & POOL_VERBOSITY)
		pool_dump_l(p);
	if (p->flags & POOL_PARANOIA)
		pool_check_l(p);
}

int
pool_enter_watched(Pool *p)
{
	pool_watch_l(p);
	if (!p->poisoned)
		return 0;
	pool_unlock(p);
	return EUCLEAN;
}

void *
pool_fail(const Pool *p, int error)
{
	errno = p->poisoned ? EUCLEAN : error;
	return NULL;
}

/* Guards into a block of whole bytes behind gap, then it is the user's. */
static inline void *
user_cut_l(Pool *p, struct pool_header *h, size_t gap, size_t want,
    size_t whole, const struct pool_user *u)
{
	struct pool_header *to = pool_behind(h, gap);
	size_t size = pool_split(p, want, whole - gap);
	void *data = pool_user_data(to, u);

	if (PW_UNLIKELY(p->flags & POOL_ANTAGONISM))
		pool_fill(data, u->size, POOL_FILL_ALLOC, data);
	if (PW_LIKELY(gap == 0))
		pool_cut_l(p, h, size, whole, pool_user_set(h, size, u));
	else
		pool_cut_behind_l(p, h, gap, size, whole,
		    pool_user_set(to, size, u));
	return data;
}

static inline void *
alloc_l(Pool *p, size_t size)
{
	struct pool_user u = { .size = size };
	size_t want = pool_block_size(p, size), whole;
	struct pool_header *h = want == 0 ? NULL :
	    pool_find_cut_l(p, want, &whole);

	return h == NULL ? NULL : user_cut_l(p, h, 0, want, whole, &u);
}

void *
pool_alloc_l(Pool *p, size_t size)
{
	return alloc_l(p, size);
}

void *
poolalloc(Pool *p, size_t size)
{
	int error = pool_enter(p);
	void *data;

	if (PW_UNLIKELY(error != 0))
		return pool_fail(p, error);
	data = PW_UNLIKELY(p->flags & POOL_LOGGING) ?
	    pool_log_alloc_l(p, size) : alloc_l(p, size);
	pool_leave(p);
	return PW_LIKELY(data != NULL) ? data :
	    pool_fail(p, ENOMEM);
}

/* A block for u, whose size, align, offset and span are set. */
void *
pool_allocalign_l(Pool *p, struct pool_user *u)
{
	struct pool_place pl = { POOL_OVERHEAD, u->size, u->align, u->offset,
	    u->span };
	size_t want = u->size > SIZE_MAX / 2 ? 0 : pool_block_size(p,
	    u->size + POOL_USER_TRAILER + POOL_GRAIN - 1);
	size_t room = want == 0 ? 0 : pool_place_size(want, &pl), whole, gap;
	struct pool_header *h = room == 0 ? NULL : pool_find_l(p, room, &whole);
	uintptr_t data;

	if (h == NULL)
		return NULL;
	gap = pool_place(h, whole, want, &pl, &data);
	if (gap == SIZE_MAX) {
		pool_unfind_l(p, h, whole);
		return NULL;
	}
	u->skip = data % POOL_GRAIN;
	return user_cut_l(p, h, gap, want, whole, u);
}

#define ALIGN_LINE	"poolallocalign %p %zu %zu %ld %zu", (void *)p, size, \
			align, offset, span

void *
poolallocalign(Pool *p, size_t size, size_t align, long offset, size_t span)
{
	struct pool_user u = { size, 0, align == 0 ? 1 : align, 0, span };
	int error;
	void *data;

	if (span != 0 && size > span)
		return pool_fail(p, ENOMEM);
	if (offset >= 0)
		u.offset = (size_t)offset % u.align;
	else
		u.offset = (u.align - (0 - (size_t)offset) % u.align) % u.align;
	error = pool_enter(p);
	if (error != 0)
		return pool_fail(p, error);
	pool_log(p, POOL_CALL_BEGIN, ALIGN_LINE);
	data = pool_allocalign_l(p, &u);
	if (p->flags & POOL_LOGGING)
		pool_log_result(p, data, ALIGN_LINE);
	pool_leave(p);
	return data != NULL ? data : pool_fail(p, ENOMEM);
}

/* POOL_NOREUSE: junk for ever; the first bytes keep their tags. */
static void
bury_l(struct pool_header *h)
{
	uint64_t word = pool_word(h);
	size_t size = pool_word_size(word);

	memset((char *)pool_data(h) + POOL_KEPT, POOL_DEAD_BYTE,
	    size - POOL_OVERHEAD - POOL_KEPT);
	pool_set_word(h, pool_word_make(h, size, POOL_KIND_DEAD, 0,
	    (word & POOL_WORD_LEFT) != 0));
}

void
pool_retire_l(Pool *p, struct pool_header *h)
{
	if (PW_UNLIKELY(p->flags & POOL_NOREUSE)) {
		bury_l(h);
		return;
	}
	p->nfree++;
	if (PW_UNLIKELY(p->flags & POOL_ANTAGONISM))
		pool_fill((char *)pool_data(h) + POOL_KEPT,
		    pool_room(h) - POOL_KEPT, POOL_FILL_FREE, pool_data(h));
	pool_give_l(p, h);
}

static inline void
free_l(Pool *p, void *v)
{
	struct pool_user u;
	struct pool_header *h = pool_lookup_l(p, v, &u);

	if (PW_LIKELY(h != NULL))
		pool_retire_l(p, h);
}

void
pool_free_l(Pool *p, void *v)
{
	free_l(p, v);
}

void
poolfree(Pool *p, void *v)
{
	if (v == NULL || PW_UNLIKELY(pool_enter(p) != 0))
		return;
	if (PW_UNLIKELY(p->flags & POOL_LOGGING))
		pool_log_free_l(p, v);
	else
		free_l(p, v);
	pool_leave(p);
}

size_t
poolmsize(Pool *p, void *v)
{
	struct pool_header *h;
	struct pool_user u;
	size_t size = 0;

	if (v == NULL || pool_enter(p) != 0)
		return 0;
	pool_log(p, POOL_CALL_BEGIN, "poolmsize %p %p", (void *)p, v);
	h = pool_lookup_l(p, v, &u);
	if (h != NULL) {
		size = pool_room(h) - u.skip -
		    (u.align == 0 ? 0 : POOL_USER_TRAILER);
		u.size = size;
		pool_set_kind(h, POOL_KIND_ALLOC,
		    pool_user_set(h, pool_size(h), &u));
	}
	pool_log(p, POOL_CALL_END, "poolmsize %p %p = %zu", (void *)p, v, size);
	pool_leave(p);
	return size;
}
