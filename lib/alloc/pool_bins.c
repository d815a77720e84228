/*
 * pool_bins.c - the free blocks of a pool, found by size.
 *
 * Each size below POOL_TREE_MIN has a bin, a list with the newest block in
 * front, and a bit of binmap says that it is not empty; larger blocks are in
 * the tree (pool_tree.c).  So the best fit of a small request is one bit scan.
 *
 * Links lie where a program writes that overruns a block far, or writes through
 * a pointer to memory it has freed.  So none is followed before it is known to
 * lead into an arena, to a footer that fits its address.  One that does not is
 * a fault, and the pool is torn: from then on nothing is taken from bins and
 * tree, put into them or believed of them, and it has no memory to give.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

PW_NOINLINE void
pool_tear(Pool *p, struct pool_links *l)
{
	p->torn = true;
	p->freeroot = NULL;
	p->binmap = 0;
	pool_fault_at(p, NULL, "a link of the free blocks is damaged",
	    (uint8_t *)l, 0);
}

/* Take l out of its list; false: the list is damaged. */
static bool
bin_remove(Pool *p, struct pool_links *l, size_t size)
{
	struct pool_links **bin = &p->bin[size / POOL_GRAIN];
	struct pool_links *next = l->next, *prev = l->prev;

	if (next != NULL && PW_UNLIKELY(pool_links_size(p, next) != size ||
	    next->prev != l))
		return false;
	if (*bin == l) {
		*bin = next;
		if (next != NULL)
			next->prev = NULL;
		else
			p->binmap &= ~((uint64_t)1 << size / POOL_GRAIN);
		return true;
	}
	if (PW_UNLIKELY(prev == NULL || pool_links_size(p, prev) != size ||
	    prev->next != l))
		return false;
	prev->next = next;
	if (next != NULL)
		next->prev = prev;
	return true;
}

static bool
bin_insert(Pool *p, struct pool_links *l, size_t size)
{
	struct pool_links **bin = &p->bin[size / POOL_GRAIN], *next = *bin;

	if (next != NULL) {
		if (PW_UNLIKELY(pool_links_size(p, next) != size))
			return false;
		next->prev = l;
	} else
		p->binmap |= (uint64_t)1 << size / POOL_GRAIN;
	l->next = next;
	l->prev = NULL;
	*bin = l;
	return true;
}

/* The header of the block says FREE and its size already. */
void
pool_bins_insert(Pool *p, struct pool_links *l, size_t size)
{
	if (PW_UNLIKELY(p->torn))
		return;
	p->curfree += size;
	l->footer = htole64(pool_footer_make(l, size));
	if (l == p->freeroot)	/* pool_bins_take_cut left it there */
		return;
	if (size >= POOL_TREE_MIN)
		pool_tree_insert(p, l, size);
	else if (PW_UNLIKELY(!bin_insert(p, l, size)))
		pool_tear(p, l);
}

/* false: the pool is torn, leave the block where it is. */
bool
pool_bins_remove(Pool *p, struct pool_links *l, size_t size)
{
	if (PW_UNLIKELY(p->torn))
		return false;
	p->curfree -= size;
	if (size >= POOL_TREE_MIN)
		pool_tree_remove(p, l, size);
	else if (PW_UNLIKELY(!bin_remove(p, l, size)))
		pool_tear(p, l);
	return !p->torn;
}

/* The smallest block of at least size bytes, still where it is; or NULL. */
struct pool_links *
pool_bins_best(Pool *p, size_t size, size_t *found)
{
	struct pool_links *l;
	uint64_t bits;
	unsigned bin;

	if (PW_UNLIKELY(p->torn))
		return NULL;
	bin = (unsigned)(size / POOL_GRAIN);
	bits = size < POOL_TREE_MIN ? p->binmap >> bin : 0;
	if (bits == 0) {
		l = pool_tree_best(p, size);
		*found = l == NULL ? 0 : pool_footer_size(l);
		return l;
	}
	bin += (unsigned)__builtin_ctzll(bits);
	*found = bin * (size_t)POOL_GRAIN;
	l = p->bin[bin];
	if (PW_LIKELY(pool_links_size(p, l) == *found))
		return l;
	pool_tear(p, l);
	return NULL;
}

/*
 * The best of at least size bytes, taken out: its header, which nobody has
 * looked at yet, and its size.  The first of a bin has one neighbour to mend.
 */
struct pool_header *
pool_bins_take(Pool *p, size_t size, size_t *found)
{
	struct pool_links *l = pool_bins_best(p, size, found), *next;
	unsigned bin = (unsigned)(*found / POOL_GRAIN);

	if (PW_UNLIKELY(l == NULL))
		return NULL;
	if (*found >= POOL_TREE_MIN) {
		if (!pool_bins_remove(p, l, *found))
			return NULL;
	} else {
		next = l->next;
		if (next == NULL)
			p->binmap &= ~((uint64_t)1 << bin);
		else if (PW_LIKELY(pool_links_size(p, next) == *found))
			next->prev = NULL;
		else {
			pool_tear(p, next);
			return NULL;
		}
		p->bin[bin] = next;
		p->curfree -= *found;
	}
	return (struct pool_header *)((char *)(l + 1) - *found);
}

/*
 * The same where the rest behind the first size bytes will be free again: it
 * stays in the tree, if it is the root and no other size comes to lie between
 * before and after.  All smaller ones there are smaller than size, too.
 */
struct pool_header *
pool_bins_take_cut(Pool *p, size_t size, size_t *found)
{
	struct pool_links *l;

	if (size < POOL_TREE_MIN && p->binmap >> size / POOL_GRAIN != 0)
		return pool_bins_take(p, size, found);
	l = pool_bins_best(p, size, found);
	if (PW_UNLIKELY(l == NULL))
		return NULL;
	if (l == p->freeroot && l->next == l && *found - size >= size &&
	    *found - size >= POOL_TREE_MIN && p->minblock <= POOL_TREE_MIN)
		p->curfree -= *found;
	else if (!pool_bins_remove(p, l, *found))
		return NULL;
	return (struct pool_header *)((char *)(l + 1) - *found);
}

/* l grows at its beginning, if it can do so where it is in the tree. */
bool
pool_bins_grow(Pool *p, struct pool_links *l, size_t old, size_t size)
{
	if (PW_UNLIKELY(p->torn) || old < POOL_TREE_MIN ||
	    !pool_tree_can_grow(p, l, old, size))
		return false;
	p->curfree += size - old;
	l->footer = htole64(pool_footer_make(l, size));
	return true;
}

size_t
pool_bins_largest(Pool *p)
{
	size_t size = pool_tree_largest(p);

	if (size != 0 || p->binmap == 0)
		return size;
	return (63u - (unsigned)__builtin_clzll(p->binmap)) *
	    (size_t)POOL_GRAIN;
}

static const char *
bin_check(Pool *p, unsigned bin, size_t *sum)
{
	struct pool_links *prev = NULL, *l = p->bin[bin];
	size_t size = bin * (size_t)POOL_GRAIN;

	if ((l != NULL) != (p->binmap >> bin & 1))
		return "T3: binmap is wrong";
	for (; l != NULL; prev = l, l = l->next) {
		if (pool_links_size(p, l) != size || l->prev != prev)
			return "T2: a bin is damaged";
		*sum += size;
		if (*sum > p->curfree)
			return "T3: a bin does not end";
	}
	return NULL;
}

const char *
pool_bins_check(Pool *p)
{
	size_t sum = 0;
	const char *wrong = NULL;

	for (unsigned i = 0; wrong == NULL && i < POOL_NBINS; i++)
		wrong = bin_check(p, i, &sum);
	if (wrong == NULL)
		wrong = pool_tree_check(p, &sum);
	if (wrong == NULL && sum != p->curfree)
		wrong = "T3: the sizes of free blocks do not add up";
	return wrong;
}
