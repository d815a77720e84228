/*
 * pool_tree.c - the larger free blocks of a pool, found by size.
 *
 * Free blocks of equal size form a ring; one block of each ring is a node of
 * a splay tree keyed on block size, the others have POOL_NO_NODE for left.
 *
 * A block is taken out of the ring behind its node where there is one, and put
 * in there: the tree then does not change at all, and of equal blocks the one
 * freed last goes first.  No link is followed unseen; see pool_bins.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

#define POOL_NO_NODE	((struct pool_links *)(uintptr_t)0xCAFEBABE)

/* The size of a node that was looked at before. */
static inline size_t
key(const struct pool_links *l)
{
	return (size_t)(le64toh(l->footer) >> 16) * POOL_GRAIN;
}

static inline bool
node_ok(Pool *p, struct pool_links *l)
{
	return pool_links_size(p, l) >= POOL_TREE_MIN;
}

static PW_NOINLINE struct pool_links *
tree_tear(Pool *p, struct pool_links *at)
{
	pool_tear(p, at);
	return NULL;
}

/*
 * Top-down splay: the node of this size, or the last one on the way to it,
 * becomes the root.  What is passed on the way hangs on two side trees.
 */
static struct pool_links *
tree_splay(Pool *p, struct pool_links *t, size_t size)
{
	struct pool_links side = { .left = NULL, .right = NULL };
	struct pool_links *less = &side, *more = &side, *y;

	if (t == NULL)
		return NULL;
	if (PW_UNLIKELY(!node_ok(p, t)))
		return tree_tear(p, t);
	while (size != key(t)) {
		if (size < key(t)) {
			y = t->left;
			if (y != NULL && PW_UNLIKELY(!node_ok(p, y)))
				return tree_tear(p, y);
			if (y != NULL && size < key(y)) {
				t->left = y->right;
				y->right = t;
				t = y;
				y = t->left;
				if (y != NULL && PW_UNLIKELY(!node_ok(p, y)))
					return tree_tear(p, y);
			}
			if (y == NULL)
				break;
			more->left = t;
			more = t;
		} else {
			y = t->right;
			if (y != NULL && PW_UNLIKELY(!node_ok(p, y)))
				return tree_tear(p, y);
			if (y != NULL && size > key(y)) {
				t->right = y->left;
				y->left = t;
				t = y;
				y = t->right;
				if (y != NULL && PW_UNLIKELY(!node_ok(p, y)))
					return tree_tear(p, y);
			}
			if (y == NULL)
				break;
			less->right = t;
			less = t;
		}
		t = y;
	}
	less->right = t->left;
	more->left = t->right;
	t->left = side.right;
	t->right = side.left;
	return t;
}

/* Both neighbours of a block in its ring say so too. */
static bool
ring_ok(Pool *p, struct pool_links *l, size_t size)
{
	return pool_links_size(p, l->next) == size &&
	    pool_links_size(p, l->prev) == size &&
	    l->next->prev == l && l->prev->next == l;
}

static void
ring_insert(struct pool_links *node, struct pool_links *l)
{
	l->left = l->right = POOL_NO_NODE;
	l->prev = node;
	l->next = node->next;
	node->next->prev = l;
	node->next = l;
}

static void
ring_remove(struct pool_links *l)
{
	l->next->prev = l->prev;
	l->prev->next = l->next;
}

void
pool_tree_insert(Pool *p, struct pool_links *l, size_t size)
{
	struct pool_links *t = tree_splay(p, p->freeroot, size);

	if (PW_UNLIKELY(p->torn))
		return;
	if (t != NULL && key(t) == size) {
		p->freeroot = t;
		if (PW_UNLIKELY(!ring_ok(p, t, size)))
			tree_tear(p, t);
		else
			ring_insert(t, l);
		return;
	}
	l->next = l->prev = l;
	l->left = l->right = NULL;
	if (t != NULL && key(t) < size) {
		l->left = t;
		l->right = t->right;
		t->right = NULL;
	} else if (t != NULL) {
		l->right = t;
		l->left = t->left;
		t->left = NULL;
	}
	p->freeroot = l;
}

static struct pool_links *
tree_join(Pool *p, struct pool_links *left, struct pool_links *right)
{
	if (left == NULL)
		return right;
	left = tree_splay(p, left, SIZE_MAX);
	if (left != NULL)
		left->right = right;
	return left;
}

void
pool_tree_remove(Pool *p, struct pool_links *l, size_t size)
{
	struct pool_links *heir = l->next;

	if (PW_UNLIKELY(!ring_ok(p, l, size))) {
		tree_tear(p, l);
		return;
	}
	if (l->left == POOL_NO_NODE) {
		ring_remove(l);
		return;
	}
	p->freeroot = tree_splay(p, p->freeroot, size);
	if (PW_UNLIKELY(p->freeroot != l)) {
		tree_tear(p, l);
		return;
	}
	if (heir != l) {
		ring_remove(l);
		heir->left = l->left;
		heir->right = l->right;
		p->freeroot = heir;
	} else
		p->freeroot = tree_join(p, l->left, l->right);
}

/*
 * May l, whose footer still says old, be of size without another place?  It is
 * the root then.  A node alone in its ring keeps its links, which are at the
 * end of the block, when the block grows at its beginning.
 */
bool
pool_tree_can_grow(Pool *p, struct pool_links *l, size_t old, size_t size)
{
	struct pool_links *t;

	if (l->next != l)
		return false;
	t = p->freeroot = tree_splay(p, p->freeroot, old);
	if (t != l)
		return false;
	if (t->right == NULL)
		return true;
	t->right = tree_splay(p, t->right, 0);
	return t->right != NULL && key(t->right) > size;
}

/* The smallest block of at least size bytes, of the root's ring; or NULL. */
struct pool_links *
pool_tree_best(Pool *p, size_t size)
{
	struct pool_links *t = tree_splay(p, p->freeroot, size), *above;

	p->freeroot = t;
	if (t != NULL && key(t) < size) {
		above = t->right = tree_splay(p, t->right, 0);
		if (above == NULL)
			return NULL;
		t->right = NULL;
		above->left = t;
		t = p->freeroot = above;
	}
	if (t != NULL && t->next != t && PW_UNLIKELY(!node_ok(p, t->next)))
		t = tree_tear(p, t);
	return t == NULL ? NULL : t->next;
}

size_t
pool_tree_largest(Pool *p)
{
	p->freeroot = tree_splay(p, p->freeroot, SIZE_MAX);
	return p->freeroot == NULL ? 0 : key(p->freeroot);
}

static const char *
ring_check(Pool *p, struct pool_links *node, size_t size, size_t *sum)
{
	struct pool_links *l = node;

	do {
		if (!ring_ok(p, l, size) ||
		    (l == node) == (l->left == POOL_NO_NODE))
			return "T2: a ring of free blocks is damaged";
		*sum += size;
		if (*sum > p->curfree)
			return "T3: a ring of free blocks does not end";
		l = l->next;
	} while (l != node);
	return NULL;
}

/* The smallest node above size, NULL; *wrong: the search went astray. */
static struct pool_links *
node_above(Pool *p, size_t size, const char **wrong)
{
	struct pool_links *t = p->freeroot, *next = NULL;

	while (t != NULL) {
		if (!node_ok(p, t)) {
			*wrong = "T2: a node is damaged";
			return NULL;
		}
		if (key(t) <= size) {
			t = t->right;
			continue;
		}
		if (next != NULL && key(t) >= key(next)) {
			*wrong = "T1: the tree is out of order";
			return NULL;
		}
		next = t;
		t = t->left;
	}
	return next;
}

/*
 * In size order without a stack and without recursion: each size is searched
 * from the root anew.  A wrong order shows as a size that does not rise.
 */
const char *
pool_tree_check(Pool *p, size_t *sum)
{
	const char *wrong = NULL;
	struct pool_links *l = node_above(p, 0, &wrong);

	while (l != NULL && wrong == NULL) {
		size_t size = key(l);

		wrong = ring_check(p, l, size, sum);
		if (wrong == NULL)
			l = node_above(p, size, &wrong);
	}
	return wrong;
}
