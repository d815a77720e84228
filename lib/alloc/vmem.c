/*
 * vmem.c - arenas of integer ranges: what vmem.h promises.
 *
 * An allocation is tried three times: at once on the lists, then as a
 * complete search (instant fit looks only where every segment fits, and a
 * constrained request has to look everywhere), then after importing a span.
 * Imports and releases run without our lock, because a source may be an arena
 * whose lock ranks behind ours, or may call back.
 *
 * Lock order: an arena before the arena it imports from (LOCK_RANK_VMEM);
 * with the lock free during imports, no two arenas' locks are ever held.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/vmem.h"

#include <errno.h>
#include <string.h>

#include "alloc/vmem_impl.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/os.h"
#include "base/say.h"

static void
vmem_enter(struct poolwatch_vmem *vm)
{
	if (!vm->serial)
		lock_take(&vm->lock, (uint32_t)os_gettid());
}

static void
vmem_leave(struct poolwatch_vmem *vm)
{
	if (!vm->serial)
		lock_give(&vm->lock);
}

static bool
vmem_bad_range(const struct poolwatch_vmem *vm, uintptr_t addr, size_t size)
{
	return size == 0 || ((addr | size) & (vm->quantum - 1)) != 0 ||
	    addr + (size - 1) < addr;
}

int
vmem_init(struct poolwatch_vmem *vm, const char *name, uintptr_t base,
    size_t size,
    size_t quantum, bool serial)
{
	if (!bits_is_pow2(quantum))
		return EINVAL;
	memset(vm, 0, sizeof(*vm));
	for (size_t i = 0; i < VMEM_NAME_MAX - 1 && name[i] != '\0'; i++)
		vm->name[i] = name[i];
	vm->serial = serial;
	vm->quantum = vm->import_quantum = quantum;
	vm->shift = bits_log2_floor(quantum);
	list_init(&vm->all);
	list_init(&vm->spans);
	for (int i = 0; i < VMEM_CLASSES; i++)
		list_init(&vm->lists[i]);
	vm->hash = vm->hash_min;
	vm->nbuckets = VMEM_HASH_MIN;
	return size == 0 ? 0 : vmem_add(vm, base, size, VMEM_NOWAIT);
}

void
vmem_fini(struct poolwatch_vmem *vm)
{
	vmem_seg_free_pages(vm);
}

vmem_t *
vmem_create(const char *name, vmem_addr_t base, vmem_size_t size,
    vmem_size_t quantum, vmem_size_t qcache_max, int flags)
{
	struct poolwatch_vmem *vm = os_map(sizeof(*vm));
	int error;

	(void)qcache_max;
	(void)flags;
	if (vm == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	error = vmem_init(vm, name, base, size, quantum, false);
	if (error != 0) {
		os_unmap(vm, sizeof(*vm));
		errno = error;
		return NULL;
	}
	vm->own = true;
	return vm;
}

static bool
vmem_overlaps_l(struct poolwatch_vmem *vm, uintptr_t addr, size_t size)
{
	struct list *node;

	list_for_each(node, &vm->spans) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, link);

		if (addr <= s->start + (s->size - 1) &&
		    s->start <= addr + (size - 1))
			return true;
	}
	return false;
}

int
vmem_add(vmem_t *vm, vmem_addr_t addr, vmem_size_t size, int flags)
{
	int error = EINVAL;

	(void)flags;
	if (vmem_bad_range(vm, addr, size))
		return EINVAL;
	vmem_enter(vm);
	if (!vmem_overlaps_l(vm, addr, size))
		error = vmem_seg_add_span_l(vm, addr, size, false);
	vmem_leave(vm);
	return error;
}

int
vmem_set_import(vmem_t *vm, vmem_import_fn *importfn,
    vmem_release_fn *releasefn, void *arg, vmem_size_t import_quantum)
{
	if (import_quantum != 0 &&
	    (!bits_is_pow2(import_quantum) || import_quantum < vm->quantum))
		return EINVAL;
	if (!list_empty(&vm->spans))
		return EBUSY;
	vm->importfn = importfn;
	vm->releasefn = releasefn;
	vm->import_arg = arg;
	if (import_quantum != 0)
		vm->import_quantum = import_quantum;
	return 0;
}

/* Is the request one that can be answered?  Rounds its size. */
static int
vmem_judge(const struct poolwatch_vmem *vm, struct vmem_fit *f, int flags)
{
	size_t mask = vm->quantum - 1, size;

	if ((flags & (VMEM_WAITOK | VMEM_NEXTFIT)) != 0 ||
	    (flags & (VMEM_FIRSTFIT | VMEM_BESTFIT)) ==
	    (VMEM_FIRSTFIT | VMEM_BESTFIT))
		return EINVAL;
	if (f->size == 0 || bits_add_overflows(f->size, mask, &size))
		return EINVAL;
	f->size = size & ~mask;
	if (f->align == 0) {
		if (f->phase != 0)
			return EINVAL;
		f->align = vm->quantum;
	}
	if (!bits_is_pow2(f->align) || f->align < vm->quantum ||
	    f->phase >= f->align || (f->phase & mask) != 0 || f->min > f->max)
		return EINVAL;
	if (f->nocross != 0 && (!bits_is_pow2(f->nocross) ||
	    f->nocross < vm->quantum || f->nocross < f->size))
		return EINVAL;
	f->plain = f->align == vm->quantum && f->nocross == 0 &&
	    f->min == VMEM_ADDR_MIN && f->max == VMEM_ADDR_MAX;
	return 0;
}

static int
vmem_try(struct poolwatch_vmem *vm, const struct vmem_fit *f, int flags,
    vmem_addr_t *addrp)
{
	struct vmem_seg *seg = NULL;
	uintptr_t start = 0;

	vmem_enter(vm);
	if (vmem_seg_reserve_l(vm, 2)) {
		if (!(flags & VMEM_BESTFIT))
			seg = vmem_seg_first_l(vm, f, &start);
		if (seg == NULL)
			seg = vmem_seg_best_l(vm, f, &start);
		if (seg != NULL)
			vmem_seg_take_l(vm, seg, start, f->size);
	}
	vmem_leave(vm);
	if (seg == NULL)
		return ENOMEM;
	if (addrp != NULL)
		*addrp = start;
	return 0;
}

/* More from the source, enough to satisfy any alignment within it. */
static int
vmem_import(struct poolwatch_vmem *vm, const struct vmem_fit *f, int flags)
{
	size_t size = f->size;
	vmem_addr_t addr;
	int error;

	if (vm->importfn == NULL)
		return ENOMEM;
	if (f->align != vm->quantum &&
	    bits_add_overflows(size, 2 * f->align, &size))
		return ENOMEM;
	if (bits_add_overflows(size, vm->import_quantum - 1, &size))
		return ENOMEM;
	size = bits_align_down(size, vm->import_quantum);
	if (vm->importfn(vm->import_arg, size, flags, &addr) != 0)
		return ENOMEM;
	vmem_enter(vm);
	error = vmem_bad_range(vm, addr, size) ||
	    vmem_overlaps_l(vm, addr, size) ? ENOMEM :
	    vmem_seg_add_span_l(vm, addr, size, true);
	vmem_leave(vm);
	if (error != 0 && vm->releasefn != NULL)
		vm->releasefn(vm->import_arg, addr, size);
	return error;
}

/* An import whose span did not serve after all goes back where it came from. */
static void
vmem_release_idle(struct poolwatch_vmem *vm)
{
	struct vmem_seg *span, *seg, *next;
	uintptr_t start = 0;
	size_t size = 0;

	if (vm->releasefn == NULL)
		return;
	vmem_enter(vm);
	if (!list_empty(&vm->spans)) {
		span = list_entry(vm->spans.prev, struct vmem_seg, link);
		seg = vmem_seg_next(vm, span);
		next = vmem_seg_next(vm, seg);
		if (span->imported && seg->kind == VMEM_SEG_FREE &&
		    (next == NULL || next->kind == VMEM_SEG_SPAN)) {
			start = span->start;
			size = span->size;
			vmem_seg_remove_span_l(vm, span);
		}
	}
	vmem_leave(vm);
	if (size != 0)
		vm->releasefn(vm->import_arg, start, size);
}

int
vmem_xalloc(vmem_t *vm, vmem_size_t size, vmem_size_t align,
    vmem_size_t phase, vmem_size_t nocross, vmem_addr_t minaddr,
    vmem_addr_t maxaddr, int flags, vmem_addr_t *addrp)
{
	struct vmem_fit f = {
		.size = size, .align = align, .phase = phase,
		.nocross = nocross, .min = minaddr, .max = maxaddr,
	};
	int error = vmem_judge(vm, &f, flags);

	if (error != 0)
		return error;
	if (vmem_try(vm, &f, flags, addrp) == 0)
		return 0;
	if (vmem_import(vm, &f, flags) != 0)
		return ENOMEM;
	if (vmem_try(vm, &f, flags, addrp) == 0)
		return 0;
	vmem_release_idle(vm);
	return ENOMEM;
}

int
vmem_alloc(vmem_t *vm, vmem_size_t size, int flags, vmem_addr_t *addrp)
{
	return vmem_xalloc(vm, size, 0, 0, 0, VMEM_ADDR_MIN, VMEM_ADDR_MAX,
	    flags, addrp);
}

static void
vmem_blame(struct poolwatch_vmem *vm, uintptr_t addr, size_t size,
    size_t expect)
{
	char text[64];

	if (vm->complain == NULL)
		return;
	if (expect == 0)
		say_format(text, sizeof(text), "bad free");
	else
		say_format(text, sizeof(text), "wrong size (expect %zu)",
		    expect);
	vm->complain(vm, addr, size, text);
}

void
vmem_xfree(vmem_t *vm, vmem_addr_t addr, vmem_size_t size)
{
	struct vmem_seg *seg, *span, *next;
	size_t want = bits_align_up(size, vm->quantum), expect = 0, back = 0;
	uintptr_t start = 0;

	vmem_enter(vm);
	seg = vmem_seg_busy_l(vm, addr);
	if (seg == NULL || seg->size != want) {
		expect = seg == NULL ? 0 : seg->size;
		vmem_leave(vm);
		vmem_blame(vm, addr, size, expect);
		return;
	}
	seg = vmem_seg_give_l(vm, seg);
	span = vmem_seg_prev(seg);
	next = vmem_seg_next(vm, seg);
	if (vm->releasefn != NULL && span->kind == VMEM_SEG_SPAN &&
	    span->imported && (next == NULL || next->kind == VMEM_SEG_SPAN)) {
		start = span->start;
		back = span->size;
		vmem_seg_remove_span_l(vm, span);
	}
	vmem_leave(vm);
	if (back != 0)
		vm->releasefn(vm->import_arg, start, back);
}

void
vmem_free(vmem_t *vm, vmem_addr_t addr, vmem_size_t size)
{
	vmem_xfree(vm, addr, size);
}

void
vmem_destroy(vmem_t *vm)
{
	struct list *node;

	if (vm == NULL)
		return;
	list_for_each(node, &vm->spans) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, link);

		if (s->imported && vm->releasefn != NULL)
			vm->releasefn(vm->import_arg, s->start, s->size);
	}
	vmem_fini(vm);
	if (vm->own)
		os_unmap(vm, sizeof(*vm));
}

void
vmem_complain(vmem_t *vm, vmem_complain_fn *fn)
{
	vm->complain = fn;
}
