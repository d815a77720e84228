/*
 * backend_pool_verdict.c - what is wrong with a pointer that was freed.
 *
 * A bad pointer is judged by the table of states; memory it points to is read
 * only where the table says that one of our headers is there.  The main lock
 * is held meanwhile, so that what is read is not given to the system.  A
 * handler that interrupted us may not wait for it: it reports what it can
 * know without.  Of a block that another thread is freeing at this moment the
 * header may be read while it is written: then the stack or time of that free
 * may be missing, never more.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_pages.h"

#include <string.h>

#include "base/bits.h"
#include "preload/backend_pool_told.h"

#define SCAN_BYTES	(1u << 20)	/* how far back a block may begin */

static const uint8_t call_class[] = {
#define CALL_CLASS(name, class, text)	[TRACE_CALL_##name] = TRACE_##class,
	TRACE_CALLS(CALL_CLASS)
#undef CALL_CLASS
};

void
bp_error_begin(struct backend_claim *c, unsigned kind)
{
	struct trace_error *e = &c->error;
	bool again = c->call == TRACE_CALL_REALLOC ||
	    c->call == TRACE_CALL_REALLOCARRAY;

	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->access = again ? TRACE_ACCESS_REALLOC : TRACE_ACCESS_FREE;
	e->found = TRACE_FOUND_AT_CALL;
	e->call = c->call;
	e->address = (uintptr_t)c->ptr;
	e->allocated_by = e->freed_by = TRACE_NCALLS;
}

void
bp_error_fill(struct trace_error *e, unsigned kind, unsigned found)
{
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->access = TRACE_ACCESS_WRITE;
	e->found = found;
	e->call = e->allocated_by = e->freed_by = TRACE_NCALLS;
}

void
bp_error_block(struct trace_error *e, const struct bp_header *b,
    uintptr_t ptr, bool freed)
{
	e->block = ptr;
	e->size = bp_size(b);
	e->offset = (int64_t)(e->address - ptr);
	e->allocated_by = bp_call(b);
	e->alloc_stack = b->alloc_stack;
	e->alloc_tid = bp_alloc_tid(b);
	e->alloc_time = b->alloc_time;
	if (!freed)
		return;
	e->freed_by = bp_freed_by(b);
	e->free_stack = b->free_stack;
	e->free_tid = bp_free_tid(b);
	e->free_time = b->free_time;
}

/* No block after all. */
static void
error_no_block(struct trace_error *e)
{
	e->block = e->size = e->alloc_time = 0;
	e->offset = 0;
	e->allocated_by = TRACE_NCALLS;
	e->alloc_stack = e->alloc_tid = 0;
}

/* A handler in the middle of our own work: no lock, no more than is certain. */
static bool
bad_enter(struct backend_thread *t, const struct backend_claim *c)
{
	if (t == NULL || t->tid == 0)
		return false;
	if (c->nested)
		return lock_try(&bp_heap.main.lock, t->tid);
	lock_take(&bp_heap.main.lock, t->tid);
	return true;
}

/* A block that was freed, or is being freed by another thread just now. */
static void
bad_double(struct backend_claim *c, unsigned state, bool locked)
{
	const struct bp_header *b;

	bp_error_begin(c, TRACE_ERROR_DOUBLE_FREE);
	c->error.block = (uintptr_t)c->ptr;
	switch (state) {
	case BP_CLAIMED:
		bp_error_block(&c->error, bp_header(c->ptr), (uintptr_t)c->ptr,
		    false);
		break;
	case BP_FREED:
		bp_error_block(&c->error, bp_header(c->ptr), (uintptr_t)c->ptr,
		    true);
		break;
	case BP_POOLED:
	case BP_RINGED:
		if (locked)
			bp_error_block(&c->error, bp_header(c->ptr),
			    (uintptr_t)c->ptr, true);
		break;
	case BP_GONE:
		b = locked ? bp_big_gone_l(c->ptr) : NULL;
		if (b != NULL)
			bp_error_block(&c->error, b, (uintptr_t)c->ptr, true);
		break;
	}
}

uintptr_t
bp_block_before(const struct bp_zone *z, uintptr_t at)
{
	uintptr_t low = at - z->start > SCAN_BYTES ? at - SCAN_BYTES : z->start;

	for (at = bits_align_down(at, POOL_GRAIN); at >= low && at != 0;
	    at -= POOL_GRAIN)
		if (*bp_state(at) != BP_NONE)
			return at;
	return 0;
}

uintptr_t
bp_big_at_l(uintptr_t at)
{
	uintptr_t start;
	size_t size;

	if (!vmem_find(&bp_heap.main.vmem, at, &start, &size))
		return 0;
	for (uintptr_t p = start + BP_BIG_LEAD; p <= start + bp_heap.page;
	    p += POOL_GRAIN)
		if (*bp_state(p) != BP_NONE)
			return p;
	return 0;
}

static bool
block_holds(uintptr_t block, uintptr_t at)
{
	unsigned state = *bp_state(block);

	return (state == BP_LIVE || state == BP_CLAIMED ||
	    state == BP_FREED || state == BP_RINGED) &&
	    at - block < bp_cap((void *)block);
}

/* A pointer that is no start of a block: into one, perhaps. */
static void
bad_foreign(struct backend_claim *c, struct bp_zone *z, bool locked)
{
	uintptr_t at = (uintptr_t)c->ptr, block;

	bp_error_begin(c, TRACE_ERROR_INVALID_FREE);
	if (z == NULL || !locked)
		return;
	block = bp_block_before(z, at);
	if (block == 0 || !block_holds(block, at))
		block = bp_big_at_l(at);
	if (block != 0 && block_holds(block, at))
		bp_error_block(&c->error, bp_header((void *)block), block,
		    *bp_state(block) != BP_LIVE && *bp_state(block) != BP_CLAIMED);
}

/*
 * An array whose elements have destructors begins behind a count of them: what
 * delete is given then lies 8 bytes (with an alignment: so many) into the block
 * of new[], and what delete[] is given of a single object so many before it.
 */
static bool
is_cookie(const struct trace_error *e)
{
	unsigned from = call_class[e->allocated_by], to = call_class[e->call];
	bool single = e->offset < 0;
	int64_t off = single ? -e->offset : e->offset;

	return from == (single ? TRACE_NEW : TRACE_NEW_ARRAY) &&
	    to == (single ? TRACE_NEW_ARRAY : TRACE_NEW) &&
	    (off == 8 || off == 16 || off == 32 || off == 64);
}

void
bp_verdict_cookie(struct backend_claim *c)
{
	struct trace_error *e = &c->error;

	if (e->block == 0 || e->allocated_by >= TRACE_NCALLS)
		return;
	if (is_cookie(e))
		e->kind = TRACE_ERROR_MISMATCHED_FREE;
	else if (e->offset < 0)
		error_no_block(e);
}

static void
bad_cookie(struct backend_claim *c)
{
	struct trace_error *e = &c->error;
	uintptr_t at = (uintptr_t)c->ptr;

	if (c->call >= TRACE_NCALLS || e->kind != TRACE_ERROR_INVALID_FREE)
		return;
	/* Before a block: the next one, if it begins that near. */
	for (uintptr_t up = 8; e->block == 0 && up <= 64; up *= 2)
		if ((at + up) % POOL_GRAIN == 0 && bp_zone(at + up) != NULL &&
		    *bp_state(at + up) == BP_LIVE)
			bp_error_block(e, bp_header((void *)(at + up)),
			    at + up, false);
	bp_verdict_cookie(c);
}

void
bp_verdict_bad(struct backend_thread *t, struct backend_claim *c)
{
	uintptr_t at = (uintptr_t)c->ptr;
	struct bp_zone *z = bp_zone(at);
	bool locked = bad_enter(t, c);
	unsigned state = BP_NONE;

	c->bad = true;
	if (z != NULL && at % POOL_GRAIN == 0)
		state = __atomic_load_n(bp_state(at), __ATOMIC_ACQUIRE);
	/* LIVE: handed out again since we lost the race for it. */
	if (state == BP_NONE || state == BP_LIVE)
		bad_foreign(c, z, locked);
	else
		bad_double(c, state, locked);
	if (locked && z != NULL)
		bad_cookie(c);
	if (locked)
		lock_give(&bp_heap.main.lock);
}

/* A header that makes no sense: something wrote over it from before. */
void
bp_verdict_smashed(struct backend_claim *c)
{
	struct trace_error *e = &c->error;

	bp_error_begin(c, TRACE_ERROR_HEAP_UNDERRUN);
	c->bad = true;
	e->found = TRACE_FOUND_AT_FREE;
	e->block = (uintptr_t)c->ptr;
	e->address = (uintptr_t)bp_block(c->ptr);
	e->offset = -(int64_t)BP_LEAD;
	e->length = e->nbytes = BP_LEAD;
	e->bytes_at = e->address;
	memcpy(e->bytes, bp_block(c->ptr), BP_LEAD);
	memcpy(e->should, e->bytes, BP_LEAD);
}

/*
 * Which bytes a report gets: the bad ones, of an overrun some of the block's
 * own in front, and what still stands of the guard behind.
 */
static void
guard_keep(struct trace_error *e, char *ptr, char *first, char *to)
{
	size_t before = first > ptr ? (size_t)(first - ptr) : 0;
	size_t n;

	if (before > BP_KEEP_BEFORE)
		before = BP_KEEP_BEFORE;
	n = before + e->length + BP_KEEP_BEHIND;
	if (n > (size_t)(to - first) + before)
		n = (size_t)(to - first) + before;
	e->bytes_at = (uintptr_t)first - before;
	e->nbytes = (uint32_t)(n < TRACE_ERROR_BYTES ? n : TRACE_ERROR_BYTES);
}

/* [from, to) of the block should be guard bytes; false: they are. */
bool
bp_guard_range(struct trace_error *e, char *ptr, char *from, char *to)
{
	uint64_t word = bp_guard_word(ptr);
	const uint8_t *should = (const uint8_t *)&word;
	char *first = NULL, *last = NULL;

	for (char *b = from; b < to; b++)
		if ((uint8_t)*b != should[(uintptr_t)b & 7]) {
			first = first == NULL ? b : first;
			last = b;
		}
	if (first == NULL)
		return false;
	e->address = (uintptr_t)first;
	e->offset = first - ptr;
	e->length = (uint64_t)(last - first) + 1;
	guard_keep(e, ptr, first, to);
	for (uint32_t i = 0; i < e->nbytes; i++) {
		const char *b = (const char *)e->bytes_at + i;

		e->bytes[i] = (uint8_t)*b;
		e->should[i] = b < from ? e->bytes[i] :
		    should[(uintptr_t)b & 7];
	}
	return true;
}

bool
bp_guard_tolerated(const struct trace_error *e)
{
	return (bp_heap.flags & SESSION_TOLERANCE) && e->length == 1 &&
	    (uint64_t)e->offset == e->size &&
	    e->bytes[e->address - e->bytes_at] == 0;
}

/* bp_guard_ok said no: where, and what. */
void
bp_verdict_look(struct backend_claim *c)
{
	struct trace_error *e = &c->error;
	struct bp_header *b = bp_header(c->ptr);
	char *ptr = c->ptr;
	size_t told;

	bp_error_begin(c, TRACE_ERROR_HEAP_OVERRUN);
	bp_error_block(e, b, (uintptr_t)ptr, false);
	e->found = TRACE_FOUND_AT_FREE;
	e->access = TRACE_ACCESS_WRITE;
	told = e->size + bp_told_behind(b) < bp_cap(ptr) ? bp_told_behind(b) :
	    bp_cap(ptr) - e->size;
	c->findings = bp_guard_range(e, ptr, ptr + e->size + told,
	    ptr + bp_cap(ptr)) && !bp_guard_tolerated(e);
	if (c->findings || bp_told_front(b) ||
	    !bp_guard_range(e, ptr, (char *)&b->guard, ptr))
		return;
	e->kind = TRACE_ERROR_HEAP_UNDERRUN;
	c->findings = true;
}

/* The same, repaired so that it is told once. */
void
bp_verdict_guards(struct backend_thread *t, struct backend_claim *c)
{
	bp_verdict_look(c);
	if (c->findings && t != NULL && bp_told(t->tid, &c->error))
		c->findings = false;
	bp_guard_set(c->ptr, bp_size(bp_header(c->ptr)));
}

/* Does the freeing call fit the allocating one? */
bool
bp_mismatched(const struct backend_claim *c, const struct bp_header *b)
{
	size_t align = (size_t)1 << (b->what >> BP_WHAT_ALIGN & 63);

	if (c->call >= TRACE_NCALLS || bp_call(b) >= TRACE_NCALLS)
		return false;
	return call_class[c->call] != call_class[bp_call(b)] ||
	    (c->said_size != 0 && c->said_size != bp_size(b)) ||
	    (c->said_align > POOL_GRAIN && c->said_align != align);
}

void
bp_verdict_mismatch(struct backend_claim *c, const struct bp_header *b)
{
	bp_error_begin(c, TRACE_ERROR_MISMATCHED_FREE);
	bp_error_block(&c->error, b, (uintptr_t)c->ptr, false);
	c->error.requested = c->said_size;
	c->findings = true;
}
