/*
 * backend_pool_cache.c - per-thread rings of freed small blocks.
 *
 * A ring holds blocks of one exact cap, oldest first out, so a freed block is
 * not handed out again at once.  It holds pointers, not links: what the
 * program writes into freed memory cannot lead us astray.  Nobody but its
 * thread touches a ring, so it needs no lock; it is filled from the pool and
 * flushed to it in batches.  A block freed by another thread than its
 * allocator's goes to the ring of the thread that frees.
 *
 * Taking from another thread's ring is right only when that thread is dead, or
 * in the child of fork: head and count are always whole, and a block that was
 * on the way in or out is at worst lost.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_impl.h"

#include "base/os.h"

#define RING_BYTES	(16u << 10)	/* a ring holds no more than this */
#define RING_MIN	8u
#define BATCH_FIRST	4u		/* short lives stay small */

static size_t
class_cap(unsigned class)
{
	return class * (size_t)POOL_GRAIN + BP_GUARD;
}

static struct bp_cache *
cache_new_l(void)
{
	struct bp_cache *c;

	if (!list_empty(&bp_heap.idle)) {
		c = list_entry(bp_heap.idle.next, struct bp_cache, all);
		list_remove(&c->all);
	} else {
		c = os_map(sizeof(*c));
		if (c == NULL)
			return NULL;
	}
	list_insert_after(&bp_heap.caches, &c->all);
	return c;
}

struct bp_cache *
bp_cache_make(struct backend_thread *t)
{
	bp_enter_main(t->tid);
	t->cache = cache_new_l();
	bp_leave_main();
	return t->cache;
}

static void
ring_open(struct bp_ring *r, unsigned class)
{
	size_t n = RING_BYTES / (class_cap(class) + BP_LEAD);

	r->max = (uint16_t)(n > BP_RING ? BP_RING : n < RING_MIN ? RING_MIN : n);
	r->batch = BATCH_FIRST;
}

/* Blocks from the pool; false: there is no memory. */
bool
bp_ring_refill(struct bp_ring *r, uint32_t tid, unsigned class)
{
	if (r->max == 0)
		ring_open(r, class);
	bp_enter_main(tid);
	bp_zone_take_many_l(&bp_heap.main, class_cap(class), r);
	bp_leave_main();
	if (r->batch * 2 <= r->max / 2)
		r->batch *= 2;
	return r->count != 0;
}

/* The oldest n blocks go back to the pool. */
static void
ring_flush_l(struct bp_ring *r, unsigned n, uint32_t tid)
{
	for (; n != 0 && r->count != 0; n--) {
		void *ptr = r->slot[r->head];

		r->head = (r->head + 1) % BP_RING;
		r->count--;
		if (*bp_state((uintptr_t)ptr) == BP_FREED)
			bp_unfree(tid, ptr);
		bp_zone_give_l(&bp_heap.main, ptr);
	}
}

/* Make room in a ring that is full, or was never used. */
void
bp_ring_spill(struct bp_ring *r, uint32_t tid, unsigned class)
{
	if (r->max == 0)
		ring_open(r, class);
	if (r->count < r->max)
		return;
	bp_enter_main(tid);
	ring_flush_l(r, r->max / 2u, tid);
	bp_leave_main();
}

void
bp_cache_flush_l(struct bp_cache *c, uint32_t tid)
{
	for (unsigned i = 0; i < BP_CLASSES; i++)
		ring_flush_l(&c->ring[i], BP_RING, tid);
}

/* The thread is dead: its blocks to the pool, its sums to the heap. */
void
bp_cache_drop(struct backend_thread *t)
{
	struct bp_cache *c = t->cache;

	bp_cache_flush_l(c, (uint32_t)os_gettid());
	__atomic_fetch_add(&bp_heap.live, c->live, __ATOMIC_RELAXED);
	__atomic_fetch_add(&bp_heap.whole, c->whole, __ATOMIC_RELAXED);
	c->live = c->whole = 0;
	list_remove(&c->all);
	list_insert_after(&bp_heap.idle, &c->all);
	t->cache = NULL;
}

/* A handler frees a block of the main zone: somebody else will give it. */
void
bp_defer(void *ptr)
{
	struct bp_header *b = bp_header(ptr), *top;

	top = __atomic_load_n(&bp_heap.deferred, __ATOMIC_RELAXED);
	do
		b->guard = (uintptr_t)top;
	while (!__atomic_compare_exchange_n(&bp_heap.deferred, &top, b, true,
	    __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

void
bp_deferred_l(void)
{
	struct bp_header *b = __atomic_exchange_n(&bp_heap.deferred, NULL,
	    __ATOMIC_ACQUIRE), *next;

	for (; b != NULL; b = next) {
		next = (struct bp_header *)(uintptr_t)b->guard;
		if (bp_is_big(b + 1))
			bp_big_give_l(b + 1);
		else
			bp_zone_give_l(&bp_heap.main, b + 1);
	}
}
