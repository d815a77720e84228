/*
 * ranges.c - see ranges.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heap/ranges.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LEAF_RANGES	64u

struct ranges_leaf {
	uint32_t n;
	struct range range[LEAF_RANGES];
};

/* A place between ranges; that of an existing one, or behind the last. */
struct place {
	uint32_t leaf;
	uint32_t at;
};

/* The first leaf with a range that ends behind addr. */
static uint32_t
leaf_find(const struct ranges *r, uint64_t addr)
{
	uint32_t low = 0, high = r->nleaves;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const struct ranges_leaf *l = r->leaves[mid];

		if (l->range[l->n - 1].end > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static struct place
place_find(const struct ranges *r, uint64_t addr)
{
	struct place p = { leaf_find(r, addr), 0 };
	uint32_t high;

	if (p.leaf == r->nleaves)
		return p;
	high = r->leaves[p.leaf]->n;
	while (p.at < high) {
		uint32_t mid = p.at + (high - p.at) / 2;

		if (r->leaves[p.leaf]->range[mid].end > addr)
			high = mid;
		else
			p.at = mid + 1;
	}
	return p;
}

static struct range *
place_range(const struct ranges *r, struct place p)
{
	return p.leaf < r->nleaves ? &r->leaves[p.leaf]->range[p.at] : NULL;
}

static struct range *
place_range_before(const struct ranges *r, struct place p)
{
	struct ranges_leaf *l;

	if (p.at > 0)
		return &r->leaves[p.leaf]->range[p.at - 1];
	if (p.leaf == 0)
		return NULL;
	l = r->leaves[p.leaf - 1];
	return &l->range[l->n - 1];
}

/* An empty leaf at index i; the caller puts something into it. */
static int
leaf_add(struct ranges *r, uint32_t i)
{
	struct ranges_leaf *l = malloc(sizeof *l);

	if (l == NULL)
		return -1;
	if (r->nleaves == r->size) {
		uint32_t size = r->size ? 2 * r->size : 16;
		void *more = reallocarray(r->leaves, size, sizeof *r->leaves);

		if (more == NULL) {
			free(l);
			return -1;
		}
		r->leaves = more;
		r->size = size;
	}
	memmove(r->leaves + i + 1, r->leaves + i,
	    (r->nleaves - i) * sizeof *r->leaves);
	l->n = 0;
	r->leaves[i] = l;
	r->nleaves++;
	return 0;
}

/* The upper half of a full leaf becomes one of its own. */
static int
leaf_split(struct ranges *r, struct place *p)
{
	struct ranges_leaf *low, *high;

	if (leaf_add(r, p->leaf + 1) != 0)
		return -1;
	low = r->leaves[p->leaf];
	high = r->leaves[p->leaf + 1];
	low->n = LEAF_RANGES / 2;
	high->n = LEAF_RANGES - low->n;
	memcpy(high->range, low->range + low->n,
	    high->n * sizeof high->range[0]);
	if (p->at > low->n) {
		p->at -= low->n;
		p->leaf++;
	}
	return 0;
}

/* In front of p. */
static int
place_insert(struct ranges *r, struct place p, const struct range *x)
{
	struct ranges_leaf *l;

	if (p.leaf == r->nleaves && r->nleaves > 0) {
		p.leaf--;
		p.at = r->leaves[p.leaf]->n;
	} else if (r->nleaves == 0 && leaf_add(r, 0) != 0) {
		return -1;
	}
	if (r->leaves[p.leaf]->n == LEAF_RANGES && leaf_split(r, &p) != 0)
		return -1;
	l = r->leaves[p.leaf];
	memmove(l->range + p.at + 1, l->range + p.at,
	    (l->n - p.at) * sizeof l->range[0]);
	l->range[p.at] = *x;
	l->n++;
	r->n++;
	return 0;
}

/* p is that of the range behind it then. */
static void
place_erase(struct ranges *r, struct place *p)
{
	struct ranges_leaf *l = r->leaves[p->leaf];

	r->n--;
	l->n--;
	memmove(l->range + p->at, l->range + p->at + 1,
	    (l->n - p->at) * sizeof l->range[0]);
	if (l->n == 0) {
		free(l);
		r->nleaves--;
		memmove(r->leaves + p->leaf, r->leaves + p->leaf + 1,
		    (r->nleaves - p->leaf) * sizeof *r->leaves);
	} else if (p->at == l->n) {
		p->leaf++;
		p->at = 0;
	}
}

/* Do they touch, and are they of one mapping? */
static bool
range_joins(const struct range *a, const struct range *b)
{
	return a != NULL && b != NULL && a->end == b->start &&
	    a->first == b->first && a->last == b->last &&
	    a->time == b->time && a->tid == b->tid && a->site == b->site &&
	    a->flags == b->flags;
}

const struct range *
ranges_next(const struct ranges *r, uint64_t addr)
{
	return place_range(r, place_find(r, addr));
}

int
ranges_put(struct ranges *r, const struct range *x, ranges_fn *came, void *arg)
{
	struct place p = place_find(r, x->start);
	struct range *before = place_range_before(r, p);
	struct range *behind = place_range(r, p);
	uint64_t n = r->n;

	if (range_joins(before, x) && range_joins(x, behind)) {
		before->end = behind->end;
		place_erase(r, &p);
	} else if (range_joins(before, x)) {
		before->end = x->end;
	} else if (range_joins(x, behind)) {
		behind->start = x->start;
	} else if (place_insert(r, p, x) != 0) {
		return -1;
	}
	came(x, (int)((int64_t)r->n - (int64_t)n), arg);
	return 0;
}

/* Out of the middle of x, whose place is p. */
static int
cut_middle(struct ranges *r, struct place p, const struct range *piece,
    ranges_fn *gone, void *arg)
{
	struct range *x = place_range(r, p);
	struct range rest = *x;

	rest.start = piece->end;
	x->end = piece->start;
	p.at++;
	if (place_insert(r, p, &rest) == 0) {
		gone(piece, 1, arg);
		return 0;
	}
	gone(piece, 0, arg);
	gone(&rest, 0, arg);
	return -1;
}

int
ranges_cut(struct ranges *r, uint64_t start, uint64_t end, ranges_fn *gone,
    void *arg)
{
	struct place p = place_find(r, start);
	struct range *x;

	if (start >= end)
		return 0;
	while ((x = place_range(r, p)) != NULL && x->start < end) {
		struct range piece = *x;

		if (piece.start < start)
			piece.start = start;
		if (piece.end > end)
			piece.end = end;
		if (x->start < start && x->end > end)
			return cut_middle(r, p, &piece, gone, arg);
		if (x->start < start) {
			x->end = start;
			gone(&piece, 0, arg);
			p = place_find(r, start);
		} else if (x->end > end) {
			x->start = end;
			gone(&piece, 0, arg);
		} else {
			place_erase(r, &p);
			gone(&piece, -1, arg);
		}
	}
	return 0;
}

void
ranges_free(struct ranges *r)
{
	for (uint32_t i = 0; i < r->nleaves; i++)
		free(r->leaves[i]);
	free(r->leaves);
	memset(r, 0, sizeof *r);
}

const char *
ranges_check(const struct ranges *r)
{
	const struct range *last = NULL;
	uint64_t n = 0;

	for (uint32_t i = 0; i < r->nleaves; i++) {
		const struct ranges_leaf *l = r->leaves[i];

		if (l->n == 0 || l->n > LEAF_RANGES)
			return "R1: a leaf is empty or too full";
		for (uint32_t j = 0; j < l->n; j++, n++) {
			const struct range *x = &l->range[j];

			if (x->start >= x->end ||
			    (last != NULL && last->end > x->start))
				return "R1: ranges do not ascend";
			if (range_joins(last, x))
				return "R3: two halves of one mapping touch";
			last = x;
		}
	}
	return n == r->n ? NULL : "R2: n does not count the ranges";
}
