/*
 * vmem_impl.h - the inside of a vmem arena.
 *
 * Every segment has a boundary tag, outside the range it describes.  The tags
 * of a span follow its span tag in address order on the list `all`.
 *
 * Invariants (vmem_check):
 *	V1  the segments after a span tag cover the span without gap or overlap;
 *	V2  no two free segments touch within a span;
 *	V3  a free segment is on the free list of its class, and the bitmap has
 *	    exactly the bits of the lists that are not empty;
 *	V4  a busy segment, and nothing else, is in the hash;
 *	V5  nfree and nbusy bytes are the sums over the segments.
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

enum vmem_seg_kind { VMEM_SEG_SPAN, VMEM_SEG_FREE, VMEM_SEG_BUSY };

struct vmem_seg {
	struct list all;	/* all segments and span tags */
	union {
		struct list link;	/* free list; spans: list of spans */
		struct vmem_seg *next;	/* busy: hash chain; spare: spare list */
	};
	uintptr_t start;
	size_t size;
	uint32_t kind;		/* enum vmem_seg_kind */
	uint32_t imported;	/* spans: came from importfn */
};

struct poolwatch_vmem {
	/* Constant after init. */
	char name[VMEM_NAME_MAX];
	bool serial;		/* the caller keeps others out: no lock */
	bool own;		/* lives in pages of vmem_create */
	unsigned shift;		/* log2 of the quantum */
	size_t quantum;
	vmem_import_fn *importfn;
	vmem_release_fn *releasefn;
	void *import_arg;
	size_t import_quantum;
	vmem_complain_fn *complain;

	/* Under lock. */
	struct lock lock;
	struct list all;
	struct list spans;
	struct list lists[VMEM_CLASSES];
	uint64_t bitmap;	/* bit i: lists[i] is not empty */
	struct vmem_seg **hash;
	size_t nbuckets;
	struct vmem_seg *hash_min[VMEM_HASH_MIN];
	struct vmem_seg *spare;	/* tags that describe nothing */
	size_t nspare;
	void *pages;		/* pages of tags, each starts with the next */

	/* Statistics, under lock. */
	size_t busy;		/* units handed out */
	size_t free;
	size_t nbusy;		/* busy segments */
};

/* vmem_create on the caller's storage; serial: the caller serialises. */
int	vmem_init(struct poolwatch_vmem *, const char *name, uintptr_t base,
	    size_t size,
	    size_t quantum, bool serial);

/* Give up everything but the storage. */
void	vmem_fini(struct poolwatch_vmem *);

/* The busy segment that holds addr: true, and its bounds. */
bool	vmem_find(struct poolwatch_vmem *, uintptr_t addr, uintptr_t *start,
	    size_t *size);

/* NULL when all invariants hold, else the name of the one that does not. */
const char *vmem_check(struct poolwatch_vmem *);

/* vmem_seg.c; the caller holds the lock. */
struct vmem_fit {
	size_t size;
	size_t align;		/* never 0 */
	size_t phase;
	size_t nocross;		/* 0: none */
	uintptr_t min;
	uintptr_t max;		/* inclusive */
	bool plain;		/* size is the only constraint */
};

bool	vmem_seg_reserve_l(struct poolwatch_vmem *, size_t count);
struct vmem_seg *vmem_seg_new_l(struct poolwatch_vmem *);
void	vmem_seg_drop_l(struct poolwatch_vmem *, struct vmem_seg *);
int	vmem_seg_add_span_l(struct poolwatch_vmem *, uintptr_t start,
	    size_t size,
	    bool imported);
struct vmem_seg *vmem_seg_first_l(struct poolwatch_vmem *,
	    const struct vmem_fit *,
	    uintptr_t *start);
struct vmem_seg *vmem_seg_best_l(struct poolwatch_vmem *,
	    const struct vmem_fit *,
	    uintptr_t *start);
void	vmem_seg_take_l(struct poolwatch_vmem *, struct vmem_seg *,
	    uintptr_t start,
	    size_t size);
struct vmem_seg *vmem_seg_busy_l(struct poolwatch_vmem *, uintptr_t start);
struct vmem_seg *vmem_seg_give_l(struct poolwatch_vmem *, struct vmem_seg *);
void	vmem_seg_remove_span_l(struct poolwatch_vmem *, struct vmem_seg *span);
struct vmem_seg *vmem_seg_prev(struct vmem_seg *);
struct vmem_seg *vmem_seg_next(struct poolwatch_vmem *, struct vmem_seg *);
void	vmem_seg_free_pages(struct poolwatch_vmem *);

#endif
