/*
 * backend_pool_figures.c - what the heap of check mode holds, in bytes.
 *
 * Threads count what they give out in their own caches; the sum is right when
 * nobody is between two counts, and near enough otherwise.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_pages.h"

#include "base/os.h"

static void
figures_l(struct backend_figures *f)
{
	int64_t live = bp_heap.live, whole = bp_heap.whole;
	struct list *node;
	size_t pool = pool_bins_largest(&bp_heap.main.pool);

	list_for_each(node, &bp_heap.caches) {
		struct bp_cache *c = list_entry(node, struct bp_cache, all);

		live += __atomic_load_n(&c->live, __ATOMIC_RELAXED);
		whole += __atomic_load_n(&c->whole, __ATOMIC_RELAXED);
	}
	f->footprint = bp_heap.main.footprint + bp_heap.nested.footprint +
	    __atomic_load_n(&bp_guards.live, __ATOMIC_RELAXED);
	f->live = live > 0 ? (uint64_t)live : 0;
	f->overhead = whole > live ? (uint64_t)(whole - live) : 0;
	f->free = f->footprint > f->live + f->overhead ?
	    f->footprint - f->live - f->overhead : 0;
	f->largest = pool;
}

bool
bp_figures(struct backend_figures *f)
{
	uint32_t tid = (uint32_t)os_gettid();
	bool mine = bp_heap.forking != 0 &&
	    lock_is_mine(&bp_heap.main.lock, tid);

	if (!mine && !lock_try(&bp_heap.main.lock, tid))
		return false;
	figures_l(f);
	if (!mine)
		lock_give(&bp_heap.main.lock);
	return true;
}
