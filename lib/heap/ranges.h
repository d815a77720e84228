/*
 * ranges.h - the mappings of one process: ranges of addresses, in order.
 *
 * Ranges lie in leaves of up to 64 in ascending order, and the leaves' addresses
 * in one array.  A look is two binary searches, an insertion moves what fits
 * in a leaf; there is no recursion, and no shape that a hostile trace could
 * force.  A mapping with a hole is two ranges; when the hole is filled with
 * what was in it (an munmap that failed), they are one again.
 *
 * Invariants (ranges_check):
 *	R1  ranges are not empty, ascend and are disjoint; no leaf is empty;
 *	R2  n counts them;
 *	R3  neighbours that touch are of different mappings.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_HEAP_RANGES_H
#define PW_HEAP_RANGES_H

#include <stdint.h>

struct range {
	uint64_t start;		/* [start, end) */
	uint64_t end;
	/* The mapping that it is (left of): */
	uint64_t first;		/* [first, last), as it was mapped */
	uint64_t last;
	uint64_t time;		/* ticks */
	uint32_t tid;
	uint32_t site;
	uint32_t flags;		/* mmap's */
	uint32_t pad;
};

struct ranges_leaf;

/* Zeroed memory is no range. */
struct ranges {
	struct ranges_leaf **leaves;
	uint32_t nleaves;
	uint32_t size;		/* leaves there is room for */
	uint64_t n;
};

/*
 * Told of a piece that came or went: *piece is it, count how many ranges there
 * are more than before (a hole in the middle: 1), -1, 0 or 1.
 */
typedef void ranges_fn(const struct range *piece, int count, void *arg);

/* The first range that ends behind addr, or NULL.  Valid until a change. */
const struct range *ranges_next(const struct ranges *, uint64_t addr);

/* Where nothing is.  0, or -1 without memory. */
int	ranges_put(struct ranges *, const struct range *, ranges_fn *came,
	    void *arg);

/*
 * Nothing is in [start, end) any more; gone is told each piece that was.  0, or
 * -1 without memory: then what was behind the hole is gone too, and told.
 */
int	ranges_cut(struct ranges *, uint64_t start, uint64_t end,
	    ranges_fn *gone, void *arg);

void	ranges_free(struct ranges *);
/* NULL, or the invariant that does not hold. */
const char *ranges_check(const struct ranges *);

#endif
