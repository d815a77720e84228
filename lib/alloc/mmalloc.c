/*
 * mmalloc.c - GNU mmalloc's calls, each a pool's with a file behind it.
 *
 * A call finds its region by the descriptor (mmalloc_region.c), takes its lock,
 * asks the pool, and leaves: then a free end of the file is given back
 * (mmalloc_arena.c), the call is traced, its errno is remembered, and, with no
 * lock held, what the pool found damaged is told.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_impl.h"

#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "base/os.h"

#define TRIM_LEAST	((size_t)256 << 10)

/* errno where the region cannot be changed; it is not locked then. */
static int
refusal(const struct mmalloc_region *r)
{
	return r->foreign ? EPERM : r->readonly ? EACCES : 0;
}

/* The region, locked; NULL with errno. */
static struct mmalloc_region *
enter(void *md)
{
	struct mmalloc_region *r = region_find(md, true);
	int error = r == NULL ? 0 : refusal(r);

	if (r == NULL)
		return NULL;
	if (PW_UNLIKELY(error != 0)) {
		__atomic_store_n(&r->error, error, __ATOMIC_RELAXED);
		errno = error;
		return NULL;
	}
	region_lock(r);
	r->grow_error = 0;
	return r;
}

static void
trim(struct mmalloc_region *r)
{
	size_t least = r->mapped / 4;

	r->nfree_seen = r->pool.nfree;
	region_trim_l(r, least > TRIM_LEAST ? least : TRIM_LEAST);
}

static void
leave(struct mmalloc_region *r, int error)
{
	if (r->pool.nfree != r->nfree_seen && !r->pool.poisoned)
		trim(r);
	region_done(r, error);
}

/* errno of a call of the pool that gave nothing. */
static int
why(const struct mmalloc_region *r)
{
	return r->pool.poisoned ? EUCLEAN :
	    r->grow_error != 0 ? r->grow_error : ENOMEM;
}

static void *
alloc(void *md, size_t align, size_t size)
{
	struct mmalloc_region *r = enter(md);
	void *data = NULL;
	int error = EINVAL;

	if (r == NULL)
		return NULL;
	if (size != 0) {
		data = align <= POOL_GRAIN ? poolalloc(&r->pool, size) :
		    poolallocalign(&r->pool, size, align, 0, 0);
		error = data == NULL ? why(r) : 0;
	}
	region_trace_l(r, data == NULL ? '!' : '+', data, size);
	leave(r, error);
	return data;
}

static void *
refuse(void *md, int error)
{
	struct mmalloc_region *r = enter(md);

	if (r != NULL)
		leave(r, error);
	return NULL;
}

void *
mmalloc(void *md, size_t size)
{
	return alloc(md, 1, size);
}

void *
mcalloc(void *md, size_t n, size_t size)
{
	void *data;

	if (__builtin_mul_overflow(n, size, &size))
		return refuse(md, ENOMEM);
	data = alloc(md, 1, size);
	if (data != NULL)
		memset(data, 0, size);
	return data;
}

void *
mmemalign(void *md, size_t align, size_t size)
{
	return bits_is_pow2(align) ? alloc(md, align, size) :
	    refuse(md, EINVAL);
}

void *
mvalloc(void *md, size_t size)
{
	return alloc(md, os_page_size(), size);
}

void
mfree(void *md, void *ptr)
{
	struct mmalloc_region *r = ptr == NULL ? NULL : enter(md);

	if (r == NULL)
		return;
	poolfree(&r->pool, ptr);
	region_trace_l(r, '-', ptr, 0);
	leave(r, r->pool.poisoned ? EUCLEAN : 0);
}

void *
mrealloc(void *md, void *ptr, size_t size)
{
	struct mmalloc_region *r;
	void *data;

	if (ptr == NULL)
		return mmalloc(md, size);
	if (size == 0) {
		mfree(md, ptr);
		return NULL;
	}
	r = enter(md);
	if (r == NULL)
		return NULL;
	data = poolrealloc(&r->pool, ptr, size);
	if (data == NULL)
		region_trace_l(r, '!', ptr, size);
	else {
		region_trace_l(r, '<', ptr, 0);
		region_trace_l(r, '>', data, size);
	}
	leave(r, data == NULL ? why(r) : 0);
	return data;
}

int
mmalloc_setkey(void *md, int keynum, void *key)
{
	struct mmalloc_region *r = md == NULL || keynum < 0 ||
	    keynum >= MMALLOC_NKEYS ? NULL : region_find(md, false);

	if (r == NULL || refusal(r) != 0)
		return 0;
	header_store(&region_header(r)->key[keynum], (uintptr_t)key);
	return 1;
}

void *
mmalloc_getkey(void *md, int keynum)
{
	struct mmalloc_region *r = md == NULL || keynum < 0 ||
	    keynum >= MMALLOC_NKEYS ? NULL : region_find(md, false);

	if (r == NULL || r->foreign)
		return NULL;
	return (void *)(uintptr_t)__atomic_load_n(
	    &region_header(r)->key[keynum], __ATOMIC_ACQUIRE);
}

int
mmalloc_errno(void *md)
{
	struct mmalloc_region *r = region_find(md, false);

	return r != NULL ? __atomic_load_n(&r->error, __ATOMIC_RELAXED) :
	    md == NULL ? 0 : EINVAL;
}
