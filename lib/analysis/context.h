/*
 * context.h - what was round a finding when it was found.
 *
 * A heap that was replayed to the end does not know any more where a pointer
 * led that was written over a guard, nor who was at work when that happened.
 * So the trace is read once more, up to the last finding, and looked at where
 * each was found.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ANALYSIS_CONTEXT_H
#define PW_ANALYSIS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"

#define CONTEXT_WORDS	(TRACE_ERROR_BYTES / 8)
#define CONTEXT_SITES	3u

/* A call path that was at work in the window, and could have had the block in
 * mind: its blocks are large enough for what was written. */
struct context_site {
	uint32_t stack;
	uint32_t call;		/* enum trace_call */
	uint64_t size;		/* of the last such block */
	uint64_t times;
	uint64_t last;		/* ticks */
};

struct context {
	/* Of the 8 bytes at each multiple of 8 among those that were kept. */
	bool leads[CONTEXT_WORDS];
	struct heap_found to[CONTEXT_WORDS];
	struct context_site sites[CONTEXT_SITES];	/* the likeliest first */
	unsigned nsites;
};

/* Index of the first byte kept that lies at a multiple of 8. */
unsigned context_first_word(const struct trace_error *);
/* The 8 bytes at index at. */
uint64_t context_word(const struct trace_error *, unsigned at);

/*
 * Fill out[i] for found[i], n of them in order of time, from the trace at path.
 * What can't be known stays zero.
 */
void	context_gather(const char *path, const struct heap_error *const *found,
	    size_t n, struct context *out);

#endif
