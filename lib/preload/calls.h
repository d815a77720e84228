/*
 * calls.h - libc calls that reach into memory for the program, held against
 * the blocks of the heap.
 *
 * Every entry has two halves.  The first compares its pointers with the range
 * of the heap and goes on to the real function: no frame, no lock, no call.
 * The second, whose name ends in _near, comes when a pointer lies there (or
 * nothing is known yet): what is read or written is held against the block, and
 * told when it is not all in it, and then the real function does what it was
 * asked for.  The heap of profile mode has no range, so there the first half is
 * all.
 *
 * What a call will touch is held before it touches it; what is known only
 * afterwards (read, sprintf), then.  A string is not read twice where its
 * length is known: an argument that ends with the block's last byte is no
 * overrun, whatever is before.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_CALLS_H
#define PW_PRELOAD_CALLS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wchar.h>

#include "base/compiler.h"
#include "preload/backend_held.h"
#include "preload/calls_chk.h"

#pragma GCC visibility push(hidden)

/* All that are exported; the real ones are found by these names. */
#define CALLS(_)							      \
	_(memcpy) _(memmove) _(mempcpy) _(__mempcpy) _(memccpy) _(memset)     \
	_(memcmp) _(bcmp) _(memchr) _(memrchr) _(rawmemchr) _(memmem)	      \
	_(bcopy) _(bzero) _(explicit_bzero)				      \
	_(__memcpy_chk) _(__memmove_chk) _(__mempcpy_chk) _(__memset_chk)     \
	_(__explicit_bzero_chk)						      \
	_(strlen) _(strnlen) _(strcpy) _(strncpy) _(stpcpy) _(__stpcpy)	      \
	_(stpncpy) _(__stpncpy) _(strcat) _(strncat) _(strcmp) _(strncmp)     \
	_(strcasecmp) _(strncasecmp) _(strchr) _(index) _(strchrnul)	      \
	_(strrchr) _(rindex) _(strstr) _(strcasestr) _(strspn) _(strcspn)     \
	_(strpbrk) _(strdup) _(__strdup) _(strndup) _(__strndup)	      \
	_(__strcpy_chk) _(__strncpy_chk) _(__stpcpy_chk) _(__stpncpy_chk)     \
	_(__strcat_chk) _(__strncat_chk)				      \
	_(vsprintf) _(vsnprintf) _(__vsnprintf) _(__vsprintf_chk)	      \
	_(__vsnprintf_chk) _(vswprintf) _(__vswprintf_chk)		      \
	_(read) _(__read) _(pread) _(pread64) _(write) _(__write) _(pwrite)   \
	_(pwrite64) _(readv) _(writev) _(recv) _(recvfrom) _(send) _(sendto)  \
	_(__read_chk) _(__pread_chk) _(__pread64_chk) _(__recv_chk)	      \
	_(__recvfrom_chk)						      \
	_(fread) _(fread_unlocked) _(fwrite) _(fwrite_unlocked) _(fgets)      \
	_(fgets_unlocked) _(fputs) _(fputs_unlocked) _(puts) _(fgetws)	      \
	_(fputws) _(__fread_chk) _(__fread_unlocked_chk) _(__fgets_chk)	      \
	_(__fgets_unlocked_chk) _(__fgetws_chk)				      \
	_(qsort) _(qsort_r) _(bsearch)					      \
	_(wmemcpy) _(wmemmove) _(wmempcpy) _(wmemset) _(wmemcmp) _(wmemchr)   \
	_(__wmemcpy_chk) _(__wmemmove_chk) _(__wmempcpy_chk)		      \
	_(__wmemset_chk)						      \
	_(wcslen) _(wcsnlen) _(wcscpy) _(wcsncpy) _(wcpcpy) _(wcpncpy)	      \
	_(wcscat) _(wcsncat) _(wcscmp) _(wcsncmp) _(wcscasecmp)		      \
	_(wcsncasecmp) _(wcschr) _(wcschrnul) _(wcsrchr) _(wcsstr)	      \
	_(wcsspn) _(wcscspn) _(wcspbrk) _(wcsdup)			      \
	_(__wcscpy_chk) _(__wcsncpy_chk) _(__wcpcpy_chk) _(__wcpncpy_chk)     \
	_(__wcscat_chk) _(__wcsncat_chk)

#define CALLS_MEMBER(name)	__typeof__(name) *name;
struct calls_real {
	CALLS(CALLS_MEMBER)
};
#undef CALLS_MEMBER

/* Filled before range is anything but everything. */
extern struct calls_real calls_real;

/* Pointers in [base, base + size) are looked at. */
struct calls_range {
	uintptr_t base;
	size_t size;
};
extern struct calls_range calls_range;

/* At the end of start: hold them against the heap, or let all pass. */
void	calls_start(bool hold);

/* The real functions are known; false: too early for that. */
bool	calls_find(void);

/* What is wrong, if it is; frame is the entry's, errno is kept. */
void	calls_tell(const struct backend_held_range *, unsigned call,
	    const void *frame);

static PW_ALWAYS_INLINE bool
calls_near(const void *p)
{
	return (uintptr_t)p - calls_range.base < calls_range.size;
}

/* from: see backend_held.h. */
static PW_ALWAYS_INLINE void
calls_hold(const void *at, size_t n, const void *from, unsigned held,
    unsigned call, const void *frame)
{
	if (n != 0 && calls_near(at) && PW_UNLIKELY(backend_room(at) < n))
		calls_tell(&(struct backend_held_range){ at, n, from, held },
		    call, frame);
}

/* Of a write that is held when it has been made: how, seen before it is. */
static PW_ALWAYS_INLINE unsigned
calls_before(const void *at)
{
	return calls_near(at) && backend_room(at) == 0 ? BACKEND_HELD_WRITE :
	    BACKEND_HELD_DONE;
}

/* n * size, or all there is. */
static PW_ALWAYS_INLINE size_t
calls_mul(size_t n, size_t size)
{
	size_t all;

	return __builtin_mul_overflow(n, size, &all) ? SIZE_MAX : all;
}

/*
 * An entry: its first half, and the head of the second, whose body follows.
 * near says of which pointers; early is its answer before libc can be called.
 */
#define CALLS_ENTRY(result, name, params, args, near, early)		\
static PW_NOINLINE result name##_near params;				\
PW_EXPORT result							\
name params								\
{									\
	if (PW_LIKELY(!(near)))						\
		return calls_real.name args;				\
	if (PW_UNLIKELY(calls_real.name == NULL) && !calls_find())	\
		return early;						\
	return name##_near args;					\
}									\
static PW_NOINLINE result						\
name##_near params

#define CALLS_FRAME	__builtin_frame_address(0)
#define CALLS_HOLD(at, n, from, held, call)				\
	calls_hold(at, n, from, BACKEND_HELD_##held, TRACE_CHECKED_##call,	\
	    CALLS_FRAME)
#define CALLS_READ(at, n, call)		CALLS_HOLD(at, n, NULL, READ, call)
#define CALLS_WRITE(at, n, from, call)	CALLS_HOLD(at, n, from, WRITE, call)

#pragma GCC visibility pop

#endif
