/*
 * blocks.h - the blocks of one process by address.
 *
 * Entries stand dense in an array that grows with realloc (of large arrays:
 * mremap, nothing is copied), and an index of 32-bit words finds them:
 * 5 bits of the address' hash spare most looks at a wrong entry, 27 bits say
 * which entry.  That is 32 bytes a block and 5 to 11 of index, at ten million
 * live blocks 400 MB; a table of whole entries would need twice that while it
 * grows.
 *
 * A block may be kept after its free ("dead") so that a second free can be
 * told from a wild one.  Dead entries are found like live ones; when there
 * are BLOCKS_DEAD_MAX of them all are dropped.
 *
 * Invariants (blocks_check):
 *	B1  every live or dead entry is found at its address, and only there;
 *	B2  nlive and ndead count them; the rest up to n is on the free list.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_HEAP_BLOCKS_H
#define PW_HEAP_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCKS_DEAD_MAX	(1u << 18)	/* 8 MB: what caches still help with */
#define BLOCKS_MAX	((1u << 27) - 1)	/* what an index word can say */

enum block_state { BLOCK_LIVE, BLOCK_DEAD, BLOCK_NONE };

struct block {
	uint64_t addr;
	uint64_t size;
	uint64_t time;		/* live: of its allocation; dead: of its free */
	uint32_t tid;		/* likewise */
	uint32_t site : 30;	/* none: next on the free list */
	uint32_t state : 2;
};

/* Zeroed memory is an empty table. */
struct blocks {
	struct block *entries;
	uint32_t n;		/* entries ever used */
	uint32_t size;		/* entries there is room for */
	uint32_t unused;	/* head of the free list, + 1; 0: empty */
	uint32_t nlive;
	uint32_t ndead;
	uint32_t *index;	/* tag << 27 | entry + 1; 0: empty */
	uint32_t index_size;	/* a power of two, or 0 */
	bool dropped;		/* dead entries were dropped */
};

/*
 * The live or dead block at addr, or NULL.  Pointers to blocks are valid
 * until the next blocks_add.
 */
struct block *blocks_find(const struct blocks *, uint64_t addr);
/*
 * A live block at addr, where none (live or dead) is; its other fields are the
 * caller's to fill.  NULL without memory or beyond BLOCKS_MAX.
 */
struct block *blocks_add(struct blocks *, uint64_t addr);
/* Ask the caches for what blocks_find will read: first one, later the other. */
void	blocks_fetch_index(const struct blocks *, uint64_t addr);
void	blocks_fetch_entry(const struct blocks *, uint64_t addr);
void	blocks_remove(struct blocks *, struct block *);
/* Live to dead and back. */
void	blocks_bury(struct blocks *, struct block *);
void	blocks_revive(struct blocks *, struct block *);
void	blocks_free(struct blocks *);
/* NULL, or the invariant that does not hold. */
const char *blocks_check(const struct blocks *);

#endif
