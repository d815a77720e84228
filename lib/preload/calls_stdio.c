/*
 * calls_stdio.c - fread, fgets and their kin.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/calls_text.h"

/* Macros, where a compiler optimises. */
#undef fread_unlocked
#undef fwrite_unlocked

#define STDIO_IN(name, call, params, args)				\
CALLS_ENTRY(size_t, name, params, args, calls_near(to), 0)		\
{									\
	unsigned before = calls_before(to);				\
	size_t came = calls_real.name args;				\
									\
	calls_hold(to, calls_mul(came, size), to, before,		\
	    TEXT_CALL(call));						\
	return came;							\
}

#define STDIO_OUT(name)							\
CALLS_ENTRY(size_t, name, (const void *from, size_t size, size_t n,	\
    FILE *f), (from, size, n, f), calls_near(from), 0)			\
{									\
	CALLS_READ(from, calls_mul(n, size), name);		\
	return calls_real.name(from, size, n, f);			\
}

/* What fgets wrote ends with its NUL; it may have read others before that. */
#define STDIO_LINE(type, name, call, wide, len, params, args)		\
CALLS_ENTRY(type *, name, params, args, calls_near(to), NULL)		\
{									\
	unsigned before = calls_before(to);				\
	type *line = calls_real.name args;				\
									\
	if (line != NULL)						\
		calls_hold(to, (calls_real.len(to) + 1) *		\
		    text_size(wide), to, before, TEXT_CALL(call));		\
	return line;							\
}

#define STDIO_PUT(type, name, wide)					\
CALLS_ENTRY(int, name, (const type *s, FILE *f), (s, f),		\
    calls_near(s), EOF)							\
{									\
	text_hold(s, SIZE_MAX, wide, TEXT_CALL(name));			\
	return calls_real.name(s, f);					\
}

STDIO_IN(fread, fread, (void *to, size_t size, size_t n, FILE *f),
    (to, size, n, f))
STDIO_IN(fread_unlocked, fread_unlocked, (void *to, size_t size, size_t n,
    FILE *f), (to, size, n, f))
STDIO_IN(__fread_chk, fread, (void *to, size_t room, size_t size, size_t n,
    FILE *f), (to, room, size, n, f))
STDIO_IN(__fread_unlocked_chk, fread_unlocked, (void *to, size_t room,
    size_t size, size_t n, FILE *f), (to, room, size, n, f))

STDIO_OUT(fwrite)
STDIO_OUT(fwrite_unlocked)

STDIO_LINE(char, fgets, fgets, false, strlen, (char *to, int n, FILE *f),
    (to, n, f))
STDIO_LINE(char, fgets_unlocked, fgets_unlocked, false, strlen,
    (char *to, int n, FILE *f), (to, n, f))
STDIO_LINE(char, __fgets_chk, fgets, false, strlen,
    (char *to, size_t room, int n, FILE *f), (to, room, n, f))
STDIO_LINE(char, __fgets_unlocked_chk, fgets_unlocked, false, strlen,
    (char *to, size_t room, int n, FILE *f), (to, room, n, f))
STDIO_LINE(wchar_t, fgetws, fgetws, true, wcslen,
    (wchar_t *to, int n, FILE *f), (to, n, f))
STDIO_LINE(wchar_t, __fgetws_chk, fgetws, true, wcslen,
    (wchar_t *to, size_t room, int n, FILE *f), (to, room, n, f))

STDIO_PUT(char, fputs, false)
STDIO_PUT(char, fputs_unlocked, false)
STDIO_PUT(wchar_t, fputws, true)

CALLS_ENTRY(int, puts, (const char *s), (s), calls_near(s), EOF)
{
	text_hold(s, SIZE_MAX, false, TEXT_CALL(puts));
	return calls_real.puts(s);
}
