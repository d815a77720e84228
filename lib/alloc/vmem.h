/*
 * vmem.h - arenas of integer ranges: who owns which part of [a, b).
 *
 * A vmem arena holds spans of integers (addresses, identifiers, offsets) and
 * hands out segments of them.  It never looks at what the integers stand for.
 * Segments never cross two spans.  All sizes are rounded up to the arena's
 * quantum.  The interface is vmem(9) of FreeBSD 10.
 *
 * Every function takes the arena's lock itself and may be called from several
 * threads; none may be called from a signal handler.  Tags and tables are the
 * arena's own pages: nothing here calls malloc.
 *
 * Not yet: VMEM_WAITOK, VMEM_NEXTFIT and quantum caches (qcache_max is the
 * hint that the manual calls it, and is ignored).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_VMEM_H
#define PW_ALLOC_VMEM_H

#include <stddef.h>
#include <stdint.h>

#include "public.h"

PW_BEGIN_DECLS

/* The tag is ours alone, so a program may have its own vmem_t. */
struct poolwatch_vmem;
#ifndef VMEM_NO_TYPEDEF
typedef struct poolwatch_vmem vmem_t;
#endif
typedef uintptr_t vmem_addr_t;
typedef size_t vmem_size_t;

#define VMEM_ADDR_MIN		((vmem_addr_t)0)
#define VMEM_ADDR_MAX		(~(vmem_addr_t)0)

/* One wait flag and one strategy; without a strategy VMEM_FIRSTFIT. */
#define VMEM_WAITOK		0x0400	/* not yet: EINVAL */
#define VMEM_NOWAIT		0x0800	/* or nothing */
#define VMEM_FIRSTFIT		0x1000	/* any that fits, at once */
#define VMEM_BESTFIT		0x2000	/* the smallest, then the lowest */
#define VMEM_NEXTFIT		0x8000	/* not yet: EINVAL */

/* What vmem_size and vmem_walk are to look at. */
#define VMEM_ALLOC		0x01
#define VMEM_FREE		0x02
#define VMEM_MAXFREE		0x10	/* the largest free segment, exactly */

/*
 * A new arena.  quantum is a power of two; [base, base + size) becomes the
 * first span unless size is 0.  name is copied and cut to 16 characters.
 * NULL with errno EINVAL or ENOMEM.  The caller owns it until vmem_destroy.
 */
struct poolwatch_vmem *vmem_create(const char *name, vmem_addr_t base,
	    vmem_size_t size,
	    vmem_size_t quantum, vmem_size_t qcache_max, int flags)
	    PW_SYMBOL(vmem_create);

/*
 * Give the arena [addr, addr + size), both multiples of the quantum; the end
 * may be the top of the address space.  0, EINVAL (overlaps a span, wraps, is
 * empty or not rounded) or ENOMEM; then nothing has changed.
 */
int	vmem_add(struct poolwatch_vmem *, vmem_addr_t addr, vmem_size_t size,
	    int flags)
	    PW_SYMBOL(vmem_add);

/*
 * An arena without space asks importfn for more: it returns 0 and an address,
 * or an error.  When all of an imported span is free again, releasefn (may be
 * NULL: never) gets exactly what was imported.  Both run without the arena's
 * lock.  import_quantum: requests are rounded up to it; 0: the quantum.
 * EBUSY when the arena has spans already.
 */
typedef int	vmem_import_fn(void *arg, vmem_size_t, int flags,
		    vmem_addr_t *);
typedef void	vmem_release_fn(void *arg, vmem_addr_t, vmem_size_t);
int	vmem_set_import(struct poolwatch_vmem *, vmem_import_fn *,
	    vmem_release_fn *, void *arg, vmem_size_t import_quantum)
	    PW_SYMBOL(vmem_set_import);

/*
 * Take size units.  0 and *addrp (may be NULL); EINVAL, ENOMEM: *addrp is
 * left alone.  Address 0 is a result like any other.
 */
int	vmem_alloc(struct poolwatch_vmem *, vmem_size_t size, int flags,
	    vmem_addr_t *addrp)
	    PW_SYMBOL(vmem_alloc);

/*
 * The same under constraints: addr % align == phase; the segment does not
 * cross a multiple of nocross; minaddr <= addr and addr + size - 1 <= maxaddr,
 * both inclusive.  align and nocross are 0 (do not care) or powers of two and
 * multiples of the quantum.  The search is complete: ENOMEM means that no free
 * segment holds such an address.
 */
int	vmem_xalloc(struct poolwatch_vmem *, vmem_size_t size,
	    vmem_size_t align,
	    vmem_size_t phase, vmem_size_t nocross, vmem_addr_t minaddr,
	    vmem_addr_t maxaddr, int flags, vmem_addr_t *addrp)
	    PW_SYMBOL(vmem_xalloc);

/*
 * Give back what vmem_alloc (vmem_xalloc) gave, with the same size.  A wrong
 * address or size is the caller's mistake: vmem_complain is told and the
 * arena stays as it is.
 */
void	vmem_free(struct poolwatch_vmem *, vmem_addr_t addr, vmem_size_t size)
	    PW_SYMBOL(vmem_free);
void	vmem_xfree(struct poolwatch_vmem *, vmem_addr_t addr, vmem_size_t size)
	    PW_SYMBOL(vmem_xfree);

/* Nobody uses the arena any more.  Imported spans are released.  NULL is fine. */
void	vmem_destroy(struct poolwatch_vmem *)
	    PW_SYMBOL(vmem_destroy);

/* VMEM_ALLOC, VMEM_FREE, both (all there is) or VMEM_MAXFREE; else 0. */
vmem_size_t vmem_size(struct poolwatch_vmem *, int mask)
	    PW_SYMBOL(vmem_size);

/*
 * Call fn for every segment of the kinds in mask, in rising order within each
 * span.  The lock is held: fn calls nothing of this arena.
 */
typedef void	vmem_walk_fn(void *arg, vmem_addr_t, vmem_size_t, int kind);
void	vmem_walk(struct poolwatch_vmem *, int mask, vmem_walk_fn *, void *arg)
	    PW_SYMBOL(vmem_walk);

/*
 * Where mistakes of the caller are told; text is "bad free" or "wrong size
 * (expect N)".  The default ignores it.  NULL brings the default back.
 */
typedef void	vmem_complain_fn(struct poolwatch_vmem *, vmem_addr_t,
	    vmem_size_t,
		    const char *text);
void	vmem_complain(struct poolwatch_vmem *, vmem_complain_fn *)
	    PW_SYMBOL(vmem_complain);

PW_END_DECLS

#endif
