/*
 * calls.c - each checked call of libc at both ends of a block, freed and live.
 *
 * A row is one call and what it does with p: read or write n characters of
 * unit bytes.  Where p lies is told by the size of its block (enum where).
 * For each row and place that goes wrong a line says what must be found:
 *
 *	KIND ACCESS CALL OFFSET FUNCTION SIZE
 *
 * LIVE goes to the last byte of its block, and nothing may be found.  Every
 * block is freed in the end, where nothing must be found a second time.  With
 * the argument gone: a write to a large block that was freed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <wchar.h>

#include "chk.h"

enum where { PAST = 40, BEFORE = 48, FREED = 56, LIVE = 64 };

#define ROOM	256
#define ALL	((size_t)-1)		/* the room that a _chk form is told */

static char other[ROOM], spare[ROOM];	/* 'x', and a NUL behind n - 1 of them */
static wchar_t wide_other[ROOM], wide_spare[ROOM];
static int zero, null, pair[2];
static volatile uintptr_t used;		/* so that no call is left out */
static FILE *in, *out, *sink, *wide_sink;

static int
by_byte(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

static int
by_byte_too(const void *a, const void *b, void *arg)
{
	(void)arg;
	return by_byte(a, b);
}

static int __attribute__((format(printf, 2, 3)))
print(char *p, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsprintf(p, format, ap);
	va_end(ap);
	return n;
}

static int __attribute__((format(printf, 3, 4)))
print_n(char *p, size_t size, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(p, size, format, ap);
	va_end(ap);
	return n;
}

static int
print_old(char *p, size_t size, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = __vsnprintf(p, size, format, ap);
	va_end(ap);
	return n;
}

static int
print_wide(wchar_t *p, size_t size, const wchar_t *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vswprintf(p, size, format, ap);
	va_end(ap);
	return n;
}

static int
print_chk(char *p, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = __vsprintf_chk(p, 0, ALL, format, ap);
	va_end(ap);
	return n;
}

static int
print_n_chk(char *p, size_t size, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = __vsnprintf_chk(p, size, 0, ALL, format, ap);
	va_end(ap);
	return n;
}

static int
print_wide_chk(wchar_t *p, size_t size, const wchar_t *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = __vswprintf_chk(p, size, 0, ALL, format, ap);
	va_end(ap);
	return n;
}

/* As what p is, to where a block may end; never near the heap. */
static void *
same_as(void *p, size_t unit)
{
	static wchar_t wide_copy[ROOM];
	static char copy[ROOM];

	for (size_t i = 0; i < ROOM - 1; i++)
		if (unit == 1)
			copy[i] = ((volatile char *)p)[i];
		else
			wide_copy[i] = ((volatile wchar_t *)p)[i];
	return unit == 1 ? (void *)copy : (void *)wide_copy;
}

/* A stream that has one line of n - 1 characters, its newline among them. */
static FILE *
line_of(size_t n)
{
	static char line[ROOM];
	FILE *f;

	memset(line, 'x', n - 2);
	strcpy(line + n - 2, "\n");
	f = tmpfile();
	/* Not by the stream: its first use says whether it is wide. */
	if (pwrite(fileno(f), line, n - 1, 0) != (ssize_t)n - 1)
		abort();
	return f;
}

static int
fill_pair(size_t n)
{
	if (send(pair[1], other, n, 0) != (ssize_t)n)
		abort();
	return pair[0];
}

static int
drain_pair(ssize_t n)
{
	if (n > 0)
		recv(pair[1], spare, ROOM, 0);
	return 0;
}

#define same(p)	same_as(p, unit)
#define USE(e)	(used = (uintptr_t)(e))
#define P	((char *)p)
#define W	((wchar_t *)p)
#define SHORT	(int)(n - 1), other
#define WSHORT	(int)(n - 1), wide_other
#define IOV	&(struct iovec){ p, n }, 1

/*
 * name (of its function), call, access, unit, at which places, what it does.
 * Places: p past the end, b before the start, f freed, l live.
 */
#include "rows.h"

#define FUNCTION(name, call, access, unit_, places, ...)			\
static __attribute__((noinline)) void					\
do_##name(void *p, size_t n, int mark)					\
{									\
	const size_t unit = unit_;					\
									\
	__VA_ARGS__;							\
	(void)p;							\
	(void)n;							\
	(void)mark;							\
	(void)unit;							\
}
ROWS(FUNCTION)

static const struct row {
	const char *name;
	void (*work)(void *p, size_t n, int mark);
	const char *call;
	char access;
	size_t unit;
	const char *places;
} rows[] = {
#define AS_ROW(name, call, access, unit, places, ...) \
	{ #name, do_##name, #call, #access[0], unit, places },
	ROWS(AS_ROW)
};

/* A block that is a string without an end, or with one at end. */
static char *
prepare(const struct row *r, enum where where, size_t n, size_t end)
{
	char *block = malloc(where);

	for (size_t i = 0; i < where / r->unit; i++)
		if (r->unit == 1)
			block[i] = i == end ? '\0' : 'x';
		else
			((wchar_t *)block)[i] = i == end ? L'\0' : L'x';
	memset(other, 'x', ROOM);
	wmemset(wide_other, L'x', ROOM);
	other[n - 1] = '\0';
	wide_other[n - 1] = L'\0';
	return block;
}

static void
expect(const struct row *r, enum where where)
{
	const char *kind = where == PAST ? "heap-overrun" :
	    where == BEFORE ? "heap-underrun" : "use-after-free";
	int offset = where == PAST ? PAST : where == BEFORE ? -(int)r->unit :
	    0;

	fprintf(out, "%s %s %s %d do_%s %d\n", kind, r->access == 'r' ?
	    "read" : "write", r->call, offset, r->name, where);
}

static void
try(const struct row *r, enum where where)
{
	size_t n = where == PAST ? PAST / r->unit + 1 :
	    where == LIVE ? LIVE / r->unit : 4;
	char *block = prepare(r, where, n, where == PAST ? ALL :
	    where == LIVE ? n - 1 : 2);

	/* What strcat appends to is an empty string. */
	if (r->access == 'a') {
		block[0] = '\0';
		*(wchar_t *)block = L'\0';
	}
	if (where != LIVE)
		expect(r, where);
	if (where == FREED)
		free(block);
	r->work(where == BEFORE ? block - r->unit : block, n,
	    where == FREED ? 0xf7 : where == LIVE ? 0 : 0xfd);
	if (where != FREED)
		free(block);
}

/* Far from the start of a block, where no header is near. */
static __attribute__((noinline)) void
far_memset(char *p)
{
	memset(p, 'x', 4);
}

static void
try_far(size_t size)
{
	char *block = malloc(size);

	fprintf(out, "heap-overrun write memset %zu far_memset %zu\n", size,
	    size);
	far_memset(block + size - 4);
	far_memset(block + size / 2);
	far_memset(block + size - 3);
	free(block);
}

int
main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "gone") == 0) {
		char *block = malloc(300000);

		free(block);
		far_memset(block + 1000);
		return 0;
	}
	zero = open("/dev/zero", O_RDWR);
	null = open("/dev/null", O_RDWR);
	in = fopen("/dev/zero", "r");
	out = fopen(argv[1], "w");
	setlinebuf(out);
	sink = fopen("/dev/null", "w");
	wide_sink = fopen("/dev/null", "w");
	socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (const char *w = rows[i].places; *w != '\0'; w++)
			try(&rows[i], *w == 'p' ? PAST : *w == 'b' ? BEFORE :
			    *w == 'f' ? FREED : LIVE);
	try_far(5000);
	try_far(100000);
	try_far(300000);
	try_far(90000000);
	return 0;
}
