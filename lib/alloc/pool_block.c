/*
 * pool_block.c - cutting and joining the blocks of a pool.
 *
 * A block is given out in three steps, so that a caller can put guards into it
 * between the second and the third: pool_find_l takes a free block out of its
 * bin, pool_split says how much of it will do, pool_cut_l makes it so.
 *
 * The order of stores.  The chain of headers changes in one store at a time,
 * and what a store makes reachable was written before: the header of a rest
 * before the block in front of it shrinks, the header of a placed block before
 * the gap in front of it does.  The header of a block that joins another one
 * is made 0 after the store that swallowed it: nothing free or given out holds
 * a header that could be taken for one.  Links, footers and left bits come last
 * and can be made anew (pool_rebuild.c).
 *
 * Neighbours are trusted only as far as they can be checked without following
 * anything they say: a program that wrote outside its blocks must meet a
 * diagnostic, not a crash of ours.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

#include <string.h>

#include "base/bits.h"

#define FILL_NAMED	64u	/* bytes of a rest that always name it */

static inline void
free_word(struct pool_header *h, size_t size, bool left)
{
	pool_set_word(h, pool_word_make(h, size, POOL_KIND_FREE, 0, left));
}

static inline void
bins_insert(Pool *p, struct pool_header *h, size_t size)
{
	pool_bins_insert(p, pool_links(h, size), size);
}

/* Is h the free block that these links end? */
static inline bool
header_fits(struct pool_header *h, size_t size)
{
	uint64_t word = pool_word(h);

	return pool_word_is_sound(h, word) &&
	    pool_word_kind(word) == POOL_KIND_FREE &&
	    pool_word_size(word) == size;
}

/* The free block that ends at h, whose left bit says so; NULL and a fault. */
struct pool_links *
pool_left_l(Pool *p, struct pool_header *h)
{
	struct pool_links *l = (struct pool_links *)h - 1;
	size_t size = pool_links_size(p, l);

	if (PW_LIKELY(size != 0 &&
	    header_fits((struct pool_header *)((char *)h - size), size)))
		return l;
	pool_fault(p, h, "corrupt tail of the free block before");
	return NULL;
}

/*
 * The links of the block h behind another one, if it is free, else NULL in *l;
 * false and a fault where no sound block begins.
 */
static inline bool
right_l(Pool *p, struct pool_header *h, struct pool_links **l)
{
	uint64_t word = pool_word(h);
	size_t size;

	*l = NULL;
	if (PW_UNLIKELY(!pool_word_is_sound(h, word))) {
		pool_fault(p, h, "bad magic of the block behind");
		return false;
	}
	if (pool_word_kind(word) != POOL_KIND_FREE)
		return true;
	size = pool_word_size(word);
	*l = pool_links(h, size);
	if (PW_LIKELY(size != 0 && pool_links_size(p, *l) == size))
		return true;
	pool_fault(p, h, "corrupt tail of the free block behind");
	return false;
}

bool
pool_right_l(Pool *p, struct pool_header *h, struct pool_links **l)
{
	return right_l(p, h, l);
}

/*
 * Who wants fresh memory to be zero does not want to see our links.  A smaller
 * block may have the upper two of a larger one that ended here.
 */
void
pool_wipe(Pool *p, struct pool_header *h, size_t size)
{
	struct pool_links *l = pool_links(h, size);

	if (p->ops == NULL || !p->ops->wipe)
		return;
	if (size > POOL_MINBLOCK)
		l->left = l->right = NULL;
	l->next = l->prev = NULL;
	l->footer = 0;
}

static inline void
links_prefetch(const struct pool_links *l)
{
	__builtin_prefetch(l->next, 1);
	__builtin_prefetch(l->prev, 1);
}

/*
 * Make [h, h + size) free, joined with its free neighbours.  left: the block
 * before is free.  A block whose neighbours are damaged is left as it is.
 */
void
pool_join_l(Pool *p, struct pool_header *h, size_t size, bool left)
{
	struct pool_header *behind = pool_behind(h, size), *whole = h;
	struct pool_links *l = NULL, *r;
	size_t lsize = 0, rsize = 0;
	bool grown = false;

	/* What will be needed is far apart in memory: ask for it early. */
	if (left)
		links_prefetch((struct pool_links *)h - 1);
	if (PW_UNLIKELY(!right_l(p, behind, &r)))
		return;
	if (r != NULL)
		links_prefetch(r);
	if (left) {
		l = pool_left_l(p, h);
		if (PW_UNLIKELY(l == NULL))
			return;
		lsize = pool_footer_size(l);
		whole = (struct pool_header *)((char *)h - lsize);
	}
	if (l != NULL && !pool_bins_remove(p, l, lsize))
		return;
	if (r != NULL) {
		rsize = pool_footer_size(r);
		grown = pool_bins_grow(p, r, rsize, lsize + size + rsize);
		if (!grown && !pool_bins_remove(p, r, rsize))
			return;
	}
	free_word(whole, lsize + size + rsize, false);
	if (l != NULL) {
		pool_set_word(h, 0);
		pool_wipe(p, whole, lsize);
	}
	if (r != NULL)
		pool_set_word(behind, 0);
	else
		pool_set_left(behind, true);
	if (!grown)
		bins_insert(p, whole, lsize + size + rsize);
}

void
pool_give_l(Pool *p, struct pool_header *h)
{
	uint64_t word = pool_word(h);
	size_t size = pool_word_size(word);

	p->curalloc -= size;
	pool_join_l(p, h, size, (word & POOL_WORD_LEFT) != 0);
}

static inline struct pool_header *
found_l(Pool *p, struct pool_header *h, size_t whole)
{
	if (PW_LIKELY(h == NULL || header_fits(h, whole)))
		return h;
	pool_fault(p, h, "free block is damaged");
	return NULL;
}

static PW_NOINLINE bool
more_l(Pool *p, size_t block_size)
{
	return !p->torn && pool_more_l(p, block_size);
}

/* The best free block, out of its bin; grows the pool.  NULL: no memory. */
struct pool_header *
pool_find_l(Pool *p, size_t block_size, size_t *whole)
{
	struct pool_header *h = pool_bins_take(p, block_size, whole);

	if (PW_UNLIKELY(h == NULL) && more_l(p, block_size))
		h = pool_bins_take(p, block_size, whole);
	return found_l(p, h, *whole);
}

/*
 * The same for pool_cut_l with pool_split's size, and nothing else: what will
 * be the rest may have stayed in the tree.
 */
struct pool_header *
pool_find_cut_l(Pool *p, size_t block_size, size_t *whole)
{
	struct pool_header *h = pool_bins_take_cut(p, block_size, whole);

	if (PW_UNLIKELY(h == NULL) && more_l(p, block_size))
		h = pool_bins_take_cut(p, block_size, whole);
	return found_l(p, h, *whole);
}

/* Back into its bin: nobody has changed it. */
void
pool_unfind_l(Pool *p, struct pool_header *h, size_t whole)
{
	bins_insert(p, h, whole);
}

static bool
is_unallocated(const uint8_t *b)
{
	uint32_t word;

	memcpy(&word, b, sizeof(word));
	return word >> 24 == POOL_FILL_UNALLOC;
}

/*
 * The rest of a block that was cut.  Its first bytes name it; after that what
 * was filled as unallocated before stays: filling all of a large block anew for
 * each piece cut off it would be quadratic.  Links of the tree may be in use.
 */
static void
fill_rest(struct pool_header *h, size_t size)
{
	const uint8_t *b = pool_data(h), *end = size < POOL_TREE_MIN ?
	    (uint8_t *)pool_behind(h, size) : (uint8_t *)pool_links(h, size);
	size_t n = (size_t)(end - b) < FILL_NAMED ? (size_t)(end - b) :
	    FILL_NAMED;

	while (end - (b + n) >= 16 && !is_unallocated(b + n))
		n += 16;
	pool_fill(pool_data(h), n, POOL_FILL_UNALLOC, pool_data(h));
}

/* A word for the rest of a block, not in the chain yet. */
static void
rest_form(Pool *p, struct pool_header *rest, size_t size)
{
	if (p->flags & POOL_ANTAGONISM)
		fill_rest(rest, size);
	free_word(rest, size, false);
}

/*
 * [h, h + whole) was found free: its first size bytes are given out with this
 * slack, the rest, if any, is free.
 */
static inline void
block_cut(Pool *p, struct pool_header *h, size_t size, size_t whole,
    unsigned slack, bool left)
{
	struct pool_header *rest = pool_behind(h, size);

	if (whole != size)
		rest_form(p, rest, whole - size);
	pool_set_word(h, pool_word_make(h, size, POOL_KIND_ALLOC, slack,
	    left));
	p->curalloc += size;
}

static inline void
rest_insert(Pool *p, struct pool_header *rest, size_t size)
{
	if (size != 0)
		bins_insert(p, rest, size);
	else
		pool_set_left(rest, false);
}

void
pool_cut_l(Pool *p, struct pool_header *h, size_t size, size_t whole,
    unsigned slack)
{
	block_cut(p, h, size, whole, slack, false);
	rest_insert(p, pool_behind(h, size), whole - size);
}

/* The same where a gap stays free in front of the block. */
void
pool_cut_behind_l(Pool *p, struct pool_header *h, size_t gap, size_t size,
    size_t whole, unsigned slack)
{
	struct pool_header *to = pool_behind(h, gap);

	if (gap == 0) {
		pool_cut_l(p, h, size, whole, slack);
		return;
	}
	block_cut(p, to, size, whole - gap, slack, true);
	free_word(h, gap, false);
	bins_insert(p, h, gap);
	rest_insert(p, pool_behind(to, size), whole - gap - size);
}

struct pool_header *
pool_take_l(Pool *p, size_t block_size)
{
	size_t whole, size;
	struct pool_header *h = pool_find_cut_l(p, block_size, &whole);

	if (h == NULL)
		return NULL;
	size = pool_split(p, block_size, whole);
	if (size == whole)
		pool_wipe(p, h, whole);
	pool_cut_l(p, h, size, whole, 0);
	return h;
}

/* From one free block as many as it has; *whole bytes of it were found. */
static size_t
take_some(Pool *p, struct pool_header *h, size_t whole, size_t block_size,
    size_t n, struct pool_header **out)
{
	size_t got = 0, size;

	do {
		size = pool_split(p, block_size, whole);
		if (size == whole)
			pool_wipe(p, h, whole);
		block_cut(p, h, size, whole, 0, false);
		out[got++] = h;
		h = pool_behind(h, size);
		whole -= size;
	} while (got < n && whole >= block_size);
	rest_insert(p, h, whole);
	return got;
}

size_t
pool_take_many_l(Pool *p, size_t block_size, size_t n,
    struct pool_header **out)
{
	size_t got = 0, whole;
	struct pool_header *h;

	while (got < n) {
		if (got != 0 && pool_bins_best(p, block_size, &whole) == NULL)
			break;
		h = pool_find_l(p, block_size, &whole);
		if (h == NULL)
			break;
		got += take_some(p, h, whole, block_size, n - got, out + got);
	}
	return got;
}

/*
 * Can h become block_size bytes where it stands, with its free right neighbour
 * or without?  *whole: all there is; the neighbour is out of its bin then.
 */
bool
pool_fit_l(Pool *p, struct pool_header *h, size_t block_size, size_t *whole)
{
	size_t size = pool_size(h), rsize;
	struct pool_links *r;

	*whole = size;
	if (size == block_size)
		return true;
	if (!pool_right_l(p, pool_behind(h, size), &r))
		return false;
	rsize = r == NULL ? 0 : pool_footer_size(r);
	if (size + rsize < block_size)
		return false;
	if (r == NULL)
		return true;
	if (!pool_bins_remove(p, r, rsize))
		return false;
	*whole += rsize;
	return true;
}

/* After pool_fit_l: size of the whole bytes stay with h. */
void
pool_recut_l(Pool *p, struct pool_header *h, size_t size, size_t whole,
    unsigned slack)
{
	uint64_t word = pool_word(h);
	size_t old = pool_word_size(word);
	struct pool_header *rest = pool_behind(h, size);
	struct pool_header *right = pool_behind(h, old);

	p->curalloc -= old;
	block_cut(p, h, size, whole, slack, (word & POOL_WORD_LEFT) != 0);
	if (whole != old && right != rest)
		pool_set_word(right, 0);
	rest_insert(p, rest, whole - size);
	if (whole == old && size != old)
		pool_set_left(right, true);
}

bool
pool_resize_l(Pool *p, struct pool_header *h, size_t block_size)
{
	size_t whole, size;

	if (!pool_fit_l(p, h, block_size, &whole))
		return false;
	size = pool_split(p, block_size, whole);
	if (size == whole && whole != pool_size(h))
		pool_wipe(p, h, whole);
	pool_recut_l(p, h, size, whole, 0);
	return true;
}
