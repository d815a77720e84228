/*
 * calls_plain.c - the plainest form of what must work before libc does.
 *
 * Byte by byte, and volatile: a compiler that knows memcpy when it sees it
 * would call it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/calls_plain.h"

#include <stdbool.h>
#include <stdint.h>

typedef const volatile unsigned char plain_bytes;

void *
plain_memcpy(void *to, const void *from, size_t n)
{
	volatile unsigned char *t = to;
	plain_bytes *f = from;

	if ((uintptr_t)to - (uintptr_t)from >= n)
		for (size_t i = 0; i < n; i++)
			t[i] = f[i];
	else
		while (n-- != 0)
			t[n] = f[n];
	return to;
}

void *
plain_memset(void *to, int c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((volatile unsigned char *)to)[i] = (unsigned char)c;
	return to;
}

int
plain_memcmp(const void *a, const void *b, size_t n)
{
	plain_bytes *x = a, *y = b;

	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i])
			return x[i] - y[i];
	return 0;
}

void *
plain_memchr(const void *s, int c, size_t n)
{
	plain_bytes *b = s;

	for (size_t i = 0; i < n; i++)
		if (b[i] == (unsigned char)c)
			return (void *)(uintptr_t)&b[i];
	return NULL;
}

size_t
plain_strnlen(const char *s, size_t max)
{
	const volatile char *b = s;
	size_t n = 0;

	while (n < max && b[n] != '\0')
		n++;
	return n;
}

size_t
plain_strlen(const char *s)
{
	return plain_strnlen(s, SIZE_MAX);
}

char *
plain_strcpy(char *to, const char *from)
{
	return plain_memcpy(to, from, plain_strlen(from) + 1);
}

int
plain_strncmp(const char *a, const char *b, size_t n)
{
	plain_bytes *x = (plain_bytes *)a, *y = (plain_bytes *)b;

	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i] || x[i] == '\0')
			return x[i] - y[i];
	return 0;
}

int
plain_strcmp(const char *a, const char *b)
{
	return plain_strncmp(a, b, SIZE_MAX);
}

char *
plain_strchr(const char *s, int c)
{
	return plain_memchr(s, c, plain_strlen(s) + 1);
}

char *
plain_strrchr(const char *s, int c)
{
	size_t n = plain_strlen(s) + 1;

	while (n-- != 0)
		if (s[n] == (char)c)
			return (char *)(uintptr_t)&s[n];
	return NULL;
}

char *
plain_strstr(const char *s, const char *what)
{
	size_t n = plain_strlen(what);

	for (;; s++) {
		if (plain_strncmp(s, what, n) == 0)
			return (char *)(uintptr_t)s;
		if (*s == '\0')
			return NULL;
	}
}

static size_t
plain_span(const char *s, const char *set, bool in)
{
	size_t n = 0;

	while (s[n] != '\0' && (plain_strchr(set, s[n]) != NULL) == in)
		n++;
	return n;
}

size_t
plain_strspn(const char *s, const char *set)
{
	return plain_span(s, set, true);
}

size_t
plain_strcspn(const char *s, const char *set)
{
	return plain_span(s, set, false);
}
