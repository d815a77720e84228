/*
 * sampled.h - the addresses of the blocks that a sample holds.
 *
 * A set that every free asks.  In front stands a filter: a byte counts how many
 * members have its hash, so that the free of a block which is none of them
 * reads one byte of 16 KB.  Behind it are buckets of a cache line with room for
 * seven addresses, in levels of growing size that are mapped when one is
 * needed.  A bucket that is full sends addresses on to the next level and
 * counts them, so that nobody looks there in vain.
 *
 * No locks: a place in a bucket is taken by one atomic exchange, and whoever
 * adds or drops an address owns the block at that moment.  Nothing is ever
 * moved, and a place that came free is used again, so the set does not age.
 *
 * Invariants:
 *	S1  an address stands in one place at most;
 *	S2  filter[hash] is at least the number of members with that hash, 255
 *	    for ever once it was reached;
 *	S3  more of a bucket is at least the number of members that it sent on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_SAMPLED_H
#define PW_PRELOAD_SAMPLED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#pragma GCC visibility push(hidden)

#define SAMPLED_FILTER_BITS	14u
#define SAMPLED_LEVELS		8u
#define SAMPLED_SLOTS		7u

struct sampled_bucket {
	uint64_t more;		/* members sent on to the next level */
	uintptr_t slot[SAMPLED_SLOTS];	/* 0: free */
};

/* Zeroed memory is an empty set. */
struct sampled {
	uint8_t filter[1u << SAMPLED_FILTER_BITS];
	struct sampled_bucket *level[SAMPLED_LEVELS];
};

static PW_ALWAYS_INLINE uint64_t
sampled_hash(const void *ptr)
{
	return (uintptr_t)ptr * 0x9e3779b97f4a7c15ull;
}

/* false: it is certainly none. */
static PW_ALWAYS_INLINE bool
sampled_maybe(const struct sampled *s, const void *ptr)
{
	return __atomic_load_n(&s->filter[sampled_hash(ptr) >>
	    (64 - SAMPLED_FILTER_BITS)], __ATOMIC_RELAXED) != 0;
}

/* ptr is not in it.  false: no memory. */
bool	sampled_add(struct sampled *, const void *ptr);

bool	sampled_has(const struct sampled *, const void *ptr);

/* true: it was in it, and is no more. */
bool	sampled_drop(struct sampled *, const void *ptr);

#pragma GCC visibility pop

#endif
