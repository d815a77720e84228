/*
 * qmalloc_align.c - blocks at chosen addresses.
 *
 * What an ordinary block fulfils is an ordinary block; the rest is placed by
 * the pool.  The manual says "equal to offset modulo align", the reference
 * rounds an align that is no power of two up to one: both are kept by
 * aligning to their least common multiple, the odd part of align times the
 * power of two.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <string.h>

#include "alloc/qmalloc_impl.h"
#include "base/bits.h"

/* 0: it cannot be represented. */
static size_t
align_whole(size_t align)
{
	size_t odd, pow2 = 1, whole;

	if (align > SIZE_MAX / 4)
		return 0;
	while (pow2 < align)
		pow2 *= 2;
	odd = align >> __builtin_ctzl(align);
	return bits_mul_overflows(odd, pow2, &whole) ? 0 : whole;
}

static void *
align_pool(size_t size, size_t align, long offset, size_t span)
{
	void *data = poolallocalign(&quick.pool, size, align, offset, span);

	if (data == NULL && errno == ENOMEM && quick_relieve())
		data = poolallocalign(&quick.pool, size, align, offset, span);
	if (data == NULL)
		return NULL;
	memset(data, 0, size);
	quick_note(QUICK_malignpool);
	return data;
}

static bool
align_is_natural(size_t align, long offset, size_t span)
{
	return span == 0 && (align == 0 || (align <= POOL_GRAIN &&
	    bits_is_pow2(align) && offset % (long)align == 0));
}

void *
qmallocalign(size_t size, size_t align, long offset, size_t span)
{
	size_t whole;
	char *data;
	void *v;

	quick_note(QUICK_malign);
	if (align_is_natural(align, offset, span)) {
		quick_note(QUICK_malignquick);
		v = qmalloc(size);
		qsetmalloctag(v, (uintptr_t)__builtin_return_address(0));
		return v;
	}
	if (span != 0 && size > span)
		return quick_fail(EINVAL);
	if (quick_is_poisoned())
		return quick_fail(EUCLEAN);
	if (quick.state != QUICK_READY)
		return quick_fail(ENOMEM);
	if (align != 0 && (align = align_whole(align)) == 0)
		return quick_fail(ENOMEM);
	if (bits_add_overflows(size, QUICK_PAD, &whole) || whole > quick.span)
		return quick_fail(ENOMEM);
	data = align_pool(whole, align, offset - (long)QUICK_PAD, span);
	if (data == NULL) {
		quick_note(QUICK_mallocfail);
		return quick_fail(errno);
	}
	qsetmalloctag(data + QUICK_PAD, (uintptr_t)__builtin_return_address(0));
	return data + QUICK_PAD;
}
