/*
 * unjudged.h - blocks that were not freed, by the site that allocated them.
 *
 * Nobody has looked yet whether a pointer to them is left, so they are no
 * leaks: kind "unjudged", in text "not freed".  The same for mappings that
 * were not unmapped.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ANALYSIS_UNJUDGED_H
#define PW_ANALYSIS_UNJUDGED_H

#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"

struct unjudged {
	size_t site;		/* for heap_site or heap_mapping_site */
	uint64_t bytes;		/* of a sample: estimates, both */
	uint64_t blocks;
	uint64_t address;	/* of its oldest block */
	uint64_t smallest;	/* sizes of its blocks */
	uint64_t greatest;
	uint64_t first;		/* ticks, of blocks that are still there */
	uint64_t last;
	uint32_t tid;		/* that allocated the oldest block */
};

/*
 * One row per site with live blocks, the fewest bytes first (worst last).
 * The caller frees the array.  NULL with *n 0: none; with *n 1: no memory.
 */
struct unjudged *unjudged_sites(const struct heap *, size_t *n);
struct unjudged *unjudged_mappings(const struct heap *, size_t *n);

#endif
