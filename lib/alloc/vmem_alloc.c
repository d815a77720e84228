/*
 * vmem_alloc.c - a request on its way: magazines, arena, source, patience.
 *
 * What is tried, in this order:
 *
 *	1  a magazine (vmem_alloc of a small size, instant fit);
 *	2  the arena: instant fit, then every free segment;
 *	3  after importing a span;
 *	4  2 and 3 once more after emptying the magazines and asking reclaim, if
 *	   that freed some (it may have gone on to the source);
 *	5  again from 2 when somebody freed or added some (VMEM_WAITOK).
 *
 * Imports, releases and reclaim run without our lock, because a source may be
 * an arena whose lock ranks behind ours, or may call back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/vmem_impl.h"

#include <errno.h>

#include "base/bits.h"
#include "base/os.h"

#define WAIT_NS		50000000u

static bool
fit_bad_nocross(const struct vmem_fit *f, size_t quantum)
{
	if (f->nocross == 0)
		return false;
	return !bits_is_pow2(f->nocross) || f->nocross < quantum ||
	    f->nocross < f->size ||
	    ((f->phase ^ (f->phase + f->size - 1)) & ~(f->nocross - 1)) != 0;
}

/* Is the request one that can be answered?  Rounds its size. */
static int
fit_judge(const struct poolwatch_vmem *vm, struct vmem_fit *f, int flags)
{
	size_t mask = vm->quantum - 1, size;
	bool anywhere = f->min == VMEM_ADDR_MIN && f->max == VMEM_ADDR_MAX;

	if (vmem_bad_flags(flags) || ((flags & VMEM_NEXTFIT) && !anywhere))
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
	if (fit_bad_nocross(f, vm->quantum))
		return EINVAL;
	f->plain = f->align == vm->quantum && f->nocross == 0 && anywhere;
	return 0;
}

static struct vmem_seg *
find_l(struct poolwatch_vmem *vm, const struct vmem_fit *f, int flags,
    uintptr_t *start)
{
	struct vmem_seg *seg = NULL;

	if (flags & VMEM_NEXTFIT)
		return vmem_fit_next_l(vm, f, start);
	if (flags & VMEM_BESTFIT)
		return vmem_fit_best_l(vm, f, start);
	seg = vmem_fit_first_l(vm, f, start);
	return seg != NULL ? seg : vmem_fit_any_l(vm, f, start);
}

static int
alloc_try_l(struct poolwatch_vmem *vm, const struct vmem_fit *f, int flags,
    vmem_addr_t *addrp)
{
	struct vmem_seg *seg = NULL;
	uintptr_t start = 0;

	if (vmem_seg_reserve_l(vm, 2))
		seg = find_l(vm, f, flags, &start);
	if (seg == NULL)
		return ENOMEM;
	vmem_seg_take_l(vm, seg, start, f->size);
	*addrp = start;
	return 0;
}

static int
alloc_try(struct poolwatch_vmem *vm, const struct vmem_fit *f, int flags,
    vmem_addr_t *addrp, uint32_t *seen)
{
	int error;

	vmem_enter(vm);
	error = alloc_try_l(vm, f, flags, addrp);
	*seen = __atomic_load_n(&vm->change, __ATOMIC_RELAXED);
	vmem_leave(vm);
	return error;
}

/* What to ask the source for, enough for any alignment within it; 0: none. */
static size_t
import_size(struct poolwatch_vmem *vm, const struct vmem_fit *f)
{
	size_t size = f->size, total;

	if (f->align != vm->quantum &&
	    bits_add_overflows(size, 2 * f->align, &size))
		return 0;
	if (bits_add_overflows(size, vm->import_quantum - 1, &size))
		return 0;
	size = bits_align_down(size, vm->import_quantum);
	total = vmem_size(vm, VMEM_ALLOC | VMEM_FREE);
	if (vm->limit != 0 && (total > vm->limit ||
	    size > vm->limit - total))
		return 0;
	return size;
}

/* The span of a free segment that is all of it, and imported; or NULL. */
static struct vmem_seg *
idle_span_l(struct poolwatch_vmem *vm, struct vmem_seg *seg)
{
	struct vmem_seg *span = vmem_seg_prev(vm, seg);
	struct vmem_seg *next = vmem_seg_next(vm, seg);

	if (vm->releasefn == NULL || span->kind != VMEM_SEG_SPAN ||
	    !span->imported || seg->kind != VMEM_SEG_FREE ||
	    (next != NULL && next->kind != VMEM_SEG_SPAN))
		return NULL;
	return span;
}

/* Take an idle span off the arena (NULL: nothing), leave, and release it. */
static void
release_and_leave(struct poolwatch_vmem *vm, struct vmem_seg *span)
{
	uintptr_t start = span == NULL ? 0 : span->start;
	size_t size = span == NULL ? 0 : span->size;

	if (span != NULL)
		vmem_seg_remove_span_l(vm, span);
	vmem_leave(vm);
	if (size != 0)
		vm->releasefn(vm->import_arg, start, size);
}

/* The imported [addr, addr + size) becomes a span, if it can be one. */
static bool
import_add_l(struct poolwatch_vmem *vm, uintptr_t addr, size_t size)
{
	return !vmem_bad_range(vm, addr, size) &&
	    !vmem_overlaps_l(vm, addr, size) &&
	    vmem_seg_add_span_l(vm, addr, size, true) == 0;
}

/*
 * What is rare stands apart, so that the way of the rest is short on the stack.
 *
 * Import a span and take from it, under one lock, so that nobody else takes it
 * first.  One that does not serve after all goes back where it came from.
 */
static PW_NOINLINE int
alloc_import(struct poolwatch_vmem *vm, const struct vmem_fit *f, int flags,
    vmem_addr_t *addrp)
{
	size_t size = vm->importfn == NULL ? 0 : import_size(vm, f);
	struct vmem_seg *span;
	vmem_addr_t addr;
	int error;

	if (size == 0 || vm->importfn(vm->import_arg, size, flags, &addr) != 0)
		return ENOMEM;
	vmem_enter(vm);
	if (!import_add_l(vm, addr, size)) {
		vmem_leave(vm);
		if (vm->releasefn != NULL)
			vm->releasefn(vm->import_arg, addr, size);
		return ENOMEM;
	}
	span = list_entry(vm->spans.prev, struct vmem_seg, link);
	error = alloc_try_l(vm, f, flags, addrp);
	if (error == 0)
		vmem_changed_l(vm);	/* others may want what is left */
	release_and_leave(vm, error == 0 ? NULL :
	    idle_span_l(vm, vmem_seg_next(vm, span)));
	return error;
}

/* Did emptying the magazines and reclaim give anything back? */
static PW_NOINLINE bool
alloc_reclaim(struct poolwatch_vmem *vm, int flags)
{
	/* Not what is free: it may have gone on to the source. */
	size_t before = vmem_size(vm, VMEM_ALLOC);
	bool some = vmem_cache_drain(vm);

	if (vm->reclaimfn != NULL)
		vm->reclaimfn(vm, flags);
	return some || vmem_size(vm, VMEM_ALLOC) < before;
}

/* seen: what vm->change was when there was none. */
static int
alloc_round(struct poolwatch_vmem *vm, const struct vmem_fit *f, int flags,
    vmem_addr_t *addrp, uint32_t *seen)
{
	for (int again = 0; again < 2; again++) {
		if (alloc_try(vm, f, flags, addrp, seen) == 0 ||
		    alloc_import(vm, f, flags, addrp) == 0)
			return 0;
		if (again == 0 && !alloc_reclaim(vm, flags))
			break;
	}
	return ENOMEM;
}

/*
 * From here on who frees does not fill a magazine but wakes us.  One who did
 * not see us yet may have put a last one into a magazine behind our back, and
 * a source tells nobody that it has some again: we look before long.
 */
static PW_NOINLINE void
alloc_wait(struct poolwatch_vmem *vm, uint32_t seen)
{
	bool told = vm->cache == NULL && vm->importfn == NULL;

	__atomic_fetch_add(&vm->waiters, 1, __ATOMIC_SEQ_CST);
	if (!vmem_cache_drain(vm))
		os_futex_wait(&vm->change, seen, told ? 0 : WAIT_NS);
	__atomic_fetch_sub(&vm->waiters, 1, __ATOMIC_SEQ_CST);
}

static bool
mtbf_strikes(struct poolwatch_vmem *vm, int flags)
{
	bool strikes;

	if (vm->mtbf == 0 || !(flags & VMEM_NOWAIT))
		return false;
	vmem_enter(vm);
	vm->random = bits_mix64(vm->random + 0x9e3779b97f4a7c15ull);
	strikes = vm->random % vm->mtbf == 0;
	vmem_leave(vm);
	return strikes;
}

static int
alloc_any(struct poolwatch_vmem *vm, struct vmem_fit *f, int flags,
    vmem_addr_t *addrp)
{
	int error = fit_judge(vm, f, flags);
	vmem_addr_t addr;
	uint32_t seen;

	if (error != 0)
		return error;
	if (mtbf_strikes(vm, flags))
		return ENOMEM;
	/* The best of all segments, those in magazines with them. */
	if (flags & (VMEM_BESTFIT | VMEM_NEXTFIT))
		vmem_cache_drain(vm);
	while (alloc_round(vm, f, flags, &addr, &seen) != 0) {
		if (!(flags & VMEM_WAITOK))
			return ENOMEM;
		alloc_wait(vm, seen);
	}
	if (addrp != NULL)
		*addrp = addr;
	return 0;
}

int
vmem_xalloc(struct poolwatch_vmem *vm, vmem_size_t size, vmem_size_t align,
    vmem_size_t phase, vmem_size_t nocross, vmem_addr_t minaddr,
    vmem_addr_t maxaddr, int flags, vmem_addr_t *addrp)
{
	struct vmem_fit f = {
		.size = size, .align = align, .phase = phase,
		.nocross = nocross, .min = minaddr, .max = maxaddr,
	};

	return alloc_any(vm, &f, flags, addrp);
}

int
vmem_alloc(struct poolwatch_vmem *vm, vmem_size_t size, int flags,
    vmem_addr_t *addrp)
{
	struct vmem_fit f = { .size = size, .max = VMEM_ADDR_MAX };
	unsigned class = vmem_cache_class(vm, size);
	vmem_addr_t addr;
	int error;

	if (class != 0 && size != 0 && vm->mtbf == 0 &&
	    !vmem_bad_flags(flags) &&
	    !(flags & (VMEM_BESTFIT | VMEM_NEXTFIT)) &&
	    vmem_cache_take(vm, class, &addr)) {
		if (addrp != NULL)
			*addrp = addr;
		return 0;
	}
	error = alloc_any(vm, &f, flags, &addr);
	if (error != 0)
		return error;
	if (class != 0)
		vmem_cache_note(vm, addr, class);
	if (addrp != NULL)
		*addrp = addr;
	return 0;
}

void
vmem_free_plain(struct poolwatch_vmem *vm, uintptr_t addr, size_t size)
{
	size_t want = bits_align_up(size, vm->quantum), expect;
	struct vmem_seg *seg;

	vmem_enter(vm);
	seg = vmem_seg_busy_l(vm, addr);
	if (seg == NULL || seg->size != want) {
		expect = seg == NULL ? 0 : seg->size;
		vmem_leave(vm);
		vmem_blame(vm, addr, size, expect);
		return;
	}
	seg = vmem_seg_give_l(vm, seg);
	vmem_changed_l(vm);
	release_and_leave(vm, idle_span_l(vm, seg));
}

void
vmem_free(struct poolwatch_vmem *vm, vmem_addr_t addr, vmem_size_t size)
{
	if (vm->cache == NULL ||
	    vmem_cache_give(vm, addr, size, true) == VMEM_NOT_KEPT)
		vmem_free_plain(vm, addr, size);
}

void
vmem_xfree(struct poolwatch_vmem *vm, vmem_addr_t addr, vmem_size_t size)
{
	if (vm->cache == NULL ||
	    vmem_cache_give(vm, addr, size, false) == VMEM_NOT_KEPT)
		vmem_free_plain(vm, addr, size);
}
