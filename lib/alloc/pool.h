/*
 * pool.h - general memory management over a coarser source: pool(2).
 *
 * A Pool asks its source for arenas and cuts blocks out of them, the smallest
 * free block that is large enough first.  Freed blocks join their free
 * neighbours.  Every block carries a header, a tail and guard bytes in all its
 * slack: one byte too many is noticed when the block is next used.
 *
 * The struct is the interface, as in Plan 9: zero it, set what you need, call
 * poolalloc.  Arenas come from alloc, or, where that is nil, from the vmem
 * arena source (addresses of readable and writable memory).  All hooks may be
 * nil.  print, panic, alloc, free and merge are called with the lock held and
 * must not use the same pool.
 *
 * POOL_VERBOSITY, POOL_DEBUGGING and POOL_LOGGING, poolcompact with move, and
 * merge are not yet there: a pool that asks for one of the flags is refused
 * (nil, errno ENOTSUP).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_POOL_H
#define PW_ALLOC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc/vmem.h"

enum {
	POOL_ANTAGONISM	= 1 << 0,	/* fill what is given and taken back */
	POOL_PARANOIA	= 1 << 1,	/* check all at entry and exit */
	POOL_VERBOSITY	= 1 << 2,	/* not yet */
	POOL_DEBUGGING	= 1 << 3,	/* not yet */
	POOL_LOGGING	= 1 << 4,	/* not yet */
	POOL_TOLERANCE	= 1 << 5,	/* forgive a single NUL behind the end */
	POOL_NOREUSE	= 1 << 6,	/* a freed block stays dead */
};

struct pool_ops;
struct pool_free;
struct pool_arena;

typedef struct Pool Pool;
struct Pool {
	/* Set before first use, then constant. */
	const char *name;
	size_t maxsize;		/* bytes of all arenas; 0: no limit */
	size_t minarena;	/* bytes asked of the source at least */
	size_t quantum;		/* of block sizes; 0: 16 */
	size_t minblock;	/* smallest block, before rounding */
	int flags;
	bool tight;		/* give every surplus back that makes a block */
	vmem_t *source;
	void	*(*alloc)(size_t);
	void	(*free)(void *, size_t);
	void	(*lock)(Pool *);
	void	(*unlock)(Pool *);
	void	(*print)(Pool *, const char *, ...);
	void	(*panic)(Pool *, const char *, ...);
	void *private;
	const struct pool_ops *ops;	/* instead of alloc; pool_impl.h */

	/* Under lock. */
	struct pool_free *freeroot;
	struct pool_arena *arenalist;
	uintptr_t low;		/* [low, high) holds all arenas */
	uintptr_t high;
	bool poisoned;		/* a panic returned: nothing is certain */
	bool torn;		/* the tree leads astray: it is left alone */

	/* Statistics, under lock. */
	size_t cursize;		/* bytes of all arenas */
	size_t curfree;		/* bytes of free blocks */
	size_t curalloc;	/* bytes of allocated blocks */
	size_t nfree;		/* calls of poolfree */
};

/*
 * Allocate size bytes, aligned to 16; the contents are undefined.  size 0
 * gives a unique address.  The caller owns the block until poolfree or
 * poolrealloc takes it back.  NULL with errno ENOMEM; EUCLEAN in a poisoned
 * pool; ENOTSUP for a flag that is not yet there.
 */
void	*poolalloc(Pool *, size_t size);

/*
 * The same at an address equal to offset modulo align, in one piece of the
 * span-byte windows if span is not 0.  align is 0 or a power of two, offset a
 * multiple of 16, span a power of two: else EINVAL.
 */
void	*poolallocalign(Pool *, size_t size, size_t align, long offset,
	    size_t span);

/*
 * Give a block back.  nil does nothing.  Another pointer than poolalloc's, or
 * one that was freed, panics.
 */
void	poolfree(Pool *, void *);

/*
 * Change the size of a block, where it stands if that is possible.  The
 * contents up to the lesser size are kept.  nil allocates; size 0 frees and
 * returns nil.  On failure nil, and the block is as it was.  The alignment of
 * poolallocalign is not kept by a block that moves.
 */
void	*poolrealloc(Pool *, void *, size_t size);

/* Grow the block over its slack; the bytes that are now the caller's. */
size_t	poolmsize(Pool *, void *);

/* Panic if the pool (the block) is not sound.  nil is a sound block. */
void	poolcheck(Pool *);
void	poolblockcheck(Pool *, void *);

/* A line for the pool, each arena and each block, through print. */
void	pooldump(Pool *);

/*
 * Call fn for every block in address order within each arena: data is where
 * the user's bytes begin, size how many they are (free blocks: room for).
 * The lock is held.
 */
enum pool_kind { POOL_BLOCK_ALLOC, POOL_BLOCK_FREE, POOL_BLOCK_DEAD };
typedef void	pool_walk_fn(void *arg, void *data, size_t size,
		    enum pool_kind);
void	poolwalk(Pool *, pool_walk_fn *, void *arg);

/* Give arenas that are wholly free back to the source; bytes given. */
size_t	pooltrim(Pool *);

#endif
