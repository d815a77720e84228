/*
 * vmem_check.c - looking at a vmem arena without changing it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/vmem_impl.h"
#include "base/bits.h"
#include "base/say.h"

static int
seg_kind(const struct vmem_seg *s)
{
	switch (s->kind) {
	case VMEM_SEG_BUSY:
		return VMEM_ALLOC;
	case VMEM_SEG_FREE:
		return VMEM_FREE;
	default:
		return 0;
	}
}

/*
 * A tag without extent keeps our place while fn may do what it likes.  It is
 * passed over by whoever asks for a neighbour, so it hinders no joining.
 */
static void
walk_reentrant(struct poolwatch_vmem *vm, int mask, vmem_walk_fn *fn,
    void *arg)
{
	struct vmem_seg *place, *s;
	struct list *node;

	vmem_enter(vm);
	if (!vmem_seg_reserve_l(vm, 1)) {
		vmem_leave(vm);
		return;
	}
	place = vmem_seg_new_l(vm);
	place->kind = VMEM_SEG_WALKER;
	list_insert_after(&vm->all, &place->all);
	while ((node = place->all.next) != &vm->all) {
		uintptr_t start;
		size_t size;
		int kind;

		s = list_entry(node, struct vmem_seg, all);
		list_remove(&place->all);
		list_insert_after(&s->all, &place->all);
		start = s->start;
		size = s->size;
		kind = seg_kind(s);
		if ((kind & mask) == 0)
			continue;
		vmem_leave(vm);
		fn(arg, start, size, kind);
		vmem_enter(vm);
	}
	list_remove(&place->all);
	vmem_seg_drop_l(vm, place);
	vmem_leave(vm);
}

void
vmem_walk(struct poolwatch_vmem *vm, int mask, vmem_walk_fn *fn, void *arg)
{
	struct list *node;

	/* What is in a magazine is nobody's. */
	vmem_cache_drain(vm);
	if (mask & VMEM_REENTRANT) {
		walk_reentrant(vm, mask, fn, arg);
		return;
	}
	vmem_enter(vm);
	list_for_each(node, &vm->all) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, all);

		if (seg_kind(s) & mask)
			fn(arg, s->start, s->size, seg_kind(s));
	}
	vmem_leave(vm);
}

/* Only the highest class that holds any can hold the largest. */
static size_t
check_largest_l(struct poolwatch_vmem *vm)
{
	size_t largest = 0;
	struct list *node, *head;
	unsigned c;

	if (vm->bitmap == 0)
		return 0;
	c = bits_log2_floor(vm->bitmap);
	if (vm->sorted)
		return vmem_tree_largest(vm->class[c].root);
	head = &vm->class[c].list;
	list_for_each(node, head) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, link);

		if (s->size > largest)
			largest = s->size;
	}
	return largest;
}

vmem_size_t
vmem_size(struct poolwatch_vmem *vm, int mask)
{
	size_t size = 0;

	vmem_enter(vm);
	if (mask == VMEM_MAXFREE)
		size = check_largest_l(vm);
	else if ((mask & ~(VMEM_ALLOC | VMEM_FREE)) == 0) {
		if (mask & VMEM_ALLOC)
			size += vm->busy;
		if (mask & VMEM_FREE)
			size += vm->free;
	}
	vmem_leave(vm);
	return size;
}

int
vmem_contains(struct poolwatch_vmem *vm, vmem_addr_t addr, vmem_size_t size)
{
	struct list *node;
	bool within = false;

	if (size == 0)
		return 0;
	vmem_enter(vm);
	list_for_each(node, &vm->spans) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, link);

		if (addr - s->start < s->size &&
		    s->size - (addr - s->start) >= size)
			within = true;
	}
	vmem_leave(vm);
	return within;
}

/* The segment that holds addr; NULL: none. */
static struct vmem_seg *
seg_find_l(struct poolwatch_vmem *vm, uintptr_t addr)
{
	struct list *node;

	list_for_each(node, &vm->all) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, all);

		if (seg_kind(s) != 0 && addr - s->start < s->size)
			return s;
	}
	return NULL;
}

int
vmem_whatis(struct poolwatch_vmem *vm, vmem_addr_t addr, vmem_print_fn *print,
    void *arg)
{
	char line[160];
	struct vmem_seg *s;
	bool free;

	vmem_enter(vm);
	s = seg_find_l(vm, addr);
	if (s != NULL) {
		free = s->kind == VMEM_SEG_FREE ||
		    vmem_cache_holds(vm, s->start);
		say_format(line, sizeof(line),
		    "0x%lx is 0x%lx+%zu in VMEM '%s' (%s)",
		    (unsigned long)addr, (unsigned long)s->start,
		    (size_t)(addr - s->start), vm->name,
		    free ? "free" : "allocated");
	}
	vmem_leave(vm);
	if (s != NULL)
		print(arg, line);
	return s != NULL;
}

static const char *
seg_name(const struct vmem_seg *s)
{
	static const char *const names[] = {
		[VMEM_SEG_SPAN] = "span", [VMEM_SEG_FREE] = "free",
		[VMEM_SEG_BUSY] = "busy", [VMEM_SEG_WALKER] = "walker",
	};

	return s->kind == VMEM_SEG_SPAN && s->imported ? "imported span" :
	    names[s->kind];
}

void
vmem_dump(struct poolwatch_vmem *vm, vmem_print_fn *print, void *arg)
{
	char line[160];
	struct list *node;

	vmem_enter(vm);
	say_format(line, sizeof(line), "vmem '%s' quantum %zu busy %zu free %zu",
	    vm->name, vm->quantum, vm->busy, vm->free);
	print(arg, line);
	list_for_each(node, &vm->all) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, all);

		say_format(line, sizeof(line), "\t0x%lx %zu %s",
		    (unsigned long)s->start, s->size, seg_name(s));
		print(arg, line);
	}
	vmem_leave(vm);
}

bool
vmem_find(struct poolwatch_vmem *vm, uintptr_t addr, uintptr_t *start,
    size_t *size)
{
	struct vmem_seg *s;
	bool found;

	vmem_enter(vm);
	s = seg_find_l(vm, addr);
	found = s != NULL && s->kind == VMEM_SEG_BUSY;
	if (found) {
		*start = s->start;
		*size = s->size;
	}
	vmem_leave(vm);
	return found;
}

static bool
check_is_listed(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	unsigned c = vmem_seg_class(vm, seg->size);
	struct list *node;

	if (vm->sorted)
		return vmem_tree_from(vm->class[c].root, seg->size,
		    seg->start) == seg;
	list_for_each(node, &vm->class[c].list)
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
check_segment(struct poolwatch_vmem *vm, struct vmem_seg *s, struct check_sum *sum)
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

		if (s->kind == VMEM_SEG_WALKER)
			continue;
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

/* In order, and no deeper than its weights allow: node by node, by its keys. */
static bool
check_tree(struct vmem_seg *root)
{
	struct vmem_seg *s = vmem_tree_from(root, 0, 0), *next;

	for (; s != NULL; s = next) {
		if (s->kind != VMEM_SEG_FREE || (s->left != NULL &&
		    bits_mix64(s->left->start) > bits_mix64(s->start)) ||
		    (s->right != NULL &&
		    bits_mix64(s->right->start) > bits_mix64(s->start)))
			return false;
		next = vmem_tree_from(root, s->size, s->start + 1);
		if (next != NULL && (next->size < s->size ||
		    (next->size == s->size && next->start <= s->start)))
			return false;
	}
	return true;
}

static const char *
check_class(struct poolwatch_vmem *vm, unsigned c)
{
	bool empty = vm->sorted ? vm->class[c].root == NULL :
	    list_empty(&vm->class[c].list);

	if (empty == ((vm->bitmap >> c & 1) != 0))
		return "V3";
	return vm->sorted && !check_tree(vm->class[c].root) ? "V6" : NULL;
}

const char *
vmem_check(struct poolwatch_vmem *vm)
{
	struct check_sum sum = { 0 };
	const char *wrong;

	vmem_enter(vm);
	wrong = check_segments(vm, &sum);
	for (unsigned i = 0; wrong == NULL && i < VMEM_CLASSES; i++)
		wrong = check_class(vm, i);
	if (wrong == NULL && sum.nbusy != vm->nbusy)
		wrong = "V4";
	if (wrong == NULL && (sum.busy != vm->busy || sum.free != vm->free))
		wrong = "V5";
	vmem_leave(vm);
	return wrong;
}
