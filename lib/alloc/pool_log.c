/*
 * pool_log.c - the lines of POOL_LOGGING and POOL_DEBUGGING.
 *
 * A logged call prints a line at its beginning and one at its end, which
 * repeats the first and adds the result: two threads' calls never mix, since the lock
 * is held.  logstack comes once, just before the line of the end.
 *
 * Lines are made here and handed to print as one string, so a print hook needs
 * to know %s only.  No memory is taken and nothing is looked at but the
 * arguments.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdarg.h>

#include "alloc/pool_impl.h"
#include "base/say.h"

#define LINE_SIZE	256

static void
log_line(Pool *p, const char *fmt, va_list args, const char *after,
    const void *result)
{
	char line[LINE_SIZE];

	if (p->print == NULL)
		return;
	say_vformat(line, sizeof(line), fmt, args);
	if (result != NULL)
		p->print(p, "%s%s%p\n", line, after, result);
	else
		p->print(p, "%s%s\n", line, after);
}

void
pool_log_say(Pool *p, enum pool_call when, const char *fmt, ...)
{
	va_list args;

	if (when == POOL_CALL_END && p->logstack != NULL)
		p->logstack(p);
	va_start(args, fmt);
	log_line(p, fmt, args, "", NULL);
	va_end(args);
}

void
pool_log_result(Pool *p, const void *result, const char *fmt, ...)
{
	va_list args;

	if (p->logstack != NULL)
		p->logstack(p);
	va_start(args, fmt);
	log_line(p, fmt, args, result != NULL ? " = " : " = nil", result);
	va_end(args);
}

void
pool_log_note_say(Pool *p, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_line(p, fmt, args, "", NULL);
	va_end(args);
}

void *
pool_log_alloc_l(Pool *p, size_t size)
{
	void *data;

	pool_log_say(p, POOL_CALL_BEGIN, "poolalloc %p %zu", (void *)p, size);
	data = pool_alloc_l(p, size);
	pool_log_result(p, data, "poolalloc %p %zu", (void *)p, size);
	return data;
}

void
pool_log_free_l(Pool *p, void *v)
{
	pool_log_say(p, POOL_CALL_BEGIN, "poolfree %p %p", (void *)p, v);
	pool_free_l(p, v);
	pool_log_say(p, POOL_CALL_END, "poolfree %p %p", (void *)p, v);
}
