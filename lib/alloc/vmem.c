/*
 * vmem.c - arenas of integer ranges: made, given spans, given up.
 *
 * 1. An arena is a list of spans, and a span is cut into segments, busy and
 *    free in turn.  Each segment and each span has a boundary tag (vmem_seg.c)
 *    on one list in the order of addresses, so that what is freed finds its
 *    neighbours at once and joins with those that are free.
 * 2. Free segments are found by size: 64 classes, one for each power of two,
 *    and a bitmap of those that have members.  Instant fit takes any member of
 *    a class where all fit; best fit keeps the classes as trees (vmem_tree.c),
 *    next fit walks the list (vmem_fit.c).
 * 3. Busy segments are found by their start in a hash, which grows with them;
 *    so a free knows the size that was asked for and can say what is wrong.
 * 4. Small segments need none of that most of the time: magazines in front of
 *    the arena keep freed ones for the next to ask (vmem_cache.c).
 * 5. An arena without space imports a span from its source, which may be
 *    another arena, and gives it back when all of it is free (vmem_alloc.c).
 *    So arenas form trees.
 * 6. Tags are cut from pages of the system's, never from malloc: a malloc may
 *    stand above us.
 *
 * Lock order: a slot of the magazines; the depot; an arena.  No two arenas are
 * ever held: imports, releases, reclaim and complaints run without any lock of
 * ours.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/vmem.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "alloc/vmem_impl.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/os.h"
#include "base/say.h"

#define OWNER	1u	/* the locks of arenas do not ask who has them */

_Static_assert(sizeof(struct poolwatch_vmem) <= VMEM_STORAGE,
    "what vmem_init is given");

void
vmem_enter(struct poolwatch_vmem *vm)
{
	if (!vm->serial)
		lock_take(&vm->lock, OWNER);
}

void
vmem_leave(struct poolwatch_vmem *vm)
{
	if (!vm->serial)
		lock_give(&vm->lock);
}

void
vmem_changed_l(struct poolwatch_vmem *vm)
{
	__atomic_store_n(&vm->change, vm->change + 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&vm->waiters, __ATOMIC_SEQ_CST) != 0)
		os_futex_wake(&vm->change, INT_MAX);
}

bool
vmem_bad_flags(int flags)
{
	int wait = flags & (VMEM_WAITOK | VMEM_NOWAIT);
	int fit = flags & VMEM_STRATEGIES;

	return !bits_is_pow2((size_t)wait) ||
	    (fit != 0 && !bits_is_pow2((size_t)fit)) ||
	    (flags & ~(VMEM_WAITOK | VMEM_NOWAIT | VMEM_STRATEGIES)) != 0;
}

bool
vmem_bad_range(const struct poolwatch_vmem *vm, uintptr_t addr, size_t size)
{
	return size == 0 || ((addr | size) & (vm->quantum - 1)) != 0 ||
	    addr + (size - 1) < addr;
}

static void
start(struct poolwatch_vmem *vm, const char *name, size_t quantum)
{
	memset(vm, 0, sizeof(*vm));
	for (size_t i = 0; i < VMEM_NAME_MAX - 1 && name[i] != '\0'; i++)
		vm->name[i] = name[i];
	vm->quantum = vm->import_quantum = quantum;
	vm->shift = bits_log2_floor(quantum);
	list_init(&vm->all);
	list_init(&vm->spans);
	for (int i = 0; i < VMEM_CLASSES; i++)
		list_init(&vm->class[i].list);
	vm->hash = vm->hash_min;
	vm->nbuckets = VMEM_HASH_MIN;
}

int
vmem_start(struct poolwatch_vmem *vm, const char *name, uintptr_t base,
    size_t size, size_t quantum)
{
	if (!bits_is_pow2(quantum))
		return EINVAL;
	start(vm, name, quantum);
	vm->serial = true;
	return size == 0 ? 0 : vmem_add(vm, base, size, VMEM_NOWAIT);
}

void
vmem_fini(struct poolwatch_vmem *vm)
{
	vmem_cache_destroy(vm);
	vmem_seg_free_pages(vm);
}

static void
complain_default(struct poolwatch_vmem *vm, vmem_addr_t addr,
    vmem_size_t size, const char *text)
{
	char line[160];
	size_t n = say_format(line, sizeof(line),
	    "vmem '%s': %s: address 0x%lx, size %zu\n", vm->name, text,
	    (unsigned long)addr, size);

	os_write_all(2, line, n < sizeof(line) ? n : sizeof(line) - 1);
}

struct poolwatch_vmem *
vmem_init(struct poolwatch_vmem *vm, const char *name, vmem_addr_t base,
    vmem_size_t size, vmem_size_t quantum, vmem_size_t qcache_max, int flags)
{
	int error = EINVAL;

	if (bits_is_pow2(quantum) && !vmem_bad_flags(flags)) {
		start(vm, name, quantum);
		vm->complain = complain_default;
		error = vmem_cache_create(vm, qcache_max) ? 0 : ENOMEM;
		if (error == 0 && size != 0)
			error = vmem_add(vm, base, size, flags);
		if (error == 0)
			return vm;
		vmem_fini(vm);
	}
	errno = error;
	return NULL;
}

struct poolwatch_vmem *
vmem_create(const char *name, vmem_addr_t base, vmem_size_t size,
    vmem_size_t quantum, vmem_size_t qcache_max, int flags)
{
	struct poolwatch_vmem *vm = os_map(sizeof(*vm));

	if (vm == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	if (vmem_init(vm, name, base, size, quantum, qcache_max, flags)) {
		vm->own = true;
		return vm;
	}
	os_unmap(vm, sizeof(*vm));
	return NULL;
}

bool
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
vmem_add(struct poolwatch_vmem *vm, vmem_addr_t addr, vmem_size_t size,
    int flags)
{
	int error = EINVAL;

	if (vmem_bad_flags(flags) || vmem_bad_range(vm, addr, size))
		return EINVAL;
	vmem_enter(vm);
	if (!vmem_overlaps_l(vm, addr, size))
		error = vmem_seg_add_span_l(vm, addr, size, false);
	if (error == 0)
		vmem_changed_l(vm);
	vmem_leave(vm);
	return error;
}

int
vmem_set_import(struct poolwatch_vmem *vm, vmem_import_fn *importfn,
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
	vm->import_quantum = import_quantum != 0 ? import_quantum :
	    vm->quantum;
	return 0;
}

int
vmem_import_arena(void *arg, vmem_size_t size, int flags, vmem_addr_t *addrp)
{
	/*
	 * Who waits, waits in the arena that was asked: only there would a
	 * segment freed meanwhile be noticed.
	 */
	(void)flags;
	return vmem_alloc(arg, size, VMEM_NOWAIT, addrp);
}

void
vmem_release_arena(void *arg, vmem_addr_t addr, vmem_size_t size)
{
	vmem_free(arg, addr, size);
}

void
vmem_set_limit(struct poolwatch_vmem *vm, vmem_size_t limit)
{
	vm->limit = limit;
}

void
vmem_set_reclaim(struct poolwatch_vmem *vm, vmem_reclaim_fn *fn)
{
	vm->reclaimfn = fn;
}

void
vmem_set_mtbf(struct poolwatch_vmem *vm, unsigned n)
{
	vm->mtbf = n;
}

vmem_size_t
vmem_roundup_size(struct poolwatch_vmem *vm, vmem_size_t size)
{
	size_t up;

	return bits_add_overflows(size, vm->quantum - 1, &up) ? 0 :
	    bits_align_down(up, vm->quantum);
}

void
vmem_complain(struct poolwatch_vmem *vm, vmem_complain_fn *fn)
{
	vm->complain = fn != NULL ? fn : complain_default;
}

void
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

static void
blame_leak(struct poolwatch_vmem *vm)
{
	char text[64];

	if (vm->busy == 0 || vm->complain == NULL)
		return;
	say_format(text, sizeof(text), "leaked %zu bytes", vm->busy);
	vm->complain(vm, 0, vm->busy, text);
}

void
vmem_destroy(struct poolwatch_vmem *vm)
{
	struct list *node;

	if (vm == NULL)
		return;
	vmem_cache_drain(vm);
	blame_leak(vm);
	list_for_each(node, &vm->spans) {
		struct vmem_seg *s = list_entry(node, struct vmem_seg, link);

		if (s->imported && vm->releasefn != NULL)
			vm->releasefn(vm->import_arg, s->start, s->size);
	}
	vmem_fini(vm);
	if (vm->own)
		os_unmap(vm, sizeof(*vm));
}
