/*
 * backend_pool_find.c - the start of the block round any address of the heap.
 *
 * The table of states is read backwards, eight at a time, to the first that
 * says something: a block covers no start but its own, so that one is the
 * block's, if any block holds the address.  A block may be larger than can be
 * read through, so each granule has 16 bits beside the table, one for each 4
 * KiB: not set, no block begins there.  Of a large block so many granules are
 * passed in one look that 1 GiB takes less than a microsecond.
 *
 * A bit may stay set where nothing begins any more; that costs a look, no more.
 * It is set before a state is, and states are cleared with the zone held.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_find.h"

#include <string.h>

#include "base/bits.h"

#define PAGE_STATES	(BP_START_PAGE / POOL_GRAIN)
#define GRANULE_STATES	(BP_GRANULE / POOL_GRAIN)
#define CLEAR_MAX	((size_t)64 << 20)	/* of one block; see above */

uint16_t *bp_starts;

static size_t
granule_of(uintptr_t addr)
{
	return (addr - bp_heap.base) / BP_GRANULE;
}

static unsigned
page_of(uintptr_t addr)
{
	return addr / BP_START_PAGE % 16;
}

void
bp_starts_set(uintptr_t addr)
{
	uint16_t *g = &bp_starts[granule_of(addr)];
	uint16_t bit = (uint16_t)(1u << page_of(addr));

	if (!(*g & bit))
		__atomic_store_n(g, *g | bit, __ATOMIC_RELEASE);
}

void
bp_starts_clear(uintptr_t from, uintptr_t to)
{
	uintptr_t next;

	from = bits_align_up(from, BP_START_PAGE);
	to = bits_align_down(to, BP_START_PAGE);
	if (to > from + CLEAR_MAX)
		to = from + CLEAR_MAX;
	for (; from < to; from = next) {
		uint16_t *g = &bp_starts[granule_of(from)];
		unsigned bits = 0xffffu << page_of(from);

		next = bits_align_down(from, BP_GRANULE) + BP_GRANULE;
		if (next > to) {
			next = to;
			bits &= (1u << page_of(to)) - 1;
		}
		if (*g & bits)
			__atomic_store_n(g, (uint16_t)(*g & ~bits),
			    __ATOMIC_RELEASE);
	}
}

/* Eight states; the one at the highest address is in the top byte. */
static uint64_t
states_load(size_t index)
{
	uint64_t w;

	memcpy(&w, &bp_heap.state[index], sizeof(w));
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	w = __builtin_bswap64(w);
#endif
	return w;
}

/* The last state in [first, last] that says something; first is a page's. */
static size_t
page_last(size_t first, size_t last)
{
	size_t i = last & ~(size_t)7;
	uint64_t w = states_load(i) & (~0ull >> 8 * (7 - last % 8));

	for (;;) {
		if (w != 0)
			return i + bits_log2_floor(w) / 8;
		if (i == first)
			return SIZE_MAX;
		i -= 8;
		w = states_load(i);
	}
}

/* Of the pages of granule g, the last states up to last. */
static size_t
granule_last(size_t g, unsigned pages, size_t last)
{
	while (pages != 0) {
		unsigned page = bits_log2_floor(pages);
		size_t first = g * GRANULE_STATES + page * PAGE_STATES;
		size_t end = first + PAGE_STATES - 1, found;

		found = page_last(first, end < last ? end : last);
		if (found != SIZE_MAX)
			return found;
		pages &= ~(1u << page);
	}
	return SIZE_MAX;
}

/* The last granule in [low, g) in which a block may begin; low: perhaps none. */
static size_t
granule_before(size_t low, size_t g)
{
	bp_four four;

	while (g - low >= sizeof(four) / sizeof(*bp_starts)) {
		memcpy(&four, &bp_starts[g] - sizeof(four) / sizeof(*bp_starts),
		    sizeof(four));
		if ((four[0] | four[1] | four[2] | four[3]) != 0)
			break;
		g -= sizeof(four) / sizeof(*bp_starts);
	}
	while (g > low && bp_starts[g - 1] == 0)
		g--;
	return g > low ? g - 1 : low;
}

PW_NOINLINE uintptr_t
bp_find_far(const struct bp_zone *z, uintptr_t at)
{
	size_t last = (at - bp_heap.base) / POOL_GRAIN;
	size_t g = granule_of(at), low = granule_of(z->start), found;
	unsigned pages = bp_starts[g] & ((2u << page_of(at)) - 1);

	for (;;) {
		found = granule_last(g, pages, last);
		if (found != SIZE_MAX)
			return bp_heap.base + found * POOL_GRAIN;
		if (g == low)
			return 0;
		g = granule_before(low, g);
		pages = bp_starts[g];
	}
}
