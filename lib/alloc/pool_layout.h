/*
 * pool_layout.h - the bytes of a pool's arenas, for all who read them.
 *
 * An arena is one run of memory a pool got from its source:
 *
 *	arena header | block | block | ... | bare header (arena tail)
 *
 * The arena header is formed like a block, so a walk to the left stops at it.
 * Every block:
 *
 *	header 16 | data | slack | tail 16
 *
 * The tail repeats the size, so both neighbours are found in O(1); its first
 * byte is the sentinel behind the slack.  All slack is filled with guard bytes.
 * A free block keeps the first POOL_KEPT bytes of its data as they were
 * (whoever put tags there can still read them); links of the free tree follow.
 *
 * Life of a magic number: UNALLOC while a block is cut or joined, then FREE;
 * ALLOC when handed out; FREE again, or DEAD for ever under POOL_NOREUSE.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_POOL_LAYOUT_H
#define PW_ALLOC_POOL_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define POOL_MAGIC_FREE		0xBA5EBA11u
#define POOL_MAGIC_ALLOC	0x0A110C09u
#define POOL_MAGIC_UNALLOC	0xCAB00D1Fu
#define POOL_MAGIC_ARENA	0xC0A1E5CFu
#define POOL_MAGIC_ARENATAIL	0xEC5E1A0Du
#define POOL_MAGIC_DEAD		0xDEADDEADu

#define POOL_TAIL_FIRST		0xBE
#define POOL_TAIL_LAST		0xEF
#define POOL_DEAD_BYTE		0xDA
#define POOL_GRAIN		16u	/* all block sizes and addresses */
#define POOL_KEPT		16u

/* Signatures of fill words: signature << 24 | low 24 bits of the address. */
#define POOL_FILL_ALLOC		0xF9u
#define POOL_FILL_FREE		0xF7u
#define POOL_FILL_UNALLOC	0xF1u

/* Guard byte at address a: the byte (a mod 4) of these. */
#define POOL_GUARD_BYTES	{ 0xFE, 0xF1, 0xF0, 0xFA }

struct pool_header {
	uint32_t magic;
	uint32_t spare;
	uint64_t size;		/* of the block, header and tail included */
};

struct pool_tail {
	uint8_t first;		/* POOL_TAIL_FIRST */
	uint8_t slack[6];	/* allocated: bytes behind the data, little
				 * endian; free: a check on size and address */
	uint8_t last;		/* POOL_TAIL_LAST */
	uint64_t size;		/* as in the header */
};

struct pool_free {
	struct pool_header header;
	unsigned char kept[POOL_KEPT];
	struct pool_free *left;		/* tree; POOL_NO_NODE: only in a ring */
	struct pool_free *right;
	struct pool_free *next;		/* ring of equal size */
	struct pool_free *prev;
};

struct pool_arena {
	struct pool_header header;	/* size: of this structure */
	struct pool_arena *up;		/* list of arenas, any order */
	struct pool_arena *down;
	uint64_t size;			/* of the whole arena */
	uint64_t pad;
	struct pool_tail tail;
};

#define POOL_NO_NODE	((struct pool_free *)(uintptr_t)0xCAFEBABE)
#define POOL_OVERHEAD	(sizeof(struct pool_header) + sizeof(struct pool_tail))
#define POOL_MINBLOCK	(sizeof(struct pool_free) + sizeof(struct pool_tail))

_Static_assert(sizeof(struct pool_header) == 16, "pool header");
_Static_assert(sizeof(struct pool_tail) == 16, "pool tail");
_Static_assert(sizeof(struct pool_arena) == 64, "arena header");
_Static_assert(POOL_MINBLOCK == 80, "smallest block");

#endif
