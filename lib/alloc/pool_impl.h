/*
 * pool_impl.h - the inside of a pool; the caller of every _l holds its lock.
 *
 * Invariants (poolcheck):
 *	P1  the blocks of an arena follow each other from its header to its
 *	    tail without a gap;
 *	P2  the tail of a block repeats the size of its header;
 *	P3  no two free blocks are neighbours;
 *	P4  the slack of an allocated block holds guard bytes, all of it;
 *	P5  a dead block is junk behind its first POOL_KEPT bytes;
 *	P6  curfree and curalloc are the sums over the blocks, cursize the sum
 *	    over the arenas;
 * and of the tree (pool_tree_check):
 *	T1  keys left of a node are smaller, right of it larger;
 *	T2  every block in a ring has the size and the magic of its node;
 *	T3  the sizes of all members add up to curfree.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_POOL_IMPL_H
#define PW_ALLOC_POOL_IMPL_H

#include "alloc/pool.h"
#include "alloc/pool_layout.h"
#include "base/compiler.h"

/* A source that knows its pool: what the process heap uses. */
struct pool_ops {
	void *(*grow)(Pool *, size_t size);
	void (*shrink)(Pool *, void *, size_t size);
};

static inline void *
pool_data(struct pool_header *h)
{
	return h + 1;
}

static inline struct pool_header *
pool_block(void *data)
{
	return (struct pool_header *)data - 1;
}

static inline struct pool_tail *
pool_tail(struct pool_header *h)
{
	return (struct pool_tail *)((char *)h + h->size) - 1;
}

static inline struct pool_header *
pool_right(struct pool_header *h)
{
	return (struct pool_header *)((char *)h + h->size);
}

/* Bytes between header and tail. */
static inline size_t
pool_room(const struct pool_header *h)
{
	return h->size - POOL_OVERHEAD;
}

static inline struct pool_header *
pool_arena_first(struct pool_arena *a)
{
	return (struct pool_header *)(a + 1);
}

static inline struct pool_header *
pool_arena_end(struct pool_arena *a)
{
	return (struct pool_header *)((char *)a + a->size) - 1;
}

/* pool_block.c */
size_t	pool_block_size(const Pool *, size_t size);	/* 0: too large */
void	pool_fill(void *, size_t size, unsigned signature, const void *addr);
void	pool_form(struct pool_header *, size_t size, uint32_t magic);
void	pool_form_free(struct pool_header *, size_t size);
bool	pool_free_is_sound(struct pool_header *);
void	pool_set_size(struct pool_header *, size_t size);
size_t	pool_get_size(struct pool_header *);	/* ~0: nonsense */
void	pool_free_l(Pool *, struct pool_header *, size_t size);
void	pool_surplus_l(Pool *, struct pool_header *, size_t want);
struct pool_header *pool_take_l(Pool *, size_t size);
struct pool_header *pool_take_align_l(Pool *, size_t size, size_t align,
	    size_t offset, size_t span);
void	pool_give_l(Pool *, struct pool_header *);
bool	pool_resize_l(Pool *, struct pool_header *, size_t size);

/*
 * Cut up to n blocks with room for exactly size bytes, side by side if there
 * is a large free block; how many.
 */
size_t	pool_take_many_l(Pool *, size_t size, size_t n,
	    struct pool_header **out);

/* pool_tree.c */
void	pool_tree_insert(Pool *, struct pool_free *);
void	pool_tree_remove(Pool *, struct pool_free *);
struct pool_free *pool_tree_best(Pool *, size_t size);
size_t	pool_tree_largest(Pool *);
const char *pool_tree_check(Pool *);

/* pool_arena.c */
bool	pool_arena_grow_l(Pool *, size_t block_size);
bool	pool_arena_is_idle(struct pool_arena *);
void	pool_arena_release_l(Pool *, struct pool_arena *);
size_t	pool_arena_trim_l(Pool *);

/* pool_check.c */
void	pool_fault(Pool *, struct pool_header *, const char *what);
const char *pool_check_block_l(Pool *, struct pool_header *);
bool	pool_check_l(Pool *);

#endif
