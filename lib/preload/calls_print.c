/*
 * calls_print.c - sprintf and its kin.
 *
 * The format and its arguments are evaluated by the real function, once; what
 * it says it wrote is held afterwards.  The size that snprintf is given is a
 * promise, not an access.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/calls.h"

/* n: as the real one says; size: as the caller promised, in characters. */
static PW_ALWAYS_INLINE void
print_hold(const void *s, int n, size_t size, size_t width, unsigned call,
    const void *frame)
{
	size_t wrote = (size_t)n + 1;

	if (n >= 0 && calls_near(s))
		calls_hold(s, (wrote < size ? wrote : size) * width, s,
		    BACKEND_HELD_WRITE, call, frame);
}

#define PRINT_HOLD(s, n, size, width, call)				\
	print_hold(s, n, size, width, TRACE_CHECKED_##call, CALLS_FRAME)

#define PRINT(name, call, type, size, params, args, vname)		\
PW_EXPORT int								\
name params								\
{									\
	va_list ap;							\
	int n;								\
									\
	if (PW_UNLIKELY(calls_real.vname == NULL) && !calls_find())	\
		return -1;						\
	va_start(ap, format);						\
	n = calls_real.vname args;					\
	va_end(ap);							\
	PRINT_HOLD(s, n, size, sizeof(type), call);			\
	return n;							\
}

#define VPRINT(name, call, type, size, params, args)			\
CALLS_ENTRY(int, name, params, args, calls_near(s), -1)			\
{									\
	int n = calls_real.name args;					\
									\
	PRINT_HOLD(s, n, size, sizeof(type), call);			\
	return n;							\
}

PRINT(sprintf, sprintf, char, SIZE_MAX, (char *s, const char *format, ...),
    (s, format, ap), vsprintf)
PRINT(snprintf, snprintf, char, size,
    (char *s, size_t size, const char *format, ...),
    (s, size, format, ap), vsnprintf)
PRINT(__snprintf, snprintf, char, size,
    (char *s, size_t size, const char *format, ...),
    (s, size, format, ap), vsnprintf)
PRINT(swprintf, swprintf, wchar_t, size,
    (wchar_t *s, size_t size, const wchar_t *format, ...),
    (s, size, format, ap), vswprintf)
PRINT(__sprintf_chk, sprintf, char, SIZE_MAX,
    (char *s, int flag, size_t room, const char *format, ...),
    (s, flag, room, format, ap), __vsprintf_chk)
PRINT(__snprintf_chk, snprintf, char, size,
    (char *s, size_t size, int flag, size_t room, const char *format, ...),
    (s, size, flag, room, format, ap), __vsnprintf_chk)
PRINT(__swprintf_chk, swprintf, wchar_t, size,
    (wchar_t *s, size_t size, int flag, size_t room, const wchar_t *format,
    ...), (s, size, flag, room, format, ap), __vswprintf_chk)

VPRINT(vsprintf, vsprintf, char, SIZE_MAX,
    (char *s, const char *format, va_list ap), (s, format, ap))
VPRINT(vsnprintf, vsnprintf, char, size,
    (char *s, size_t size, const char *format, va_list ap),
    (s, size, format, ap))
VPRINT(__vsnprintf, vsnprintf, char, size,
    (char *s, size_t size, const char *format, va_list ap),
    (s, size, format, ap))
VPRINT(vswprintf, vswprintf, wchar_t, size,
    (wchar_t *s, size_t size, const wchar_t *format, va_list ap),
    (s, size, format, ap))
VPRINT(__vsprintf_chk, vsprintf, char, SIZE_MAX,
    (char *s, int flag, size_t room, const char *format, va_list ap),
    (s, flag, room, format, ap))
VPRINT(__vsnprintf_chk, vsnprintf, char, size,
    (char *s, size_t size, int flag, size_t room, const char *format,
    va_list ap), (s, size, flag, room, format, ap))
VPRINT(__vswprintf_chk, vswprintf, wchar_t, size,
    (wchar_t *s, size_t size, int flag, size_t room, const wchar_t *format,
    va_list ap), (s, size, flag, room, format, ap))
