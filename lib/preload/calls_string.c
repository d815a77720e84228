/*
 * calls_string.c - strcpy and its kin: ranges that end with a NUL.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/calls_plain.h"
#include "preload/calls_text.h"

TEXT_LENGTH(char, strlen, false, plain_strlen(s))
TEXT_LENGTH_MAX(char, strnlen, false, plain_strnlen(s, max))

#define NONE
#define PLAIN_COPY	plain_strcpy(to, from)
#define PLAIN_END	(plain_strcpy(to, from) + plain_strlen(from))

TEXT_COPY(char, strcpy, strcpy, false, strlen, NONE, (to, from), PLAIN_COPY)
TEXT_COPY(char, stpcpy, stpcpy, false, strlen, NONE, (to, from), PLAIN_END)
TEXT_COPY(char, __stpcpy, stpcpy, false, strlen, NONE, (to, from), PLAIN_END)
TEXT_COPY(char, __strcpy_chk, strcpy, false, strlen, TEXT_AND,
    (to, from, room), PLAIN_COPY)
TEXT_COPY(char, __stpcpy_chk, stpcpy, false, strlen, TEXT_AND,
    (to, from, room), PLAIN_END)

TEXT_COPY_MAX(char, strncpy, strncpy, false, NONE, (to, from, n), to)
TEXT_COPY_MAX(char, stpncpy, stpncpy, false, NONE, (to, from, n), to)
TEXT_COPY_MAX(char, __stpncpy, stpncpy, false, NONE, (to, from, n), to)
TEXT_COPY_MAX(char, __strncpy_chk, strncpy, false, TEXT_AND,
    (to, from, n, room), to)
TEXT_COPY_MAX(char, __stpncpy_chk, stpncpy, false, TEXT_AND,
    (to, from, n, room), to)

TEXT_APPEND(char, strcat, strcat, false, strlen, NONE, (to, from), to)
TEXT_APPEND(char, __strcat_chk, strcat, false, strlen, TEXT_AND,
    (to, from, room), to)
TEXT_APPEND_MAX(char, strncat, strncat, false, strlen, strnlen, NONE,
    (to, from, n), to)
TEXT_APPEND_MAX(char, __strncat_chk, strncat, false, strlen, strnlen,
    TEXT_AND, (to, from, n, room), to)

TEXT_COMPARE(char, strcmp, false, strncmp, plain_strcmp(a, b))
TEXT_COMPARE(char, strcasecmp, false, strncasecmp, plain_strcmp(a, b))
TEXT_COMPARE_MAX(char, strncmp, false, plain_strncmp(a, b, n))
TEXT_COMPARE_MAX(char, strncasecmp, false, plain_strncmp(a, b, n))

TEXT_FIND(char, strchr, false, int, TEXT_TO(found), plain_strchr(s, c))
TEXT_FIND(char, index, false, int, TEXT_TO(found), plain_strchr(s, c))
TEXT_FIND(char, strchrnul, false, int, TEXT_TO(found), NULL)
TEXT_FIND(char, strrchr, false, int, SIZE_MAX, plain_strrchr(s, c))
TEXT_FIND(char, rindex, false, int, SIZE_MAX, plain_strrchr(s, c))

/* The end of what was found. */
#define AND_ALL(found)							\
	((found) == NULL ? SIZE_MAX :					\
	    (size_t)((found) - s) + calls_real.strlen(what))

TEXT_FIND_TEXT(char *, char, strstr, false, AND_ALL(found),
    plain_strstr(s, what))
TEXT_FIND_TEXT(char *, char, strcasestr, false, AND_ALL(found), NULL)
TEXT_FIND_TEXT(char *, char, strpbrk, false, TEXT_TO(found), NULL)
TEXT_FIND_TEXT(size_t, char, strspn, false, found + 1,
    plain_strspn(s, what))
TEXT_FIND_TEXT(size_t, char, strcspn, false, found + 1,
    plain_strcspn(s, what))

TEXT_COPY_NEW(char, strdup, strdup, false)
TEXT_COPY_NEW(char, __strdup, strdup, false)

#define COPY_NEW_MAX(name)						\
CALLS_ENTRY(char *, name, (const char *s, size_t n), (s, n),		\
    calls_near(s), NULL)						\
{									\
	text_hold(s, n, false, TEXT_CALL(strndup));			\
	return calls_real.name(s, n);					\
}

COPY_NEW_MAX(strndup)
COPY_NEW_MAX(__strndup)
