/*
 * blocks.c - see blocks.h.
 *
 * The index is probed linearly and at most three quarters full; a removal
 * moves later words of the same run back, so there are no tombstones and a
 * table in which blocks come and go never needs to be rebuilt.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heap/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/check.h"

#define TAG_SHIFT	27
#define ENTRY_MASK	((1u << TAG_SHIFT) - 1)

static uint32_t
blocks_home(const struct blocks *b, uint64_t addr)
{
	return (uint32_t)bits_mix64(addr) & (b->index_size - 1);
}

static uint32_t
blocks_word(uint64_t addr, uint32_t entry)
{
	return (uint32_t)(bits_mix64(addr) >> 59) << TAG_SHIFT | (entry + 1);
}

static struct block *
blocks_at(const struct blocks *b, uint32_t word)
{
	return &b->entries[(word & ENTRY_MASK) - 1];
}

/* The place of addr in the index, or the empty place where its run ends. */
static uint32_t
blocks_probe(const struct blocks *b, uint64_t addr)
{
	uint32_t tag = blocks_word(addr, 0) & ~ENTRY_MASK;
	uint32_t i = blocks_home(b, addr);

	for (; b->index[i] != 0; i = (i + 1) & (b->index_size - 1))
		if ((b->index[i] & ~ENTRY_MASK) == tag &&
		    blocks_at(b, b->index[i])->addr == addr)
			break;
	return i;
}

struct block *
blocks_find(const struct blocks *b, uint64_t addr)
{
	uint32_t i;

	if (b->index_size == 0)
		return NULL;
	i = blocks_probe(b, addr);
	return b->index[i] == 0 ? NULL : blocks_at(b, b->index[i]);
}

void
blocks_fetch_index(const struct blocks *b, uint64_t addr)
{
	if (b->index_size != 0)
		__builtin_prefetch(&b->index[blocks_home(b, addr)]);
}

void
blocks_fetch_entry(const struct blocks *b, uint64_t addr)
{
	uint32_t tag = blocks_word(addr, 0) & ~ENTRY_MASK, i;

	if (b->index_size == 0)
		return;
	i = blocks_home(b, addr);
	for (; b->index[i] != 0; i = (i + 1) & (b->index_size - 1))
		if ((b->index[i] & ~ENTRY_MASK) == tag) {
			__builtin_prefetch(blocks_at(b, b->index[i]));
			break;
		}
}

static void
blocks_index(struct blocks *b)
{
	memset(b->index, 0, b->index_size * sizeof *b->index);
	for (uint32_t e = 0; e < b->n; e++) {
		uint64_t addr = b->entries[e].addr;

		if (b->entries[e].state != BLOCK_NONE)
			b->index[blocks_probe(b, addr)] = blocks_word(addr, e);
	}
}

static int
blocks_grow_index(struct blocks *b)
{
	uint32_t size = b->index_size ? 2 * b->index_size : 32;
	uint32_t *index;

	/* What was there is made anew: never two indexes at once. */
	free(b->index);
	index = malloc(size * sizeof *index);
	if (index == NULL) {
		size = b->index_size;
		index = malloc(size * sizeof *index);
	}
	b->index = index;
	b->index_size = index ? size : 0;
	if (index == NULL)
		return -1;
	blocks_index(b);
	return 0;
}

static void
blocks_drop_dead(struct blocks *b)
{
	for (uint32_t e = 0; e < b->n; e++)
		if (b->entries[e].state == BLOCK_DEAD)
			blocks_remove(b, &b->entries[e]);
	b->dropped = true;
}

static int
blocks_room(struct blocks *b)
{
	uint64_t used = (uint64_t)b->nlive + b->ndead + 1;
	struct block *more;
	uint32_t size;

	if (b->ndead >= BLOCKS_DEAD_MAX)
		blocks_drop_dead(b);
	if (4 * used > 3 * (uint64_t)b->index_size &&
	    blocks_grow_index(b) != 0)
		return -1;
	if (4 * used > 3 * (uint64_t)b->index_size)
		return -1;
	if (b->unused != 0 || b->n < b->size)
		return 0;
	if (b->n >= BLOCKS_MAX - 1)
		return -1;
	/* By a quarter: what is grown is touched only as it is used. */
	size = b->size < 64 ? 64 : b->size + b->size / 4;
	if (size > BLOCKS_MAX)
		size = BLOCKS_MAX;
	more = realloc(b->entries, size * sizeof *more);
	if (more == NULL)
		return -1;
	b->entries = more;
	b->size = size;
	return 0;
}

struct block *
blocks_add(struct blocks *b, uint64_t addr)
{
	struct block *block;
	uint32_t e;

	if (blocks_room(b) != 0)
		return NULL;
	if (b->unused != 0) {
		e = b->unused - 1;
		b->unused = b->entries[e].site;
	} else {
		e = b->n++;
	}
	block = &b->entries[e];
	block->addr = addr;
	block->state = BLOCK_LIVE;
	b->index[blocks_probe(b, addr)] = blocks_word(addr, e);
	b->nlive++;
	return block;
}

/* Close the gap at i: words whose home is at or before it move back. */
static void
blocks_close_gap(struct blocks *b, uint32_t gap)
{
	uint32_t mask = b->index_size - 1;
	uint32_t i = gap;

	for (;;) {
		uint32_t home;

		i = (i + 1) & mask;
		if (b->index[i] == 0)
			break;
		home = blocks_home(b, blocks_at(b, b->index[i])->addr);
		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		b->index[gap] = b->index[i];
		gap = i;
	}
	b->index[gap] = 0;
}

void
blocks_remove(struct blocks *b, struct block *block)
{
	PW_ASSERT(block->state != BLOCK_NONE);
	blocks_close_gap(b, blocks_probe(b, block->addr));
	if (block->state == BLOCK_LIVE)
		b->nlive--;
	else
		b->ndead--;
	block->state = BLOCK_NONE;
	block->site = b->unused;
	b->unused = (uint32_t)(block - b->entries) + 1;
}

void
blocks_bury(struct blocks *b, struct block *block)
{
	PW_ASSERT(block->state == BLOCK_LIVE);
	block->state = BLOCK_DEAD;
	b->nlive--;
	b->ndead++;
}

void
blocks_revive(struct blocks *b, struct block *block)
{
	PW_ASSERT(block->state == BLOCK_DEAD);
	block->state = BLOCK_LIVE;
	b->ndead--;
	b->nlive++;
}

void
blocks_free(struct blocks *b)
{
	free(b->entries);
	free(b->index);
	memset(b, 0, sizeof *b);
}

const char *
blocks_check(const struct blocks *b)
{
	uint32_t count[3] = { 0, 0, 0 }, listed = 0;

	for (uint32_t e = 0; e < b->n; e++) {
		const struct block *block = &b->entries[e];

		count[block->state]++;
		if (block->state != BLOCK_NONE &&
		    blocks_find(b, block->addr) != block)
			return "B1";
	}
	for (uint32_t e = b->unused; e != 0; e = b->entries[e - 1].site)
		if (++listed > b->n)
			return "B2";
	return count[BLOCK_LIVE] == b->nlive && count[BLOCK_DEAD] == b->ndead &&
	    count[BLOCK_NONE] == listed ? NULL : "B2";
}
