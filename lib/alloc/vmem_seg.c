/*
 * vmem_seg.c - the boundary tags of a vmem arena: split, join, find.
 *
 * Free segments hang on lists by the power of two of their size; a bitmap
 * says which lists hold any, so the first list whose members all fit is found
 * with one instruction.  Busy segments are hashed by their start; the table
 * doubles when there are two to a bucket, so that giving back is O(1).
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

#define TAG_PAGE	4096u
#define TAGS_PER_PAGE	((TAG_PAGE - 64) / sizeof(struct vmem_seg))

static bool
seg_more_tags(struct poolwatch_vmem *vm)
{
	char *page = os_map(TAG_PAGE);
	struct vmem_seg *seg;

	if (page == NULL)
		return false;
	*(void **)page = vm->pages;
	vm->pages = page;
	seg = (struct vmem_seg *)(page + 64);
	for (size_t i = 0; i < TAGS_PER_PAGE; i++)
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

		os_unmap(page, TAG_PAGE);
		page = next;
	}
	if (vm->hash != vm->hash_min)
		os_unmap(vm->hash, vm->nbuckets * sizeof(*vm->hash));
}

static unsigned
seg_class(const struct poolwatch_vmem *vm, size_t size)
{
	return bits_log2_floor(size >> vm->shift);
}

static void
seg_list_insert(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	unsigned c = seg_class(vm, seg->size);

	seg->kind = VMEM_SEG_FREE;
	list_insert_after(&vm->lists[c], &seg->link);
	vm->bitmap |= 1ull << c;
}

static void
seg_list_remove(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	unsigned c = seg_class(vm, seg->size);

	list_remove(&seg->link);
	if (list_empty(&vm->lists[c]))
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
vmem_seg_prev(struct vmem_seg *seg)
{
	return list_entry(seg->all.prev, struct vmem_seg, all);
}

/* The tag behind seg, NULL at the end of the list. */
struct vmem_seg *
vmem_seg_next(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	if (seg->all.next == &vm->all)
		return NULL;
	return list_entry(seg->all.next, struct vmem_seg, all);
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
	list_remove(&seg->all);
	list_remove(&span->all);
	list_remove(&span->link);
	vmem_seg_drop_l(vm, seg);
	vmem_seg_drop_l(vm, span);
}

/* The first address >= at with addr % align == phase; false: none. */
static bool
fit_align(const struct vmem_fit *f, uintptr_t at, uintptr_t *out)
{
	size_t gap = (f->phase - at) & (f->align - 1);

	return !bits_add_overflows(at, gap, out);
}

static bool
fit_crosses(const struct vmem_fit *f, uintptr_t at)
{
	return f->nocross != 0 &&
	    ((at ^ (at + f->size - 1)) & ~(f->nocross - 1)) != 0;
}

/* Does seg hold what f asks for, and from where on? */
static bool
fit_segment(const struct vmem_fit *f, const struct vmem_seg *seg,
    uintptr_t *start)
{
	uintptr_t last = seg->start + (seg->size - 1), at = seg->start;

	if (seg->size < f->size)
		return false;
	if (f->plain) {
		*start = at;
		return true;
	}
	if (at < f->min)
		at = f->min;
	if (last > f->max)
		last = f->max;
	if (!fit_align(f, at, &at))
		return false;
	if (at <= last && last - at >= f->size - 1 && fit_crosses(f, at) &&
	    !fit_align(f, bits_align_down(at + f->size - 1, f->nocross), &at))
		return false;
	*start = at;
	return at <= last && last - at >= f->size - 1 && !fit_crosses(f, at);
}

/* Any segment of a class whose members are all large enough. */
struct vmem_seg *
vmem_seg_first_l(struct poolwatch_vmem *vm, const struct vmem_fit *f,
    uintptr_t *start)
{
	size_t need = f->size;
	unsigned c;
	uint64_t lists;
	struct vmem_seg *seg;

	if (!f->plain)
		return NULL;
	c = seg_class(vm, need);
	if (!bits_is_pow2(need >> vm->shift))
		c++;
	lists = c < VMEM_CLASSES ? vm->bitmap & (~0ull << c) : 0;
	if (lists == 0)
		return NULL;
	seg = list_entry(vm->lists[__builtin_ctzll(lists)].next,
	    struct vmem_seg, link);
	*start = seg->start;
	return seg;
}

static bool
seg_better(const struct vmem_seg *a, const struct vmem_seg *b)
{
	return b == NULL || a->size < b->size ||
	    (a->size == b->size && a->start < b->start);
}

/* The smallest segment that fits, the lowest of equals. */
struct vmem_seg *
vmem_seg_best_l(struct poolwatch_vmem *vm, const struct vmem_fit *f,
    uintptr_t *start)
{
	struct vmem_seg *best = NULL;
	uint64_t lists = vm->bitmap & (~0ull << seg_class(vm, f->size));
	struct list *node, *head;
	uintptr_t at;

	for (; lists != 0 && best == NULL; lists &= lists - 1) {
		head = &vm->lists[__builtin_ctzll(lists)];
		list_for_each(node, head) {
			struct vmem_seg *seg =
			    list_entry(node, struct vmem_seg, link);

			if (!seg_better(seg, best) ||
			    !fit_segment(f, seg, &at))
				continue;
			best = seg;
			*start = at;
		}
	}
	return best;
}

/* Make [start, start + size) of the free seg busy; two tags are reserved. */
void
vmem_seg_take_l(struct poolwatch_vmem *vm, struct vmem_seg *seg,
    uintptr_t start,
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
seg_swallow(struct poolwatch_vmem *vm, struct vmem_seg *seg,
    struct vmem_seg *other)
{
	if (other->start < seg->start)
		seg->start = other->start;
	seg->size += other->size;
	seg_list_remove(vm, other);
	list_remove(&other->all);
	vmem_seg_drop_l(vm, other);
}

/* Make a busy segment free; the free segment it has become part of. */
struct vmem_seg *
vmem_seg_give_l(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	struct vmem_seg *next = vmem_seg_next(vm, seg);

	seg_hash_remove(vm, seg);
	vm->free += seg->size;
	if (next != NULL && next->kind == VMEM_SEG_FREE)
		seg_swallow(vm, seg, next);
	if (vmem_seg_prev(seg)->kind == VMEM_SEG_FREE)
		seg_swallow(vm, seg, vmem_seg_prev(seg));
	seg_list_insert(vm, seg);
	return seg;
}
