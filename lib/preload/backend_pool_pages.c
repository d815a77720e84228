/*
 * backend_pool_pages.c - guarded blocks: taken, claimed, freed.
 *
 * In guard mode every block is one, but for those of handlers that interrupted
 * us.  In check mode one in --guard-rate is, or those the request picks out.
 * Each thread counts down on its own; the gaps are random, so that no pattern
 * of the program's hides a block for ever, but the same in each run.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_pages.h"

#include <string.h>

#include "base/bits.h"
#include "base/os.h"

/* How many blocks pass before the next is guarded: rate - 1 in the mean. */
static uint32_t
next_gap(struct backend_thread *t)
{
	uint32_t rate = bp_guards.rate;

	if (rate == 1)
		return 0;
	if (t->guard_random == 0)
		t->guard_random = __atomic_add_fetch(&bp_guards.nseeds, 1,
		    __ATOMIC_RELAXED);
	t->guard_random += 0x9e3779b97f4a7c15ull;
	return (uint32_t)(bits_mix64(t->guard_random) % (2 * (uint64_t)rate -
	    1));
}

static bool
is_front(const struct backend_request *req)
{
	uint8_t *turn = &bp_guards.turn[bits_mix64(req->site) % 256];

	return bp_guards.side == SESSION_GUARD_ALTERNATE ?
	    __atomic_fetch_add(turn, 1, __ATOMIC_RELAXED) & 1 :
	    bp_guards.side == SESSION_GUARD_FRONT;
}

static size_t
pages_of(size_t size)
{
	return bits_align_up(size, bp_heap.page) / bp_heap.page;
}

static bool
is_at_front(const struct bp_guarded *g)
{
	return g->ptr == (uintptr_t)bp_guarded_start(g) && g->pages != 0;
}

/* Where size bytes lie whose end is to be as near the guard as can be. */
static uintptr_t
place_back(const struct bp_guarded *g, size_t size, size_t align)
{
	if (align < POOL_GRAIN)
		align = POOL_GRAIN;
	return bits_align_down((uintptr_t)bp_guarded_end(g) - size, align);
}

/* A block of one page is filled; more pages are left as they came. */
static void
present(struct bp_guarded *g, const struct backend_request *req)
{
	uint64_t align = req->align == 0 ? 0 : bits_log2_floor(req->align);

	memset(&g->header, 0, sizeof(g->header));
	g->header.what = req->size | (uint64_t)req->call << BP_WHAT_CALL |
	    align << BP_WHAT_ALIGN;
	if (g->pages == 1 && !req->zero && bp_heap.flags & SESSION_FILL)
		bp_fill((void *)g->ptr, 0, req->size, POOL_FILL_ALLOC,
		    UINTPTR_MAX - bp_heap.page);
	bp_guarded_set_slack(g);
	bp_guarded_set_state(g, BP_LIVE);
}

/* What is live, and the bytes of its pages. */
static void
count(int64_t live, int64_t whole)
{
	__atomic_fetch_add(&bp_heap.live, live, __ATOMIC_RELAXED);
	__atomic_fetch_add(&bp_heap.whole, whole, __ATOMIC_RELAXED);
}

static void *
take(uint32_t tid, const struct backend_request *req)
{
	size_t pages = pages_of(req->size);
	struct bp_guarded *g;

	bp_guards_enter(tid);
	g = bp_guards_room_l(pages, req->align);
	bp_guards_leave();
	if (g == NULL)
		return NULL;
	g->ptr = is_front(req) ? (uintptr_t)bp_guarded_start(g) :
	    place_back(g, req->size, req->align);
	present(g, req);
	count((int64_t)req->size, (int64_t)(pages * bp_heap.page));
	return (void *)g->ptr;
}

void *
bp_guarded_due(struct backend_thread *t, const struct backend_request *req)
{
	t->guard_left = UINT32_MAX;
	if (bp_guards.rate == 0)
		return NULL;
	if (bp_guards.chosen) {
		t->guard_left = 0;
		if (!req->guard || t->guard_skip-- != 0)
			return NULL;
		t->guard_skip = next_gap(t);
	} else {
		bool begins = t->guard_random == 0 && bp_guards.rate > 1;

		t->guard_left = next_gap(t);
		if (begins && t->guard_left-- != 0)
			return NULL;
	}
	return take(t->tid, req);
}

void
bp_guarded_note(void *ptr, uint32_t stack, uint32_t tid, uint64_t time)
{
	struct bp_guarded *g = bp_guards_at((uintptr_t)ptr);

	g->header.alloc_stack = stack;
	bp_set_alloc_tid(&g->header, tid);
	g->header.alloc_time = time;
}

void
bp_guarded_claim(struct backend_thread *t, struct backend_claim *c)
{
	struct bp_guarded *g = bp_guards_at((uintptr_t)c->ptr);
	uint32_t live = BP_LIVE;

	if (g == NULL || g->ptr != (uintptr_t)c->ptr ||
	    !__atomic_compare_exchange_n(&g->state, &live, BP_CLAIMED, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		bp_guarded_bad(c);
		return;
	}
	c->size = bp_size(&g->header);
	c->allocated_by = bp_call(&g->header);
	if (PW_UNLIKELY(!bp_guarded_whole_slack(g)))
		bp_guarded_damaged(t, c, g);
	else if (PW_UNLIKELY(bp_mismatched(c, &g->header)))
		bp_verdict_mismatch(c, &g->header);
}

void
bp_guarded_unclaim(struct backend_claim *c)
{
	bp_guarded_set_state(bp_guards_at((uintptr_t)c->ptr), BP_LIVE);
}

void
bp_guarded_give(struct backend_thread *t, struct backend_claim *c,
    uint32_t stack, uint32_t tid, uint64_t time)
{
	struct bp_guarded *g = bp_guards_at((uintptr_t)c->ptr);
	struct bp_header *b = &g->header;

	b->what = (b->what & (((uint64_t)1 << BP_WHAT_FREED) - 1)) |
	    (uint64_t)c->call << BP_WHAT_FREED;
	b->free_stack = stack;
	bp_set_free_tid(b, tid);
	b->free_time = time;
	count(-(int64_t)c->size, -(int64_t)(g->pages * bp_heap.page));
	bp_guarded_set_state(g, BP_FREED);
	bp_guards_retire(g, t == NULL ? 0 : t->tid, c->nested || t == NULL);
}

/* Where it stands, if its end would lie no further from its guard. */
bool
bp_guarded_resize(struct backend_claim *c, const struct backend_request *req)
{
	struct bp_guarded *g = bp_guards_at((uintptr_t)c->ptr);
	struct bp_header *b = &g->header;
	size_t align = (size_t)1 << (b->what >> BP_WHAT_ALIGN & 63);

	if (pages_of(req->size) != g->pages || (!is_at_front(g) &&
	    place_back(g, req->size, align) != g->ptr))
		return false;
	count((int64_t)req->size - (int64_t)c->size, 0);
	b->what = (b->what & ~(((uint64_t)1 << BP_WHAT_CALL) - 1)) | req->size;
	if (g->pages == 1 && bp_heap.flags & SESSION_FILL &&
	    req->size > c->size)
		bp_fill(c->ptr, c->size, req->size, POOL_FILL_ALLOC,
		    UINTPTR_MAX - bp_heap.page);
	bp_guarded_set_slack(g);
	bp_guarded_unclaim(c);
	return true;
}

size_t
bp_guarded_usable(const void *ptr)
{
	const struct bp_guarded *g = bp_guards_at((uintptr_t)ptr);

	return g == NULL || g->ptr != (uintptr_t)ptr ||
	    bp_guarded_state(g) != BP_LIVE ? 0 : bp_size(&g->header);
}
