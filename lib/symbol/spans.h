/*
 * spans.h - address ranges, sorted, found by an address inside.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_SYMBOL_SPANS_H
#define PW_SYMBOL_SPANS_H

#include <stddef.h>
#include <stdint.h>

struct span {
	uint64_t low;		/* [low, high) */
	uint64_t high;
	uint32_t rank;		/* of spans with one low, the highest wins */
	uint32_t index;		/* the owner's */
};

/* Zero it before the first use. */
struct spans {
	struct span *at;
	size_t n;
	size_t room;
};

/* 0, or -1 without memory.  An empty range is not added. */
int	spans_add(struct spans *, struct span);
/* After the last add and before the first find. */
void	spans_sort(struct spans *);
/* The innermost span that holds addr, or NULL. */
const struct span *spans_find(const struct spans *, uint64_t addr);
void	spans_release(struct spans *);

#endif
