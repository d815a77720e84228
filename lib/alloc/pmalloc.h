/*
 * pmalloc.h - malloc on a pool, with tags: malloc(2) of Plan 9.
 *
 * In a pool with tagsize 16 each block of pmalloc begins with two words that
 * the caller does not see: the malloc tag, the pc of who allocated the block,
 * and the realloc tag, the pc of who last resized it, or 0.  Panics and dumps
 * of the pool name them.  In a pool with tagsize 0 nothing is kept, and the
 * getters answer ~0.  tagsize is set before the first block and stays.
 *
 * All functions are as safe in threads as the pool's lock makes them, and not
 * safe in a signal handler.  A pointer of these functions goes back by pfree
 * or prealloc of the same pool, never by poolfree.  pool(3) says the rest.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_PMALLOC_H
#define PW_ALLOC_PMALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "pool.h"
#include "public.h"

PW_BEGIN_DECLS

/* Bytes of two tags, the one value of tagsize beside 0. */
#define PMALLOC_TAGSIZE	16

/*
 * n bytes, aligned to 16, undefined; size 0 gives a unique address.  The malloc
 * tag is the caller's pc, the realloc tag 0.  The caller owns the block until
 * pfree or prealloc.  NULL with errno as poolalloc, ENOMEM also where n and
 * the tags cannot be added.  After malloc in Plan 9 malloc(2).
 */
void	*pmalloc(struct poolwatch_pool *, size_t n) PW_SYMBOL(pmalloc);

/* The same; zeroed where clear is not 0. */
void	*pmallocz(struct poolwatch_pool *, size_t n, int clear)
	    PW_SYMBOL(pmallocz);

/*
 * The same, undefined, at an address that is offset modulo align where align
 * is not 0, in one piece of the span-byte windows where span is not 0: the
 * caller's n bytes are meant, not the block.  Errors of poolallocalign.
 */
void	*pmallocalign(struct poolwatch_pool *, size_t n, size_t align,
	    long offset, size_t span) PW_SYMBOL(pmallocalign);

/* n times size bytes, zeroed.  NULL, ENOMEM where the product overflows. */
void	*pcalloc(struct poolwatch_pool *, size_t n, size_t size)
	    PW_SYMBOL(pcalloc);

/*
 * Resize to n bytes; the contents up to the lesser size are kept, and so are
 * the malloc tag and the alignment.  The realloc tag becomes the caller's pc.
 * NULL v: as pmalloc, with both tags.  n 0: v, if any, is freed, and the result
 * is NULL.  On failure NULL, errno, and v is as it was.
 */
void	*prealloc(struct poolwatch_pool *, void *v, size_t n)
	    PW_SYMBOL(prealloc);

/* Give v back; NULL does nothing, errno is kept. */
void	pfree(struct poolwatch_pool *, void *v) PW_SYMBOL(pfree);

/* Grow v over its slack; bytes that are now the caller's.  NULL: 0. */
size_t	pmsize(struct poolwatch_pool *, void *v) PW_SYMBOL(pmsize);

/* NULL v, or a pool without tags: nothing is set, ~0 is got. */
void	psetmalloctag(struct poolwatch_pool *, void *v, uintptr_t tag)
	    PW_SYMBOL(psetmalloctag);
uintptr_t pgetmalloctag(struct poolwatch_pool *, void *v)
	    PW_SYMBOL(pgetmalloctag);
void	psetrealloctag(struct poolwatch_pool *, void *v, uintptr_t tag)
	    PW_SYMBOL(psetrealloctag);
uintptr_t pgetrealloctag(struct poolwatch_pool *, void *v)
	    PW_SYMBOL(pgetrealloctag);

/* What the pool calls the block of v: for poolblockcheck.  NULL: NULL. */
void	*pmalloctopoolblock(struct poolwatch_pool *, void *v)
	    PW_SYMBOL(pmalloctopoolblock);

PW_END_DECLS

#endif
