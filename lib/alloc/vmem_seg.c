/*
 * vmem_seg.c - the boundary tags of a vmem arena: split, join, look up.
 *
 * Free segments are kept by the power of two of their size; a bitmap says which
 * classes hold any, so the first class whose members all fit is found with one
 * instruction.  Busy segments are hashed by their start; the table grows when
 * there are two to a bucket, so that giving back is O(1).
 *
 * A take needs two new tags at most (what is left before and behind), an
 * added span needs two (itself and its free segment); they are reserved before
 * anything is changed, so no operation fails half way.  A give needs none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/vmem_impl.h"

#include <errno.h>

#include "base/bits.h"
#include "base/check.h"
#include "base/os.h"

#define TAG_PAGE	4096u		/* the first ones */
#define TAG_PAGES	(64u << 10)	/* when there are some */
#define TAG_LEAD	64u

static size_t
tag_page_size(size_t n)
{
	return n < 4 ? TAG_PAGE : TAG_PAGES;
}

static bool
seg_more_tags(struct poolwatch_vmem *vm)
{
	size_t size = tag_page_size(vm->npages);
	char *page = os_map(size);
	struct vmem_seg *seg;

	if (page == NULL)
		return false;
	*(void **)page = vm->pages;
	vm->pages = page;
	vm->npages++;
	seg = (struct vmem_seg *)(page + TAG_LEAD);
	for (size_t i = (size - TAG_LEAD) / sizeof(*seg); i-- > 0;)
		vmem_seg_drop_l(vm, &seg[i]);
	return true;
}

bool
vmem_seg_reserve_l(struct poolwatch_vmem *vm, size_t count)
{
	while (vm->nspare < count)
		if (!seg_more_tags(vm))
			return false;
	return true;
}

struct vmem_seg *
vmem_seg_new_l(struct poolwatch_vmem *vm)
{
	struct vmem_seg *seg = vm->spare;

	PW_ASSERT(seg != NULL);
	vm->spare = seg->next;
	vm->nspare--;
	seg->imported = 0;
	return seg;
}

void
vmem_seg_drop_l(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	seg->next = vm->spare;
	vm->spare = seg;
	vm->nspare++;
}

void
vmem_seg_free_pages(struct poolwatch_vmem *vm)
{
	void *page = vm->pages;

	while (page != NULL) {
		void *next = *(void **)page;

		os_unmap(page, tag_page_size(--vm->npages));
		page = next;
	}
	if (vm->hash != vm->hash_min)
		os_unmap(vm->hash, vm->nbuckets * sizeof(*vm->hash));
}

unsigned
vmem_seg_class(const struct poolwatch_vmem *vm, size_t size)
{
	return bits_log2_floor(size >> vm->shift);
}

static void
seg_list_insert(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	unsigned c = vmem_seg_class(vm, seg->size);

	seg->kind = VMEM_SEG_FREE;
	if (vm->sorted)
		vmem_tree_insert(&vm->class[c].root, seg);
	else
		list_insert_after(&vm->class[c].list, &seg->link);
	vm->bitmap |= 1ull << c;
}

static void
seg_list_remove(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	unsigned c = vmem_seg_class(vm, seg->size);
	bool empty;

	if (vm->sorted) {
		vmem_tree_remove(&vm->class[c].root, seg);
		empty = vm->class[c].root == NULL;
	} else {
		list_remove(&seg->link);
		empty = list_empty(&vm->class[c].list);
	}
	if (empty)
		vm->bitmap &= ~(1ull << c);
}

static size_t
seg_bucket(const struct poolwatch_vmem *vm, uintptr_t start)
{
	return bits_mix64(start >> vm->shift) & (vm->nbuckets - 1);
}

static void
seg_hash_put(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	size_t b = seg_bucket(vm, seg->start);

	seg->kind = VMEM_SEG_BUSY;
	seg->next = vm->hash[b];
	vm->hash[b] = seg;
}

/* Without memory the table stays small and chains grow: slower, not wrong. */
static void
seg_hash_grow(struct poolwatch_vmem *vm)
{
	struct vmem_seg **old = vm->hash, *seg, *next;
	size_t n = vm->nbuckets;
	struct vmem_seg **fresh = os_map(4 * n * sizeof(*fresh));

	if (fresh == NULL)
		return;
	vm->hash = fresh;
	vm->nbuckets = 4 * n;
	for (size_t i = 0; i < n; i++)
		for (seg = old[i]; seg != NULL; seg = next) {
			next = seg->next;
			seg_hash_put(vm, seg);
		}
	if (old != vm->hash_min)
		os_unmap(old, n * sizeof(*old));
}

static void
seg_hash_insert(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	if (vm->nbusy >= 2 * vm->nbuckets)
		seg_hash_grow(vm);
	seg_hash_put(vm, seg);
	vm->nbusy++;
	vm->busy += seg->size;
}

static void
seg_hash_remove(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	struct vmem_seg **p = &vm->hash[seg_bucket(vm, seg->start)];

	while (*p != seg)
		p = &(*p)->next;
	*p = seg->next;
	vm->nbusy--;
	vm->busy -= seg->size;
}

struct vmem_seg *
vmem_seg_busy_l(struct poolwatch_vmem *vm, uintptr_t start)
{
	struct vmem_seg *seg = vm->hash[seg_bucket(vm, start)];

	while (seg != NULL && seg->start != start)
		seg = seg->next;
	return seg;
}

struct vmem_seg *
vmem_seg_prev(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	do {
		if (seg->all.prev == &vm->all)
			return NULL;
		seg = list_entry(seg->all.prev, struct vmem_seg, all);
	} while (seg->kind == VMEM_SEG_WALKER);
	return seg;
}

struct vmem_seg *
vmem_seg_next(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	do {
		if (seg->all.next == &vm->all)
			return NULL;
		seg = list_entry(seg->all.next, struct vmem_seg, all);
	} while (seg->kind == VMEM_SEG_WALKER);
	return seg;
}

/* The tag goes away: next fit then begins with the one that stays. */
static void
seg_retire(struct poolwatch_vmem *vm, struct vmem_seg *seg,
    struct vmem_seg *stays)
{
	if (vm->rotor == seg)
		vm->rotor = stays;
	list_remove(&seg->all);
	vmem_seg_drop_l(vm, seg);
}

int
vmem_seg_add_span_l(struct poolwatch_vmem *vm, uintptr_t start, size_t size,
    bool imported)
{
	struct vmem_seg *span, *seg;

	if (!vmem_seg_reserve_l(vm, 2))
		return ENOMEM;
	span = vmem_seg_new_l(vm);
	span->kind = VMEM_SEG_SPAN;
	span->imported = imported;
	span->start = start;
	span->size = size;
	list_insert_before(&vm->all, &span->all);
	list_insert_before(&vm->spans, &span->link);
	seg = vmem_seg_new_l(vm);
	seg->start = start;
	seg->size = size;
	list_insert_after(&span->all, &seg->all);
	seg_list_insert(vm, seg);
	vm->free += size;
	return 0;
}

/* span holds one free segment and nothing else. */
void
vmem_seg_remove_span_l(struct poolwatch_vmem *vm, struct vmem_seg *span)
{
	struct vmem_seg *seg = vmem_seg_next(vm, span);

	seg_list_remove(vm, seg);
	vm->free -= seg->size;
	list_remove(&span->link);
	seg_retire(vm, seg, NULL);
	seg_retire(vm, span, NULL);
}

/* Make [start, start + size) of the free seg busy; two tags are reserved. */
void
vmem_seg_take_l(struct poolwatch_vmem *vm, struct vmem_seg *seg, uintptr_t start,
    size_t size)
{
	size_t before = start - seg->start;
	size_t behind = seg->size - before - size;
	struct vmem_seg *rest;

	seg_list_remove(vm, seg);
	if (before != 0) {
		rest = vmem_seg_new_l(vm);
		rest->start = seg->start;
		rest->size = before;
		list_insert_before(&seg->all, &rest->all);
		seg_list_insert(vm, rest);
	}
	if (behind != 0) {
		rest = vmem_seg_new_l(vm);
		rest->start = start + size;
		rest->size = behind;
		list_insert_after(&seg->all, &rest->all);
		seg_list_insert(vm, rest);
	}
	seg->start = start;
	seg->size = size;
	vm->free -= size;
	seg_hash_insert(vm, seg);
}

/* Join seg (on no list) with a free neighbour that it swallows. */
static void
seg_swallow(struct poolwatch_vmem *vm, struct vmem_seg *seg, struct vmem_seg *other)
{
	if (other->start < seg->start)
		seg->start = other->start;
	seg->size += other->size;
	seg_list_remove(vm, other);
	seg_retire(vm, other, seg);
}

/* Make a busy segment free; the free segment it has become part of. */
struct vmem_seg *
vmem_seg_give_l(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	struct vmem_seg *next = vmem_seg_next(vm, seg), *prev;

	seg_hash_remove(vm, seg);
	vm->free += seg->size;
	if (next != NULL && next->kind == VMEM_SEG_FREE)
		seg_swallow(vm, seg, next);
	prev = vmem_seg_prev(vm, seg);
	if (prev->kind == VMEM_SEG_FREE)
		seg_swallow(vm, seg, prev);
	seg_list_insert(vm, seg);
	return seg;
}
