/*
 * t_pool_log.c - what a pool prints: dumps, logs, verbosity.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "pool_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define P	(&fx.pool)

static char line[256];

#define SAID(...)	(snprintf(line, sizeof(line), __VA_ARGS__), \
			 fx_said(line))

static void
P68_dump_lists_every_arena_and_block(void **state)
{
	size_t sum = 0, size;
	int lines = 0;
	char *at;

	(void)state;
	for (size_t n = 0; n < 10; n++)
		poolalloc(P, n * 100);
	fx_hush();
	pooldump(P);
	assert_true(SAID("pool %p fixture\n", (void *)P));
	assert_true(SAID("arena %p %zu\n", (void *)fx.arena[0].at,
	    fx.arena[0].size));
	for (at = strchr(fx.text, '\n') + 1; *at != '\0';
	    at = strchr(at, '\n') + 1)
		if (sscanf(at, "%*x %*s %zu", &size) == 1 &&
		    strncmp(at, "arena", 5) != 0) {
			sum += size;
			lines++;
		}
	assert_int_equal(lines, 11);
	assert_int_equal(sum, fx.arena[0].size - 40 - 8);
}

static void
P84_verbosity_dumps_before_and_after(void **state)
{
	void *v;

	(void)state;
	fx.pool.flags = POOL_VERBOSITY;
	v = poolalloc(P, 10);
	assert_true(fx_count("fixture\n") >= 2);
	fx_hush();
	v = poolrealloc(P, v, 100);
	assert_true(fx_count("fixture\n") >= 2);
	fx_hush();
	poolfree(P, v);
	assert_true(fx_count("fixture\n") >= 2);
}

static void
P85_a_dump_is_a_line_for_the_pool_each_arena_and_block(void **state)
{
	(void)state;
	poolalloc(P, 10);
	poolalloc(P, 100000);
	fx_hush();
	pooldump(P);
	assert_int_equal(fx_count("\n"), 1 + 2 + (int)fx_tally().nalloc +
	    (int)fx_tally().nfree);
}

static void
P86_logging_is_a_line_at_the_beginning_and_at_the_end(void **state)
{
	void *v, *w;

	(void)state;
	fx.pool.flags = POOL_LOGGING;
	v = poolalloc(P, 123);
	assert_true(SAID("poolalloc %p 123\n", (void *)P));
	assert_true(SAID("poolalloc %p 123 = %p\n", (void *)P, v));
	assert_true(fx_said("newarena 65536\n"));
	fx_hush();
	w = poolrealloc(P, v, 456);
	assert_int_equal(fx.prints, 2);
	assert_true(SAID("poolrealloc %p %p 456\n", (void *)P, v));
	assert_true(SAID("poolrealloc %p %p 456 = %p\n", (void *)P, v, w));
	fx_hush();
	v = (void *)poolmsize(P, w);
	assert_int_equal(fx.prints, 2);
	assert_true(SAID("poolmsize %p %p = %zu\n", (void *)P, w, (size_t)v));
	fx_hush();
	poolfree(P, w);
	assert_int_equal(fx.prints, 2);
	assert_true(SAID("poolfree %p %p\n", (void *)P, w));
	fx_hush();
	v = poolallocalign(P, 10, 64, -16, 4096);
	assert_int_equal(fx.prints, 2);
	assert_true(SAID("poolallocalign %p 10 64 -16 4096 = %p\n",
	    (void *)P, v));
	fx_hush();
	fx.pool.move = fx_move;
	poolcompact(P);
	assert_true(SAID("poolcompact %p\n", (void *)P));
	fx_hush();
	poolreset(P);
	assert_true(SAID("poolreset %p\n", (void *)P));
}

static void
a_refused_request_is_logged(void **state)
{
	(void)state;
	fx.pool.flags = POOL_LOGGING;
	fx.pool.maxsize = 70000;
	poolalloc(P, 1000);
	fx_hush();
	assert_null(poolalloc(P, 100000));
	assert_true(fx_said("pool too big: 65536+"));
	assert_true(fx_said("> 70000\n"));
	assert_true(fx_said(" 100000 = nil\n"));
}

static void
P87_logstack_is_called_once_for_each_logged_call(void **state)
{
	void *v;

	(void)state;
	fx.pool.flags = POOL_LOGGING;
	fx.pool.logstack = fx_logstack;
	v = poolalloc(P, 10);
	assert_int_equal(fx.stacks, 1);
	v = poolrealloc(P, v, 3000);
	assert_int_equal(fx.stacks, 2);
	poolfree(P, v);
	assert_int_equal(fx.stacks, 3);
	v = poolrealloc(P, NULL, 30);
	assert_int_equal(fx.stacks, 4);
	poolrealloc(P, v, 0);
	assert_int_equal(fx.stacks, 5);
}

static void
P88_without_logging_logstack_is_not_called(void **state)
{
	(void)state;
	fx.pool.logstack = fx_logstack;
	poolfree(P, poolalloc(P, 10));
	assert_int_equal(fx.stacks, 0);
	assert_int_equal(fx.prints, 0);
}

static void
P89_logstack_comes_before_the_line_of_the_end(void **state)
{
	(void)state;
	poolalloc(P, 10);
	fx.pool.flags = POOL_LOGGING;
	fx.pool.logstack = fx_logstack;
	fx_hush();
	poolalloc(P, 10);
	assert_int_equal(fx.prints, 2);
	assert_int_equal(fx.stack_at[0], 1);
}

static void
P90_checks_and_dumps_log_nothing(void **state)
{
	void *v = poolalloc(P, 10);
	int lines;

	(void)state;
	fx_hush();
	pooldump(P);
	lines = fx_count("\n");
	fx.pool.flags = POOL_LOGGING;
	fx.pool.logstack = fx_logstack;
	fx_hush();
	poolcheck(P);
	poolblockcheck(P, v);
	assert_int_equal(fx.prints, 0);
	pooldump(P);
	assert_int_equal(fx_count("\n"), lines);
	assert_int_equal(fx.stacks, 0);
}

/*
 * A print that calls its pool would wait for itself: the lock of poolcreate
 * cannot know.  The manual forbids it; a hook that counts shows that the lock
 * is asked for, not that the pool is changed behind its own back.
 */
static bool nested;

static void
calls_back(Pool *p, const char *fmt, ...)
{
	(void)fmt;
	if (!nested) {
		nested = true;
		p->flags = 0;
		poolblockcheck(p, NULL);
		fx.depth--;
		poolcheck(p);
		fx.depth++;
	}
}

static void
P106_a_print_that_calls_its_pool_meets_the_lock(void **state)
{
	int locks;

	(void)state;
	nested = false;
	fx.pool.flags = POOL_LOGGING;
	fx.pool.print = calls_back;
	locks = fx.locks;
	assert_non_null(poolalloc(P, 10));
	assert_true(nested);
	assert_int_equal(fx.locks, locks + 2);
}

static void
debugging_prints_what_it_likes(void **state)
{
	(void)state;
	fx.pool.flags = POOL_DEBUGGING;
	poolfree(P, poolalloc(P, 10));
	fx_sound();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(P68_dump_lists_every_arena_and_block),
		FX_TEST(P84_verbosity_dumps_before_and_after),
		FX_TEST(P85_a_dump_is_a_line_for_the_pool_each_arena_and_block),
		FX_TEST(P86_logging_is_a_line_at_the_beginning_and_at_the_end),
		FX_TEST(a_refused_request_is_logged),
		FX_TEST(P87_logstack_is_called_once_for_each_logged_call),
		FX_TEST(P88_without_logging_logstack_is_not_called),
		FX_TEST(P89_logstack_comes_before_the_line_of_the_end),
		FX_TEST(P90_checks_and_dumps_log_nothing),
		FX_TEST(P106_a_print_that_calls_its_pool_meets_the_lock),
		FX_TEST(debugging_prints_what_it_likes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
