/*
 * pool_layout.h - the bytes of a pool's arenas, for all who read them.
 *
 * An arena is one run of memory a pool got from its source, at a multiple of
 * 16:
 *
 *	struct pool_arena 40 | block | block | ... | edge header 8
 *
 * A block is a header of one word, data at a multiple of 16, and slack up to
 * the next header:
 *
 *	header 8 | [skip] data | slack	(allocated)
 *	header 8 | ...  | links and footer	(free)
 *
 * The word of a header, lowest byte first in memory (little endian on every
 * machine), so that a byte too many of the block before meets the fence.  A
 * header that joined another block is 0.
 *
 *	bits  0..7	fence	POOL_FENCE, always
 *	      8..10	kind	enum pool_block_kind
 *	     11..15	slack	bytes of slack, 0..30; 31: see the trailer
 *	     16		left	the block before is free: its footer is there
 *	     17..53	size	of the block with its header, in grains of 16
 *	     54..63	check	pool_word_check(address of header, size)
 *
 * Who owns a block writes its byte of kind and slack (byte 1) without the
 * lock; all other bits change under the lock, in one store of the bytes 2..7 or
 * of the whole word.  Readers without the lock use one atomic load.
 *
 * The word alone makes the chain of blocks: a split first writes the header of
 * the new right block, then shrinks the left one with one store; a join grows
 * the left one with one store.  So at any moment a walk from the first block
 * to the edge finds every allocated block.  Links, footers, left bits, bins
 * and sums are derived: they can be made anew from the words.  (mmalloc's heaps
 * on disk live by that.)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_POOL_LAYOUT_H
#define PW_ALLOC_POOL_LAYOUT_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_GRAIN		16u	/* all block sizes, data addresses */
#define POOL_FENCE		0xBEu
#define POOL_SLACK_TRAILER	31u
#define POOL_DEAD_BYTE		0xDA
#define POOL_KEPT		16u	/* first bytes of data: a free block of
					 * 48 bytes or more keeps them */

enum pool_block_kind {
	POOL_KIND_NONE,		/* not a header (any more) */
	POOL_KIND_FREE,
	POOL_KIND_ALLOC,
	POOL_KIND_QUICK,	/* freed, on a quick list: still its owner's */
	POOL_KIND_DEAD,		/* freed for ever: POOL_NOREUSE */
	POOL_KIND_EDGE,		/* the end of an arena, size 0 */
	POOL_KIND_OWN,		/* never in a pool: for the users of the layout */
};

/* Signatures of fill words: signature << 24 | low 24 bits of the address. */
#define POOL_FILL_ALLOC		0xF9u
#define POOL_FILL_FREE		0xF7u
#define POOL_FILL_UNALLOC	0xF1u
#define POOL_FILL_RESET		0xFFu

/* Guard byte at address a: the byte (a mod 4) of these. */
#define POOL_GUARD_BYTES	{ 0xFE, 0xF1, 0xF0, 0xFA }

struct pool_header {
	uint64_t word;
};

#define POOL_WORD_KIND		8
#define POOL_WORD_SLACK		11
#define POOL_WORD_LEFT		((uint64_t)1 << 16)
#define POOL_WORD_SIZE		17
#define POOL_WORD_CHECK		54
#define POOL_SIZE_BITS		37
#define POOL_BLOCK_MAX		(((size_t)1 << (POOL_SIZE_BITS + 4)) - POOL_GRAIN)

static inline uint64_t
pool_word(const struct pool_header *h)
{
	return le64toh(__atomic_load_n(&h->word, __ATOMIC_RELAXED));
}

static inline unsigned
pool_word_kind(uint64_t word)
{
	return word >> POOL_WORD_KIND & 7;
}

static inline unsigned
pool_word_slack(uint64_t word)
{
	return word >> POOL_WORD_SLACK & 31;
}

static inline size_t
pool_word_size(uint64_t word)
{
	return (word >> POOL_WORD_SIZE & (((uint64_t)1 << POOL_SIZE_BITS) - 1))
	    * POOL_GRAIN;
}

/* Ten bits of the address of the header and the size of its block. */
static inline uint64_t
pool_word_check(const struct pool_header *h, size_t size)
{
	uint64_t x = ((uintptr_t)h >> 4) + size;

	return x * 0x9e3779b97f4a7c15ull >> POOL_WORD_CHECK;
}

/* A fence and a check that fit the address and the size. */
static inline bool
pool_word_is_sound(const struct pool_header *h, uint64_t word)
{
	return (word & 0xff) == POOL_FENCE && word >> POOL_WORD_CHECK ==
	    pool_word_check(h, pool_word_size(word));
}

static inline uint64_t
pool_word_make(const struct pool_header *h, size_t size,
    enum pool_block_kind kind, unsigned slack, bool left)
{
	return POOL_FENCE | (uint64_t)kind << POOL_WORD_KIND |
	    (uint64_t)slack << POOL_WORD_SLACK | (left ? POOL_WORD_LEFT : 0) |
	    (uint64_t)(size / POOL_GRAIN) << POOL_WORD_SIZE |
	    pool_word_check(h, size) << POOL_WORD_CHECK;
}

/* The owner's store of kind and slack; see above. */
static inline void
pool_set_kind(struct pool_header *h, enum pool_block_kind kind, unsigned slack)
{
	__atomic_store_n((uint8_t *)h + 1, (uint8_t)(kind | slack << 3),
	    __ATOMIC_RELAXED);
}

/* One store; what was written before it is there when it is. */
static inline void
pool_set_word(struct pool_header *h, uint64_t word)
{
	__atomic_store_n(&h->word, htole64(word), __ATOMIC_RELEASE);
}

/* Whoever owns the block may be storing its kind: this is another byte. */
static inline void
pool_set_left(struct pool_header *h, bool left)
{
	uint8_t *b = (uint8_t *)h + 2;
	uint8_t old = __atomic_load_n(b, __ATOMIC_RELAXED);

	__atomic_store_n(b, (uint8_t)((old & ~1u) | left), __ATOMIC_RELAXED);
}

/*
 * The end of a block that needs more than five bits of slack, or was placed
 * (poolallocalign).  last: slack 44 bits | placed 1 | skip 4 | check 15, and
 * the slack counts the trailer too.  Where placed is 0 only the last word is
 * there.  skip: bytes between the header's end and the data, all guard.
 * Little endian, as the word of a header.
 */
struct pool_trailer {
	uint64_t align;
	int64_t offset;
	uint64_t span;
	uint64_t last;
};

#define POOL_TRAILER_SLACK	44
#define POOL_TRAILER_PLACED	((uint64_t)1 << POOL_TRAILER_SLACK)
#define POOL_TRAILER_SKIP	45
#define POOL_TRAILER_CHECK	49

/*
 * What a free block ends with.  Links lead to the links of other blocks, not
 * to their headers: key and links are then in one line of the cache, and a link
 * is judged by the footer beside it.  left and right are there in nodes of the
 * tree only; a block below POOL_TREE_MIN has no room for them.
 */
struct pool_links {
	struct pool_links *left;
	struct pool_links *right;
	struct pool_links *next;	/* ring of equal size */
	struct pool_links *prev;
	uint64_t footer;	/* size in grains << 16 | 16 bits of check */
};

static inline uint64_t
pool_footer_make(const struct pool_links *l, size_t size)
{
	uint64_t grains = size / POOL_GRAIN;
	uint64_t x = ((uintptr_t)l >> 4) + (grains << 20 ^ grains);

	return grains << 16 | x * 0x9e3779b97f4a7c15ull >> 48;
}

/* The size of the block that ends with l; 0: no free block ends there. */
static inline size_t
pool_footer_size(const struct pool_links *l)
{
	uint64_t footer = le64toh(l->footer);
	size_t size = (size_t)(footer >> 16) * POOL_GRAIN;

	return footer == pool_footer_make(l, size) ? size : 0;
}

struct pool_arena {
	uint64_t magic;			/* POOL_MAGIC_ARENA ^ address */
	struct pool_arena *up;		/* tree by address: higher ones */
	struct pool_arena *down;	/* lower ones */
	uint64_t size;			/* up to behind the edge header */
	uint64_t given;			/* what the source calls its size */
};

#define POOL_MAGIC_ARENA	0xC0A1E5CFEC5E1A0Dull
#define POOL_OVERHEAD		sizeof(struct pool_header)
#define POOL_MINBLOCK		32u	/* header, next, prev, footer */
#define POOL_TREE_MIN		1024u	/* smaller sizes have a bin each */
#define POOL_NBINS		(POOL_TREE_MIN / POOL_GRAIN)
#define POOL_ARENA_OVERHEAD	(sizeof(struct pool_arena) + POOL_OVERHEAD)

_Static_assert(sizeof(struct pool_header) == 8, "pool header");
_Static_assert(sizeof(struct pool_trailer) == 32, "trailer");
_Static_assert(sizeof(struct pool_links) == 40, "links of a free block");
_Static_assert(sizeof(struct pool_arena) == 40, "arena header");

#endif
