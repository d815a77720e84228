/*
 * calls_memory.c - memcpy and its kin: ranges whose size is said.
 *
 * memcmp is held to all it was asked for, as the standard has it; memchr and
 * others that stop where they find something, to where they stopped.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/calls.h"
#include "preload/calls_plain.h"

#define NEAR2(a, b)	(calls_near(a) | calls_near(b))

/* size: of one unit. */
#define COPY(type, name, call, size, early)				\
CALLS_ENTRY(type *, name, (type *to, const type *from, size_t n),	\
    (to, from, n), NEAR2(to, from), early)				\
{									\
	CALLS_READ(from, calls_mul(n, size), call);		\
	CALLS_WRITE(to, calls_mul(n, size), from, call);		\
	return calls_real.name(to, from, n);				\
}

#define COPY_CHK(type, name, call, size, early)				\
CALLS_ENTRY(type *, name, (type *to, const type *from, size_t n,	\
    size_t room), (to, from, n, room), NEAR2(to, from), early)		\
{									\
	CALLS_READ(from, calls_mul(n, size), call);		\
	CALLS_WRITE(to, calls_mul(n, size), from, call);		\
	return calls_real.name(to, from, n, room);			\
}

#define WIDE	sizeof(wchar_t)

COPY(void, memcpy, memcpy, 1, plain_memcpy(to, from, n))
COPY(void, memmove, memmove, 1, plain_memcpy(to, from, n))
COPY(void, mempcpy, mempcpy, 1, (char *)plain_memcpy(to, from, n) + n)
COPY(void, __mempcpy, mempcpy, 1, (char *)plain_memcpy(to, from, n) + n)
COPY_CHK(void, __memcpy_chk, memcpy, 1, plain_memcpy(to, from, n))
COPY_CHK(void, __memmove_chk, memmove, 1, plain_memcpy(to, from, n))
COPY_CHK(void, __mempcpy_chk, mempcpy, 1,
    (char *)plain_memcpy(to, from, n) + n)
COPY(wchar_t, wmemcpy, wmemcpy, WIDE, to)
COPY(wchar_t, wmemmove, wmemmove, WIDE, to)
COPY(wchar_t, wmempcpy, wmempcpy, WIDE, to)
COPY_CHK(wchar_t, __wmemcpy_chk, wmemcpy, WIDE, to)
COPY_CHK(wchar_t, __wmemmove_chk, wmemmove, WIDE, to)
COPY_CHK(wchar_t, __wmempcpy_chk, wmempcpy, WIDE, to)

CALLS_ENTRY(void *, memset, (void *to, int c, size_t n), (to, c, n),
    calls_near(to), plain_memset(to, c, n))
{
	CALLS_WRITE(to, n, NULL, memset);
	return calls_real.memset(to, c, n);
}

CALLS_ENTRY(void *, __memset_chk, (void *to, int c, size_t n, size_t room),
    (to, c, n, room), calls_near(to), plain_memset(to, c, n))
{
	CALLS_WRITE(to, n, NULL, memset);
	return calls_real.__memset_chk(to, c, n, room);
}

CALLS_ENTRY(wchar_t *, wmemset, (wchar_t *to, wchar_t c, size_t n),
    (to, c, n), calls_near(to), to)
{
	CALLS_WRITE(to, calls_mul(n, WIDE), NULL, wmemset);
	return calls_real.wmemset(to, c, n);
}

CALLS_ENTRY(wchar_t *, __wmemset_chk, (wchar_t *to, wchar_t c, size_t n,
    size_t room), (to, c, n, room), calls_near(to), to)
{
	CALLS_WRITE(to, calls_mul(n, WIDE), NULL, wmemset);
	return calls_real.__wmemset_chk(to, c, n, room);
}

CALLS_ENTRY(void, bzero, (void *to, size_t n), (to, n), calls_near(to),
    (void)plain_memset(to, 0, n))
{
	CALLS_WRITE(to, n, NULL, bzero);
	calls_real.bzero(to, n);
}

CALLS_ENTRY(void, explicit_bzero, (void *to, size_t n), (to, n),
    calls_near(to), (void)plain_memset(to, 0, n))
{
	CALLS_WRITE(to, n, NULL, explicit_bzero);
	calls_real.explicit_bzero(to, n);
}

CALLS_ENTRY(void, __explicit_bzero_chk, (void *to, size_t n, size_t room),
    (to, n, room), calls_near(to), (void)plain_memset(to, 0, n))
{
	CALLS_WRITE(to, n, NULL, explicit_bzero);
	calls_real.__explicit_bzero_chk(to, n, room);
}

CALLS_ENTRY(void, bcopy, (const void *from, void *to, size_t n),
    (from, to, n), NEAR2(from, to), (void)plain_memcpy(to, from, n))
{
	CALLS_READ(from, n, bcopy);
	CALLS_WRITE(to, n, from, bcopy);
	calls_real.bcopy(from, to, n);
}

CALLS_ENTRY(void *, memccpy, (void *to, const void *from, int c, size_t n),
    (to, from, c, n), NEAR2(to, from), NULL)
{
	const char *found = calls_real.memchr(from, c, n);
	size_t all = found != NULL ? (size_t)(found - (const char *)from) + 1 :
	    n;

	CALLS_READ(from, all, memccpy);
	CALLS_WRITE(to, all, from, memccpy);
	return calls_real.memccpy(to, from, c, n);
}

#define COMPARE(type, name, size, early)				\
CALLS_ENTRY(int, name, (const type *a, const type *b, size_t n),	\
    (a, b, n), NEAR2(a, b), early)					\
{									\
	CALLS_READ(a, calls_mul(n, size), name);			\
	CALLS_READ(b, calls_mul(n, size), name);			\
	return calls_real.name(a, b, n);				\
}

COMPARE(void, memcmp, 1, plain_memcmp(a, b, n))
COMPARE(void, bcmp, 1, plain_memcmp(a, b, n))
COMPARE(wchar_t, wmemcmp, WIDE, 0)

/* Up to what was found. */
CALLS_ENTRY(void *, memchr, (const void *s, int c, size_t n), (s, c, n),
    calls_near(s), plain_memchr(s, c, n))
{
	char *found = calls_real.memchr(s, c, n);

	CALLS_READ(s, found == NULL ? n :
	    (size_t)(found - (const char *)s) + 1, memchr);
	return found;
}

CALLS_ENTRY(void *, rawmemchr, (const void *s, int c), (s, c),
    calls_near(s), plain_memchr(s, c, SIZE_MAX))
{
	char *found = calls_real.rawmemchr(s, c);

	CALLS_READ(s, (size_t)(found - (const char *)s) + 1, rawmemchr);
	return found;
}

CALLS_ENTRY(wchar_t *, wmemchr, (const wchar_t *s, wchar_t c, size_t n),
    (s, c, n), calls_near(s), NULL)
{
	wchar_t *found = calls_real.wmemchr(s, c, n);

	CALLS_READ(s, calls_mul(found == NULL ? n : (size_t)(found - s) + 1,
	    WIDE), wmemchr);
	return found;
}

/* Backwards, from the end. */
CALLS_ENTRY(void *, memrchr, (const void *s, int c, size_t n), (s, c, n),
    calls_near(s), NULL)
{
	CALLS_READ(s, n, memrchr);
	return calls_real.memrchr(s, c, n);
}

CALLS_ENTRY(void *, memmem, (const void *s, size_t n, const void *what,
    size_t nwhat), (s, n, what, nwhat), NEAR2(s, what), NULL)
{
	char *found = calls_real.memmem(s, n, what, nwhat);

	CALLS_READ(what, nwhat, memmem);
	CALLS_READ(s, found == NULL ? n :
	    (size_t)(found - (const char *)s) + nwhat, memmem);
	return found;
}

/* A sort of less than two touches nothing. */
CALLS_ENTRY(void, qsort, (void *base, size_t n, size_t size,
    int (*cmp)(const void *, const void *)), (base, n, size, cmp),
    calls_near(base), (void)0)
{
	CALLS_WRITE(base, n < 2 ? 0 : calls_mul(n, size), NULL, qsort);
	calls_real.qsort(base, n, size, cmp);
}

CALLS_ENTRY(void, qsort_r, (void *base, size_t n, size_t size,
    int (*cmp)(const void *, const void *, void *), void *arg),
    (base, n, size, cmp, arg), calls_near(base), (void)0)
{
	CALLS_WRITE(base, n < 2 ? 0 : calls_mul(n, size), NULL, qsort_r);
	calls_real.qsort_r(base, n, size, cmp, arg);
}

CALLS_ENTRY(void *, bsearch, (const void *key, const void *base, size_t n,
    size_t size, int (*cmp)(const void *, const void *)),
    (key, base, n, size, cmp), calls_near(base), NULL)
{
	CALLS_READ(base, calls_mul(n, size), bsearch);
	return calls_real.bsearch(key, base, n, size, cmp);
}
