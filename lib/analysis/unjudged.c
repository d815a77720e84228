/*
 * unjudged.c - see unjudged.h.  Two passes: sites with live blocks get rows,
 * then one walk over the blocks fills them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "analysis/unjudged.h"

#include <stdlib.h>
#include <string.h>

/* Where sites and what lives come from. */
struct unjudged_source {
	size_t (*nsites)(const struct heap *);
	const struct heap_site *(*site)(const struct heap *, size_t);
	int (*walk)(const struct heap *,
	    int (*fn)(const struct heap_block *, void *), void *);
};

struct unjudged_walk {
	struct unjudged *rows;
	uint32_t *row_of;	/* by site */
};

static int
unjudged_block(const struct heap_block *b, void *arg)
{
	struct unjudged_walk *w = arg;
	struct unjudged *u = &w->rows[w->row_of[b->site]];

	if (u->blocks == 0 || b->time < u->first) {
		u->first = b->time;
		u->address = b->addr;
		u->tid = b->tid;
	}
	if (u->blocks == 0 || b->size < u->smallest)
		u->smallest = b->size;
	if (b->size > u->greatest)
		u->greatest = b->size;
	if (b->time > u->last)
		u->last = b->time;
	u->bytes += b->bytes;
	u->blocks += b->blocks;
	return 0;
}

static int
unjudged_compare(const void *a, const void *b)
{
	const struct unjudged *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? -1 : 1;
	if (x->blocks != y->blocks)
		return x->blocks < y->blocks ? -1 : 1;
	return x->site > y->site ? -1 : x->site < y->site;
}

static struct unjudged *
unjudged_rows(const struct heap *h, const struct unjudged_source *from,
    size_t *n)
{
	size_t nsites = from->nsites(h);
	struct unjudged_walk w = { .rows = NULL };

	*n = 0;
	for (size_t i = 0; i < nsites; i++)
		*n += from->site(h, i)->live_blocks > 0;
	if (*n == 0)
		return NULL;
	w.rows = calloc(*n, sizeof *w.rows);
	w.row_of = calloc(nsites, sizeof *w.row_of);
	if (w.rows == NULL || w.row_of == NULL) {
		free(w.rows);
		free(w.row_of);
		*n = 1;
		return NULL;
	}
	for (size_t i = 0, row = 0; i < nsites; i++) {
		if (from->site(h, i)->live_blocks == 0)
			continue;
		w.rows[row].site = i;
		w.row_of[i] = (uint32_t)row++;
	}
	from->walk(h, unjudged_block, &w);
	qsort(w.rows, *n, sizeof *w.rows, unjudged_compare);
	free(w.row_of);
	return w.rows;
}

struct unjudged *
unjudged_sites(const struct heap *h, size_t *n)
{
	static const struct unjudged_source blocks = {
		heap_nsites, heap_site, heap_walk,
	};

	return unjudged_rows(h, &blocks, n);
}

struct unjudged *
unjudged_mappings(const struct heap *h, size_t *n)
{
	static const struct unjudged_source mappings = {
		heap_nmapping_sites, heap_mapping_site, heap_walk_mappings,
	};

	return unjudged_rows(h, &mappings, n);
}
