/*
 * case.h - what each case may use: a fault with a mended twin, and any call.
 *
 * A case is one function, fault(), with one bug in it.  BUG(bad, good) is the
 * bug, or in the twin (compiled with MENDED) what should have stood there.
 * GET and PUT are the allocating call under test (CALL_name) and its match.
 * poke, peek and hide stand in another file, so that no compiler sees through them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef CASE_H
#define CASE_H

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __cplusplus
#include <new>
extern "C" {
#endif

#ifdef MENDED
#define BUG(bad, good)	good
#else
#define BUG(bad, good)	bad
#endif

void	fault(void);
void	poke(void *block, long offset, int byte);
int	peek(const void *block, long offset);
void	*hide(const void *);

static inline void *
case_posix_memalign(size_t size)
{
	void *p = NULL;

	return posix_memalign(&p, 32, size) ? NULL : p;
}

#ifdef __cplusplus
}
#endif

#define PUT(p)	free(p)
#if defined CALL_calloc
#define GET(n)	calloc(1, n)
#elif defined CALL_realloc
#define GET(n)	realloc(realloc(NULL, (n) / 2 + 1), n)
#elif defined CALL_reallocarray
#define GET(n)	reallocarray(NULL, 1, n)
#elif defined CALL_memalign
#define GET(n)	memalign(64, n)
#elif defined CALL_posix_memalign
#define GET(n)	case_posix_memalign(n)
#elif defined CALL_aligned_alloc
#define GET(n)	aligned_alloc(128, n)
#elif defined CALL_valloc
#define GET(n)	valloc(n)
#elif defined CALL_new
#undef PUT
#define GET(n)	operator new(n)
#define PUT(p)	operator delete(p)
#elif defined CALL_new_array
#undef PUT
#define GET(n)	operator new[](n)
#define PUT(p)	operator delete[](p)
#elif defined CALL_new_aligned
#undef PUT
#define GET(n)	operator new(n, std::align_val_t(64))
#define PUT(p)	operator delete(p, std::align_val_t(64))
#else
#define GET(n)	malloc(n)
#endif

#endif
