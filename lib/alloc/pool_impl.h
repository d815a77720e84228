/*
 * pool_impl.h - the inside of a pool; the caller of every _l holds its lock.
 *
 * Invariants (poolcheck):
 *	P1  the blocks of an arena follow each other from its header to its
 *	    edge without a gap, each header sound;
 *	P2  a block says that the one before is free just where it is, and the
 *	    footer of a free block repeats its size;
 *	P3  no two free blocks are neighbours;
 *	P4  the slack of an allocated block holds guard bytes, all of it;
 *	P5  a dead block is junk behind its first POOL_KEPT bytes;
 *	P6  curfree and curalloc are the sums over the blocks, cursize the sum
 *	    over the arenas;
 * of the bins and the tree (pool_bins_check, pool_tree_check):
 *	T1  keys left of a node are smaller, right of it larger;
 *	T2  every block in a ring has the size of its node or bin;
 *	T3  the sizes of all members add up to curfree, and a bit of binmap is
 *	    set where a bin has members;
 * and of the arenas:
 *	A1  up leads to higher arenas, down to lower ones.
 *
 * Sizes here are block sizes, headers with them and rounded (pool_block_size),
 * unless a comment says otherwise.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_POOL_IMPL_H
#define PW_ALLOC_POOL_IMPL_H

#include <errno.h>

#include "alloc/pool.h"
#include "alloc/pool_layout.h"
#include "base/compiler.h"

/* A source that knows its pool: the process heap, a heap in a file. */
struct pool_ops {
	void *(*grow)(Pool *, size_t size);
	void (*shrink)(Pool *, void *, size_t size);	/* or nil */
	bool (*extend)(Pool *, size_t block_size);	/* or nil; instead of
			 * grow: a free block of that size, made by moving the
			 * edge of an arena */
	bool wipe;	/* what the pool wrote at the end of a fresh block is
			 * 0 again when the block is given out */
	bool ordered;	/* at any moment the chain of headers is whole and no
			 * contents are on their way to another address; and
			 * the source may change the size of an arena */
};

static inline void *
pool_data(struct pool_header *h)
{
	return h + 1;
}

/* The header of what poolalloc (and poolallocalign) gave. */
static inline struct pool_header *
pool_block(const void *data)
{
	return (struct pool_header *)((uintptr_t)data &
	    ~(uintptr_t)(POOL_GRAIN - 1)) - 1;
}

static inline struct pool_header *
pool_behind(struct pool_header *h, size_t size)
{
	return (struct pool_header *)((char *)h + size);
}

static inline size_t
pool_size(const struct pool_header *h)
{
	return pool_word_size(pool_word(h));
}

static inline struct pool_header *
pool_right(struct pool_header *h)
{
	return pool_behind(h, pool_size(h));
}

/* Bytes behind the header. */
static inline size_t
pool_room(const struct pool_header *h)
{
	return pool_size(h) - POOL_OVERHEAD;
}

/* What a free block of this size ends with. */
static inline struct pool_links *
pool_links(struct pool_header *h, size_t size)
{
	return (struct pool_links *)pool_behind(h, size) - 1;
}

static inline struct pool_header *
pool_arena_first(struct pool_arena *a)
{
	return (struct pool_header *)(a + 1);
}

/* The edge. */
static inline struct pool_header *
pool_arena_end(struct pool_arena *a)
{
	return (struct pool_header *)((char *)a + a->size) - 1;
}

static inline size_t
pool_quantum(const Pool *p)
{
	return p->quantum > POOL_GRAIN ? p->quantum : POOL_GRAIN;
}

/* pool.c: what a pool with flags, or a poisoned one, does beside the lock. */
int	pool_enter_watched(Pool *);
void	pool_watch_l(Pool *);

#define POOL_WATCHED	(POOL_PARANOIA | POOL_VERBOSITY)

static inline void
pool_unlock(Pool *p)
{
	if (p->unlock != NULL)
		p->unlock(p);
}

/* 0, the lock is held; else an errno and it is not. */
static inline int
pool_enter(Pool *p)
{
	if (PW_UNLIKELY((p->quantum & (p->quantum - 1)) != 0))
		return EINVAL;
	if (p->lock != NULL)
		p->lock(p);
	return PW_LIKELY((p->flags & POOL_WATCHED) == 0 && !p->poisoned) ? 0 :
	    pool_enter_watched(p);
}

static inline void
pool_leave(Pool *p)
{
	if (PW_UNLIKELY(p->flags & POOL_WATCHED))
		pool_watch_l(p);
	pool_unlock(p);
}

/* NULL and errno; EUCLEAN in a poisoned pool. */
void	*pool_fail(const Pool *, int error);

/*
 * pool_log.c: a line at the beginning of a call, and at its end after logstack;
 * the same with a pointer for result; and lines in between, for one of flags.
 */
enum pool_call { POOL_CALL_BEGIN, POOL_CALL_END };
void	pool_log_say(Pool *, enum pool_call, const char *fmt, ...)
	    PW_PRINTF(3, 4);
void	pool_log_result(Pool *, const void *result, const char *fmt, ...)
	    PW_PRINTF(3, 4);
void	pool_log_note_say(Pool *, const char *fmt, ...) PW_PRINTF(2, 3);
void	*pool_log_alloc_l(Pool *, size_t size);
void	pool_log_free_l(Pool *, void *);

#define pool_log(p, when, ...) \
	(PW_UNLIKELY((p)->flags & POOL_LOGGING) ? \
	    pool_log_say((p), (when), __VA_ARGS__) : (void)0)
#define pool_log_note(p, which, ...) \
	(PW_UNLIKELY((p)->flags & (which)) ? \
	    pool_log_note_say((p), __VA_ARGS__) : (void)0)

/* pool_compact.c: 0, nothing was moved; and room for a block, somehow. */
bool	pool_compact_l(Pool *);
bool	pool_more_l(Pool *, size_t block_size);

/* pool_merge.c */
void	pool_merge_l(Pool *, struct pool_arena *);

/* pool_block.c */

/* For a request of size bytes; 0: too large. */
static inline size_t
pool_block_size(const Pool *p, size_t size)
{
	if (size > SIZE_MAX / 2)
		return 0;
	size += POOL_OVERHEAD;
	if (size < p->minblock)
		size = p->minblock;
	if (size < POOL_MINBLOCK)
		size = POOL_MINBLOCK;
	size = (size + pool_quantum(p) - 1) & ~(pool_quantum(p) - 1);
	return size <= POOL_BLOCK_MAX ? size : 0;
}

/* Where poolallocalign wants a block. */
struct pool_place {
	size_t lead;	/* from the header to the data, 8 modulo 16 */
	size_t size;	/* bytes of data, for span */
	size_t align;	/* not 0 */
	size_t offset;	/* less than align */
	size_t span;	/* 0: none */
};

/*
 * A block of at least this size out of the free ones, or a new arena: kind
 * ALLOC, slack 0, so the caller may use all of it.  NULL without memory.
 */
struct pool_header *pool_take_l(Pool *, size_t block_size);
struct pool_header *pool_take_align_l(Pool *, size_t block_size,
	    const struct pool_place *);

/* Up to n blocks of at least this size, side by side if possible; how many. */
size_t	pool_take_many_l(Pool *, size_t block_size, size_t n,
	    struct pool_header **out);

/* Back: kind ALLOC or QUICK, nothing else of it is looked at. */
void	pool_give_l(Pool *, struct pool_header *);

/* At least this size where it stands, slack 0: true, and it was trimmed. */
bool	pool_resize_l(Pool *, struct pool_header *, size_t block_size);

/* What the calls above are made of: see pool_block.c. */
struct pool_header *pool_find_l(Pool *, size_t block_size, size_t *whole);
struct pool_header *pool_find_cut_l(Pool *, size_t block_size, size_t *whole);
void	pool_unfind_l(Pool *, struct pool_header *, size_t whole);
void	pool_wipe(Pool *, struct pool_header *, size_t whole);
void	pool_cut_l(Pool *, struct pool_header *, size_t size, size_t whole,
	    unsigned slack);
void	pool_cut_behind_l(Pool *, struct pool_header *, size_t gap,
	    size_t size, size_t whole, unsigned slack);
bool	pool_fit_l(Pool *, struct pool_header *, size_t block_size,
	    size_t *whole);
void	pool_recut_l(Pool *, struct pool_header *, size_t size, size_t whole,
	    unsigned slack);
void	pool_join_l(Pool *, struct pool_header *, size_t size, bool left);
struct pool_links *pool_left_l(Pool *, struct pool_header *);
bool	pool_right_l(Pool *, struct pool_header *, struct pool_links **);

/* How much of a block of whole bytes goes to one of block_size. */
static inline size_t
pool_split(const Pool *p, size_t block_size, size_t whole)
{
	size_t least = p->minblock > POOL_MINBLOCK ? p->minblock :
	    POOL_MINBLOCK;

	return whole - block_size >= least ? block_size : whole;
}

/* pool_place.c */
size_t	pool_place_size(size_t block_size, const struct pool_place *);
size_t	pool_place(const struct pool_header *, size_t whole, size_t block_size,
	    const struct pool_place *, uintptr_t *data);

/* The user's part of a block. */
struct pool_user {
	size_t size;	/* bytes asked for */
	size_t skip;	/* before them, behind the header */
	size_t align;	/* of a placed block, as in pool_place; else 0 */
	size_t offset;
	size_t span;
};

#define POOL_USER_TRAILER	(sizeof(struct pool_trailer) + 1)

static inline void *
pool_user_data(struct pool_header *h, const struct pool_user *u)
{
	return (char *)pool_data(h) + u->skip;
}

/* pool.c: poolalloc, poolallocalign (skip is found) and poolfree inside. */
void	*pool_alloc_l(Pool *, size_t size);
void	*pool_allocalign_l(Pool *, struct pool_user *);
void	pool_retire_l(Pool *, struct pool_header *);
void	pool_free_l(Pool *, void *);

/* pool_user.c */

/* false: nonsense.  Reads the header, and a trailer in the block. */
bool	pool_user_get(struct pool_header *, struct pool_user *);
/* The same of a copy at h of a block whose header was made at the address as. */
bool	pool_user_read(struct pool_header *h, const struct pool_header *as,
	    struct pool_user *);
/* Guards and trailer of a block of this size: its five bits of slack. */
unsigned pool_user_set(struct pool_header *, size_t block_size,
	    const struct pool_user *);
/* The last slack bytes before behind, at most 30, are guard bytes. */
static inline bool
pool_slack_ok(const struct pool_header *behind, unsigned slack)
{
	const uint64_t guard = htole64(0xFAF0F1FEFAF0F1FEull);
	const uint64_t *w = (const uint64_t *)behind;
	uint64_t bad = 0;

	for (; slack >= sizeof(*w); slack -= (unsigned)sizeof(*w))
		bad |= *--w ^ guard;
	if (slack != 0)
		bad |= (*--w ^ guard) & htole64(~0ull << 8 * (8 - slack));
	return bad == 0;
}

/* The first byte of guard that is not as it should be, or NULL. */
uint8_t	*pool_user_wrong(struct pool_header *, const struct pool_user *);
uint8_t	pool_guard_byte(const uint8_t *at);
void	pool_fill(void *, size_t size, unsigned signature, const void *addr);

/* pool_bins.c: free blocks by size. */
void	pool_bins_insert(Pool *, struct pool_links *, size_t size);
bool	pool_bins_remove(Pool *, struct pool_links *, size_t size);
struct pool_links *pool_bins_best(Pool *, size_t size, size_t *found);
struct pool_header *pool_bins_take(Pool *, size_t size, size_t *found);
struct pool_header *pool_bins_take_cut(Pool *, size_t size, size_t *found);
bool	pool_bins_grow(Pool *, struct pool_links *, size_t old, size_t size);
size_t	pool_bins_largest(Pool *);
const char *pool_bins_check(Pool *);
void	pool_tear(Pool *, struct pool_links *);

/* pool_tree.c: those of POOL_TREE_MIN and more. */
void	pool_tree_insert(Pool *, struct pool_links *, size_t size);
void	pool_tree_remove(Pool *, struct pool_links *, size_t size);
bool	pool_tree_can_grow(Pool *, struct pool_links *, size_t old,
	    size_t size);
struct pool_links *pool_tree_best(Pool *, size_t size);
size_t	pool_tree_largest(Pool *);
const char *pool_tree_check(Pool *, size_t *sum);

/* pool_arena.c */
bool	pool_arena_grow_l(Pool *, size_t block_size);
size_t	pool_arena_trim_l(Pool *);
/* The arena that holds the address, the one after it (0: the first). */
struct pool_arena *pool_arena_find(Pool *, uintptr_t addr);
struct pool_arena *pool_arena_next(Pool *, uintptr_t addr);
/* One empty arena in [at, at + given), with its header and edge. */
struct pool_arena *pool_arena_form(Pool *, void *at, size_t given);
bool	pool_arena_is_idle(struct pool_arena *);
/* Enter it in the index and in cursize; take it out again. */
void	pool_arena_link_l(Pool *, struct pool_arena *);
void	pool_arena_unlink_l(Pool *, struct pool_arena *);
void	pool_arena_release_l(Pool *, struct pool_arena *);
/* To where it came from, if that takes it; nothing of it is looked at. */
void	pool_arena_give_l(Pool *, struct pool_arena *, size_t given);

/*
 * The arenas are linked, of all else only the words of headers are known: make
 * bins, tree, footers, left bits and sums anew, and join free neighbours.
 * NULL; or what is wrong, and *where: then nothing was written.
 */
const char *pool_rebuild_l(Pool *, void **where);

/* pool_walk.c */
void	pool_dump_l(Pool *);

/* pool_check.c */
void	pool_fault(Pool *, struct pool_header *, const char *what);
void	pool_fault_at(Pool *, struct pool_header *, const char *what,
	    const uint8_t *byte, unsigned should);
/* The allocated and sound block whose data is v; else a fault, NULL. */
struct pool_header *pool_lookup_l(Pool *, void *v, struct pool_user *);
bool	pool_check_l(Pool *);
/* malloc tag and realloc tag; 0 where there are none. */
void	pool_tags_get(Pool *, struct pool_header *, uint64_t tag[2]);

/*
 * The arena that holds addr and its size, 0: none.  Its header is not touched:
 * arenas begin at multiples of much, so their headers share few lines of the
 * cache.
 */
static inline struct poolwatch_pool_recent
pool_arena_of(Pool *p, uintptr_t addr)
{
	struct poolwatch_pool_recent r = p->recent[addr >> p->shift &
	    (POOL_NRECENT - 1)];
	struct pool_arena *a;

	if (PW_LIKELY(addr - r.at < r.size))
		return r;
	a = pool_arena_find(p, addr);
	r.at = (uintptr_t)a;
	r.size = a == NULL ? 0 : a->size;
	return r;
}

/* The size of the free block that ends with l, if l may be followed; else 0. */
static inline size_t
pool_links_size(Pool *p, struct pool_links *l)
{
	uintptr_t at = (uintptr_t)l;
	struct poolwatch_pool_recent a = pool_arena_of(p, at);
	size_t room, size;

	/* From the first header to the end of l: a block, at least. */
	room = at + sizeof(*l) - a.at - sizeof(struct pool_arena);
	if (a.size == 0 || at % POOL_GRAIN != 0 || room - POOL_MINBLOCK >
	    a.size - POOL_ARENA_OVERHEAD - POOL_MINBLOCK)
		return 0;
	size = pool_footer_size(l);
	return size <= room && size >= POOL_MINBLOCK ? size : 0;
}

#endif
