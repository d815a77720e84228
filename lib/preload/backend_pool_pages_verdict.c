/*
 * backend_pool_pages_verdict.c - what is wrong round a guarded block.
 *
 * Slack that was written to shows when the block is freed and at the end, as
 * in every block of the heap.  An access to a guard or to a freed block is a
 * fault, and is laid at the door of the nearest block.  Slots outlive the pages
 * and are never unmapped, so they are read without a lock; what another thread
 * changes meanwhile is told by the state before and behind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_pages.h"

#include <string.h>

#include "base/bits.h"

/* Are [from, to) guard bytes of the block? */
static bool
is_slack(const struct bp_guarded *g, const char *from, const char *to)
{
	uint64_t word = bp_guard_word((const void *)g->ptr), bad = 0, w;
	const uint8_t *should = (const uint8_t *)&word;

	for (; from < to && (uintptr_t)from % sizeof(w) != 0; from++)
		bad |= (uint8_t)*from ^ should[(uintptr_t)from & 7];
	for (; to - from >= (ptrdiff_t)sizeof(w); from += sizeof(w)) {
		memcpy(&w, from, sizeof(w));
		bad |= w ^ word;
	}
	for (; from < to; from++)
		bad |= (uint8_t)*from ^ should[(uintptr_t)from & 7];
	return bad == 0;
}

static void
set_slack(const struct bp_guarded *g, char *from, const char *to)
{
	uint64_t word = bp_guard_word((const void *)g->ptr);
	const uint8_t *should = (const uint8_t *)&word;

	for (; from < to && (uintptr_t)from % sizeof(word) != 0; from++)
		*from = (char)should[(uintptr_t)from & 7];
	for (; to - from >= (ptrdiff_t)sizeof(word); from += sizeof(word))
		memcpy(from, &word, sizeof(word));
	for (; from < to; from++)
		*from = (char)should[(uintptr_t)from & 7];
}

static char *
data_end(const struct bp_guarded *g)
{
	return (char *)g->ptr + bp_size(&g->header);
}

bool
bp_guarded_whole_slack(const struct bp_guarded *g)
{
	return is_slack(g, bp_guarded_start(g), (char *)g->ptr) &&
	    is_slack(g, data_end(g), bp_guarded_end(g));
}

void
bp_guarded_set_slack(struct bp_guarded *g)
{
	set_slack(g, bp_guarded_start(g), (char *)g->ptr);
	set_slack(g, data_end(g), bp_guarded_end(g));
}

/* Which bytes of the slack are not as they were left. */
static void
look(struct backend_claim *c, struct bp_guarded *g)
{
	struct trace_error *e = &c->error;
	char *ptr = (char *)g->ptr;

	bp_error_begin(c, TRACE_ERROR_HEAP_OVERRUN);
	bp_error_block(e, &g->header, g->ptr, false);
	e->found = TRACE_FOUND_AT_FREE;
	e->access = TRACE_ACCESS_WRITE;
	if (!bp_guard_range(e, ptr, data_end(g), bp_guarded_end(g))) {
		e->kind = TRACE_ERROR_HEAP_UNDERRUN;
		bp_guard_range(e, ptr, bp_guarded_start(g), ptr);
	}
	c->findings = !bp_guard_tolerated(e);
}

/* Repaired, so that it is told once. */
void
bp_guarded_damaged(struct backend_thread *t, struct backend_claim *c,
    struct bp_guarded *g)
{
	look(c, g);
	if (c->findings && t != NULL && bp_told(t->tid, &c->error))
		c->findings = false;
	bp_guarded_set_slack(g);
}

/* A copy, if the block was the same all the time; false: it was not. */
static bool
copy_slot(struct bp_guarded *to, const struct bp_guarded *g)
{
	unsigned state = bp_guarded_state(g);

	*to = *g;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return state == to->state && bp_guarded_state(g) == state &&
	    g->ptr == to->ptr && g->header.alloc_time == to->header.alloc_time;
}

static bool
is_dead(const struct bp_guarded *g)
{
	return g->state == BP_FREED;
}

static bool
holds(const struct bp_guarded *g, uintptr_t at)
{
	return at - g->ptr < bp_size(&g->header);
}

/* A pointer into a block, or by a cookie before one. */
static void
bad_foreign(struct backend_claim *c, bool known, const struct bp_guarded *in)
{
	uintptr_t at = (uintptr_t)c->ptr;
	struct bp_guarded *slot, g;

	if (known && (in->ptr == at || holds(in, at)))
		bp_error_block(&c->error, &in->header, in->ptr, is_dead(in));
	for (uintptr_t up = 8; c->error.block == 0 && up <= 64; up *= 2) {
		slot = bp_guards_at(at + up);
		if (slot != NULL && copy_slot(&g, slot) &&
		    g.state == BP_LIVE && g.ptr == at + up)
			bp_error_block(&c->error, &g.header, g.ptr, false);
	}
	if (c->call < TRACE_NCALLS)
		bp_verdict_cookie(c);
}

/* Freed twice, or no block begins there. */
void
bp_guarded_bad(struct backend_claim *c)
{
	struct bp_guarded *slot = bp_guards_at((uintptr_t)c->ptr), g;
	bool known = slot != NULL && copy_slot(&g, slot) &&
	    g.state != BP_NONE;

	c->bad = true;
	bp_error_begin(c, TRACE_ERROR_INVALID_FREE);
	/* LIVE: handed out again since we lost the race for it. */
	if (!known || g.ptr != (uintptr_t)c->ptr || g.state == BP_LIVE) {
		bad_foreign(c, known, &g);
		return;
	}
	c->error.kind = TRACE_ERROR_DOUBLE_FREE;
	bp_error_block(&c->error, &g.header, g.ptr, is_dead(&g));
}

static bool
sweep_one(struct bp_guarded *g, uint64_t since, struct trace_error *e)
{
	struct backend_claim c = { .ptr = (void *)g->ptr,
	    .call = TRACE_NCALLS };
	uint64_t time = g->header.alloc_time;

	/* Not noted yet; or inherited: that is for the parent to tell. */
	if (time == 0 || time < since || bp_guarded_whole_slack(g))
		return false;
	look(&c, g);
	*e = c.error;
	e->found = TRACE_FOUND_AT_EXIT;
	e->window_from = time;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return c.findings && bp_guarded_state(g) == BP_LIVE &&
	    g->header.alloc_time == time;
}

bool
bp_guarded_sweep(uint32_t tid, uint32_t *at, uint64_t since,
    struct trace_error *e)
{
	bool found = false;

	if (bp_guards.size == 0 || bp_guards.torn)
		return false;
	bp_guards_enter(tid);
	while (!found && ++*at < bp_guards.used) {
		struct bp_guarded *g = &bp_guards.slot[*at];

		found = bp_guarded_state(g) == BP_LIVE &&
		    sweep_one(g, since, e) && bp_told_add(tid, e);
	}
	bp_guards_leave();
	return found;
}

/* --- faults ----------------------------------------------------------- */

/* How far outside of the block; 0: inside. */
static uintptr_t
distance(const struct bp_guarded *g, uintptr_t at)
{
	uintptr_t end = g->ptr + bp_size(&g->header);

	return at < g->ptr ? g->ptr - at : at >= end ? at - end + 1 : 0;
}

/*
 * The block that the access was meant for: that of the page, or, from a guard,
 * that behind it if that is nearer.
 */
static bool
nearest(struct bp_guarded *g, uintptr_t at)
{
	struct bp_guarded *slot = bp_guards_at(at), next;
	bool known = slot != NULL && copy_slot(g, slot) &&
	    g->state != BP_NONE, guard = true;

	if (known)
		guard = at >= (uintptr_t)bp_guarded_end(g);
	slot = guard ? bp_guards_at(at + bp_heap.page) : NULL;
	if (slot == NULL || !copy_slot(&next, slot) || next.state == BP_NONE ||
	    next.pages == 0 || (known && distance(g, at) <= distance(&next,
	    at)))
		return known;
	*g = next;
	return true;
}

bool
bp_guarded_fault(uintptr_t address, bool write, struct trace_error *e)
{
	struct bp_guarded g;
	unsigned kind = TRACE_ERROR_USE_AFTER_FREE;

	if (!nearest(&g, address))
		return false;
	/* Its pages are accessible: that was no fault of ours. */
	if (!is_dead(&g) && address >= (uintptr_t)bp_guarded_start(&g) &&
	    address < (uintptr_t)bp_guarded_end(&g))
		return false;
	if (!is_dead(&g))
		kind = address < g.ptr ? TRACE_ERROR_HEAP_UNDERRUN :
		    TRACE_ERROR_HEAP_OVERRUN;
	bp_error_fill(e, kind, TRACE_FOUND_AT_FAULT);
	e->access = write ? TRACE_ACCESS_WRITE : TRACE_ACCESS_READ;
	e->address = e->fault_address = address;
	bp_error_block(e, &g.header, g.ptr, is_dead(&g));
	return true;
}
