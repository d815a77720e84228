/*
 * weight.c - how many blocks a block of a sample stands for.
 *
 * It was drawn with the probability p = 1 - exp(-size / interval), so it stands
 * for 1 / p blocks and size / p bytes; then sums are right in the mean.  Counts
 * are whole numbers here, so 1 / p is rounded up or down, by a number made of
 * the block itself: in the mean over many blocks that is right too, and what
 * was added for a block when it came is what goes when it is freed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <math.h>

#include "base/bits.h"
#include "heap/heap_impl.h"

#define CERTAIN		50.0	/* size / interval from which 1 - p is 0 */
#define WHOLE_MAX	0x1p62	/* what no sum of a real trace reaches */

double
heap_factor(const struct heap *h, uint64_t size)
{
	double x = (double)(size != 0 ? size : 1) / (double)h->sample;

	return h->sample <= 1 || x > CERTAIN ? 1 : -1 / expm1(-x);
}

static uint64_t
weight_whole(double x)
{
	return x < WHOLE_MAX ? (uint64_t)x : (uint64_t)WHOLE_MAX;
}

/* A number in [0, 1), the same for the same block. */
static double
weight_chance(const struct block *b)
{
	return (double)(bits_mix64(b->addr ^ bits_mix64(b->time)) >> 11) *
	    0x1p-53;
}

struct heap_weight
heap_weigh_sampled(const struct heap *h, const struct block *b)
{
	double w = heap_factor(h, b->size);

	if (w == 1)
		return (struct heap_weight){ 1, b->size };
	return (struct heap_weight){ weight_whole(w + weight_chance(b)),
		weight_whole(w * (double)b->size + 0.5) };
}

uint64_t
heap_weigh_growth(const struct heap *h, uint64_t from, uint64_t to)
{
	if (to <= from)
		return 0;
	return weight_whole((double)(to - from) * heap_factor(h, from) *
	    heap_factor(h, to) + 0.5);
}
