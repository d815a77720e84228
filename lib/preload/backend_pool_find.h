/*
 * backend_pool_find.h - the start of the block round any address of the heap.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BACKEND_POOL_FIND_H
#define PW_PRELOAD_BACKEND_POOL_FIND_H

#include "preload/backend_pool_impl.h"

#define BP_START_PAGE	(BP_GRANULE / 16)	/* bytes for each bit of a granule */

/* Of each granule: in which of its 16 parts the data of blocks may begin. */
extern uint16_t *bp_starts;

/* The zone is held.  A block begins at addr; none begins in [from, to). */
void	bp_starts_set(uintptr_t addr);
void	bp_starts_clear(uintptr_t from, uintptr_t to);

uintptr_t bp_find_far(const struct bp_zone *, uintptr_t at);

/*
 * Where the last block that begins at or before at begins, whatever its state;
 * 0: none does.  at lies in the zone.  Needs no lock: who owns the block that
 * holds at gets that block.
 */
static inline uintptr_t
bp_find(const struct bp_zone *z, uintptr_t at)
{
	if (*bp_state(at) != BP_NONE)
		return at & ~(uintptr_t)(POOL_GRAIN - 1);
	return bp_find_far(z, at);
}

#endif
