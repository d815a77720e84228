/*
 * qmalloc_resize.c - other sizes for a block: qrealloc and qmsize.
 *
 * Without QMALLOC_GUARD a quick block does not know the size it was asked for.
 * It need not: its slack is zero (Q2), so growing within the block has nothing
 * to clear, shrinking clears what becomes slack, and a copy takes the whole
 * room with it.  Blocks of the pool know their size.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <string.h>

#include "alloc/qmalloc_impl.h"
#include "base/bits.h"

/* Bytes the user of a sound block has, its pad with them. */
static size_t
size_of(void *data, size_t grains)
{
	struct pool_user user;

	if (grains == 0)
		return pool_user_get(pool_block(data), &user) ? user.size : 0;
	return quick_room(grains) -
	    pool_word_slack(pool_word(pool_block(data)));
}

/* To stay, a smaller size must use half of the room. */
static bool
fits(size_t size, size_t grains)
{
	size_t room = quick_room(grains);

	return size <= room && (size > room / 2 || grains ==
	    POOL_MINBLOCK / POOL_GRAIN);
}

/* Zero [at, end), where end is a multiple of 8 and mostly near. */
static inline void
clear_slack(char *at, char *end)
{
	uint64_t *w = (uint64_t *)((uintptr_t)at & ~(uintptr_t)7);

	if (at >= end)
		return;
	*w &= ~htole64(~0ull << 8 * ((uintptr_t)at & 7));
	while ((char *)++w < end)
		*w = 0;
}

/* The short way: an ordinary quick block that is good enough. */
static inline bool
resize_quick(char *data, size_t size)
{
	size_t grains;

	if (!quick_is_ours(data) || quick_own(data) != QUICK_LIVE)
		return false;
	grains = quick_grains(data);
	if (grains == 0 || grains >= QUICK_CLASSES ||
	    !quick_is_sound(data, grains) || !fits(size, grains))
		return false;
	clear_slack(data + size, data + quick_room(grains));
	quick_note(QUICK_reallocsame);
	return true;
}

static void *
resize_here(char *data, size_t size, size_t grains)
{
	size_t old = size_of(data, grains), from = old < size ? old : size;

	memset(data + from, 0, quick_room(grains) - from);
	quick_present(data, size - QUICK_PAD, grains);
	quick_note(QUICK_reallocsame);
	return data;
}

/* The pool changes its block, where it stands or elsewhere. */
static void *
resize_pool(char *data, size_t size)
{
	size_t old = size_of(data, 0);

	data = poolrealloc(&quick.pool, data, size);
	if (data == NULL)
		return NULL;
	if (size > old)
		memset(data + old, 0, size - old);
	quick_note(QUICK_reallocpool);
	return data;
}

static void *
resize_move(char *data, size_t size, size_t grains)
{
	size_t old = size_of(data, grains);
	size_t kept = old < size ? old : size;
	char *to = quick_take(size - QUICK_PAD, false);

	if (to == NULL)
		return NULL;
	memcpy(to, data, kept);
	memset(to + kept, 0, size - kept);
	quick_note(QUICK_reallocmove);
	quick_give("qrealloc", data);
	return to;
}

/* size with the pad.  NULL: no memory, the block is as it was. */
static void *
resize(char *data, size_t size)
{
	size_t grains = quick_find("qrealloc", data);
	bool small = !quick.direct && size < QUICK_SMALL + QUICK_PAD;
	void *to;

	if (grains == SIZE_MAX)
		return quick_fail(EUCLEAN);
	if (grains != 0 && fits(size, grains))
		return resize_here(data, size, grains);
	if (grains == 0 && (!small || size > size_of(data, 0) / 2))
		to = resize_pool(data, size);
	else
		to = resize_move(data, size, grains);
	if (to == NULL && grains != 0 && size <= quick_room(grains))
		return resize_here(data, size, grains);
	return to != NULL ? to : quick_fail(quick_is_poisoned() ? EUCLEAN : ENOMEM);
}

static void *
qrealloc_tagged(void *v, size_t size, uintptr_t caller)
{
	size_t whole;
	char *data;

	if (v == NULL && size == 0)
		return NULL;
	if (v == NULL) {
		v = qmalloc(size);
		qsetmalloctag(v, caller);
		qsetrealloctag(v, caller);
		return v;
	}
	if (size == 0) {
		quick_give("qrealloc", (char *)v - QUICK_PAD);
		return NULL;
	}
	if (quick_is_poisoned())
		return quick_fail(EUCLEAN);
	if (bits_add_overflows(size, QUICK_PAD, &whole))
		return quick_fail(ENOMEM);
	data = (char *)v - QUICK_PAD;
	if (!resize_quick(data, whole))
		data = resize(data, whole);
	if (data == NULL)
		return NULL;
	qsetrealloctag(data + QUICK_PAD, caller);
	return data + QUICK_PAD;
}

void *
qrealloc(void *v, size_t size)
{
	return qrealloc_tagged(v, size,
	    (uintptr_t)__builtin_return_address(0));
}

size_t
qmsize(void *v)
{
	char *data = (char *)v - QUICK_PAD;
	size_t grains;

	if (v == NULL || quick_is_poisoned())
		return 0;
	grains = quick_find("qmsize", data);
	if (grains == SIZE_MAX)
		return 0;
	if (grains == 0)
		return poolmsize(&quick.pool, data) - QUICK_PAD;
	quick_set_own(data, QUICK_LIVE);
	return quick_room(grains) - QUICK_PAD;
}
