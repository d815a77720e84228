/*
 * calls_own.c - what the module itself calls by the names it exports.
 *
 * A reference of ours to memcpy, or one that the compiler made, would find the
 * entry that is the program's (and hold our own work against the heap).  The
 * linker turns it into one to __wrap_memcpy (--wrap in local.mk): the real one,
 * or before it is known the plain one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/calls.h"
#include "preload/calls_plain.h"

#define OWN(result, name, params, args)					\
PW_HIDDEN result __wrap_##name params;					\
PW_HIDDEN result							\
__wrap_##name params							\
{									\
	return PW_LIKELY(calls_real.name != NULL) ?			\
	    calls_real.name args : plain_##name args;			\
}

#define plain_bcmp	plain_memcmp
#define plain_memmove	plain_memcpy

OWN(void *, memcpy, (void *to, const void *from, size_t n), (to, from, n))
OWN(void *, memmove, (void *to, const void *from, size_t n), (to, from, n))
OWN(void *, memset, (void *to, int c, size_t n), (to, c, n))
OWN(int, memcmp, (const void *a, const void *b, size_t n), (a, b, n))
OWN(int, bcmp, (const void *a, const void *b, size_t n), (a, b, n))
OWN(void *, memchr, (const void *s, int c, size_t n), (s, c, n))
OWN(size_t, strlen, (const char *s), (s))
OWN(size_t, strnlen, (const char *s, size_t n), (s, n))
OWN(int, strcmp, (const char *a, const char *b), (a, b))
OWN(int, strncmp, (const char *a, const char *b, size_t n), (a, b, n))
OWN(char *, strchr, (const char *s, int c), (s, c))
OWN(char *, strrchr, (const char *s, int c), (s, c))
OWN(char *, strstr, (const char *s, const char *what), (s, what))
OWN(size_t, strspn, (const char *s, const char *set), (s, set))
OWN(size_t, strcspn, (const char *s, const char *set), (s, set))
