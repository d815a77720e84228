/*
 * heap_find.c - which block an address belongs to, of all that are known.
 *
 * Tables are by the start of a block, so this looks at every entry: for
 * questions that people ask, not for every event.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heap/heap_impl.h"

#define GENERATIONS	64u	/* a child has what its parents had */

/* How far addr is from [start, start + size); a block of no bytes has one. */
static uint64_t
distance(const struct block *b, uint64_t addr)
{
	if (addr < b->addr)
		return b->addr - addr;
	if (addr - b->addr < b->size || addr == b->addr)
		return 0;
	return addr - b->addr - b->size + 1;
}

/*
 * Inside beats beside; then live beats freed, near beats far, and of freed
 * ones the last counts.
 */
static bool
is_better(const struct block *b, uint64_t far, const struct block *best,
    uint64_t best_far)
{
	if (best == NULL || (far == 0) != (best_far == 0))
		return best == NULL || far == 0;
	if (b->state != best->state)
		return b->state == BLOCK_LIVE;
	if (far != best_far)
		return far < best_far;
	return b->time > best->time;
}

static const struct block *
find_in(const struct blocks *t, uint64_t addr, uint64_t reach, uint64_t until)
{
	const struct block *best = NULL;
	uint64_t best_far = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		const struct block *b = &t->entries[i];
		uint64_t far;

		if (b->state == BLOCK_NONE || b->time > until)
			continue;
		far = distance(b, addr);
		if (far <= reach && is_better(b, far, best, best_far)) {
			best = b;
			best_far = far;
		}
	}
	return best;
}

void
heap_keep_freed(struct heap *h)
{
	h->keeps_freed = true;
}

bool
heap_find(const struct heap *h, uint32_t proc, uint64_t addr, uint64_t reach,
    struct heap_found *found)
{
	const struct heap_site *site;
	const struct block *b = NULL;
	uint64_t until = ~0ull;

	for (unsigned i = 0; i < GENERATIONS && proc < h->nprocs &&
	    h->procs[proc] != NULL; i++) {
		const struct heap_proc *p = h->procs[proc];

		b = find_in(&p->blocks, addr, reach, until);
		if (b != NULL || p->parent >= proc)
			break;
		until = p->start;
		proc = p->parent;
	}
	if (b == NULL)
		return false;
	site = &h->sites.site[b->site];
	*found = (struct heap_found){ .block = b->addr, .size = b->size,
		.offset = (int64_t)(addr - b->addr), .time = b->time,
		.tid = b->tid, .proc = proc, .freed = b->state == BLOCK_DEAD,
		.stack = site->stack, .call = site->call };
	return true;
}

bool
heap_find_mapping(const struct heap *h, uint32_t proc, uint64_t addr,
    struct heap_found *found)
{
	const struct heap_site *site;
	const struct range *r;

	if (proc >= h->nprocs || h->procs[proc] == NULL)
		return false;
	r = ranges_next(&h->procs[proc]->ranges, addr);
	if (r == NULL || r->start > addr)
		return false;
	site = &h->mapping_sites.site[r->site];
	*found = (struct heap_found){ .block = r->first,
		.size = r->last - r->first, .offset = (int64_t)(addr - r->first),
		.time = r->time, .tid = r->tid, .proc = proc,
		.stack = site->stack, .call = site->call };
	return true;
}
