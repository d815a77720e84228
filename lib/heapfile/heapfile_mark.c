/*
 * heapfile_mark.c - which blocks of a heap file the sixteen keys reach.
 *
 * Every aligned word of a reached block that is the address of a block's data
 * reaches that block; one that leads into a block, or just behind its start,
 * reaches it possibly.  First everything is followed that pointers to starts
 * reach; then what is left by way of interior pointers; what is left then is
 * lost.  A lost block that no other lost block points to is definite and takes
 * everything it reaches below it; so does the first of a cycle.
 *
 * Nothing recurses: blocks that are still to be looked at stand on a stack of
 * indexes, each block at most once for each of the three passes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heapfile/heapfile_impl.h"

#include <stdlib.h>

struct mark {
	struct heapfile *hf;
	size_t *stack;
	size_t n;
	size_t root;	/* the lost block that all on the stack hang below */
};

struct heapfile_block *
heapfile_find(const struct heapfile *hf, uint64_t address)
{
	size_t lo = 0, hi = hf->nblocks;
	struct heapfile_block *b;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (hf->blocks[mid].address <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return NULL;
	b = &hf->blocks[lo - 1];
	/* An empty block is pointed to by its start alone. */
	return address - b->address < (b->size ? b->size : 1) ? b : NULL;
}

static void
push(struct mark *m, struct heapfile_block *b, enum heapfile_class class)
{
	b->class = class;
	m->stack[m->n++] = (size_t)(b - m->hf->blocks);
}

/* A word of a block that is reached as `from` is. */
static void
follow(struct mark *m, uint64_t word, enum heapfile_class from)
{
	struct heapfile_block *b = heapfile_find(m->hf, word);

	if (b == NULL || b->class != HEAPFILE_UNMARKED)
		return;
	if (from == HEAPFILE_REACHABLE && word != b->address)
		return;		/* the second pass comes back to it */
	push(m, b, from);
}

typedef void	word_fn(struct mark *, uint64_t word, size_t of);

static void
each_word(struct mark *m, size_t index, word_fn *fn)
{
	struct heapfile_block *b = &m->hf->blocks[index];
	uint64_t at = (b->address + 7) & ~(uint64_t)7;

	for (; at + 8 <= b->address + b->size; at += 8)
		fn(m, heapfile_word(m->hf, at), index);
}

static void
follow_reachable(struct mark *m, uint64_t word, size_t of)
{
	(void)of;
	follow(m, word, HEAPFILE_REACHABLE);
}

static void
follow_possible(struct mark *m, uint64_t word, size_t of)
{
	(void)of;
	follow(m, word, HEAPFILE_POSSIBLE);
}

static void
drain(struct mark *m, word_fn *fn)
{
	while (m->n > 0)
		each_word(m, m->stack[--m->n], fn);
}

static void
mark_from_keys(struct mark *m)
{
	struct heapfile *hf = m->hf;

	for (int i = 0; i < MMALLOC_NKEYS; i++)
		follow(m, hf->view.header.key[i], HEAPFILE_REACHABLE);
	drain(m, follow_reachable);
	for (int i = 0; i < MMALLOC_NKEYS; i++)
		follow(m, hf->view.header.key[i], HEAPFILE_POSSIBLE);
	for (size_t i = 0; i < hf->nblocks; i++)
		if (hf->blocks[i].class == HEAPFILE_REACHABLE) {
			each_word(m, i, follow_possible);
			drain(m, follow_possible);
		}
}

/* Lost block `of` points to another: that one is no longer a root of its own. */
static void
follow_lost(struct mark *m, uint64_t word, size_t of)
{
	struct heapfile *hf = m->hf;
	struct heapfile_block *b = heapfile_find(hf, word);
	size_t i;

	if (b == NULL)
		return;
	i = (size_t)(b - hf->blocks);
	if (b->class == HEAPFILE_UNMARKED)
		push(m, b, HEAPFILE_INDIRECT);
	else if (b->class == HEAPFILE_DEFINITE && i != m->root)
		b->class = HEAPFILE_INDIRECT;
	else
		return;
	b->leader = of;
}

static void
mark_lost(struct mark *m)
{
	struct heapfile *hf = m->hf;

	for (size_t i = 0; i < hf->nblocks; i++)
		if (hf->blocks[i].class == HEAPFILE_UNMARKED) {
			m->root = i;
			push(m, &hf->blocks[i], HEAPFILE_DEFINITE);
			drain(m, follow_lost);
		}
}

/* The definite block that a lost one hangs below. */
static size_t
leader_of(const struct heapfile *hf, size_t i)
{
	while (hf->blocks[i].class == HEAPFILE_INDIRECT)
		i = hf->blocks[i].leader;
	return i;
}

/* Chains of leaders become one step long, so that later questions are cheap. */
static void
flatten(struct heapfile *hf)
{
	for (size_t i = 0; i < hf->nblocks; i++) {
		size_t at = i, top;

		if (hf->blocks[i].class != HEAPFILE_INDIRECT)
			continue;
		top = leader_of(hf, i);
		while (at != top && hf->blocks[at].leader != top) {
			size_t next = hf->blocks[at].leader;

			hf->blocks[at].leader = top;
			at = next;
		}
	}
}

static void
add_up(struct heapfile *hf)
{
	for (size_t i = 0; i < hf->nblocks; i++) {
		struct heapfile_sum *s = &hf->sum[hf->blocks[i].class];

		s->bytes += hf->blocks[i].size;
		s->blocks++;
	}
}

int
heapfile_mark(struct heapfile *hf)
{
	struct mark m = { .hf = hf };

	m.stack = malloc((hf->nblocks + 1) * sizeof(*m.stack));
	if (m.stack == NULL)
		return -1;
	mark_from_keys(&m);
	mark_lost(&m);
	flatten(hf);
	add_up(hf);
	free(m.stack);
	return 0;
}

struct heapfile_sum *
heapfile_below(struct heapfile *hf)
{
	struct heapfile_sum *below = calloc(hf->nblocks + 1, sizeof(*below));

	for (size_t i = 0; below != NULL && i < hf->nblocks; i++)
		if (hf->blocks[i].class == HEAPFILE_INDIRECT) {
			struct heapfile_sum *s = &below[hf->blocks[i].leader];

			s->bytes += hf->blocks[i].size;
			s->blocks++;
		}
	return below;
}

const char *
heapfile_class_name(enum heapfile_class c)
{
	static const char *const names[] = {
		[HEAPFILE_FREE] = "free", [HEAPFILE_UNMARKED] = "unmarked",
		[HEAPFILE_REACHABLE] = "reachable",
		[HEAPFILE_POSSIBLE] = "possible",
		[HEAPFILE_INDIRECT] = "indirect",
		[HEAPFILE_DEFINITE] = "definite",
	};

	return names[c];
}
