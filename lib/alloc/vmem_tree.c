/*
 * vmem_tree.c - the free segments of a class in the order of (size, start).
 *
 * A best fit wants the smallest segment that is large enough and the lowest of
 * equals; on a list that is a look at all of them.  So the first best fit of an
 * arena turns its lists into trees, and from then on they stay trees.  An arena
 * that never asks for it keeps its lists, whose changes cost less.
 *
 * The trees are treaps: in the order of (size, start), and a tag's weight, a
 * hash of its start, is never above that of the tag above it.  So the shape
 * follows from the segments alone, and with the same segments the same request
 * has the same answer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/vmem_impl.h"
#include "base/bits.h"

static uint64_t
weight(const struct vmem_seg *s)
{
	return bits_mix64(s->start);
}

static bool
before(const struct vmem_seg *s, size_t size, uintptr_t start)
{
	return s->size < size || (s->size == size && s->start < start);
}

/* Cut t into what is before seg and what is not. */
static void
split(struct vmem_seg *t, const struct vmem_seg *seg, struct vmem_seg **less,
    struct vmem_seg **more)
{
	while (t != NULL)
		if (before(t, seg->size, seg->start)) {
			*less = t;
			less = &t->right;
			t = t->right;
		} else {
			*more = t;
			more = &t->left;
			t = t->left;
		}
	*less = *more = NULL;
}

void
vmem_tree_insert(struct vmem_seg **root, struct vmem_seg *seg)
{
	uint64_t w = weight(seg);

	while (*root != NULL && weight(*root) >= w)
		root = before(*root, seg->size, seg->start) ?
		    &(*root)->right : &(*root)->left;
	split(*root, seg, &seg->left, &seg->right);
	*root = seg;
}

void
vmem_tree_remove(struct vmem_seg **root, struct vmem_seg *seg)
{
	struct vmem_seg *a = seg->left, *b = seg->right;

	while (*root != seg)
		root = before(*root, seg->size, seg->start) ?
		    &(*root)->right : &(*root)->left;
	while (a != NULL && b != NULL)
		if (weight(a) >= weight(b)) {
			*root = a;
			root = &a->right;
			a = a->right;
		} else {
			*root = b;
			root = &b->left;
			b = b->left;
		}
	*root = a != NULL ? a : b;
}

struct vmem_seg *
vmem_tree_from(struct vmem_seg *t, size_t size, uintptr_t start)
{
	struct vmem_seg *found = NULL;

	while (t != NULL)
		if (before(t, size, start))
			t = t->right;
		else {
			found = t;
			t = t->left;
		}
	return found;
}

size_t
vmem_tree_largest(struct vmem_seg *t)
{
	while (t != NULL && t->right != NULL)
		t = t->right;
	return t == NULL ? 0 : t->size;
}

static struct vmem_seg *
tree_of_list(struct list *list)
{
	struct vmem_seg *root = NULL;

	while (!list_empty(list)) {
		struct vmem_seg *seg = list_entry(list->next, struct vmem_seg,
		    link);

		list_remove(&seg->link);
		vmem_tree_insert(&root, seg);
	}
	return root;
}

void
vmem_tree_sort_l(struct poolwatch_vmem *vm)
{
	if (vm->sorted)
		return;
	for (int i = 0; i < VMEM_CLASSES; i++)
		vm->class[i].root = tree_of_list(&vm->class[i].list);
	vm->sorted = true;
}
