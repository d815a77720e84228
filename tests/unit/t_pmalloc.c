/*
 * t_pmalloc.c - malloc on a pool, and the two tags of its blocks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "pool_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/pmalloc.h"
#include "base/compiler.h"

#define P	(&fx.pool)
#define NO_TAG	(~(uintptr_t)0)

static int
begin(void **state)
{
	int status = fx_begin(state);

	fx.pool.tagsize = 16;
	return status;
}

#define TAG_TEST(name)	cmocka_unit_test_setup_teardown(name, begin, fx_end)

/* Callers of their own, a kilobyte of code at most. */
static PW_NOINLINE void *
first_caller(size_t n)
{
	void *volatile v = pmalloc(P, n);

	return v;
}

static PW_NOINLINE void *
second_caller(void *old, size_t n)
{
	void *volatile v = prealloc(P, old, n);

	return v;
}

static bool
is_within(uintptr_t pc, void *function)
{
	return pc - (uintptr_t)function < 1024 && pc != (uintptr_t)function;
}

static void
T1_malloc_of_0_gives_a_block(void **state)
{
	(void)state;
	assert_non_null(pmalloc(P, 0));
	fx_sound();
}

static void
T2_free_of_nil_is_a_no_op(void **state)
{
	(void)state;
	pfree(P, NULL);
	assert_int_equal(fx.pool.nfree, 0);
}

static void
T3_malloc_keeps_its_callers_pc(void **state)
{
	void *v = first_caller(100);

	(void)state;
	assert_true(is_within(pgetmalloctag(P, v), (void *)first_caller));
	assert_int_equal(pgetrealloctag(P, v), 0);
}

static void
T4_realloc_keeps_its_caller_beside_the_first(void **state)
{
	void *v = first_caller(100), *w;

	(void)state;
	pmalloc(P, 100);
	w = second_caller(v, 5000);
	assert_ptr_not_equal(v, w);
	assert_true(is_within(pgetmalloctag(P, w), (void *)first_caller));
	assert_true(is_within(pgetrealloctag(P, w), (void *)second_caller));
	v = second_caller(w, 10);
	assert_true(is_within(pgetmalloctag(P, v), (void *)first_caller));
	assert_true(is_within(pgetrealloctag(P, v), (void *)second_caller));
}

static void
T5_realloc_of_nil_sets_both_tags(void **state)
{
	void *v = second_caller(NULL, 100);

	(void)state;
	assert_true(is_within(pgetmalloctag(P, v), (void *)second_caller));
	assert_true(is_within(pgetrealloctag(P, v), (void *)second_caller));
}

static void
T6_realloc_to_0_frees(void **state)
{
	void *v = pmalloc(P, 100);

	(void)state;
	assert_null(prealloc(P, v, 0));
	assert_int_equal(fx.pool.curalloc, 0);
}

static void
T7_realloc_of_nil_to_0_is_nil(void **state)
{
	(void)state;
	assert_null(prealloc(P, NULL, 0));
	assert_int_equal(fx.locks, 0);
}

static void
T8_tags_are_64_bits_wide(void **state)
{
	void *v = pmalloc(P, 100);

	(void)state;
	psetmalloctag(P, v, 0xfedcba9876543210);
	psetrealloctag(P, v, 0x0123456789abcdef);
	assert_true(pgetmalloctag(P, v) == 0xfedcba9876543210);
	assert_true(pgetrealloctag(P, v) == 0x0123456789abcdef);
	fx_sound();
}

static void
T9_a_tag_of_nil_is_ignored(void **state)
{
	(void)state;
	psetmalloctag(P, NULL, 1);
	psetrealloctag(P, NULL, 1);
	assert_true(pgetmalloctag(P, NULL) == NO_TAG);
	assert_true(pgetrealloctag(P, NULL) == NO_TAG);
}

static void
T10_a_pool_without_tags_answers_all_ones(void **state)
{
	char *v;

	(void)state;
	fx.pool.tagsize = 0;
	v = pmalloc(P, 100);
	fx_write(v, 100, 1);
	psetmalloctag(P, v, 1);
	psetrealloctag(P, v, 1);
	fx_read(v, 100, 1);
	assert_true(pgetmalloctag(P, v) == NO_TAG);
	assert_true(pgetrealloctag(P, v) == NO_TAG);
	assert_ptr_equal(pmalloctopoolblock(P, v), v);
}

static void
all_zero(const char *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(v[i], 0);
}

static void
T11_mallocz_clears(void **state)
{
	char *v = pmalloc(P, 500);

	(void)state;
	memset(v, 0xEE, 500);
	pfree(P, v);
	v = pmallocz(P, 500, 1);
	all_zero(v, 500);
	assert_non_null(pmallocz(P, 500, 0));
	assert_int_equal(pgetrealloctag(P, v), 0);
	fx_sound();
}

static void
T12_calloc_sees_an_overflow(void **state)
{
	(void)state;
	errno = 0;
	assert_null(pcalloc(P, SIZE_MAX / 2 + 1, 2));
	assert_int_equal(errno, ENOMEM);
	assert_null(pcalloc(P, 1 + (size_t)UINT32_MAX, 1 + (size_t)UINT32_MAX));
	assert_int_equal(fx.allocs, 0);
}

static void
T13_calloc_clears(void **state)
{
	char *v = pmalloc(P, 600);

	(void)state;
	memset(v, 0xEE, 600);
	pfree(P, v);
	v = pcalloc(P, 60, 10);
	all_zero(v, 600);
	assert_non_null(pcalloc(P, 0, 10));
	assert_non_null(pcalloc(P, 10, 0));
	fx_sound();
}

static void
T14_mallocalign_means_the_users_bytes(void **state)
{
	static const struct { size_t n, align; long offset; size_t span; }
	    want[] = {
		{ 100, 64, 0, 0 }, { 100, 64, 8, 0 }, { 100, 48, 5, 0 },
		{ 4096, 4096, 0, 4096 }, { 100, 4096, -16, 0 },
		{ 200, 16, 0, 256 }, { 50, 0, 0, 128 }, { 1000, 1024, 0, 1024 },
	};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(want); i++) {
		char *v = pmallocalign(P, want[i].n, want[i].align,
		    want[i].offset, want[i].span);
		uintptr_t at = (uintptr_t)v;

		assert_non_null(v);
		if (want[i].align != 0)
			assert_int_equal(at % want[i].align,
			    want[i].offset < 0 ? (long)want[i].align +
			    want[i].offset : want[i].offset);
		if (want[i].span != 0)
			assert_int_equal(at / want[i].span,
			    (at + want[i].n - 1) / want[i].span);
		memset(v, 1, want[i].n);
		assert_int_equal(pgetrealloctag(P, v), 0);
		fx_sound();
	}
}

static void
T15_msize_leaves_the_tags_alone(void **state)
{
	char *v = first_caller(33);
	size_t size = pmsize(P, v);

	(void)state;
	assert_true(size >= 33);
	memset(v, 0xff, size);
	assert_true(is_within(pgetmalloctag(P, v), (void *)first_caller));
	fx_sound();
	assert_int_equal(pmsize(P, NULL), 0);
}

static void
T16_malloctopoolblock_is_what_the_pool_knows(void **state)
{
	char *v = pmalloc(P, 33);

	(void)state;
	assert_ptr_equal(pmalloctopoolblock(P, v), v - 16);
	poolblockcheck(P, pmalloctopoolblock(P, v));
	assert_null(pmalloctopoolblock(P, NULL));
}

static void
T17_blocks_are_aligned_for_any_type(void **state)
{
	(void)state;
	for (size_t n = 0; n < 200; n++)
		assert_int_equal((uintptr_t)pmalloc(P, n) % 16, 0);
}

static void
T18_an_impossible_size_is_refused(void **state)
{
	void *v = pmalloc(P, 10);

	(void)state;
	for (size_t n = 0; n < 100; n++) {
		errno = 0;
		assert_null(pmalloc(P, SIZE_MAX - n));
		assert_int_equal(errno, ENOMEM);
		assert_null(prealloc(P, v, SIZE_MAX - n));
		assert_null(pmallocalign(P, SIZE_MAX - n, 16, 0, 0));
	}
	fx_sound();
}

static void
T19_a_dead_block_keeps_its_tags(void **state)
{
	void *v;

	(void)state;
	fx.pool.flags = POOL_NOREUSE;
	v = first_caller(100);
	psetrealloctag(P, v, 0x1234);
	pfree(P, v);
	assert_true(is_within(pgetmalloctag(P, v), (void *)first_caller));
	assert_int_equal(pgetrealloctag(P, v), 0x1234);
	fx_sound();
}

/* A wrapper of malloc, which says who called it. */
static PW_NOINLINE void *
wrapper(size_t n)
{
	void *v = pmalloc(P, n);

	psetmalloctag(P, v, (uintptr_t)__builtin_return_address(0));
	return v;
}

static PW_NOINLINE void *
users_function(void)
{
	void *volatile v = wrapper(100);

	return v;
}

static uintptr_t tag_seen;

static void
look(void *arg, void *data, size_t size, enum pool_kind kind)
{
	(void)arg;
	(void)size;
	if (kind == POOL_BLOCK_ALLOC)
		tag_seen = *(uintptr_t *)data;
}

/* poolwalk is what lists the blocks of a pool that nobody frees. */
static void
T20_a_wrapper_may_name_its_caller(void **state)
{
	(void)state;
	users_function();
	poolwalk(P, look, NULL);
	assert_true(is_within(tag_seen, (void *)users_function));
}

static void
a_dump_names_the_tags(void **state)
{
	void *v = pmalloc(P, 100);

	(void)state;
	psetmalloctag(P, v, 0x123abc);
	psetrealloctag(P, v, 0x456def);
	pooldump(P);
	assert_true(fx_said(" tags 0x123abc 0x456def\n"));
}

static void
realloc_keeps_the_users_alignment(void **state)
{
	char *v = pmallocalign(P, 100, 256, 24, 0);

	(void)state;
	fx_write(v, 100, 1);
	pmalloc(P, 10);
	v = prealloc(P, v, 9000);
	assert_int_equal((uintptr_t)v % 256, 24);
	fx_read(v, 100, 1);
	fx_sound();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TAG_TEST(T1_malloc_of_0_gives_a_block),
		TAG_TEST(T2_free_of_nil_is_a_no_op),
		TAG_TEST(T3_malloc_keeps_its_callers_pc),
		TAG_TEST(T4_realloc_keeps_its_caller_beside_the_first),
		TAG_TEST(T5_realloc_of_nil_sets_both_tags),
		TAG_TEST(T6_realloc_to_0_frees),
		TAG_TEST(T7_realloc_of_nil_to_0_is_nil),
		TAG_TEST(T8_tags_are_64_bits_wide),
		TAG_TEST(T9_a_tag_of_nil_is_ignored),
		TAG_TEST(T10_a_pool_without_tags_answers_all_ones),
		TAG_TEST(T11_mallocz_clears),
		TAG_TEST(T12_calloc_sees_an_overflow),
		TAG_TEST(T13_calloc_clears),
		TAG_TEST(T14_mallocalign_means_the_users_bytes),
		TAG_TEST(T15_msize_leaves_the_tags_alone),
		TAG_TEST(T16_malloctopoolblock_is_what_the_pool_knows),
		TAG_TEST(T17_blocks_are_aligned_for_any_type),
		TAG_TEST(T18_an_impossible_size_is_refused),
		TAG_TEST(T19_a_dead_block_keeps_its_tags),
		TAG_TEST(T20_a_wrapper_may_name_its_caller),
		TAG_TEST(a_dump_names_the_tags),
		TAG_TEST(realloc_keeps_the_users_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
