/*
 * frag.h - how much of what the allocator holds is of use.
 *
 *	footprint	bytes of its arenas, from the system
 *	live		bytes the program asked for and has not freed
 *	overhead	headers, tails and slack of blocks in use
 *	free		bytes of arenas that hold no block
 *	ratio		footprint / live
 *
 * The figures come from HEAP records.  In check and guard mode they describe
 * poolwatch's own pool, in profile mode the program's allocator.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ANALYSIS_FRAG_H
#define PW_ANALYSIS_FRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"

struct frag_figures {
	uint64_t time;
	uint64_t footprint;
	uint64_t live;
	uint64_t overhead;
	uint64_t free;
	uint64_t largest;
	double ratio;		/* 0: nothing is live */
};

struct frag_process {
	uint32_t proc;
	struct frag_figures now;
	struct frag_figures peak;
};

/* Processes that told figures.  The caller frees.  NULL, *n 0: none. */
struct frag_process *frag_processes(struct trace_reader *,
	    const struct heap *, size_t *n);

/* The sum of the processes' figures at their ends. */
struct frag_figures frag_sum(const struct frag_process *, size_t n);

#endif
