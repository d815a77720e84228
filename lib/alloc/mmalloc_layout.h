/*
 * mmalloc_layout.h - the bytes of a heap file, for all who read them.
 *
 *	struct mmalloc_header, to MMALLOC_ARENA | one pool arena, to top
 *
 * The arena is a pool's (pool_layout.h), mapped at header.base: everything in
 * the file that is an address, the program's pointers too, is one in
 * [base, base + top).  Who maps the file elsewhere subtracts base.  Bytes of
 * the file behind top are nothing.
 *
 * The words are of the byte order of the machine that made the file; order
 * tells which.  What must be believed first is constant and under a sum.  What
 * changes while a program is attached is changed by one store each.  What is
 * derived from the blocks is written at detach alone, under a second sum, and
 * is of meaning only while state says CLEAN.
 *
 *	FRESH	the header was written, the arena was not: an empty heap
 *	CLEAN	nobody is attached, saved is true
 *	OPEN	somebody is attached, or died while he was: the chain of
 *		block headers is true (it is at any moment), the arena's size
 *		and top are what the chain says, saved is nothing
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_MMALLOC_LAYOUT_H
#define PW_ALLOC_MMALLOC_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "alloc/pool_layout.h"

#define MMALLOC_MAGIC	"mmalloc"	/* with its NUL: 8 bytes */
#define MMALLOC_ORDER	0x01020304u
#define MMALLOC_VERSION	1u
#define MMALLOC_LAYOUT	1u	/* of the arena: pool_layout.h */
#define MMALLOC_NKEYS	16
#define MMALLOC_ARENA	4096u	/* where it begins in the file */
#define MMALLOC_UNIT	65536u	/* divides top; any page size divides it */

enum mmalloc_state {
	MMALLOC_FRESH = 0x6873657266,	/* "fresh" */
	MMALLOC_CLEAN = 0x6e61656c63,	/* "clean" */
	MMALLOC_OPEN = 0x6e65706f,	/* "open" */
};

#define MMALLOC_CHECKED	((uint64_t)1)	/* flags: mmcheck was called */

/* State of struct poolwatch_pool that the blocks do not hold themselves. */
struct mmalloc_saved {
	uint64_t freeroot;
	uint64_t binmap;
	uint64_t bin[POOL_NBINS];
	uint64_t curfree;
	uint64_t curalloc;
	uint64_t nfree;
};

struct mmalloc_header {
	/* Constant. */
	char magic[8];
	uint32_t order;		/* MMALLOC_ORDER */
	uint16_t header_size;	/* bytes of this struct */
	uint8_t version;
	uint8_t pointer_size;
	uint64_t layout;
	uint64_t base;		/* where it is mapped */
	uint64_t window;	/* addresses from base that are its own */
	uint64_t sum;		/* mmalloc_sum of all before */

	/* At any time, one store each. */
	uint64_t state;		/* enum mmalloc_state */
	uint64_t flags;
	uint64_t top;		/* bytes of the file that are the heap's */
	uint64_t key[MMALLOC_NKEYS];	/* mmalloc_setkey's: addresses */

	/* At detach. */
	struct mmalloc_saved saved;
	uint64_t saved_sum;	/* of flags, top, key and saved */
};

/* Of [from, to), words. */
static inline uint64_t
mmalloc_sum(const void *from, const void *to)
{
	const uint64_t *w = from, *end = to;
	uint64_t x = 0x6d6d616c6c6f63;

	for (; w < end; w++) {
		x = (x ^ *w) * 0x9e3779b97f4a7c15ull;
		x ^= x >> 29;
	}
	return x;
}

static inline uint64_t
mmalloc_sum_constant(const struct mmalloc_header *h)
{
	return mmalloc_sum(h, &h->sum);
}

static inline uint64_t
mmalloc_sum_saved(const struct mmalloc_header *h)
{
	return mmalloc_sum(&h->flags, &h->saved_sum);
}

_Static_assert(sizeof(struct mmalloc_header) == 760, "header of a heap file");
_Static_assert(offsetof(struct mmalloc_header, state) == 48, "constant part");
_Static_assert(POOL_NBINS == 64, "bins in a heap file");

#endif
