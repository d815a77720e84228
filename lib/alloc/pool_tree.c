/*
 * pool_tree.c - the free blocks of a pool, found by size.
 *
 * Free blocks of equal size form a ring; one block of each ring is a node of
 * a splay tree keyed on block size, the others have POOL_NO_NODE for left.
 * The links live in the free blocks, so no block is smaller than struct
 * pool_free.  The caller holds the pool lock.
 *
 * A block is taken out of the ring behind its node where there is one: the
 * tree then does not change at all.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

/*
 * Top-down splay: the node of this size, or the last one on the way to it,
 * becomes the root.  What is passed on the way hangs on two side trees.
 */
static struct pool_free *
tree_splay(struct pool_free *t, size_t size)
{
	struct pool_free side = { .left = NULL, .right = NULL };
	struct pool_free *less = &side, *more = &side, *y;

	if (t == NULL)
		return NULL;
	while (size != t->header.size) {
		if (size < t->header.size) {
			y = t->left;
			if (y != NULL && size < y->header.size) {
				t->left = y->right;
				y->right = t;
				t = y;
				y = t->left;
			}
			if (y == NULL)
				break;
			more->left = t;
			more = t;
		} else {
			y = t->right;
			if (y != NULL && size > y->header.size) {
				t->right = y->left;
				y->left = t;
				t = y;
				y = t->right;
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

static void
ring_insert(struct pool_free *node, struct pool_free *b)
{
	b->left = b->right = POOL_NO_NODE;
	b->prev = node;
	b->next = node->next;
	node->next->prev = b;
	node->next = b;
}

static void
ring_remove(struct pool_free *b)
{
	b->next->prev = b->prev;
	b->prev->next = b->next;
}

void
pool_tree_insert(Pool *p, struct pool_free *b)
{
	struct pool_free *t = tree_splay(p->freeroot, b->header.size);

	p->curfree += b->header.size;
	if (t != NULL && t->header.size == b->header.size) {
		p->freeroot = t;
		ring_insert(t, b);
		return;
	}
	b->next = b->prev = b;
	b->left = b->right = NULL;
	if (t != NULL && t->header.size < b->header.size) {
		b->left = t;
		b->right = t->right;
		t->right = NULL;
	} else if (t != NULL) {
		b->right = t;
		b->left = t->left;
		t->left = NULL;
	}
	p->freeroot = b;
}

static struct pool_free *
tree_join(struct pool_free *left, struct pool_free *right)
{
	if (left == NULL)
		return right;
	left = tree_splay(left, SIZE_MAX);
	left->right = right;
	return left;
}

void
pool_tree_remove(Pool *p, struct pool_free *b)
{
	struct pool_free *heir = b->next;

	p->curfree -= b->header.size;
	if (b->left == POOL_NO_NODE) {
		ring_remove(b);
		return;
	}
	p->freeroot = tree_splay(p->freeroot, b->header.size);
	if (heir != b) {
		ring_remove(b);
		heir->left = b->left;
		heir->right = b->right;
		p->freeroot = heir;
	} else
		p->freeroot = tree_join(b->left, b->right);
}

/* The smallest block of at least size bytes, still in the tree; or NULL. */
struct pool_free *
pool_tree_best(Pool *p, size_t size)
{
	struct pool_free *t = tree_splay(p->freeroot, size);

	p->freeroot = t;
	if (t != NULL && t->header.size < size) {
		t->right = tree_splay(t->right, 0);
		t = t->right;
	}
	return t == NULL ? NULL : t->next;
}

size_t
pool_tree_largest(Pool *p)
{
	p->freeroot = tree_splay(p->freeroot, SIZE_MAX);
	return p->freeroot == NULL ? 0 : p->freeroot->header.size;
}

static const char *
ring_check(struct pool_free *node, size_t *sum)
{
	struct pool_free *b = node;

	do {
		if (b->header.size != node->header.size ||
		    b->header.magic != POOL_MAGIC_FREE ||
		    b->next->prev != b ||
		    (b == node) == (b->left == POOL_NO_NODE))
			return "T2";
		*sum += b->header.size;
		b = b->next;
	} while (b != node);
	return NULL;
}

/*
 * In size order without a stack and without recursion: each size is searched
 * from the root anew.  A wrong order shows as a size that does not rise.
 */
const char *
pool_tree_check(Pool *p)
{
	size_t sum = 0, size = 0;
	const char *wrong;

	for (;;) {
		struct pool_free *t = p->freeroot, *next = NULL;

		while (t != NULL) {
			if (t->header.size > size) {
				if (next != NULL &&
				    t->header.size >= next->header.size)
					return "T1";
				next = t;
				t = t->left;
			} else
				t = t->right;
		}
		if (next == NULL)
			break;
		wrong = ring_check(next, &sum);
		if (wrong != NULL)
			return wrong;
		size = next->header.size;
	}
	return sum == p->curfree ? NULL : "T3";
}
