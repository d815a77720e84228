/*
 * vmem_impl.h - the inside of a vmem arena.
 *
 * Every segment has a boundary tag, outside the range it describes.  The tags
 * of a span follow its span tag in address order on the list `all`.
 *
 * Invariants (vmem_check):
 *	V1  the segments after a span tag cover the span without gap or overlap;
 *	V2  no two free segments touch within a span;
 *	V3  a free segment is in the class of its size, on its list or, once the
 *	    arena is sorted, in its tree; the bitmap has exactly the bits of
 *	    the classes that are not empty;
 *	V4  a busy segment, and nothing else, is in the hash;
 *	V5  free and busy bytes are the sums over the segments;
 *	V6  in a sorted arena the tree of a class is in the order of (size,
 *	    start), and no tag has more weight than the one above it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_VMEM_IMPL_H
#define PW_ALLOC_VMEM_IMPL_H

#include <stdbool.h>

#include "alloc/vmem.h"
#include "base/list.h"
#include "base/lock.h"

#define VMEM_NAME_MAX	17
#define VMEM_CLASSES	64	/* class i: [2^i, 2^(i+1)) quanta */
#define VMEM_HASH_MIN	16
#define VMEM_STRATEGIES	(VMEM_FIRSTFIT | VMEM_BESTFIT | VMEM_NEXTFIT)

enum vmem_seg_kind {
	VMEM_SEG_SPAN, VMEM_SEG_FREE, VMEM_SEG_BUSY,
	VMEM_SEG_WALKER,	/* marks the place of a reentrant walk */
};

struct vmem_seg {
	struct list all;	/* all segments and span tags */
	union {
		struct list link;	/* free: list of its class; spans: of
					 * spans */
		struct {		/* free, in a sorted arena */
			struct vmem_seg *left;
			struct vmem_seg *right;
		};
		struct vmem_seg *next;	/* busy: hash chain; spare: spare list */
	};
	uintptr_t start;
	size_t size;
	uint32_t kind;		/* enum vmem_seg_kind */
	uint32_t imported;	/* spans: came from importfn */
};

struct vmem_cache;

struct poolwatch_vmem {
	/* Constant after init. */
	char name[VMEM_NAME_MAX];
	bool serial;		/* the caller keeps others out: no lock, and
				 * nobody is told of mistakes */
	bool own;		/* lives in pages of vmem_create */
	unsigned shift;		/* log2 of the quantum */
	size_t quantum;
	vmem_import_fn *importfn;
	vmem_release_fn *releasefn;
	void *import_arg;
	size_t import_quantum;
	size_t limit;
	vmem_reclaim_fn *reclaimfn;
	vmem_complain_fn *complain;
	struct vmem_cache *cache;	/* NULL: none */

	/* Under lock. */
	struct lock lock;
	bool sorted;		/* classes are trees, since the first best fit */
	uint32_t change;	/* counts what may help a waiter; futex */
	uint32_t waiters;	/* atomic */
	unsigned mtbf;
	uint64_t random;	/* for mtbf */
	struct list all;
	struct list spans;
	union {
		struct list list;
		struct vmem_seg *root;
	} class[VMEM_CLASSES];
	uint64_t bitmap;	/* bit i: class[i] is not empty */
	struct vmem_seg *rotor;	/* next fit begins there, at rotor_at */
	uintptr_t rotor_at;
	struct vmem_seg **hash;
	size_t nbuckets;
	struct vmem_seg *hash_min[VMEM_HASH_MIN];
	struct vmem_seg *spare;	/* tags that describe nothing */
	size_t nspare;
	void *pages;		/* pages of tags, each starts with the next */
	size_t npages;

	/* Statistics, under lock. */
	size_t busy;		/* units handed out, those cached with them */
	size_t free;
	size_t nbusy;		/* busy segments */
};

/* vmem.c */

/* An arena whose caller keeps others out; tells nobody of mistakes. */
int	vmem_start(struct poolwatch_vmem *, const char *name, uintptr_t base,
	    size_t size, size_t quantum);
void	vmem_fini(struct poolwatch_vmem *);
void	vmem_enter(struct poolwatch_vmem *);
void	vmem_leave(struct poolwatch_vmem *);
/* Something became free: whoever waits looks again. */
void	vmem_changed_l(struct poolwatch_vmem *);
bool	vmem_overlaps_l(struct poolwatch_vmem *, uintptr_t addr, size_t size);
bool	vmem_bad_range(const struct poolwatch_vmem *, uintptr_t addr,
	    size_t size);
/* One wait flag, one strategy at most. */
bool	vmem_bad_flags(int flags);
void	vmem_blame(struct poolwatch_vmem *, uintptr_t addr, size_t size,
	    size_t expect);

/* vmem_alloc.c: without the caches; errno values as vmem_xalloc. */
struct vmem_fit {
	size_t size;
	size_t align;		/* never 0 */
	size_t phase;
	size_t nocross;		/* 0: none */
	uintptr_t min;
	uintptr_t max;		/* inclusive */
	bool plain;		/* size is the only constraint */
};
int	vmem_alloc_plain(struct poolwatch_vmem *, size_t size, int flags,
	    vmem_addr_t *addrp);
/* Give a busy segment back; releases its span if that is due. */
void	vmem_free_plain(struct poolwatch_vmem *, uintptr_t addr, size_t size);

/* vmem_cache.c: magazines of freed segments of up to 16 quanta. */
bool	vmem_cache_create(struct poolwatch_vmem *, size_t qcache_max);
void	vmem_cache_destroy(struct poolwatch_vmem *);
/* The segment's class, 0: too large for any. */
unsigned vmem_cache_class(const struct poolwatch_vmem *, size_t size);
/* true: taken out of a magazine. */
bool	vmem_cache_take(struct poolwatch_vmem *, unsigned class,
	    vmem_addr_t *addrp);
/* A segment of a class was handed out from the arena. */
void	vmem_cache_note(struct poolwatch_vmem *, uintptr_t addr,
	    unsigned class);
/* What becomes of a segment that is freed. */
enum vmem_kept {
	VMEM_KEPT,		/* it is in a magazine */
	VMEM_NOT_KEPT,		/* not of the caches: the arena is to have it */
	VMEM_BLAMED,		/* freed already, or of another size; told */
};
enum vmem_kept vmem_cache_give(struct poolwatch_vmem *, uintptr_t addr,
	    size_t size, bool keep);
/* All magazines back to the arena; whether there were any segments. */
bool	vmem_cache_drain(struct poolwatch_vmem *);
/* Is it in a magazine? */
bool	vmem_cache_holds(struct poolwatch_vmem *, uintptr_t addr);

/* vmem_check.c */

/* The busy segment that holds addr: true, and its bounds. */
bool	vmem_find(struct poolwatch_vmem *, uintptr_t addr, uintptr_t *start,
	    size_t *size);
/* NULL when all invariants hold, else the name of the one that does not. */
const char *vmem_check(struct poolwatch_vmem *);

/* vmem_seg.c; the caller holds the lock. */
bool	vmem_seg_reserve_l(struct poolwatch_vmem *, size_t count);
struct vmem_seg *vmem_seg_new_l(struct poolwatch_vmem *);
void	vmem_seg_drop_l(struct poolwatch_vmem *, struct vmem_seg *);
int	vmem_seg_add_span_l(struct poolwatch_vmem *, uintptr_t start,
	    size_t size, bool imported);
void	vmem_seg_take_l(struct poolwatch_vmem *, struct vmem_seg *,
	    uintptr_t start, size_t size);
struct vmem_seg *vmem_seg_busy_l(struct poolwatch_vmem *, uintptr_t start);
struct vmem_seg *vmem_seg_give_l(struct poolwatch_vmem *, struct vmem_seg *);
void	vmem_seg_remove_span_l(struct poolwatch_vmem *, struct vmem_seg *span);
/* Neighbours on the list, walkers left out; NULL: none. */
struct vmem_seg *vmem_seg_prev(struct poolwatch_vmem *, struct vmem_seg *);
struct vmem_seg *vmem_seg_next(struct poolwatch_vmem *, struct vmem_seg *);
void	vmem_seg_free_pages(struct poolwatch_vmem *);
unsigned vmem_seg_class(const struct poolwatch_vmem *, size_t size);

/* vmem_fit.c: where a request goes; the caller holds the lock. */
struct vmem_seg *vmem_fit_first_l(struct poolwatch_vmem *,
	    const struct vmem_fit *, uintptr_t *start);
struct vmem_seg *vmem_fit_best_l(struct poolwatch_vmem *,
	    const struct vmem_fit *, uintptr_t *start);
struct vmem_seg *vmem_fit_any_l(struct poolwatch_vmem *,
	    const struct vmem_fit *, uintptr_t *start);
struct vmem_seg *vmem_fit_next_l(struct poolwatch_vmem *,
	    const struct vmem_fit *, uintptr_t *start);

/* vmem_tree.c: the classes of a sorted arena. */
void	vmem_tree_sort_l(struct poolwatch_vmem *);
void	vmem_tree_insert(struct vmem_seg **root, struct vmem_seg *);
void	vmem_tree_remove(struct vmem_seg **root, struct vmem_seg *);
/* The least one of at least (size, start); NULL: none. */
struct vmem_seg *vmem_tree_from(struct vmem_seg *root, size_t size,
	    uintptr_t start);
size_t	vmem_tree_largest(struct vmem_seg *root);

#endif
