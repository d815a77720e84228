/*
 * mmalloc_reach.c - which blocks of a heap file the sixteen keys lead to.
 *
 * All allocated blocks are put into an array in order of addresses, which the
 * walk gives.  Marking is conservative: any aligned word of a reached block
 * that is an address in another one reaches it.  What has been reached and not
 * yet been scanned is a list through the array itself, so depth costs nothing
 * and nothing recurses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_inspect.h"

#include <errno.h>
#include <string.h>

#include "alloc/mmalloc_impl.h"
#include "base/os.h"

#define NOBODY	UINT32_MAX	/* the end of the list */
#define UNSEEN	(NOBODY - 1)	/* not reached */

struct node {
	struct mmalloc_block b;
	uint32_t next;
};

struct reach {
	const struct mmalloc_view *v;
	struct node *node;
	size_t n;
	size_t room;
	uint32_t first;		/* of the list */
	int error;
};

static int
reach_grow(struct reach *r)
{
	size_t room = r->room == 0 ? 4096 : 2 * r->room;
	struct node *node = room >= UNSEEN ? NULL :
	    os_map(room * sizeof(*node));

	if (node == NULL)
		return ENOMEM;
	if (r->node != NULL) {
		memcpy(node, r->node, r->n * sizeof(*node));
		os_unmap(r->node, r->room * sizeof(*node));
	}
	r->node = node;
	r->room = room;
	return 0;
}

static void
reach_add(void *arg, const struct mmalloc_block *b)
{
	struct reach *r = arg;

	if (b->kind != POOL_KIND_ALLOC || r->error != 0)
		return;
	if (r->n == r->room)
		r->error = reach_grow(r);
	if (r->error == 0)
		r->node[r->n++] = (struct node){ *b, UNSEEN };
}

/* The block that holds the address, by halves; NULL: none. */
static struct node *
reach_find(struct reach *r, uint64_t addr)
{
	size_t low = 0, high = r->n;
	uint64_t off = addr - r->v->header.base;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct node *n = &r->node[mid];

		if (off < n->b.off + POOL_OVERHEAD)
			high = mid;
		else if (off >= n->b.off + n->b.block_size)
			low = mid + 1;
		else
			return n;
	}
	return NULL;
}

static void
reach_word(struct reach *r, uint64_t word)
{
	struct node *n = word - r->v->header.base >= r->v->top ? NULL :
	    reach_find(r, word);

	if (n == NULL || n->next != UNSEEN)
		return;
	n->next = r->first;
	r->first = (uint32_t)(n - r->node);
}

static void
reach_scan(struct reach *r, const struct mmalloc_block *b)
{
	size_t at = b->off + POOL_OVERHEAD, end = b->off + b->block_size;
	uint64_t word;

	for (; at + sizeof(word) <= end; at += sizeof(word)) {
		memcpy(&word, r->v->map + at, sizeof(word));
		reach_word(r, word);
	}
}

static void
reach_mark(struct reach *r)
{
	r->first = NOBODY;
	for (unsigned i = 0; i < MMALLOC_NKEYS; i++)
		reach_word(r, r->v->header.key[i]);
	while (r->first != NOBODY) {
		struct node *n = &r->node[r->first];

		r->first = n->next;
		n->next = NOBODY;
		reach_scan(r, &n->b);
	}
}

static void
reach_report(struct reach *r, mmalloc_block_fn *lost, void *arg,
    struct mmalloc_reach *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; i < r->n; i++) {
		const struct node *n = &r->node[i];

		sum->nblocks++;
		sum->bytes += n->b.size;
		if (n->next != UNSEEN)
			continue;
		sum->nlost++;
		sum->lost += n->b.size;
		if (lost != NULL)
			lost(arg, &n->b);
	}
}

int
mmalloc_inspect_reach(const struct mmalloc_view *v, mmalloc_block_fn *lost,
    void *arg, struct mmalloc_reach *sum)
{
	struct reach r = { .v = v };

	mmalloc_inspect_walk(v, reach_add, NULL, &r);
	if (r.error == 0) {
		reach_mark(&r);
		reach_report(&r, lost, arg, sum);
	}
	if (r.node != NULL)
		os_unmap(r.node, r.room * sizeof(*r.node));
	return r.error;
}
