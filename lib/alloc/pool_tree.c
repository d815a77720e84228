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
 * The links lie where a program writes that overruns a block far, or writes
 * through a pointer to memory it has freed.  So none is followed before it is
 * known to lead into the pool's arenas, to a header that says FREE.  One that
 * does not is a fault, and the tree is torn: from then on nothing is taken from
 * it, put into it or believed of it, and the pool has no memory to give.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

static bool
node_ok(const Pool *p, const struct pool_free *t)
{
	return (uintptr_t)t - p->low < p->high - p->low &&
	    (uintptr_t)t % POOL_GRAIN == 0 &&
	    t->header.magic == POOL_MAGIC_FREE;
}

static PW_NOINLINE struct pool_free *
tree_tear(Pool *p, struct pool_free *at)
{
	p->torn = true;
	p->freeroot = NULL;
	pool_fault(p, &at->header, "the tree of free blocks is damaged");
	return NULL;
}

/*
 * Top-down splay: the node of this size, or the last one on the way to it,
 * becomes the root.  What is passed on the way hangs on two side trees.
 */
static struct pool_free *
tree_splay(Pool *p, struct pool_free *t, size_t size)
{
	struct pool_free side = { .left = NULL, .right = NULL };
	struct pool_free *less = &side, *more = &side, *y;

	if (t == NULL)
		return NULL;
	if (PW_UNLIKELY(!node_ok(p, t)))
		return tree_tear(p, t);
	while (size != t->header.size) {
		if (size < t->header.size) {
			y = t->left;
			if (y != NULL && PW_UNLIKELY(!node_ok(p, y)))
				return tree_tear(p, y);
			if (y != NULL && size < y->header.size) {
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
			if (y != NULL && size > y->header.size) {
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
ring_ok(const Pool *p, const struct pool_free *b)
{
	return node_ok(p, b->next) && node_ok(p, b->prev) &&
	    b->next->prev == b && b->prev->next == b;
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
	struct pool_free *t = tree_splay(p, p->freeroot, b->header.size);

	if (PW_UNLIKELY(p->torn))
		return;
	p->curfree += b->header.size;
	if (t != NULL && t->header.size == b->header.size) {
		p->freeroot = t;
		if (PW_UNLIKELY(!ring_ok(p, t))) {
			tree_tear(p, t);
			return;
		}
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
tree_join(Pool *p, struct pool_free *left, struct pool_free *right)
{
	if (left == NULL)
		return right;
	left = tree_splay(p, left, SIZE_MAX);
	if (left != NULL)
		left->right = right;
	return left;
}

void
pool_tree_remove(Pool *p, struct pool_free *b)
{
	struct pool_free *heir = b->next;

	if (PW_UNLIKELY(p->torn))
		return;
	if (PW_UNLIKELY(!ring_ok(p, b))) {
		tree_tear(p, b);
		return;
	}
	p->curfree -= b->header.size;
	if (b->left == POOL_NO_NODE) {
		ring_remove(b);
		return;
	}
	p->freeroot = tree_splay(p, p->freeroot, b->header.size);
	if (PW_UNLIKELY(p->freeroot != b)) {
		tree_tear(p, b);
		return;
	}
	if (heir != b) {
		ring_remove(b);
		heir->left = b->left;
		heir->right = b->right;
		p->freeroot = heir;
	} else
		p->freeroot = tree_join(p, b->left, b->right);
}

/* The smallest block of at least size bytes, still in the tree; or NULL. */
struct pool_free *
pool_tree_best(Pool *p, size_t size)
{
	struct pool_free *t = tree_splay(p, p->freeroot, size);

	p->freeroot = t;
	if (t != NULL && t->header.size < size) {
		t->right = tree_splay(p, t->right, 0);
		t = p->torn ? NULL : t->right;
	}
	if (t != NULL && PW_UNLIKELY(!node_ok(p, t->next)))
		t = tree_tear(p, t);
	return t == NULL ? NULL : t->next;
}

size_t
pool_tree_largest(Pool *p)
{
	p->freeroot = tree_splay(p, p->freeroot, SIZE_MAX);
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
