/*
 * qmalloc.c - quickfit's short ways: a small block to and from its list.
 *
 * Most requests of a program are for few sizes, and soon come again; so
 * Weinstock and Wulf keep freed blocks of each size on a list of their own and
 * neither split nor join them.  Here each thread has such lists
 * (qmalloc_cache.c), threads exchange them by the batch (qmalloc_centre.c),
 * and the pool takes the part of the tail and of Kernighan and Ritchie's rover
 * in the reference: new blocks, large ones, and joining.
 *
 * The short way has no lock and no call.  It is closed by data it must read
 * anyway: fast_small is 0 before qmallocinit, with checks, and in a poisoned
 * heap; a thread that has no lists shares quick_nobody's, which are empty and
 * may hold none.
 *
 * A block is known as ours by the header before it: a fence, its kind, and a
 * check made of its address and size.  A block on a list is of kind QUICK, so
 * a second free of it is noticed for as long as it lies there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/qmalloc.h"

#include <string.h>

#include "alloc/qmalloc_impl.h"
#include "base/bits.h"
#include "base/os.h"

#define CLEAR_INLINE	4u	/* grains: 56 bytes; more is memset's */
#define SMALLOC_WAIT_NS	100000000u

typedef long long vec __attribute__((vector_size(16), aligned(8), may_alias));

#ifdef QMALLOC_TAGS
#define CALLER		((uintptr_t)__builtin_return_address(0))
#else
#define CALLER		0
#endif

void *
quick_fail(int error)
{
	errno = error;
	return NULL;
}

/* The user's pointer of a block, with the tag of who asked for it. */
static PW_ALWAYS_INLINE void *
quick_user(void *data, uintptr_t tag)
{
#ifdef QMALLOC_TAGS
	if (data == NULL)
		return NULL;
	((uintptr_t *)data)[0] = tag;
	((uintptr_t *)data)[1] = 0;
#else
	(void)tag;
#endif
	return (char *)data + QUICK_PAD;
}

/* Zero the whole room of a block: stores of 16 bytes that may overlap. */
static PW_ALWAYS_INLINE void
quick_clear(char *at, size_t grains)
{
	const vec zero = { 0, 0 };
	char *end = at + quick_room(grains);

	if (grains > CLEAR_INLINE) {
		memset(at, 0, quick_room(grains));
		return;
	}
	*(vec *)at = zero;
	*(vec *)(end - 16) = zero;
	if (grains <= 2)
		return;
	*(vec *)(at + 16) = zero;
	*(vec *)(end - 32) = zero;
}

/* What is behind the user's part when the contents need not be zero (Q2). */
static PW_ALWAYS_INLINE void
quick_clear_end(char *at, size_t grains)
{
	const vec zero = { 0, 0 };
	char *end = at + quick_room(grains);

	*(vec *)(end - 16) = zero;
	*(long long *)(end - 24) = 0;
}

/* From the pool, where all slack is guarded. */
static void *
take_pool(size_t size, bool clear)
{
	size_t whole;
	char *data;

	if (bits_add_overflows(size, QUICK_PAD, &whole) || whole > quick.span)
		return quick_fail(ENOMEM);
	quick_held_reclaim(quick_tid());
	data = poolalloc(&quick.pool, whole);
	if (data == NULL && quick_relieve())
		data = poolalloc(&quick.pool, whole);
	if (data == NULL) {
		quick_note(QUICK_mallocfail);
		return quick_fail(errno == EUCLEAN ? EUCLEAN : ENOMEM);
	}
	quick_note(QUICK_mallocpool);
	if (clear)
		memset(data, 0, whole);
	return data;
}

static void *
take_small(size_t size, bool clear)
{
	char *data = quick_cache_take(quick_thread(), quick_class(size));
	size_t grains;

	if (data == NULL) {
		quick_note(QUICK_mallocfail);
		return quick_fail(quick_is_poisoned() ? EUCLEAN : ENOMEM);
	}
	grains = quick_grains(data);	/* may be more than was asked for */
	if (clear)
		memset(data, 0, quick_room(grains));
	else
		memset(data + QUICK_PAD + size, 0,
		    quick_room(grains) - QUICK_PAD - size);
	quick_present(data, size, grains);
	return data;
}

static PW_NOINLINE void *
take_slow(size_t size, bool clear)
{
	if (__atomic_load_n(&quick.state, __ATOMIC_ACQUIRE) != QUICK_READY)
		return quick_fail(ENOMEM);
	if (quick_is_poisoned())
		return quick_fail(EUCLEAN);
	if (quick.direct || size >= QUICK_SMALL)
		return take_pool(size, clear);
	return take_small(size, clear);
}

static PW_ALWAYS_INLINE void *
take(size_t size, bool clear)
{
	struct quick_cache *c = quick_self;
	struct quick_list *l;
	size_t grains;
	void *data;

	if (PW_UNLIKELY(size >=
	    __atomic_load_n(&quick.fast_small, __ATOMIC_RELAXED)))
		return take_slow(size, clear);
	grains = quick_class(size);
	l = &c->list[grains];
	data = l->head;
	if (PW_UNLIKELY(!quick_is_ours(data) || quick_own(data) != QUICK_FREED))
		return take_slow(size, clear);
	l->head = *(void **)data;
	__atomic_store_n(&l->count, l->count - 1, __ATOMIC_RELAXED);
	quick_set_own(data, QUICK_LIVE);
	quick_count(c, QUICK_mallocquick);
	if (clear)
		quick_clear(data, grains);
	else
		quick_clear_end(data, grains);
	return data;
}

void *
quick_take(size_t size, bool clear)
{
	return take(size, clear);
}

void *
qmalloc(size_t size)
{
	return quick_user(take(size, true), CALLER);
}

void *
qmallocz(size_t size, int clr)
{
	return quick_user(clr ? take(size, true) : take(size, false), CALLER);
}

void *
qcalloc(size_t n, size_t size)
{
	size_t whole;

	if (PW_UNLIKELY(bits_mul_overflows(n, size, &whole)))
		return quick_fail(ENOMEM);
	return quick_user(take(whole, true), CALLER);
}

static bool
smalloc_is_vain(size_t size)
{
	return errno != ENOMEM || quick.state != QUICK_READY ||
	    size > quick.span;
}

void *
qsmalloc(size_t size)
{
	static const uint32_t nobody_wakes = 0;
	void *data = quick_take(size, true);

	if (data != NULL)
		return quick_user(data, CALLER);
	if (smalloc_is_vain(size))
		return quick_fail(errno == ENOMEM && quick.span != 0 ? EINVAL :
		    errno);
	__atomic_fetch_add(&quick.waiting, 1, __ATOMIC_RELAXED);
	do {
		quick_cache_squeeze();
		quick_note(QUICK_smallocwait);
		os_futex_wait(&nobody_wakes, 0, SMALLOC_WAIT_NS);
		data = quick_take(size, true);
	} while (data == NULL && !smalloc_is_vain(size));
	__atomic_fetch_sub(&quick.waiting, 1, __ATOMIC_RELAXED);
	return data == NULL ? NULL : quick_user(data, CALLER);
}

static PW_NOINLINE void
give_slow(const char *call, void *data)
{
	size_t grains;

	if (quick_is_poisoned())
		return;
	grains = quick_find(call, data);
	if (grains == SIZE_MAX)
		return;
	if (grains != 0) {
		quick_cache_give(quick_thread(), data, grains);
		return;
	}
	quick_note(QUICK_freepool);
	poolfree(&quick.pool, data);
}

static PW_ALWAYS_INLINE void
give(const char *call, void *data)
{
	struct quick_cache *c = quick_self;
	struct quick_list *l;
	size_t grains;

	if (PW_UNLIKELY(!quick_is_ours(data) ||
	    quick_own(data) != QUICK_LIVE)) {
		give_slow(call, data);
		return;
	}
	grains = quick_grains(data);
	if (PW_UNLIKELY(grains >= QUICK_CLASSES ||
	    !quick_is_sound(data, grains))) {
		give_slow(call, data);
		return;
	}
	l = &c->list[grains];
	if (PW_UNLIKELY(l->count >=
	    __atomic_load_n(&l->max, __ATOMIC_RELAXED))) {
		give_slow(call, data);
		return;
	}
	*(void **)data = l->head;
	l->head = data;
	__atomic_store_n(&l->count, l->count + 1, __ATOMIC_RELAXED);
	quick_set_own(data, QUICK_FREED);
	quick_count(c, QUICK_freequick);
}

void
quick_give(const char *call, void *data)
{
	give(call, data);
}

void
qfree(void *v)
{
	if (v != NULL)
		give("qfree", (char *)v - QUICK_PAD);
}
