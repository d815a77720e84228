/*
 * backend_pool_held.c - is a range of the heap the program's? (backend_held.h)
 *
 * The block round the range is found by the table of states (bp_find).  The
 * owner of a live block may read its header: nobody else frees the block
 * meanwhile, or the program is wrong anyway.  Other threads go on, so what looks
 * wrong counts only if the block was the same before and behind the look.
 *
 * Where a block's memory is the pool's again or waits in a ring, its old header
 * is believed only if the guard word before the data still names the block.
 *
 * What is told of is not told again: bytes that a call wrote behind the end of
 * a live block are counted in its header (in the place of the free's thread,
 * which comes later), and a freed block that a call wrote to is no longer held
 * against its fill.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_held.h"

#include "base/bits.h"
#include "preload/backend_pool_find.h"
#include "preload/backend_pool_told.h"

struct look {
	struct trace_error *error;
	uintptr_t at;
	size_t n;
	const char *from;
	unsigned held;
};

size_t
backend_held_range(uintptr_t *base)
{
	*base = bp_heap.base;
	return bp_heap.end - bp_heap.base;
}

size_t
backend_room(const void *p)
{
	uintptr_t at = (uintptr_t)p, block;
	struct bp_zone *z = bp_zone(at);
	size_t size;

	if (PW_UNLIKELY(z == NULL))
		return SIZE_MAX;
	block = bp_find(z, at);
	if (PW_UNLIKELY(block == 0 || __atomic_load_n(bp_state(block),
	    __ATOMIC_ACQUIRE) != BP_LIVE))
		return 0;
	size = bp_size(bp_header((void *)block));
	return PW_LIKELY(at - block <= size) ? size - (at - block) : 0;
}

/* What is told of any of them; offset and length count from address. */
static void
look_fill(const struct look *l, unsigned kind, const struct bp_header *b,
    uintptr_t block, bool freed)
{
	bp_error_fill(l->error, kind, TRACE_FOUND_AT_CALL);
	l->error->access = l->held & BACKEND_HELD_WRITE ? TRACE_ACCESS_WRITE :
	    TRACE_ACCESS_READ;
	l->error->address = l->at;
	l->error->length = l->n;
	bp_error_block(l->error, b, block, freed);
}

/* How many bytes of what is written can be read without harm. */
static size_t
look_known(const struct look *l)
{
	size_t room = (uintptr_t)l->from == l->at ? SIZE_MAX :
	    backend_room(l->from);

	return room < l->n ? room : l->n;
}

/* Is it known what should stand at the address: a guard, a freed block's fill? */
static bool
look_should(const struct look *l, uintptr_t block, uintptr_t at)
{
	const struct trace_error *e = l->error;

	if (e->kind == TRACE_ERROR_USE_AFTER_FREE)
		return (bp_heap.flags & SESSION_FILL) && at < block + e->size;
	return at >= block ? at >= block + e->size &&
	    at < block + bp_cap((void *)block) :
	    at >= block - sizeof(((struct bp_header *)NULL)->guard);
}

/* How many bytes a report gets, from address on; 0: they are not known. */
static size_t
look_shown(const struct look *l, uintptr_t block)
{
	const struct trace_error *e = l->error;
	uintptr_t end = block + bp_cap((void *)block);
	size_t skip = e->address - l->at, known = look_known(l), behind;

	if (l->from == NULL || known <= skip)
		return 0;
	if (known - skip < e->length)
		return known - skip;
	behind = end > e->address + e->length ?
	    end - e->address - e->length : 0;
	return e->length + (behind < BP_KEEP_BEHIND ? behind :
	    BP_KEEP_BEHIND);
}

/* What will stand there when the call is done, and what should. */
static void
look_bytes(const struct look *l, uintptr_t block, uint64_t word)
{
	struct trace_error *e = l->error;
	const uint8_t *should = (const uint8_t *)&word;
	size_t n = look_shown(l, block), before = 0;

	if (n == 0)
		return;
	if (e->kind == TRACE_ERROR_HEAP_OVERRUN)
		before = e->address - block < BP_KEEP_BEFORE ?
		    e->address - block : BP_KEEP_BEFORE;
	n += before;
	e->bytes_at = e->address - before;
	e->nbytes = (uint32_t)(n < TRACE_ERROR_BYTES ? n : TRACE_ERROR_BYTES);
	for (uint32_t i = 0; i < e->nbytes; i++) {
		uintptr_t at = e->bytes_at + i;

		e->bytes[i] = at - l->at < l->n ?
		    (uint8_t)l->from[at - l->at] : *(uint8_t *)at;
		e->should[i] = look_should(l, block, at) ? should[at & 7] :
		    e->bytes[i];
	}
}

/* The NUL of a string that ends a block, allowed by --flags=tolerance. */
static bool
look_tolerated(const struct trace_error *e)
{
	return (bp_heap.flags & SESSION_TOLERANCE) && e->length == 1 &&
	    (uint64_t)e->offset == e->size;
}

static bool
look_overrun(const struct look *l, uintptr_t block)
{
	struct bp_header *b = bp_header((void *)block);
	uint64_t time = b->alloc_time;
	size_t size = bp_size(b), off = l->at - block;

	if (off <= size && l->n <= size - off)
		return false;
	look_fill(l, TRACE_ERROR_HEAP_OVERRUN, b, block, false);
	if (off < size) {
		l->error->address = block + size;
		l->error->offset = (int64_t)size;
		l->error->length = l->n - (size - off);
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (*bp_state(block) != BP_LIVE || b->alloc_time != time ||
	    bp_size(b) != size)
		return false;
	if (!(l->held & BACKEND_HELD_WRITE))
		return true;
	if (look_tolerated(l->error))
		return false;
	look_bytes(l, block, bp_guard_word((void *)block));
	bp_tell_behind(b, (size_t)l->error->offset - size +
	    l->error->length);
	return true;
}

/* Between two blocks: in front of the next, if that is near and live. */
static bool
look_underrun(const struct look *l, const struct bp_zone *z)
{
	uintptr_t limit = __atomic_load_n(&z->limit, __ATOMIC_ACQUIRE);
	uintptr_t block = bits_align_up(l->at, POOL_GRAIN);
	struct bp_header *b;

	while (block < limit && block - l->at <= BP_LEAD &&
	    *bp_state(block) == BP_NONE)
		block += POOL_GRAIN;
	if (block >= limit || block - l->at > BP_LEAD || block == l->at ||
	    *bp_state(block) != BP_LIVE)
		return false;
	b = bp_header((void *)block);
	look_fill(l, TRACE_ERROR_HEAP_UNDERRUN, b, block, false);
	if (l->n > block - l->at)
		l->error->length = block - l->at;
	if (l->held & BACKEND_HELD_WRITE) {
		look_bytes(l, block, bp_guard_word((void *)block));
		bp_tell_front(b);
	}
	return true;
}

static bool
look_live(const struct look *l, const struct bp_zone *z, uintptr_t block)
{
	if (!bp_header_is_sane(z, (void *)block))
		return false;
	if (l->at - block < bp_cap((void *)block))
		return look_overrun(l, block);
	return look_underrun(l, z);
}

/* Is this the header of a block that was freed and that we wrote? */
static bool
header_is_old(const struct bp_header *b, uintptr_t block)
{
	return b->guard == bp_guard_word((void *)block) &&
	    bp_call(b) < TRACE_NCALLS && bp_freed_by(b) < TRACE_NCALLS &&
	    b->alloc_time != 0 && b->alloc_time <= b->free_time;
}

static bool
look_freed(const struct look *l, uintptr_t block, unsigned state)
{
	const struct bp_header *b = bp_header((void *)block);
	uint8_t freed = BP_FREED;

	if ((l->held & BACKEND_HELD_LATE) || l->at - block >= bp_size(b))
		return false;
	if (state != BP_FREED && !header_is_old(b, block))
		return false;
	look_fill(l, TRACE_ERROR_USE_AFTER_FREE, b, block, true);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (*bp_state(block) != state)
		return false;
	if (!(l->held & BACKEND_HELD_WRITE) || state != BP_FREED)
		return true;
	look_bytes(l, block, bp_word(POOL_FILL_FREE, (void *)block));
	__atomic_compare_exchange_n(bp_state(block), &freed, BP_RINGED, false,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return true;
}

static bool
look_gone_l(const struct look *l, uintptr_t block)
{
	const struct bp_header *b = bp_big_gone_l((void *)block);

	if (b == NULL || l->at - block >= bp_size(b))
		return false;
	look_fill(l, TRACE_ERROR_USE_AFTER_FREE, b, block, true);
	return true;
}

static bool
look_gone(const struct look *l, struct backend_thread *t, bool nested,
    uintptr_t block)
{
	bool told;

	if ((l->held & BACKEND_HELD_LATE) || t->tid == 0)
		return false;
	if (!nested)
		lock_take(&bp_heap.main.lock, t->tid);
	else if (!lock_try(&bp_heap.main.lock, t->tid))
		return false;
	told = look_gone_l(l, block);
	lock_give(&bp_heap.main.lock);
	return told;
}

bool
backend_judge(struct backend_thread *t, bool nested, struct trace_error *error,
    const struct backend_held_range *r)
{
	struct look l = { error, (uintptr_t)r->at, r->n, r->from, r->held };
	struct bp_zone *z = bp_zone(l.at);
	uintptr_t block;
	unsigned state;

	if (z == NULL)
		return false;
	block = bp_find(z, l.at);
	if (block == 0)
		return look_underrun(&l, z);
	state = __atomic_load_n(bp_state(block), __ATOMIC_ACQUIRE);
	switch (state) {
	case BP_LIVE:
		return look_live(&l, z, block);
	case BP_FREED:
	case BP_RINGED:
	case BP_POOLED:
		return look_freed(&l, block, state) || look_underrun(&l, z);
	case BP_GONE:
		return look_gone(&l, t, nested, block);
	}
	return false;
}
