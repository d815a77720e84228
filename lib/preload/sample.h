/*
 * sample.h - which allocations are recorded under --sample=BYTES.
 *
 * Every byte that a thread allocates is drawn with the same small probability,
 * and a block is recorded when one of its bytes is.  The way from one drawn
 * byte to the next is exponentially distributed with the mean BYTES, so a
 * thread counts it down: a block that does not reach the end costs a
 * subtraction, and one that does is recorded with the probability
 *
 *	1 - exp(-size / BYTES)
 *
 * whatever came before it.  The reader divides by that, and sums over many
 * blocks are right in the mean.  A block of no bytes counts as one.
 *
 * A handler may interrupt the subtraction and draw for itself: then one of the
 * two is forgotten, which nobody can see in the figures.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_SAMPLE_H
#define PW_PRELOAD_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

#pragma GCC visibility push(hidden)

/* Zeroed memory is one that has not begun. */
struct sample {
	uint64_t left;		/* bytes up to the drawn one, it included */
	uint64_t random;	/* state; not 0 once begun */
};

/* The rest of the block in front of the drawn byte?  Then it is not drawn. */
static PW_ALWAYS_INLINE bool
sample_passes(struct sample *s, size_t size)
{
	size += size == 0;
	if (size >= s->left)
		return false;
	s->left -= size;
	return true;
}

/* interval: bytes, at least 1; seed: any number, another for each thread. */
void	sample_begin(struct sample *, uint64_t interval, uint64_t seed);

/* Is a block of size bytes drawn?  After sample_begin. */
bool	sample_draws(struct sample *, uint64_t interval, size_t size);

#pragma GCC visibility pop

#endif
