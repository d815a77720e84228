/*
 * vmem.h - arenas of integer ranges: who owns which part of [a, b).
 *
 * A vmem arena holds spans of integers (addresses, identifiers, offsets) and
 * hands out segments of them.  It never looks at what the integers stand for.
 * Segments never cross two spans, also where these touch.  All sizes are
 * rounded up to the arena's quantum.
 *
 * Every function but vmem_create, vmem_init and vmem_destroy may be called by
 * several threads at once; none may be called in a signal handler, nor in the
 * child of a fork while another thread of the parent was within the arena.
 * Tags and tables are the arena's own pages: nothing here calls malloc.
 *
 * After vmem(9) of FreeBSD 10 and vmem of illumos.  The whole contract is in
 * vmem(3).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_VMEM_H
#define PW_ALLOC_VMEM_H

#include <stddef.h>
#include <stdint.h>

#include "public.h"

PW_BEGIN_DECLS

#ifndef VMEM_NO_TYPEDEF
typedef struct poolwatch_vmem vmem_t;
#endif
typedef uintptr_t vmem_addr_t;
typedef size_t vmem_size_t;

#define VMEM_ADDR_MIN		((vmem_addr_t)0)
#define VMEM_ADDR_MAX		(~(vmem_addr_t)0)

/*
 * Flags of a call: exactly one wait flag (else EINVAL), and at most one
 * strategy; without one, VMEM_FIRSTFIT.
 */
#define VMEM_WAITOK		0x0400	/* sleep until there is some */
#define VMEM_NOWAIT		0x0800	/* or ENOMEM */
#define VMEM_FIRSTFIT		0x1000	/* any that fits, at once */
#define VMEM_BESTFIT		0x2000	/* the smallest, then the lowest */
#define VMEM_NEXTFIT		0x8000	/* the first behind the last one given */

/* The seeds' names, where nobody else has them. */
#ifndef VMEM_NO_M_NAMES
#ifndef M_WAITOK
#define M_WAITOK		VMEM_WAITOK
#endif
#ifndef M_NOWAIT
#define M_NOWAIT		VMEM_NOWAIT
#endif
#ifndef M_FIRSTFIT
#define M_FIRSTFIT		VMEM_FIRSTFIT
#endif
#ifndef M_BESTFIT
#define M_BESTFIT		VMEM_BESTFIT
#endif
#ifndef M_NEXTFIT
#define M_NEXTFIT		VMEM_NEXTFIT
#endif
#endif

/* What vmem_size and vmem_walk are to look at. */
#define VMEM_ALLOC		0x01
#define VMEM_FREE		0x02
#define VMEM_MAXFREE		0x10	/* the largest free segment, exactly */
#define VMEM_REENTRANT		0x20	/* vmem_walk: fn may use the arena */

/* Bytes, aligned to 64, that vmem_init needs. */
#define VMEM_STORAGE		6144

/*
 * A new arena.  quantum is a power of two; [base, base + size) becomes the
 * first span unless size is 0.  Segments of up to qcache_max (at most 16
 * quanta; rounded down to them) that are freed are kept ready for the next
 * vmem_alloc of their size; 0: none are.  name is copied and cut to 16
 * characters.  NULL with errno EINVAL or ENOMEM.  The caller owns it until
 * vmem_destroy.
 */
struct poolwatch_vmem *vmem_create(const char *name, vmem_addr_t base,
	    vmem_size_t size, vmem_size_t quantum, vmem_size_t qcache_max,
	    int flags) PW_SYMBOL(vmem_create);

/*
 * The same on the caller's VMEM_STORAGE bytes, which stay his: vmem_destroy
 * gives up everything else.
 */
struct poolwatch_vmem *vmem_init(struct poolwatch_vmem *storage,
	    const char *name, vmem_addr_t base, vmem_size_t size,
	    vmem_size_t quantum, vmem_size_t qcache_max, int flags)
	    PW_SYMBOL(vmem_init);

/*
 * Give the arena [addr, addr + size), both multiples of the quantum; the end
 * may be the top of the address space.  0, EINVAL (overlaps a span, wraps, is
 * empty or not rounded; flags) or ENOMEM; then nothing has changed.
 */
int	vmem_add(struct poolwatch_vmem *, vmem_addr_t addr, vmem_size_t size,
	    int flags) PW_SYMBOL(vmem_add);

/*
 * An arena without space asks importfn for more: it returns 0 and an address,
 * or an error.  size is what is needed, and twice the alignment if that is
 * more than the quantum, rounded up to import_quantum (0: the quantum).  When
 * all of an imported span is free again, releasefn (NULL: never) gets exactly
 * what was imported.  Both run without the arena's lock.  0; EBUSY when the
 * arena has spans, EINVAL for an import_quantum that is no power of two or
 * below the quantum.
 */
typedef int	vmem_import_fn(void *arg, vmem_size_t size, int flags,
		    vmem_addr_t *addrp);
typedef void	vmem_release_fn(void *arg, vmem_addr_t addr, vmem_size_t size);
int	vmem_set_import(struct poolwatch_vmem *, vmem_import_fn *,
	    vmem_release_fn *, void *arg, vmem_size_t import_quantum)
	    PW_SYMBOL(vmem_set_import);

/* Ready made: arg is the arena to import from. */
vmem_import_fn vmem_import_arena PW_SYMBOL(vmem_import_arena);
vmem_release_fn vmem_release_arena PW_SYMBOL(vmem_release_arena);

/* No import that would make the arena larger than this; 0: no limit. */
void	vmem_set_limit(struct poolwatch_vmem *, vmem_size_t limit)
	    PW_SYMBOL(vmem_set_limit);

/*
 * Called, without a lock, when there is no space and nothing could be
 * imported: it may free segments of this arena.  If any became free, the
 * request is tried once more.  NULL: nobody.
 */
typedef void	vmem_reclaim_fn(struct poolwatch_vmem *, int flags);
void	vmem_set_reclaim(struct poolwatch_vmem *, vmem_reclaim_fn *)
	    PW_SYMBOL(vmem_set_reclaim);

/* Make one VMEM_NOWAIT allocation in n fail (1: each); 0: none. */
void	vmem_set_mtbf(struct poolwatch_vmem *, unsigned n)
	    PW_SYMBOL(vmem_set_mtbf);

/*
 * Take size units.  0 and *addrp (may be NULL); EINVAL, ENOMEM: *addrp is
 * left alone.  Address 0 is a result like any other.
 */
int	vmem_alloc(struct poolwatch_vmem *, vmem_size_t size, int flags,
	    vmem_addr_t *addrp) PW_SYMBOL(vmem_alloc);

/*
 * The same under constraints: addr % align == phase; the segment does not
 * cross a multiple of nocross; minaddr <= addr and addr + size - 1 <= maxaddr,
 * both inclusive.  align and nocross are 0 (do not care) or powers of two and
 * multiples of the quantum; phase a multiple of it, less than align.
 * VMEM_NEXTFIT takes no minaddr and maxaddr.  The search is complete: ENOMEM
 * means that no free segment holds such an address.
 */
int	vmem_xalloc(struct poolwatch_vmem *, vmem_size_t size,
	    vmem_size_t align, vmem_size_t phase, vmem_size_t nocross,
	    vmem_addr_t minaddr, vmem_addr_t maxaddr, int flags,
	    vmem_addr_t *addrp) PW_SYMBOL(vmem_xalloc);

/*
 * Give back what vmem_alloc (vmem_xalloc) gave, with the same size, rounded or
 * not.  A wrong address or size is the caller's mistake: vmem_complain's
 * function is told and the arena stays as it is.
 */
void	vmem_free(struct poolwatch_vmem *, vmem_addr_t addr, vmem_size_t size)
	    PW_SYMBOL(vmem_free);
void	vmem_xfree(struct poolwatch_vmem *, vmem_addr_t addr, vmem_size_t size)
	    PW_SYMBOL(vmem_xfree);

/*
 * Nobody uses the arena any more.  What is still allocated is complained of,
 * imported spans are released.  NULL does nothing.
 */
void	vmem_destroy(struct poolwatch_vmem *) PW_SYMBOL(vmem_destroy);

/* VMEM_ALLOC, VMEM_FREE, both (all there is) or VMEM_MAXFREE; else 0. */
vmem_size_t vmem_size(struct poolwatch_vmem *, int mask) PW_SYMBOL(vmem_size);

/* size, rounded up to the quantum; 0 where that cannot be. */
vmem_size_t vmem_roundup_size(struct poolwatch_vmem *, vmem_size_t size)
	    PW_SYMBOL(vmem_roundup_size);

/*
 * Call fn for every segment of the kinds in mask, in rising order within each
 * span, spans in the order they came.  The lock is held and fn calls nothing of
 * this arena; with VMEM_REENTRANT it is not, fn may, and segments that come
 * meanwhile may be missed.
 */
typedef void	vmem_walk_fn(void *arg, vmem_addr_t, vmem_size_t, int kind);
void	vmem_walk(struct poolwatch_vmem *, int mask, vmem_walk_fn *, void *arg)
	    PW_SYMBOL(vmem_walk);

/* 1: [addr, addr + size) lies within one span; else 0. */
int	vmem_contains(struct poolwatch_vmem *, vmem_addr_t addr,
	    vmem_size_t size) PW_SYMBOL(vmem_contains);

/*
 * What addr is: print gets one line, "ADDR is START+OFF in VMEM 'NAME'
 * (allocated|free)".  1; 0, and nothing is printed, when it is in no span.
 */
typedef void	vmem_print_fn(void *arg, const char *line);
int	vmem_whatis(struct poolwatch_vmem *, vmem_addr_t addr,
	    vmem_print_fn *, void *arg) PW_SYMBOL(vmem_whatis);

/* A line for the arena, and one for each span and segment. */
void	vmem_dump(struct poolwatch_vmem *, vmem_print_fn *, void *arg)
	    PW_SYMBOL(vmem_dump);

/*
 * Where mistakes of the caller are told; text is "bad free", "wrong size
 * (expect N)" or "leaked N bytes".  NULL brings the default back: a line on
 * descriptor 2.
 */
typedef void	vmem_complain_fn(struct poolwatch_vmem *, vmem_addr_t,
		    vmem_size_t, const char *text);
void	vmem_complain(struct poolwatch_vmem *, vmem_complain_fn *)
	    PW_SYMBOL(vmem_complain);

PW_END_DECLS

#endif
