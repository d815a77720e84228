/*
 * operators.c - operator new and delete in all their forms, without C++.
 *
 * The names are the Itanium ABI's for a 64-bit size_t: _Znw is operator new,
 * _Zna new[], _Zdl delete, _Zda delete[]; m a size, St11align_val_t an
 * alignment, RKSt9nothrow_t the nothrow tag.
 *
 * When memory runs out, the real operator is looked up and called: it runs
 * the new handler as often as it takes and throws (or not) from inside the C++
 * runtime, through our frame.  What it asks malloc for counts as new.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <dlfcn.h>

#include "preload/body.h"
#include "preload/body_pass.h"
#include "preload/thread.h"

#ifndef __LP64__
#error "not yet: the mangled names of a 32-bit size_t"
#endif

/* Passed on and never looked at. */
struct nothrow;

static void *
operators_new(size_t size, size_t align, unsigned call,
    const struct unwind_start *at)
{
	struct backend_request req = {
		.size = size, .align = align, .call = call,
	};

	if (align == 0 && pass_in(size))
		return next_calls.malloc(size);
	return body_alloc(&req, at);
}

/* The real operator of that name; what it asks for counts as call's. */
static void *
operators_real(const char *name, unsigned call, size_t size)
{
	void *real;

	if (start_life < LIFE_RECORDING)
		return NULL;
	real = dlsym(RTLD_NEXT, name);
	if (real != NULL)
		thread_expect(call, size);
	return real;
}

#define NEW(name, params, args, align, call)				\
PW_EXPORT void *name params;						\
PW_EXPORT void *							\
name params								\
{									\
	struct unwind_start at = UNWIND_CALLER();			\
	void *(*real) params;						\
	void *ptr = operators_new(size, align, TRACE_CALL_##call, &at);	\
									\
	if (PW_LIKELY(ptr != NULL))					\
		return ptr;						\
	real = (void *(*) params)(uintptr_t)operators_real(#name,	\
	    TRACE_CALL_##call, size);					\
	if (real != NULL)						\
		ptr = real args;					\
	thread_expect(0, 0);						\
	return ptr;							\
}

#define TAG	const struct nothrow *tag

NEW(_Znwm, (size_t size), (size), 0, NEW)
NEW(_ZnwmRKSt9nothrow_t, (size_t size, TAG), (size, tag), 0, NEW)
NEW(_ZnwmSt11align_val_t, (size_t size, size_t align), (size, align), align,
    NEW_ALIGNED)
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t align, TAG),
    (size, align, tag), align, NEW_ALIGNED)
NEW(_Znam, (size_t size), (size), 0, NEW_ARRAY)
NEW(_ZnamRKSt9nothrow_t, (size_t size, TAG), (size, tag), 0, NEW_ARRAY)
NEW(_ZnamSt11align_val_t, (size_t size, size_t align), (size, align), align,
    NEW_ARRAY_ALIGNED)
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t align, TAG),
    (size, align, tag), align, NEW_ARRAY_ALIGNED)

#define DELETE(name, params, call_, ...)				\
PW_EXPORT void name params;						\
PW_EXPORT void								\
name params								\
{									\
	struct unwind_start at = UNWIND_CALLER();			\
	struct body_said said = {					\
		.call = TRACE_CALL_##call_, __VA_ARGS__			\
	};								\
									\
	if (pass_out(ptr))						\
		next_calls.free(ptr);					\
	else								\
		body_free(ptr, &said, &at);				\
}

#define PTR	void *ptr
#undef TAG
#define TAG	const struct nothrow *tag PW_UNUSED

DELETE(_ZdlPv, (PTR), DELETE)
DELETE(_ZdlPvm, (PTR, size_t size), DELETE, .size = size)
DELETE(_ZdlPvRKSt9nothrow_t, (PTR, TAG), DELETE)
DELETE(_ZdlPvSt11align_val_t, (PTR, size_t align), DELETE, .align = align)
DELETE(_ZdlPvmSt11align_val_t, (PTR, size_t size, size_t align), DELETE,
    .size = size, .align = align)
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (PTR, size_t align, TAG), DELETE,
    .align = align)
DELETE(_ZdaPv, (PTR), DELETE_ARRAY)
DELETE(_ZdaPvm, (PTR, size_t size), DELETE_ARRAY, .size = size)
DELETE(_ZdaPvRKSt9nothrow_t, (PTR, TAG), DELETE_ARRAY)
DELETE(_ZdaPvSt11align_val_t, (PTR, size_t align), DELETE_ARRAY,
    .align = align)
DELETE(_ZdaPvmSt11align_val_t, (PTR, size_t size, size_t align), DELETE_ARRAY,
    .size = size, .align = align)
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (PTR, size_t align, TAG),
    DELETE_ARRAY, .align = align)
