/*
 * t_pool_damage.c - what a program does wrong with its blocks, and how soon
 * the pool says so.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "pool_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

#define P	(&fx.pool)

/* A block of n bytes, with neighbours, and one byte behind it set to c. */
static char *
overrun(size_t n, char c)
{
	char *v;

	poolalloc(P, 100);
	v = poolalloc(P, n);
	poolalloc(P, 100);
	v[n] = c;
	return v;
}

static void
P46_one_byte_overrun_panics_at_free(void **state)
{
	(void)state;
	poolfree(P, overrun(20, 'x'));
	fx_panicked("overflow");
}

static void
P47_one_byte_overrun_panics_at_realloc(void **state)
{
	(void)state;
	poolrealloc(P, overrun(20, 'x'), 100);
	fx_panicked("overflow");
}

static void
P48_one_byte_overrun_panics_at_blockcheck(void **state)
{
	(void)state;
	poolblockcheck(P, overrun(20, 'x'));
	fx_panicked("overflow");
}

static void
P49_one_byte_overrun_panics_at_check(void **state)
{
	(void)state;
	overrun(20, 'x');
	poolcheck(P);
	fx_panicked("overflow");
}

static void
P50_under_paranoia_the_next_call_panics(void **state)
{
	(void)state;
	fx.pool.flags = POOL_PARANOIA;
	overrun(20, 'x');
	poolalloc(P, 5);
	fx_panicked("overflow");
}

static void
P51_without_paranoia_an_unrelated_call_does_not(void **state)
{
	char *v = overrun(20, 'x');

	(void)state;
	assert_non_null(poolalloc(P, 5));
	fx_no_panic();
	poolfree(P, v);
	fx_panicked("overflow");
}

/* 24 bytes fill a block of 32: the next byte is the next header's fence. */
static void
P52_overrun_without_slack_is_seen(void **state)
{
	(void)state;
	poolfree(P, overrun(24, 'A'));
	fx_panicked("");
	poolreset(P);
	fx_end(state);
	fx_begin(state);
	poolfree(P, overrun(24, '\0'));
	fx_panicked("");
}

static void
P53_a_NUL_in_the_slack_is_tolerated(void **state)
{
	(void)state;
	fx.pool.flags = POOL_TOLERANCE;
	poolfree(P, overrun(20, '\0'));
	assert_true(fx.prints > 0);
	assert_int_equal(fx.pool.nfree, 1);
	fx_sound();
}

static void
P54_a_NUL_without_slack_is_tolerated(void **state)
{
	(void)state;
	fx.pool.flags = POOL_TOLERANCE;
	poolfree(P, overrun(24, '\0'));
	assert_true(fx.prints > 0);
	assert_int_equal(fx.pool.nfree, 1);
	fx_sound();
}

static void
P55_another_byte_is_not_tolerated(void **state)
{
	(void)state;
	fx.pool.flags = POOL_TOLERANCE;
	poolfree(P, overrun(20, 'x'));
	fx_panicked("overflow");
}

static void
P56_two_NULs_are_not_tolerated(void **state)
{
	char *v = overrun(20, '\0');

	(void)state;
	fx.pool.flags = POOL_TOLERANCE;
	v[21] = '\0';
	poolfree(P, v);
	fx_panicked("overflow");
}

static void
P57_what_was_tolerated_is_put_right(void **state)
{
	char *v;

	(void)state;
	fx.pool.flags = POOL_TOLERANCE;
	v = overrun(24, '\0');
	poolblockcheck(P, v);
	fx_no_panic();
	fx_hush();
	poolblockcheck(P, v);
	assert_int_equal(fx.prints, 0);
	v[24] = '\0';
	poolfree(P, v);
	fx_sound();
}

static void
P58_every_byte_of_the_slack_is_guarded(void **state)
{
	(void)state;
	fx.pool.quantum = 256;
	for (size_t i = 10; i < 248; i++) {
		unsigned char *v;

		fx_end(state);
		fx_begin(state);
		fx.pool.quantum = 256;
		poolalloc(P, 10);
		v = poolalloc(P, 10);
		poolalloc(P, 10);
		v[i] ^= 0x20;
		poolfree(P, v);
		fx_panicked("");
	}
}

/* The size of a free block stands in its header and in its last word. */
static void
P59_a_damaged_end_of_a_free_block_panics(void **state)
{
	char *v = poolalloc(P, 1000);
	char *wall = poolalloc(P, 24);

	(void)state;
	poolfree(P, v);
	memset(wall - 8 - 8, 'x', 8);
	poolcheck(P);
	fx_panicked("");
}

static void
P60_a_damaged_header_panics(void **state)
{
	char *v;

	(void)state;
	poolalloc(P, 10);
	v = poolalloc(P, 10);
	memset(v - 8, 'x', 8);
	poolfree(P, v);
	fx_panicked("");
}

static void
P61_double_free_panics(void **state)
{
	char *v = poolalloc(P, 10);

	(void)state;
	poolfree(P, v);
	poolfree(P, v);
	fx_panicked("double-free");
}

static void
P62_an_interior_pointer_panics(void **state)
{
	char *v = poolalloc(P, 100);

	(void)state;
	memset(v, 0, 100);
	poolfree(P, v + 16);
	fx_panicked("");
	fx_end(state);
	fx_begin(state);
	v = poolalloc(P, 100);
	memset(v, 0, 100);
	poolfree(P, v + 8);
	fx_panicked("");
}

/* Also where not a byte before the pointer can be read. */
static void
P63_a_foreign_pointer_panics(void **state)
{
	char here[64] = { 0 };
	char *nowhere = os_reserve(4096);

	(void)state;
	poolalloc(P, 10);
	poolfree(P, here + 32);
	fx_panicked("");
	fx_end(state);
	fx_begin(state);
	poolalloc(P, 10);
	poolfree(P, nowhere);
	fx_panicked("");
	os_unmap(nowhere, 4096);
}

static void
P64_a_pointer_one_byte_off_panics(void **state)
{
	(void)state;
	poolfree(P, (char *)poolalloc(P, 100) + 1);
	fx_panicked("");
}

static int prints_at_panic;

static void
count_prints(Pool *p, const char *fmt, ...)
{
	(void)p;
	(void)fmt;
	prints_at_panic = fx.prints;
}

static void
P67_details_are_printed_before_the_panic(void **state)
{
	char *v = overrun(20, 'x');

	(void)state;
	fx.pool.panic = count_prints;
	prints_at_panic = -1;
	fx_hush();
	poolfree(P, v);
	assert_true(prints_at_panic > 0);
	assert_true(fx_said("fixture"));
}

static void
a_panic_names_pool_block_byte_and_tags(void **state)
{
	char address[32];
	uintptr_t *v;

	(void)state;
	fx.pool.tagsize = 16;
	v = poolalloc(P, 36);
	v[0] = 0x1234567890;
	v[1] = 0x9876543210;
	((char *)v)[37] = 'x';
	poolfree(P, v);
	fx_panicked("fixture");
	snprintf(address, sizeof(address), "%p", (void *)v);
	assert_true(fx_said(address) || strstr(fx.why, address) != NULL);
	snprintf(address, sizeof(address), "%p", (void *)((char *)v + 37));
	assert_true(fx_said(address) || strstr(fx.why, address) != NULL);
	assert_true(fx_said("1234567890") || strstr(fx.why, "1234567890"));
	assert_true(fx_said("9876543210") || strstr(fx.why, "9876543210"));
}

static void
P107_after_a_panic_that_returned_calls_do_not_crash(void **state)
{
	char *a = poolalloc(P, 100), *v = overrun(20, 'x');
	size_t nfree;

	(void)state;
	poolfree(P, v);
	fx_panicked("overflow");
	nfree = fx.pool.nfree;
	errno = 0;
	assert_null(poolalloc(P, 10));
	assert_int_equal(errno, EUCLEAN);
	errno = 0;
	assert_null(poolallocalign(P, 10, 64, 0, 0));
	assert_int_equal(errno, EUCLEAN);
	errno = 0;
	assert_null(poolrealloc(P, a, 200));
	assert_int_equal(errno, EUCLEAN);
	poolfree(P, a);
	assert_int_equal(fx.pool.nfree, nfree);
	assert_int_equal(poolcompact(P), 0);
	poolmsize(P, a);
	pooltrim(P);
	fx_no_panic();
	fx_hush();
	poolcheck(P);
	fx.expected = fx.panics;
	assert_true(fx_said("overflow") || strstr(fx.why, "overflow"));
}

static void
a_panic_may_leave_by_longjmp(void **state)
{
	char *volatile v = overrun(20, 'x');
	jmp_buf env;

	(void)state;
	fx.jump = &env;
	if (setjmp(env) == 0) {
		poolfree(P, v);
		fail_msg("no panic");
	}
	fx.depth = 0;
	fx.jump = NULL;
	fx_panicked("overflow");
	assert_null(poolalloc(P, 10));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(P46_one_byte_overrun_panics_at_free),
		FX_TEST(P47_one_byte_overrun_panics_at_realloc),
		FX_TEST(P48_one_byte_overrun_panics_at_blockcheck),
		FX_TEST(P49_one_byte_overrun_panics_at_check),
		FX_TEST(P50_under_paranoia_the_next_call_panics),
		FX_TEST(P51_without_paranoia_an_unrelated_call_does_not),
		FX_TEST(P52_overrun_without_slack_is_seen),
		FX_TEST(P53_a_NUL_in_the_slack_is_tolerated),
		FX_TEST(P54_a_NUL_without_slack_is_tolerated),
		FX_TEST(P55_another_byte_is_not_tolerated),
		FX_TEST(P56_two_NULs_are_not_tolerated),
		FX_TEST(P57_what_was_tolerated_is_put_right),
		FX_TEST(P58_every_byte_of_the_slack_is_guarded),
		FX_TEST(P59_a_damaged_end_of_a_free_block_panics),
		FX_TEST(P60_a_damaged_header_panics),
		FX_TEST(P61_double_free_panics),
		FX_TEST(P62_an_interior_pointer_panics),
		FX_TEST(P63_a_foreign_pointer_panics),
		FX_TEST(P64_a_pointer_one_byte_off_panics),
		FX_TEST(P67_details_are_printed_before_the_panic),
		FX_TEST(a_panic_names_pool_block_byte_and_tags),
		FX_TEST(P107_after_a_panic_that_returned_calls_do_not_crash),
		FX_TEST(a_panic_may_leave_by_longjmp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
