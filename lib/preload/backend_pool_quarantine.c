/*
 * backend_pool_quarantine.c - freed blocks that wait before the pool gets them.
 *
 * Small blocks wait in the rings of their thread.  Middle ones, which have no
 * rings, wait here, oldest first out, so many bytes of them and so many blocks:
 * as long as one waits, nobody else has its memory, a second free of it is
 * certain, and a write to it shows when it leaves.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_impl.h"

#include "base/os.h"

static void
quarantine_release_l(struct bp_quarantine *q, uint32_t tid)
{
	void *ptr = q->slot[q->head];

	q->head = (q->head + 1) % q->nslots;
	q->count--;
	q->bytes -= pool_size(bp_block(ptr));
	if (*bp_state((uintptr_t)ptr) == BP_FREED)
		bp_unfree(tid, ptr);
	bp_zone_give_l(&bp_heap.main, ptr);
}

static bool
quarantine_open(struct bp_quarantine *q)
{
	size_t n = q->max / BP_QUARANTINE_SLOT;

	q->nslots = n < BP_QUARANTINE_SLOTS ? BP_QUARANTINE_SLOTS :
	    (uint32_t)n;
	q->slot = os_map(q->nslots * sizeof(*q->slot));
	return q->slot != NULL;
}

void
bp_quarantine_l(uint32_t tid, void *ptr)
{
	struct bp_quarantine *q = &bp_heap.quarantine;
	size_t size = pool_size(bp_block(ptr));

	if (size > q->max || (q->slot == NULL && !quarantine_open(q))) {
		bp_zone_give_l(&bp_heap.main, ptr);
		return;
	}
	while (q->count == q->nslots ||
	    (q->count != 0 && q->bytes + size > q->max))
		quarantine_release_l(q, tid);
	q->slot[(q->head + q->count) % q->nslots] = ptr;
	q->count++;
	q->bytes += size;
}

void
bp_quarantine_flush_l(uint32_t tid)
{
	while (bp_heap.quarantine.count != 0)
		quarantine_release_l(&bp_heap.quarantine, tid);
}
