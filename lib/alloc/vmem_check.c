/*
 * vmem_check.c - looking at a vmem arena without changing it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/vmem_impl.h"
#include "base/bits.h"
#include "base/os.h"

static void
check_enter(struct poolwatch_vmem *vm)
{
	if (!vm->serial)
		lock_take(&vm->lock, (uint32_t)os_gettid());
}

static void
check_leave(struct poolwatch_vmem *vm)
{
	if (!vm->serial)
		lock_give(&vm->lock);
}

void
vmem_walk(vmem_t *vm, int mask, vmem_walk_fn *fn, void *arg)
{
	struct list *node;
	int kind;

	check_enter(vm);
	list_for_each(node, &vm->all) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, all);

		if (s->kind == VMEM_SEG_SPAN)
			continue;
		kind = s->kind == VMEM_SEG_BUSY ? VMEM_ALLOC : VMEM_FREE;
		if (kind & mask)
			fn(arg, s->start, s->size, kind);
	}
	check_leave(vm);
}

/* Only the highest list that holds any can hold the largest. */
static size_t
check_largest_l(struct poolwatch_vmem *vm)
{
	size_t largest = 0;
	struct list *node, *head;

	if (vm->bitmap == 0)
		return 0;
	head = &vm->lists[bits_log2_floor(vm->bitmap)];
	list_for_each(node, head) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, link);

		if (s->size > largest)
			largest = s->size;
	}
	return largest;
}

vmem_size_t
vmem_size(vmem_t *vm, int mask)
{
	size_t size = 0;

	check_enter(vm);
	if (mask == VMEM_MAXFREE)
		size = check_largest_l(vm);
	else if ((mask & ~(VMEM_ALLOC | VMEM_FREE)) == 0) {
		if (mask & VMEM_ALLOC)
			size += vm->busy;
		if (mask & VMEM_FREE)
			size += vm->free;
	}
	check_leave(vm);
	return size;
}

bool
vmem_find(struct poolwatch_vmem *vm, uintptr_t addr, uintptr_t *start,
    size_t *size)
{
	struct list *node;
	bool found = false;

	check_enter(vm);
	list_for_each(node, &vm->all) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, all);

		if (s->kind != VMEM_SEG_BUSY || addr < s->start ||
		    addr - s->start >= s->size)
			continue;
		*start = s->start;
		*size = s->size;
		found = true;
		break;
	}
	check_leave(vm);
	return found;
}

static bool
check_is_listed(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	unsigned c = bits_log2_floor(seg->size >> vm->shift);
	struct list *node;

	list_for_each(node, &vm->lists[c])
		if (node == &seg->link)
			return true;
	return false;
}

struct check_sum {
	struct vmem_seg *span;
	uintptr_t at;		/* where the next segment must begin */
	size_t busy;
	size_t free;
	size_t nbusy;
	bool free_before;
};

static const char *
check_segment(struct poolwatch_vmem *vm, struct vmem_seg *s,
    struct check_sum *sum)
{
	if (sum->span == NULL || s->start != sum->at || s->size == 0)
		return "V1";
	sum->at += s->size;
	if (s->kind == VMEM_SEG_FREE) {
		if (sum->free_before)
			return "V2";
		if (!check_is_listed(vm, s))
			return "V3";
		sum->free += s->size;
	} else {
		if (vmem_seg_busy_l(vm, s->start) != s)
			return "V4";
		sum->busy += s->size;
		sum->nbusy++;
	}
	sum->free_before = s->kind == VMEM_SEG_FREE;
	return NULL;
}

static const char *
check_segments(struct poolwatch_vmem *vm, struct check_sum *sum)
{
	const char *wrong = NULL;
	struct list *node;

	list_for_each(node, &vm->all) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, all);

		if (s->kind != VMEM_SEG_SPAN) {
			wrong = check_segment(vm, s, sum);
			if (wrong != NULL)
				return wrong;
			continue;
		}
		if (sum->span != NULL &&
		    sum->at != sum->span->start + sum->span->size)
			return "V1";
		sum->span = s;
		sum->at = s->start;
		sum->free_before = false;
	}
	if (sum->span != NULL && sum->at != sum->span->start + sum->span->size)
		return "V1";
	return NULL;
}

const char *
vmem_check(struct poolwatch_vmem *vm)
{
	struct check_sum sum = { 0 };
	const char *wrong;

	check_enter(vm);
	wrong = check_segments(vm, &sum);
	for (int i = 0; wrong == NULL && i < VMEM_CLASSES; i++)
		if (list_empty(&vm->lists[i]) == ((vm->bitmap >> i & 1) != 0))
			wrong = "V3";
	if (wrong == NULL && sum.nbusy != vm->nbusy)
		wrong = "V4";
	if (wrong == NULL && (sum.busy != vm->busy || sum.free != vm->free))
		wrong = "V5";
	check_leave(vm);
	return wrong;
}
