/*
 * heapfile.h - a heap that mmalloc left in a file, looked at from outside.
 *
 * What alloc/mmalloc_inspect.h finds in the file, as arrays, and the classes of
 * its blocks.  Addresses are those of the programs that attach the heap.
 *
 * Order of calls: heapfile_open, heapfile_walk, heapfile_mark; the arrays are
 * the heap file's until heapfile_close.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_HEAPFILE_HEAPFILE_H
#define PW_HEAPFILE_HEAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc/mmalloc_inspect.h"

/* memcheck's classes, with the sixteen keys as the only roots. */
enum heapfile_class {
	HEAPFILE_FREE,		/* no block of the program's */
	HEAPFILE_UNMARKED,
	HEAPFILE_REACHABLE,	/* by pointers to the starts of blocks */
	HEAPFILE_POSSIBLE,	/* only by a way with an interior pointer */
	HEAPFILE_INDIRECT,	/* only from lost blocks */
	HEAPFILE_DEFINITE,	/* by nothing */
	HEAPFILE_NCLASSES
};

struct heapfile_block {
	uint64_t address;	/* of the data, where the heap is attached */
	uint64_t size;		/* bytes asked for; free: that can be had */
	uint64_t header;	/* address of its header, */
	uint64_t whole;		/* and bytes from there to the next one */
	size_t leader;		/* of an indirect one: towards the definite */
	uint32_t class;		/* enum heapfile_class */
};

/* Damage, at an address; text says what. */
struct heapfile_fault {
	uint64_t address;
	uint64_t block;		/* data of the block it is of; 0: none known */
	const char *kind;	/* corrupt-heap, heap-overrun */
	char text[96];
};

struct heapfile_sum {
	uint64_t bytes;
	uint64_t blocks;
};

struct heapfile {
	/* By heapfile_open. */
	struct mmalloc_view view;
	bool busy;		/* somebody has it attached now */

	/* By heapfile_walk, in the order of addresses. */
	struct heapfile_block *blocks;
	size_t nblocks;
	struct heapfile_fault *faults;
	size_t nfaults;
	size_t lost;		/* bytes the walk could not make blocks of */

	/* By heapfile_mark. */
	struct heapfile_sum sum[HEAPFILE_NCLASSES];
};

/* Does the file begin as a heap file does?  head: its first bytes. */
bool	heapfile_is(const void *head, size_t size);

/*
 * NULL, and why (at least 128 bytes) says what is wrong: not a heap, of
 * another version, or its header is damaged.
 */
struct heapfile *heapfile_open(const char *path, char *why, size_t size);
void	heapfile_close(struct heapfile *);

/* Blocks and faults.  0, or -1 without memory. */
int	heapfile_walk(struct heapfile *);

/* Classes and sums.  0, or -1 without memory. */
int	heapfile_mark(struct heapfile *);

/* What hangs below each definite block: sums by index of block, malloced. */
struct heapfile_sum *heapfile_below(struct heapfile *);

/* Where the bytes of a block's address are, here. */
const unsigned char *heapfile_at(const struct heapfile *, uint64_t address);
uint64_t heapfile_word(const struct heapfile *, uint64_t address);

const char *heapfile_class_name(enum heapfile_class);

#endif
