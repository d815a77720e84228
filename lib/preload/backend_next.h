/*
 * backend_next.h - the allocator that would serve without us.
 *
 * Found with dlsym(RTLD_NEXT) by backend_next.start, or by next_find in a
 * module that has no session.  A member is NULL until then, or for ever when
 * no library behind us has such a function.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BACKEND_NEXT_H
#define PW_PRELOAD_BACKEND_NEXT_H

#include <malloc.h>
#include <stddef.h>

struct next_calls {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	void *(*memalign)(size_t, size_t);
	int (*posix_memalign)(void **, size_t, size_t);
	void *(*aligned_alloc)(size_t, size_t);
	size_t (*malloc_usable_size)(void *);
	int (*malloc_trim)(size_t);
	int (*mallopt)(int, int);
	struct mallinfo2 (*mallinfo2)(void);
};

extern struct next_calls next_calls;

/*
 * Look all of them up.  0, or -1 when malloc, calloc, realloc or free is
 * missing.  dlsym may call our calloc meanwhile: bootstrap memory serves it.
 * May be called again; the answers are the same.
 */
int	next_find(void);

#endif
