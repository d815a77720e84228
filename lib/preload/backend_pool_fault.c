/*
 * backend_pool_fault.c - what a fault of the program has to do with our blocks.
 *
 * Three things can be told.  The address lies in the pages of a big block that
 * was freed: they are inaccessible.  It lies right behind the pages of a big
 * block that lives: something ran over its end.  Or it is no address at all,
 * since a pointer was read from fill: then a register still holds the value,
 * whose 48 bits of address name the block (bp_word).  Round guarded blocks every
 * fault can be told (backend_pool_pages_verdict.c).
 *
 * We are called in a handler, in a thread that may have been anywhere, and
 * others may hold the lock; it is asked for a while and no longer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_pages.h"

#include "base/bits.h"

#define FAULT_TRIES	100000u	/* of the lock: some milliseconds */
#define FAULT_MEMBER	4096u	/* a member so far into a struct, at most */

static bool
fault_enter(uint32_t tid)
{
	if (lock_is_mine(&bp_heap.main.lock, tid))
		return false;
	for (unsigned i = 0; i < FAULT_TRIES; i++) {
		if (lock_try(&bp_heap.main.lock, tid))
			return true;
		__builtin_ia32_pause();
	}
	return false;
}

static void
fault_error(struct trace_error *e, unsigned kind, const struct backend_fault *f)
{
	bp_error_fill(e, kind, TRACE_FOUND_AT_FAULT);
	e->access = f->write ? TRACE_ACCESS_WRITE : TRACE_ACCESS_READ;
	e->address = e->fault_address = f->address;
}

/* The pages of a freed big block; the one freed last, of several. */
static bool
fault_gone_l(const struct backend_fault *f, struct trace_error *e)
{
	unsigned n = bp_heap.ngone < BP_NGONE ? bp_heap.ngone : BP_NGONE;
	const struct bp_gone *g, *last = NULL;

	for (unsigned i = 0; i < n; i++) {
		g = &bp_heap.gone[i];
		if (g->ptr != NULL && f->address - (uintptr_t)g->ptr <
		    bits_align_up(bp_size(&g->header), bp_heap.page) &&
		    (last == NULL || g->header.free_time >
		    last->header.free_time))
			last = g;
	}
	if (last == NULL)
		return false;
	fault_error(e, TRACE_ERROR_USE_AFTER_FREE, f);
	bp_error_block(e, &last->header, (uintptr_t)last->ptr, true);
	return true;
}

/* The live big block whose span holds at and that ends before end; 0: none. */
static uintptr_t
big_before_l(uintptr_t at, uintptr_t end)
{
	uintptr_t block = bp_zone(at) != NULL ? bp_big_at_l(at) : 0;

	return block != 0 && *bp_state(block) == BP_LIVE &&
	    bp_is_big((void *)block) &&
	    block + bp_size(bp_header((void *)block)) <= end ? block : 0;
}

/* In its span, or in the page behind that. */
static bool
fault_behind_l(const struct backend_fault *f, struct trace_error *e)
{
	uintptr_t page = bits_align_down(f->address, bp_heap.page);
	uintptr_t block = big_before_l(f->address, f->address);

	if (block == 0)
		block = big_before_l(page - 1, f->address);
	if (block == 0)
		return false;
	fault_error(e, TRACE_ERROR_HEAP_OVERRUN, f);
	bp_error_block(e, bp_header((void *)block), block, false);
	return true;
}

/*
 * The block whose fill, with a member's offset perhaps, is v; 0: none.  A
 * header may be read: what was given back to the system has no state but GONE.
 */
static uintptr_t
word_block(uint64_t v, unsigned signature)
{
	uintptr_t addr = (v >> 32 & 0xffffff) << 24 | (v & 0xffffff), at;

	if (v >> 56 != signature || (v >> 24 & 0xff) != signature ||
	    bp_zone(addr) == NULL)
		return 0;
	at = bits_align_down(addr, POOL_GRAIN);
	for (; bp_zone(at) != NULL && addr - at < FAULT_MEMBER;
	    at -= POOL_GRAIN)
		if (*bp_state(at) != BP_NONE)
			return at == addr || (*bp_state(at) != BP_GONE && addr - at <
			    bp_size(bp_header((void *)at))) ? at : 0;
	return 0;
}

/* A register that holds fill; *v is what it holds. */
static uintptr_t
fault_word(const struct backend_fault *f, unsigned signature, uint64_t *v)
{
	uintptr_t block;

	for (unsigned i = 0; i < f->nregs; i++) {
		*v = (uint64_t)f->regs[i];
		block = word_block(*v, signature);
		if (block != 0)
			return block;
	}
	return 0;
}

/* A block that was handed out again knows nothing of the free. */
static bool
fault_freed_word_l(const struct backend_fault *f, struct trace_error *e)
{
	uint64_t v;
	uintptr_t block = fault_word(f, POOL_FILL_FREE, &v);
	const struct bp_header *b;
	unsigned state;

	if (block == 0)
		return false;
	state = *bp_state(block);
	fault_error(e, TRACE_ERROR_USE_AFTER_FREE, f);
	e->access = TRACE_ACCESS_READ;
	e->address = block;
	e->fault_address = v;
	b = state == BP_GONE ? bp_big_gone_l((void *)block) :
	    bp_header((void *)block);
	if (b != NULL && state != BP_LIVE && state != BP_CLAIMED)
		bp_error_block(e, b, block, true);
	return true;
}

static void
fault_fresh_word_l(const struct backend_fault *f, struct trace_error *e)
{
	uint64_t v;
	uintptr_t block = fault_word(f, POOL_FILL_ALLOC, &v);

	if (block == 0 || *bp_state(block) != BP_LIVE)
		return;
	fault_error(e, TRACE_ERROR_CRASH, f);
	e->address = block;
	e->fault_address = v;
	bp_error_block(e, bp_header((void *)block), block, false);
}

static bool
fault_l(const struct backend_fault *f, struct trace_error *e)
{
	if (!f->known) {
		if (fault_freed_word_l(f, e))
			return true;
		fault_fresh_word_l(f, e);
		return false;
	}
	if (bp_zone(f->address) == NULL)
		return false;
	return fault_gone_l(f, e) || fault_behind_l(f, e);
}

bool
bp_fault(struct backend_thread *t, const struct backend_fault *f,
    struct trace_error *e)
{
	bool told;

	if (f->known && bp_is_guarded((void *)f->address))
		return bp_guarded_fault(f->address, f->write, e);
	if (!fault_enter(t->tid))
		return false;
	told = fault_l(f, e);
	lock_give(&bp_heap.main.lock);
	return told;
}
