/*
 * pmalloc.c - malloc on a pool: two tags in front of the caller's bytes.
 *
 * A block of the pool and what the caller gets of it:
 *
 *	malloc tag 8 | realloc tag 8 | the caller's bytes
 *
 * The pool keeps the first POOL_KEPT bytes of a freed block where they have
 * room, so a late fault can still say who allocated it.
 *
 * Each public function takes the pc of its caller itself: one frame deeper it
 * would be ours.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pmalloc.h"

#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"

#define NO_TAG		(~(uintptr_t)0)
#define CALLER		((uintptr_t)__builtin_return_address(0))

enum { TAG_MALLOC, TAG_REALLOC };

static void *
user_of(const Pool *p, void *block)
{
	return block == NULL ? NULL : (char *)block + p->tagsize;
}

static void *
block_of(const Pool *p, void *v)
{
	return v == NULL ? NULL : (char *)v - p->tagsize;
}

static uintptr_t
tag_get(const Pool *p, void *v, int which)
{
	if (v == NULL || p->tagsize == 0)
		return NO_TAG;
	return ((uintptr_t *)block_of(p, v))[which];
}

static void
tag_set(const Pool *p, void *v, int which, uintptr_t tag)
{
	if (v != NULL && p->tagsize != 0)
		((uintptr_t *)block_of(p, v))[which] = tag;
}

/* n with the tags; false, errno: it cannot be. */
static bool
padded(const Pool *p, size_t n, size_t *size)
{
	if (!bits_add_overflows(n, p->tagsize, size))
		return true;
	errno = ENOMEM;
	return false;
}

static void *
tagged(Pool *p, void *block, uintptr_t malloc_tag, uintptr_t realloc_tag)
{
	void *v = user_of(p, block);

	tag_set(p, v, TAG_MALLOC, malloc_tag);
	tag_set(p, v, TAG_REALLOC, realloc_tag);
	return v;
}

static void *
tagged_alloc(Pool *p, size_t n, uintptr_t malloc_tag, uintptr_t realloc_tag)
{
	size_t size;

	if (!padded(p, n, &size))
		return NULL;
	return tagged(p, poolalloc(p, size), malloc_tag, realloc_tag);
}

void *
pmalloc(Pool *p, size_t n)
{
	return tagged_alloc(p, n, CALLER, 0);
}

static void *
cleared(void *v, size_t n)
{
	return v == NULL ? NULL : memset(v, 0, n);
}

void *
pmallocz(Pool *p, size_t n, int clear)
{
	void *v = tagged_alloc(p, n, CALLER, 0);

	return clear ? cleared(v, n) : v;
}

void *
pcalloc(Pool *p, size_t n, size_t size)
{
	size_t all;

	if (bits_mul_overflows(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return cleared(tagged_alloc(p, all, CALLER, 0), all);
}

/*
 * The pool's windows are tested on the block, tags and all, and a block as
 * large as its window fails that way.  Where the alignment already settles in
 * which part of the windows the caller's bytes lie, it is judged here.
 */
static bool
span_is_settled(size_t n, size_t align, long offset, size_t span)
{
	size_t into;

	if (span == 0 || align == 0 || align % span != 0)
		return false;
	into = offset < 0 ? (span - -(size_t)offset % span) % span :
	    (size_t)offset % span;
	return n <= span - into;
}

void *
pmallocalign(Pool *p, size_t n, size_t align, long offset, size_t span)
{
	long shifted;
	size_t size;

	if (!padded(p, n, &size))
		return NULL;
	if (span_is_settled(n, align, offset, span))
		span = 0;
	if (__builtin_sub_overflow(offset, (long)p->tagsize, &shifted)) {
		errno = EINVAL;
		return NULL;
	}
	return tagged(p, poolallocalign(p, size, align, shifted, span),
	    CALLER, 0);
}

void *
prealloc(Pool *p, void *v, size_t n)
{
	size_t size;

	if (n == 0) {
		pfree(p, v);
		return NULL;
	}
	if (v == NULL)
		return tagged_alloc(p, n, CALLER, CALLER);
	if (!padded(p, n, &size))
		return NULL;
	v = user_of(p, poolrealloc(p, block_of(p, v), size));
	tag_set(p, v, TAG_REALLOC, CALLER);
	return v;
}

void
pfree(Pool *p, void *v)
{
	if (v != NULL)
		poolfree(p, block_of(p, v));
}

size_t
pmsize(Pool *p, void *v)
{
	size_t size = v == NULL ? 0 : poolmsize(p, block_of(p, v));

	return size < p->tagsize ? 0 : size - p->tagsize;
}

void
psetmalloctag(Pool *p, void *v, uintptr_t tag)
{
	tag_set(p, v, TAG_MALLOC, tag);
}

uintptr_t
pgetmalloctag(Pool *p, void *v)
{
	return tag_get(p, v, TAG_MALLOC);
}

void
psetrealloctag(Pool *p, void *v, uintptr_t tag)
{
	tag_set(p, v, TAG_REALLOC, tag);
}

uintptr_t
pgetrealloctag(Pool *p, void *v)
{
	return tag_get(p, v, TAG_REALLOC);
}

void *
pmalloctopoolblock(Pool *p, void *v)
{
	return block_of(p, v);
}
