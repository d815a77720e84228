/*
 * calls_wide.c - wcscpy and its kin: strings of wchar_t.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/calls_text.h"

#define NONE

TEXT_LENGTH(wchar_t, wcslen, true, 0)
TEXT_LENGTH_MAX(wchar_t, wcsnlen, true, 0)

TEXT_COPY(wchar_t, wcscpy, wcscpy, true, wcslen, NONE, (to, from), to)
TEXT_COPY(wchar_t, wcpcpy, wcpcpy, true, wcslen, NONE, (to, from), to)
TEXT_COPY(wchar_t, __wcscpy_chk, wcscpy, true, wcslen, TEXT_AND,
    (to, from, room), to)
TEXT_COPY(wchar_t, __wcpcpy_chk, wcpcpy, true, wcslen, TEXT_AND,
    (to, from, room), to)

TEXT_COPY_MAX(wchar_t, wcsncpy, wcsncpy, true, NONE, (to, from, n), to)
TEXT_COPY_MAX(wchar_t, wcpncpy, wcpncpy, true, NONE, (to, from, n), to)
TEXT_COPY_MAX(wchar_t, __wcsncpy_chk, wcsncpy, true, TEXT_AND,
    (to, from, n, room), to)
TEXT_COPY_MAX(wchar_t, __wcpncpy_chk, wcpncpy, true, TEXT_AND,
    (to, from, n, room), to)

TEXT_APPEND(wchar_t, wcscat, wcscat, true, wcslen, NONE, (to, from), to)
TEXT_APPEND(wchar_t, __wcscat_chk, wcscat, true, wcslen, TEXT_AND,
    (to, from, room), to)
TEXT_APPEND_MAX(wchar_t, wcsncat, wcsncat, true, wcslen, wcsnlen, NONE,
    (to, from, n), to)
TEXT_APPEND_MAX(wchar_t, __wcsncat_chk, wcsncat, true, wcslen, wcsnlen,
    TEXT_AND, (to, from, n, room), to)

TEXT_COMPARE(wchar_t, wcscmp, true, wcsncmp, 0)
TEXT_COMPARE(wchar_t, wcscasecmp, true, wcsncasecmp, 0)
TEXT_COMPARE_MAX(wchar_t, wcsncmp, true, 0)
TEXT_COMPARE_MAX(wchar_t, wcsncasecmp, true, 0)

TEXT_FIND(wchar_t, wcschr, true, wchar_t, TEXT_TO(found), NULL)
TEXT_FIND(wchar_t, wcschrnul, true, wchar_t, TEXT_TO(found), NULL)
TEXT_FIND(wchar_t, wcsrchr, true, wchar_t, SIZE_MAX, NULL)

#define AND_ALL(found)							\
	((found) == NULL ? SIZE_MAX :					\
	    (size_t)((found) - s) + calls_real.wcslen(what))

TEXT_FIND_TEXT(wchar_t *, wchar_t, wcsstr, true, AND_ALL(found), NULL)
TEXT_FIND_TEXT(wchar_t *, wchar_t, wcspbrk, true, TEXT_TO(found), NULL)
TEXT_FIND_TEXT(size_t, wchar_t, wcsspn, true, found + 1, 0)
TEXT_FIND_TEXT(size_t, wchar_t, wcscspn, true, found + 1, 0)

TEXT_COPY_NEW(wchar_t, wcsdup, wcsdup, true)
