/*
 * top.c - see top.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "analysis/top.h"

#include <stdlib.h>

#include "base/compiler.h"

#define TOP_AS_WORD(name, word, member)	"|" word
static const char top_words_bar[] = TOP_KEYS(TOP_AS_WORD);
const char *const top_words = top_words_bar + 1;

struct top_row {
	uint64_t value;
	size_t site;
};

uint64_t
top_value(const struct heap_site *s, enum top_key key)
{
#define TOP_AS_CASE(name, word, member)	\
	case TOP_BY_##name: return s->member;
	switch (key) {
	TOP_KEYS(TOP_AS_CASE)
	default:
		return 0;
	}
}

static int
top_compare(const void *a, const void *b)
{
	const struct top_row *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return x->site < y->site ? -1 : x->site > y->site;
}

size_t *
top_sites(const struct heap *h, enum top_key key, size_t *n)
{
	struct top_row *rows;
	size_t *sites;

	*n = heap_nsites(h);
	if (*n == 0)
		return NULL;
	rows = calloc(*n, sizeof *rows);
	sites = calloc(*n, sizeof *sites);
	if (rows == NULL || sites == NULL) {
		free(rows);
		free(sites);
		return NULL;
	}
	for (size_t i = 0; i < *n; i++)
		rows[i] = (struct top_row){ top_value(heap_site(h, i), key),
		    i };
	qsort(rows, *n, sizeof *rows, top_compare);
	for (size_t i = 0; i < *n; i++)
		sites[i] = rows[i].site;
	free(rows);
	return sites;
}
