/*
 * interpose.c - the malloc family: what each name means, nothing more.
 *
 * Each entry notes its caller and goes to a body.  Contracts are those of the
 * manual pages and, where these leave it open, of glibc: realloc(p, 0) frees,
 * memalign rounds its alignment up to a power of two, aligned_alloc is
 * memalign, a request larger than PTRDIFF_MAX fails with ENOMEM.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/interpose.h"

#include <errno.h>

#include "base/bits.h"
#include "preload/body.h"
#include "preload/body_pass.h"
#include "preload/finding.h"

#define PAGE		interpose_page()

/* os_page_size asks libc, which can't be done before relocation. */
static size_t
interpose_page(void)
{
	return start_relocated() ? os_page_size() : OS_PAGE_MIN;
}

static inline void *
interpose_alloc(size_t size, size_t align, bool zero, unsigned call,
    const struct unwind_start *at)
{
	struct backend_request req = {
		.size = size, .align = align, .call = call, .zero = zero,
	};

	return body_alloc(&req, at);
}

static inline void *
interpose_realloc(void *ptr, size_t size, unsigned call,
    const struct unwind_start *at)
{
	struct backend_request req = { .size = size, .call = call };

	return body_realloc(ptr, &req, at);
}

PW_EXPORT void *
malloc(size_t size)
{
	struct unwind_start at;

	if (pass_in(size))
		return next_calls.malloc(size);
	at = UNWIND_CALLER();
	return interpose_alloc(size, 0, false, TRACE_CALL_MALLOC, &at);
}

PW_EXPORT void *
calloc(size_t n, size_t size)
{
	struct unwind_start at = UNWIND_CALLER();
	size_t all;

	if (bits_mul_overflows(n, size, &all))
		return body_overflow(TRACE_CALL_CALLOC, &at);
	if (pass_in(all))
		return next_calls.calloc(1, all);
	return interpose_alloc(all, 0, true, TRACE_CALL_CALLOC, &at);
}

PW_EXPORT void *
realloc(void *ptr, size_t size)
{
	struct unwind_start at = UNWIND_CALLER();

	if (pass_through(ptr, size))
		return next_calls.realloc(ptr, size);
	return interpose_realloc(ptr, size, TRACE_CALL_REALLOC, &at);
}

PW_EXPORT void *
reallocarray(void *ptr, size_t n, size_t size)
{
	struct unwind_start at = UNWIND_CALLER();
	size_t all;

	if (bits_mul_overflows(n, size, &all))
		return body_overflow(TRACE_CALL_REALLOCARRAY, &at);
	return interpose_realloc(ptr, all, TRACE_CALL_REALLOCARRAY, &at);
}

#define FREE(call_, ...) do {						\
	struct unwind_start at;						\
	struct body_said said;						\
									\
	if (pass_out(ptr)) {						\
		next_calls.free(ptr);					\
		break;							\
	}								\
	at = UNWIND_CALLER();						\
	said = (struct body_said){					\
		.call = TRACE_CALL_##call_, __VA_ARGS__			\
	};								\
	body_free(ptr, &said, &at);					\
} while (0)

PW_EXPORT void
free(void *ptr)
{
	FREE(FREE_CALL);
}

PW_EXPORT void
cfree(void *ptr)
{
	FREE(CFREE);
}

PW_EXPORT void
free_sized(void *ptr, size_t size)
{
	FREE(FREE_SIZED, .size = size);
}

PW_EXPORT void
free_aligned_sized(void *ptr, size_t align, size_t size)
{
	FREE(FREE_ALIGNED_SIZED, .align = align, .size = size);
}

/* 0 with errno EINVAL when no power of two is as large. */
static size_t
interpose_alignment(size_t align)
{
	size_t power = sizeof(void *);

	if (align > SIZE_MAX / 2 + 1) {
		body_set_errno(EINVAL);
		return 0;
	}
	while (power < align)
		power <<= 1;
	return power;
}

static inline void *
interpose_memalign(size_t align, size_t size, unsigned call,
    const struct unwind_start *at)
{
	if (PW_UNLIKELY(align & (align - 1)))
		finding_bad_align(call, align, size, at);
	align = interpose_alignment(align);
	if (align == 0)
		return NULL;
	return interpose_alloc(size, align, false, call, at);
}

PW_EXPORT void *
memalign(size_t align, size_t size)
{
	struct unwind_start at = UNWIND_CALLER();

	return interpose_memalign(align, size, TRACE_CALL_MEMALIGN, &at);
}

PW_EXPORT void *
aligned_alloc(size_t align, size_t size)
{
	struct unwind_start at = UNWIND_CALLER();

	return interpose_memalign(align, size, TRACE_CALL_ALIGNED_ALLOC, &at);
}

/* Says its error by value; errno and *out stay as they are then. */
PW_EXPORT int
posix_memalign(void **out, size_t align, size_t size)
{
	struct unwind_start at = UNWIND_CALLER();
	bool ready = start_relocated();
	int saved = ready ? errno : 0;
	void *ptr;

	if (align % sizeof(void *) != 0 || !bits_is_pow2(align)) {
		finding_bad_align(TRACE_CALL_POSIX_MEMALIGN, align, size, &at);
		if (ready)
			errno = saved;
		return EINVAL;
	}
	ptr = interpose_alloc(size, align, false, TRACE_CALL_POSIX_MEMALIGN,
	    &at);
	if (ready)
		errno = saved;
	if (ptr == NULL)
		return ENOMEM;
	*out = ptr;
	return 0;
}

PW_EXPORT void *
valloc(size_t size)
{
	struct unwind_start at = UNWIND_CALLER();

	return interpose_alloc(size, PAGE, false, TRACE_CALL_VALLOC, &at);
}

/* The program may use the whole of the last page: that is what it asked. */
PW_EXPORT void *
pvalloc(size_t size)
{
	struct unwind_start at = UNWIND_CALLER();
	size_t page = PAGE;

	if (size > SIZE_MAX - page)
		return body_overflow(TRACE_CALL_PVALLOC, &at);
	return interpose_alloc(bits_align_up(size, page), page, false,
	    TRACE_CALL_PVALLOC, &at);
}

PW_EXPORT size_t
malloc_usable_size(void *ptr)
{
	return body_usable(ptr);
}
