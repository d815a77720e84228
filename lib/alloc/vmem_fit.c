/*
 * vmem_fit.c - where a request goes: instant, best and next fit.
 *
 * Instant fit takes any member of the first class whose members are all large
 * enough: one instruction on the bitmap.  Only where there is none, or where
 * there are more constraints than the size, are segments looked at one by one
 * (vmem_fit_any_l), so "no" is always the truth.
 *
 * Next fit walks the list of all tags, from the place where it gave last.  That
 * place is an address within a tag, no tag of its own, so it never stands
 * between two free segments that should be one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/vmem_impl.h"
#include "base/bits.h"

#define LOOK_MAX	256u	/* about what sorting as many costs */

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

/* Does seg hold, from `from` on, what f asks for, and where? */
static bool
fit_segment(const struct vmem_fit *f, const struct vmem_seg *seg,
    uintptr_t from, uintptr_t *start)
{
	uintptr_t last = seg->start + (seg->size - 1), at = seg->start;

	if (seg->size < f->size)
		return false;
	if (at < from)
		at = from;
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

static struct vmem_seg *
class_any(const struct poolwatch_vmem *vm, unsigned c)
{
	return vm->sorted ? vm->class[c].root :
	    list_entry(vm->class[c].list.next, struct vmem_seg, link);
}

struct vmem_seg *
vmem_fit_first_l(struct poolwatch_vmem *vm, const struct vmem_fit *f,
    uintptr_t *start)
{
	unsigned c = vmem_seg_class(vm, f->size);
	uint64_t classes;
	struct vmem_seg *seg;

	if (!f->plain)
		return NULL;
	if (!bits_is_pow2(f->size >> vm->shift))
		c++;
	classes = c < VMEM_CLASSES ? vm->bitmap & (~0ull << c) : 0;
	if (classes == 0)
		return NULL;
	seg = class_any(vm, (unsigned)__builtin_ctzll(classes));
	*start = seg->start;
	return seg;
}

/* The first of a class, in the order of (size, start), that holds f. */
static struct vmem_seg *
class_best(struct poolwatch_vmem *vm, unsigned c, const struct vmem_fit *f,
    uintptr_t *start)
{
	struct vmem_seg *root = vm->class[c].root;
	struct vmem_seg *seg = vmem_tree_from(root, f->size, 0);

	while (seg != NULL && !fit_segment(f, seg, 0, start))
		seg = vmem_tree_from(root, seg->size, seg->start + 1);
	return seg;
}

/* The smallest segment that fits, the lowest of equals. */
struct vmem_seg *
vmem_fit_best_l(struct poolwatch_vmem *vm, const struct vmem_fit *f,
    uintptr_t *start)
{
	uint64_t classes = vm->bitmap & (~0ull << vmem_seg_class(vm, f->size));
	struct vmem_seg *best = NULL;

	vmem_tree_sort_l(vm);
	for (; classes != 0 && best == NULL; classes &= classes - 1)
		best = class_best(vm, (unsigned)__builtin_ctzll(classes), f,
		    start);
	return best;
}

/*
 * Any segment that fits, wherever it is.  A list where that takes long would
 * make it long each time: then the arena is sorted.
 */
struct vmem_seg *
vmem_fit_any_l(struct poolwatch_vmem *vm, const struct vmem_fit *f,
    uintptr_t *start)
{
	uint64_t classes = vm->bitmap & (~0ull << vmem_seg_class(vm, f->size));
	struct list *node, *head;
	unsigned looked = 0;

	if (vm->sorted)
		return vmem_fit_best_l(vm, f, start);
	for (; classes != 0; classes &= classes - 1) {
		head = &vm->class[__builtin_ctzll(classes)].list;
		list_for_each(node, head) {
			struct vmem_seg *seg = list_entry(node,
			    struct vmem_seg, link);

			if (fit_segment(f, seg, 0, start))
				return seg;
			if (f->plain && ++looked == LOOK_MAX)
				return vmem_fit_best_l(vm, f, start);
		}
	}
	return NULL;
}

/* From seg to the end of the list; the first is looked at from `from` on. */
static struct vmem_seg *
next_from(struct poolwatch_vmem *vm, struct vmem_seg *seg, uintptr_t from,
    const struct vmem_fit *f, uintptr_t *start)
{
	for (; seg != NULL; seg = vmem_seg_next(vm, seg), from = 0)
		if (seg->kind == VMEM_SEG_FREE &&
		    fit_segment(f, seg, from, start))
			return seg;
	return NULL;
}

struct vmem_seg *
vmem_fit_next_l(struct poolwatch_vmem *vm, const struct vmem_fit *f,
    uintptr_t *start)
{
	struct vmem_seg *seg = NULL;

	if (list_empty(&vm->all))
		return NULL;
	if (vm->rotor != NULL)
		seg = next_from(vm, vm->rotor, vm->rotor_at, f, start);
	if (seg == NULL)
		seg = next_from(vm, list_entry(vm->all.next, struct vmem_seg,
		    all), 0, f, start);
	if (seg != NULL) {
		/* vmem_seg_take_l leaves the tag with what is taken. */
		vm->rotor = seg;
		vm->rotor_at = *start + f->size;
	}
	return seg;
}
