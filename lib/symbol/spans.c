/*
 * spans.c - address ranges, sorted, found by an address inside.
 *
 * Ranges may nest or overlap (aliases, folded functions), so behind the last
 * one that begins at or before an address a few more are asked.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "symbol/spans.h"

#include <stdlib.h>
#include <string.h>

#define SPANS_BACK	64	/* ranges looked at behind the nearest one */

int
spans_add(struct spans *s, struct span span)
{
	struct span *at;
	size_t room;

	if (span.low >= span.high)
		return 0;
	if (s->n == s->room) {
		room = s->room ? s->room * 2 : 64;
		at = reallocarray(s->at, room, sizeof(*at));
		if (at == NULL)
			return -1;
		s->at = at;
		s->room = room;
	}
	s->at[s->n++] = span;
	return 0;
}

static int
span_order(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

void
spans_sort(struct spans *s)
{
	if (s->n > 1)
		qsort(s->at, s->n, sizeof(*s->at), span_order);
}

const struct span *
spans_find(const struct spans *s, uint64_t addr)
{
	size_t low = 0, high = s->n, mid, stop;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (s->at[mid].low <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	stop = low > SPANS_BACK ? low - SPANS_BACK : 0;
	while (low-- > stop)
		if (addr < s->at[low].high)
			return &s->at[low];
	return NULL;
}

void
spans_release(struct spans *s)
{
	free(s->at);
	memset(s, 0, sizeof(*s));
}
