/*
 * backend_pool_header.h - what stands in front of each block of check mode.
 *
 * Size and kind of the block, and who allocated and freed it; 48 bytes between
 * the pool's header and the data (backend_pool_impl.h).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BACKEND_POOL_HEADER_H
#define PW_PRELOAD_BACKEND_POOL_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "alloc/pool_impl.h"

struct bp_header {
	uint64_t what;		/* BP_WHAT_*: size, call, align, freed_by */
	uint32_t alloc_stack;
	uint32_t free_stack;
	uint64_t alloc_time;
	uint64_t free_time;
	uint64_t who;		/* BP_WHO_*: alloc_tid, free_tid, fresh */
	uint64_t guard;		/* deferred: the next one of the list */
};

_Static_assert(sizeof(struct bp_header) == 48, "48 keeps data aligned");
_Static_assert(offsetof(struct bp_header, alloc_time) == POOL_KEPT,
    "what the pool keeps of a free block");

/* A thread has 22 bits (PID_MAX_LIMIT), a block's freshness 16 in grains. */
#define BP_WHO_TID	24
#define BP_WHO_TID_MASK	(((uint64_t)1 << BP_WHO_TID) - 1)
#define BP_WHO_FRESH	48

#define BP_WHAT_CALL	48		/* 5 bits */
#define BP_WHAT_ALIGN	53		/* 6 bits, log2 */
#define BP_WHAT_FREED	59		/* 5 bits */

static inline uint32_t
bp_alloc_tid(const struct bp_header *b)
{
	return b->who & BP_WHO_TID_MASK;
}

static inline uint32_t
bp_free_tid(const struct bp_header *b)
{
	return b->who >> BP_WHO_TID & BP_WHO_TID_MASK;
}

static inline void
bp_set_alloc_tid(struct bp_header *b, uint32_t tid)
{
	b->who = (b->who & ~BP_WHO_TID_MASK) | (tid & BP_WHO_TID_MASK);
}

static inline void
bp_set_free_tid(struct bp_header *b, uint32_t tid)
{
	b->who = (b->who & ~(BP_WHO_TID_MASK << BP_WHO_TID)) |
	    (tid & BP_WHO_TID_MASK) << BP_WHO_TID;
}

/* In 16 bytes from the data; 0: no page of it was. */
static inline uint64_t
bp_fresh(const struct bp_header *b)
{
	return b->who >> BP_WHO_FRESH;
}

static inline void
bp_set_fresh(struct bp_header *b, uint64_t grains)
{
	b->who = (b->who & (((uint64_t)1 << BP_WHO_FRESH) - 1)) |
	    grains << BP_WHO_FRESH;
}

static inline size_t
bp_size(const struct bp_header *b)
{
	return b->what & (((uint64_t)1 << BP_WHAT_CALL) - 1);
}

static inline unsigned
bp_call(const struct bp_header *b)
{
	return b->what >> BP_WHAT_CALL & 31;
}

static inline unsigned
bp_freed_by(const struct bp_header *b)
{
	return b->what >> BP_WHAT_FREED;
}

#endif
