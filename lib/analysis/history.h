/*
 * history.h - all blocks that an address ever belonged to.
 *
 * One more pass over a trace, which remembers what was allocated at certain
 * places, and how it ended.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ANALYSIS_HISTORY_H
#define PW_ANALYSIS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_BLOCKS	64u	/* kept of a place: the last ones */

struct history_block {
	uint64_t addr;
	uint64_t size;
	uint32_t proc;
	uint32_t alloc_tid;
	uint32_t alloc_stack;
	uint32_t alloc_call;	/* enum trace_call */
	uint64_t alloc_time;	/* ticks */
	uint32_t free_tid;
	uint32_t free_stack;
	uint32_t free_call;
	uint64_t free_time;	/* 0: it was not freed */
};

/* A place, and what was there, the oldest first. */
struct history {
	/* Filled by the caller: */
	uint64_t address;
	uint64_t mask;		/* bits of address that count */
	bool starts;		/* blocks that begin at most before in front ... */
	uint64_t before;	/* ... else that it lies in, or so near ... */
	uint64_t behind;	/* ... in front of them, and behind */
	/* Results: */
	struct history_block blocks[HISTORY_BLOCKS];
	unsigned n;
	uint64_t left_out;	/* older ones, counted */
};

/*
 * Fill places[0] to places[n - 1] from the trace at path.  pid 0: of all
 * processes.  0, or -1: it can't be read (or only in part: what was read is
 * there).
 */
int	history_gather(const char *path, uint32_t pid, struct history *places,
	    size_t n);

#endif
