/*
 * qmalloc_impl.h - the inside of quickfit.
 *
 * A quick block is a block of the pool (pool_layout.h), at most QUICK_MAX
 * bytes large, with a header of kind ALLOC while it is the user's, and of kind
 * QUICK while it is on a list; for the pool it is allocated all the time.
 * On a list its data is
 *
 *	next on the list | next batch | blocks of the batch | ...
 *
 * where the last two are meant in the first block of a batch in the centre.
 *
 * Invariants:
 *	Q1  a list of class n holds blocks of n grains, of kind QUICK;
 *	Q2  the header of a live quick block counts its guards as slack, which
 *	    a block has with QMALLOC_GUARD or if the pool placed it; what
 *	    else lies behind the bytes asked for is zero, or the user's by
 *	    qmsize.
 *
 * Bytes 0 and 1 of a header are the owner's, the others are the pool's: each
 * is read and written in pieces that do not cross this line, so a store is
 * forwarded to the next load whole.
 *
 * Lock order: the list of caches, a class of the centre, the pool, the vmem
 * arena under it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_QMALLOC_IMPL_H
#define PW_ALLOC_QMALLOC_IMPL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc/pool.h"
#include "alloc/pool_impl.h"
#include "alloc/pool_layout.h"
#include "alloc/qmalloc.h"
#include "base/compiler.h"
#include "base/list.h"
#include "base/lock.h"

#ifdef QMALLOC_TAGS
#define QUICK_PAD	(2 * sizeof(uintptr_t))
#else
#define QUICK_PAD	((size_t)0)
#endif

#define QUICK_MAX	4096u	/* block size; the 9k kernel's measure */
#define QUICK_CLASSES	(QUICK_MAX / POOL_GRAIN + 1)
/* Requests below this are quick: n + PAD + header <= QUICK_MAX. */
#define QUICK_SMALL	(QUICK_MAX - sizeof(struct pool_header) - QUICK_PAD + 1)

#define QUICK_LIST_BYTES 65536u	/* one list of one thread, at most, */
#define QUICK_LIST_COUNT 1024u	/* and so many blocks, */
#define QUICK_LIST_FEW	8u	/* but so many always */
#define QUICK_CENTRE_BLOCKS (1u << 30)	/* one class of the centre */
#define QUICK_HELD_BYTES (1u << 20)	/* always in the centre, */
#define QUICK_HELD_PART	8u		/* or this part of the pool, */
#define QUICK_FREE_PART	64u		/* and more while this is free */

/*
 * Paths, each counted by the thread that takes it.  malloc, free, malign and
 * realloc are sums: what they are made of follows them.
 */
#define QUICK_COUNTERS(_)						\
	_(malign, 0)		/* qmallocalign */			\
	_(malignquick, 0)	/* an ordinary block was good enough */	\
	_(malignpool, 0)	/* placed by the pool */		\
	_(malloc, 3)							\
	_(mallocquick, 0)	/* from the thread's list */		\
	_(malloccentral, 0)	/* after a batch from the centre */	\
	_(mallocpool, 0)	/* from the pool, or after a batch of it */ \
	_(mallocfail, 0)	/* NULL */				\
	_(free, 3)							\
	_(freequick, 0)		/* to the thread's list */		\
	_(freecentral, 0)	/* after a batch went to the centre */	\
	_(freepool, 0)		/* to the pool */			\
	_(realloc, 3)							\
	_(reallocsame, 0)	/* the block was good enough */		\
	_(reallocpool, 0)	/* in the pool's hands */		\
	_(reallocmove, 0)	/* copied */				\
	_(smallocwait, 0)	/* 100 ms of qsmalloc */		\
	_(arena, 0)		/* the region gave the pool memory */	\
	_(release, 0)		/* and got it back */			\
	_(pressure, 0)		/* lists emptied for lack of memory */
enum quick_counter {
#define AS_ENUM(name, parts)	QUICK_##name,
	QUICK_COUNTERS(AS_ENUM)
#undef AS_ENUM
	QUICK_NCOUNTERS
};

struct quick_list {
	void *head;
	uint32_t count;
	uint32_t max;		/* 0: every free takes the slow path */
};

/* What a thread owns.  Others read the counts, and set max to 0. */
struct quick_cache {
	struct quick_list list[QUICK_CLASSES];
	uint64_t count[QUICK_NCOUNTERS];
	uint16_t batch[QUICK_CLASSES];	/* next asked of the pool */
	uint32_t tid;
	bool squeezed;		/* max is 0: give all back */
	struct list all;	/* under quick.caches_lock */
};

/* The exchange: batches of one class. */
struct quick_bin {
	struct lock lock;
	uint32_t nblocks;
	void *batch;
};

struct quick {
	/* Read by the short ways, which are closed where these are 0. */
	size_t fast_span;	/* addresses that may be taken back */
	size_t fast_small;	/* sizes below this may be given */

	/* Constant after qmallocinit. */
	uintptr_t base;
	size_t span;		/* of the region */
	size_t maxsize;
	int flags;
	bool guard;
	bool direct;		/* everything to the pool */
	uint32_t state;		/* enum quick_state */
	uint32_t key;		/* of thread ends */
	void	(*print)(const char *, size_t);
	void	(*panic)(const char *);
	struct poolwatch_vmem *window;
	size_t page;

	/* Under their locks. */
	struct lock pool_lock;
	Pool pool;
	bool grown;		/* since the centre was looked at */
	size_t committed;	/* bytes from base that may be used */
	struct lock caches_lock;
	bool forking;		/* with the pool's lock */
	struct list caches;
	struct list idle;	/* of ended threads */
	struct quick_bin bin[QUICK_CLASSES];

	/* Atomic. */
	bool poisoned;
	uint32_t waiting;	/* threads in qsmalloc */
	size_t held;		/* bytes in the centre */
	uint64_t count[QUICK_NCOUNTERS];	/* of no thread that lives */
};

enum quick_state { QUICK_NONE, QUICK_STARTING, QUICK_READY, QUICK_REFUSED };

extern struct quick quick;
extern struct quick_cache quick_nobody;	/* of a thread that has none */
extern PW_TLS struct quick_cache *quick_self;

/* The two bytes of a header that are the owner's. */
#define QUICK_OWN(kind, slack) \
	(uint16_t)(POOL_FENCE | (unsigned)(kind) << POOL_WORD_KIND | \
	(unsigned)(slack) << POOL_WORD_SLACK)
#define QUICK_LIVE	QUICK_OWN(POOL_KIND_ALLOC, 0)
#define QUICK_FREED	QUICK_OWN(POOL_KIND_QUICK, 0)

static inline uint16_t
quick_own(void *data)
{
	return le16toh(__atomic_load_n((uint16_t *)data - 4, __ATOMIC_RELAXED));
}

static inline void
quick_set_own(void *data, uint16_t own)
{
	__atomic_store_n((uint16_t *)data - 4, htole16(own), __ATOMIC_RELAXED);
}

/* Grains of a block up to 2^15 - 1 of them, whose check decides. */
static inline size_t
quick_grains(void *data)
{
	return le16toh(__atomic_load_n((uint16_t *)data - 3,
	    __ATOMIC_RELAXED)) >> 1;
}

/* Does the rest of the header say that the block is so large? */
static inline bool
quick_is_sound(void *data, size_t grains)
{
	struct pool_header *h = (struct pool_header *)data - 1;

	return le32toh(__atomic_load_n((uint32_t *)data - 1,
	    __ATOMIC_RELAXED)) ==
	    pool_word_check(h, grains * POOL_GRAIN) << (POOL_WORD_CHECK - 32);
}

static inline size_t
quick_room(size_t grains)
{
	return grains * POOL_GRAIN - sizeof(struct pool_header);
}

/* Grains of the block for size bytes with their pad; size < QUICK_SMALL. */
static inline size_t
quick_class(size_t size)
{
	size_t grains = (size + QUICK_PAD + sizeof(struct pool_header) +
	    POOL_GRAIN - 1) / POOL_GRAIN;

	return grains < POOL_MINBLOCK / POOL_GRAIN ?
	    POOL_MINBLOCK / POOL_GRAIN : grains;
}

/* Can a freed quick block be at data?  Before anything there is followed. */
static inline bool
quick_is_freed(void *data)
{
	return (uintptr_t)data - quick.base <
	    __atomic_load_n(&quick.committed, __ATOMIC_RELAXED) &&
	    (uintptr_t)data % POOL_GRAIN == 0 && quick_own(data) == QUICK_FREED;
}

static inline bool
quick_is_poisoned(void)
{
	return __atomic_load_n(&quick.poisoned, __ATOMIC_RELAXED);
}

static inline bool
quick_is_ours(const void *data)
{
	return (uintptr_t)data - quick.base <
	    __atomic_load_n(&quick.fast_span, __ATOMIC_RELAXED);
}

static inline void
quick_count(struct quick_cache *c, enum quick_counter n)
{
	__atomic_store_n(&c->count[n], c->count[n] + 1, __ATOMIC_RELAXED);
}

/* qmalloc.c */
void	*quick_fail(int error);
void	*quick_take(size_t size, bool clear);	/* with the tags' pad */
void	quick_give(const char *call, void *data);

/* qmalloc_cache.c */
struct quick_cache *quick_thread(void);		/* NULL: none to be had */
void	quick_note(enum quick_counter);
void	*quick_cache_take(struct quick_cache *, size_t grains);
void	quick_cache_give(struct quick_cache *, void *data, size_t grains);
void	quick_cache_flush(struct quick_cache *);
void	quick_cache_squeeze(void);
void	quick_cache_start(void);
uint32_t quick_tid(void);
uint32_t quick_list_max(size_t grains);

/* qmalloc_centre.c */
void	*quick_centre_take(size_t grains, uint32_t tid, uint32_t *count);
void	quick_centre_give(size_t grains, uint32_t tid, void *chain,
	    uint32_t count);
void	quick_centre_flush(uint32_t tid);
void	quick_held_reclaim(uint32_t tid);
void	quick_chain_give(void *chain, uint32_t count);
void	quick_chain_give_one(void *data);
void	*quick_next(void *data);

/* qmalloc_region.c */
void	quick_close(void);
void	quick_pool_lock(Pool *);
void	quick_pool_unlock(Pool *);
bool	quick_relieve(void);

/* qmalloc_fault.c */
void	quick_fault(const char *call, void *data, const char *what);
void	quick_present(void *data, size_t size, size_t grains);
/* The block's grains; 0 for one that is the pool's; ~0: it was a fault. */
size_t	quick_find(const char *call, void *data);
void	quick_pool_panic(Pool *, const char *fmt, ...);

#endif
