/*
 * quick_child.h - a quickfit for each test.
 *
 * There is one quickfit in a process, so a test runs in a child: child_begin
 * forks and answers 0 in the parent, after the child has ended well; in the
 * child the quickfit stands, with hooks that remember what they were told, and
 * CHECK takes the part of cmocka's assertions.  child_end ends it.
 *
 *	if (!child_begin(0, 0))
 *		return;
 *	CHECK(qmalloc(0) != NULL);
 *	child_end();
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_UNIT_QUICK_CHILD_H
#define TESTS_UNIT_QUICK_CHILD_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/pool.h"
#include "alloc/qmalloc.h"
#include "base/check.h"
#include "base/compiler.h"

#define KIB	((size_t)1 << 10)
#define MIB	((size_t)1 << 20)

static unsigned npanic;		/* in the child */
static char said[512];		/* its text */
static char printed[8192];	/* by qmallocsummary */
static jmp_buf *jump;		/* where a panic goes; NULL: it returns */

#define CHECK(e)	((e) ? (void)0 : child_fail(#e, __FILE__, __LINE__))

PW_UNUSED PW_NORETURN static void
child_fail(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s (panics: %u %s)\n", file, line, what,
	    npanic, said);
	_exit(1);
}

void
check_failed(const char *what, const char *file, int line)
{
	child_fail(what, file, line);
}

static void
child_panic(const char *text)
{
	npanic++;
	snprintf(said, sizeof(said), "%s", text);
	if (jump != NULL)
		longjmp(*jump, 1);
}

static void
child_print(const char *text, size_t size)
{
	size_t n = strlen(printed);

	CHECK(strlen(text) == size);
	snprintf(printed + n, sizeof(printed) - n, "%s", text);
}

/* true: in the child, and quickfit is not yet there. */
PW_UNUSED static int
child_begin_bare(size_t maxsize, int flags)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid != 0) {
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		return 0;
	}
	alarm(120);
	CHECK(qmallocconf(maxsize, flags) == 0);
	qmallochooks(child_print, child_panic);
	return 1;
}

PW_UNUSED static int
child_begin(size_t maxsize, int flags)
{
	if (!child_begin_bare(maxsize, flags))
		return 0;
	qmallocinit();
	return 1;
}

PW_UNUSED PW_NORETURN static void
child_end(void)
{
	CHECK(npanic == 0);
	_exit(0);
}

/* After a panic that the test has looked for. */
PW_UNUSED PW_NORETURN static void
child_end_after_panic(const char *words)
{
	CHECK(npanic == 1);
	CHECK(strstr(said, words) != NULL);
	CHECK(strstr(said, "corrupt") != NULL);
	_exit(0);
}

PW_UNUSED static int
is_zero(const void *p, size_t size)
{
	const char *b = p;

	while (size-- != 0)
		if (*b++ != 0)
			return 0;
	return 1;
}

/* The number behind words in what qmallocsummary prints; ~0: not there. */
PW_UNUSED static size_t
summary_find(const char *words)
{
	const char *at;

	printed[0] = '\0';
	qmallocsummary();
	at = strstr(printed, words);
	return at == NULL ? SIZE_MAX : strtoull(at + strlen(words), NULL, 10);
}

#endif
