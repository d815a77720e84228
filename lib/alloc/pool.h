/*
 * pool.h - general memory management over a coarser source: pool(2).
 *
 * A Pool asks its source for arenas and cuts blocks out of them, the smallest
 * free block that is large enough first, of equal ones the one freed last.
 * Freed blocks join their free neighbours.  A block costs a header of 8 bytes;
 * whatever it has beyond the bytes asked for is guard, and behind that stands
 * the header of the next block: one byte too many is noticed when the block is
 * next used.
 *
 * The struct is the interface, as in Plan 9: zero it, set what you need, call
 * poolalloc.  Arenas come from alloc, or, where that is nil, from the vmem
 * arena source (addresses of readable and writable memory); they begin at
 * multiples of 16.  All hooks may be nil.  Every hook is called with the lock
 * held and must not use the same pool.  Without a lock hook a pool is one
 * thread's; no function is safe in a signal handler.
 *
 * After a panic that returned the pool is poisoned: allocation gives nil and
 * errno EUCLEAN, poolfree does nothing, poolcheck panics again and says why.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_POOL_H
#define PW_ALLOC_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "public.h"
#include "vmem.h"

PW_BEGIN_DECLS

enum {
	POOL_ANTAGONISM	= 1 << 0,	/* fill what is given and taken back */
	POOL_PARANOIA	= 1 << 1,	/* check all at entry and exit */
	POOL_VERBOSITY	= 1 << 2,	/* dump all at entry and exit */
	POOL_DEBUGGING	= 1 << 3,	/* print how requests are served */
	POOL_LOGGING	= 1 << 4,	/* a line before and after each call */
	POOL_TOLERANCE	= 1 << 5,	/* forgive a single NUL behind the end */
	POOL_NOREUSE	= 1 << 6,	/* a freed block stays dead */
};

struct pool_ops;
struct pool_links;
struct pool_arena;

/* The tag is ours alone, so a program may have its own class Pool. */
#ifndef POOL_NO_TYPEDEF
typedef struct poolwatch_pool Pool;
#endif

#define POOL_NBIN	64
#define POOL_NRECENT	128

struct poolwatch_pool {
	/* Set before first use, then constant. */
	const char *name;
	size_t maxsize;		/* bytes of all arenas; 0: no limit */
	size_t minarena;	/* bytes asked of the source at least */
	size_t quantum;		/* of block sizes: a power of two; least: 16 */
	size_t minblock;	/* smallest block, before rounding */
	int flags;
	size_t tagsize;		/* 16: a block begins with a malloc tag and a
				 * realloc tag (pmalloc.h), which panics and
				 * dumps name; 0: it does not */
	struct poolwatch_vmem *source;	/* where alloc is nil */
	void	*(*alloc)(size_t);
	int	(*merge)(void *, void *);
	void	(*move)(void *from, void *to);
	void	(*release)(void *, size_t);	/* arenas alloc gets back */
	void	(*lock)(struct poolwatch_pool *);
	void	(*unlock)(struct poolwatch_pool *);
	void	(*print)(struct poolwatch_pool *, const char *, ...);
	void	(*panic)(struct poolwatch_pool *, const char *, ...);
	void	(*logstack)(struct poolwatch_pool *);
#ifdef __cplusplus
	void *priv;
#else
	void *private;
#endif
	const struct pool_ops *ops;	/* ours: a source that knows its pool */

	/* Under lock: ours.  Zero is an empty pool. */
	struct pool_links *freeroot;	/* tree of the larger free blocks */
	struct pool_arena *arenalist;	/* tree of arenas by address */
	uint64_t binmap;		/* bins that are not empty */
	struct pool_links *bin[POOL_NBIN];
	struct poolwatch_pool_recent {	/* arenas, by a part of the address */
		uintptr_t at;
		size_t size;
	} recent[POOL_NRECENT];
	unsigned shift;			/* that many low bits do not count */
	uintptr_t low;			/* [low, high) holds all arenas */
	uintptr_t high;
	const char *why;		/* what poisoned it */
	unsigned char poisoned;		/* a panic returned */
	unsigned char torn;		/* links lead astray: nothing is free */
	uint32_t futex;			/* poolcreate's own lock */

	/* Statistics, under lock: bytes, of whole blocks. */
	size_t cursize;		/* asked of the source */
	size_t curfree;
	size_t curalloc;
	size_t nfree;		/* blocks that poolfree or poolrealloc took */
	size_t lastcompact;	/* nfree at the last poolcompact */
};

/*
 * Allocate size bytes, aligned to 16; the contents are undefined.  size 0
 * gives a unique address.  The caller owns the block until poolfree or
 * poolrealloc takes it back.  NULL with errno ENOMEM (a size above SIZE_MAX / 2
 * does not reach alloc), EINVAL (quantum is no power of two) or EUCLEAN.
 */
void	*poolalloc(struct poolwatch_pool *, size_t size) PW_SYMBOL(poolalloc);

/*
 * The same at an address that modulo align (any number; 0: do not care) is
 * offset, and with all bytes in one of the windows [k * span, (k + 1) * span)
 * if span is not 0.  Modulo is the mathematician's: align 64, offset -16 gives
 * addresses that end 48 behind a multiple of 64.  NULL with errno ENOMEM as
 * well when no such address was found, as for size > span.
 */
void	*poolallocalign(struct poolwatch_pool *, size_t size, size_t align,
	    long offset, size_t span) PW_SYMBOL(poolallocalign);

/*
 * Give a block back.  nil does nothing.  Another pointer than one that the pool
 * gave, or one that was freed, panics; so does a block whose bounds were
 * overstepped.
 */
void	poolfree(struct poolwatch_pool *, void *) PW_SYMBOL(poolfree);

/*
 * Change the size of a block, where it stands if that is possible, else into
 * free neighbours, else elsewhere.  The contents up to the lesser size are kept,
 * and so is what poolallocalign promised.  nil allocates; size 0 frees and
 * returns nil.  On failure nil with errno, and the block is as it was.
 */
void	*poolrealloc(struct poolwatch_pool *, void *, size_t size)
	    PW_SYMBOL(poolrealloc);

/*
 * Grow the block over its slack; the bytes that are now the caller's, counted
 * from the pointer.  nil has 0.
 */
size_t	poolmsize(struct poolwatch_pool *, void *) PW_SYMBOL(poolmsize);

/* Panic if the pool (the block) is not sound.  nil is a sound block. */
void	poolcheck(struct poolwatch_pool *) PW_SYMBOL(poolcheck);
void	poolblockcheck(struct poolwatch_pool *, void *)
	    PW_SYMBOL(poolblockcheck);

/* A line for the pool, each arena and each block, through print. */
void	pooldump(struct poolwatch_pool *) PW_SYMBOL(pooldump);

/*
 * Call fn for every block in address order: data is where the user's bytes
 * begin, size how many they are (of other blocks: all behind the header).  The
 * lock is held.
 */
enum pool_kind {
	POOL_BLOCK_ALLOC,
	POOL_BLOCK_FREE,
	POOL_BLOCK_DEAD,	/* POOL_NOREUSE */
	POOL_BLOCK_QUICK,	/* freed, on a quick list above the pool */
};
typedef void	pool_walk_fn(void *arg, void *data, size_t size,
		    enum pool_kind);
void	poolwalk(struct poolwatch_pool *, pool_walk_fn *, void *arg)
	    PW_SYMBOL(poolwalk);

/*
 * Move blocks down in their arenas, so that the free space of each is one block
 * at its end, and tell move(from, to) after each move; 1: a block was moved.  0
 * and nothing where move is nil or nothing was freed since the last time.  A
 * placed block moves by what its constraint allows; dead and quick ones stay.
 * A request that finds no memory does the same once.  After Plan 9 pool(2).
 */
int	poolcompact(struct poolwatch_pool *) PW_SYMBOL(poolcompact);

/* 1: [v, v + n) meets an arena, or v lies in one; else 0. */
int	poolisoverlap(struct poolwatch_pool *, const void *v, size_t n)
	    PW_SYMBOL(poolisoverlap);

/*
 * Give all arenas back, whatever lives in them, the highest first.  The pool
 * is as new afterwards, also if it was poisoned.  Nobody may use a block of it
 * meanwhile.  nil does nothing.
 */
void	poolreset(struct poolwatch_pool *) PW_SYMBOL(poolreset);

/* Give arenas that are wholly free back to the source; bytes given. */
size_t	pooltrim(struct poolwatch_pool *) PW_SYMBOL(pooltrim);

/*
 * A pool with everything preset: arenas from the vmem arena source, or where
 * that is nil anonymous memory in chunks that grow with the pool; a lock of its
 * own; print to descriptor 2; panic does that and aborts.  The first 63 bytes
 * of name are copied.  Fields may be changed before the first use.  The caller
 * owns it until pooldestroy.  NULL with errno ENOMEM, or EINVAL for a flag
 * that there is not.  Safe in threads, not in a signal handler.
 */
struct poolwatch_pool *poolcreate(const char *name,
	    struct poolwatch_vmem *source, int flags)
	    PW_SYMBOL(poolcreate);

/* Give back the arenas of a pool of poolcreate's, and the pool.  nil: nothing. */
void	pooldestroy(struct poolwatch_pool *) PW_SYMBOL(pooldestroy);

/*
 * The word POOL_ANTAGONISM writes: signature << 24 | the low 24 bits of the
 * address of a block's data.  0xF9 allocated, 0xF7 freed, 0xF1 new and never
 * allocated, 0xFF reset.  Bytes behind the last whole word are the first ones
 * of it.  Pure; safe anywhere.
 */
uint32_t poolfillword(unsigned signature, const void *data)
	    PW_SYMBOL(poolfillword);

PW_END_DECLS

#endif
