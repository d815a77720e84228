/*
 * qmalloc_centre.c - the exchange of batches between threads.
 *
 * A thread that frees what another allocates has too many blocks, the other
 * too few.  The centre holds batches, chains of blocks that were once the half
 * of a list, a stack of them for each class under a lock of its own.  A batch
 * moves with one link, so the lock is held for a few instructions and is taken
 * once for many blocks.
 *
 * Blocks in the centre serve no other size, and to join them in the pool costs
 * more than to free them did.  So it is done when it may save memory: a thread
 * that is about to ask the pool first empties the centre into it, if that holds
 * more than QUICK_HELD_BYTES and a part of the pool, and the pool is almost
 * out of free blocks or had to grow.  A program that frees all it has at its
 * end never comes to that.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/qmalloc_impl.h"

/* The data of a batch's first block. */
struct batch {
	void *next;		/* block of the batch */
	struct batch *below;
	uint64_t count;
};

/* The next block of a chain; a damaged one ends the chain. */
void *
quick_next(void *data)
{
	void *next = *(void **)data;

	if (next == NULL || quick_is_freed(next))
		return next;
	quick_fault("qfree", data, "written to after it was freed");
	return NULL;
}

/* Give the blocks of a chain to the pool, where they join. */
void
quick_chain_give(void *chain, uint32_t count)
{
	void *next;

	if (chain == NULL)
		return;
	quick_pool_lock(&quick.pool);
	for (; chain != NULL && count != 0 && !quick.pool.poisoned; count--) {
		next = quick_next(chain);
		pool_give_l(&quick.pool, pool_block(chain));
		chain = next;
	}
	quick_pool_unlock(&quick.pool);
}

void
quick_chain_give_one(void *data)
{
	*(void **)data = NULL;
	quick_set_own(data, QUICK_FREED);
	quick_chain_give(data, 1);
}

void
quick_centre_give(size_t grains, uint32_t tid, void *chain, uint32_t count)
{
	struct quick_bin *bin = &quick.bin[grains];
	struct batch *b = chain;
	bool full;

	if (b == NULL)
		return;
	lock_take_cheap(&bin->lock, tid);
	full = count > QUICK_CENTRE_BLOCKS - bin->nblocks;
	if (!full) {
		__atomic_fetch_add(&quick.held, count * grains * POOL_GRAIN,
		    __ATOMIC_RELAXED);
		b->below = bin->batch;
		b->count = count;
		__atomic_store_n(&bin->batch, chain, __ATOMIC_RELAXED);
		__atomic_store_n(&bin->nblocks, bin->nblocks + count,
		    __ATOMIC_RELAXED);
	}
	lock_give_cheap(&bin->lock, tid);
	if (full)
		quick_chain_give(chain, count);
}

/* A batch and how many it is; NULL: none. */
void *
quick_centre_take(size_t grains, uint32_t tid, uint32_t *count)
{
	struct quick_bin *bin = &quick.bin[grains];
	struct batch *b;

	*count = 0;
	if (__atomic_load_n(&bin->batch, __ATOMIC_RELAXED) == NULL)
		return NULL;
	lock_take_cheap(&bin->lock, tid);
	b = bin->batch;
	if (b != NULL && quick_is_freed(b) &&
	    (b->below == NULL || quick_is_freed(b->below)) &&
	    b->count <= bin->nblocks) {
		*count = (uint32_t)b->count;
		__atomic_fetch_sub(&quick.held, *count * grains * POOL_GRAIN,
		    __ATOMIC_RELAXED);
		__atomic_store_n(&bin->batch, b->below, __ATOMIC_RELAXED);
		__atomic_store_n(&bin->nblocks, bin->nblocks - *count,
		    __ATOMIC_RELAXED);
	}
	lock_give_cheap(&bin->lock, tid);
	if (b != NULL && *count == 0)
		quick_fault("qmalloc", b, "written to after it was freed");
	return *count == 0 ? NULL : b;
}

/* All that the centre has to the pool. */
void
quick_centre_flush(uint32_t tid)
{
	uint32_t count;
	void *chain;

	for (size_t i = 0; i < QUICK_CLASSES; i++)
		while ((chain = quick_centre_take(i, tid, &count)) != NULL)
			quick_chain_give(chain, count);
}

/* Does the centre have too much, where the pool has little or had to grow? */
static bool
held_is_missed_l(size_t held)
{
	const Pool *p = &quick.pool;

	return held > p->cursize / QUICK_HELD_PART &&
	    (quick.grown || p->curfree < p->cursize / QUICK_FREE_PART);
}

/* Before the pool is asked. */
void
quick_held_reclaim(uint32_t tid)
{
	size_t held = __atomic_load_n(&quick.held, __ATOMIC_RELAXED);
	bool missed;

	if (PW_LIKELY(held <= QUICK_HELD_BYTES))
		return;
	quick_pool_lock(&quick.pool);
	missed = held_is_missed_l(held);
	quick.grown = false;
	quick_pool_unlock(&quick.pool);
	if (missed)
		quick_centre_flush(tid);
}
