/*
 * t_pool_merge.c - arenas that the source joins become one in the pool.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "pool_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define P	(&fx.pool)
#define ARENA	65536

/* An arena filled by one block, gap bytes behind the one before. */
static char *
whole_arena(size_t gap)
{
	char *v;

	fx.bump += gap;
	v = poolalloc(P, ARENA - 48 - 8);
	assert_non_null(v);
	return v;
}

static void
begin_merging(int yes)
{
	fx.pool.merge = fx_merge;
	fx.merge_yes = yes;
	fx.gap = 0;
}

static void
P25_merge_gets_the_lower_arena_first(void **state)
{
	(void)state;
	begin_merging(0);
	whole_arena(0);
	whole_arena(0);
	assert_int_equal(fx.merges, 1);
	assert_ptr_equal(fx.merge[0].from, fx.arena[0].at);
	assert_ptr_equal(fx.merge[0].to, fx.arena[1].at);
}

static void
P26_arenas_not_merged_stay_apart(void **state)
{
	char *a, *b;

	(void)state;
	begin_merging(0);
	a = whole_arena(0);
	b = whole_arena(0);
	poolfree(P, a);
	poolfree(P, b);
	assert_non_null(poolalloc(P, ARENA + 1000));
	assert_int_equal(fx.narenas, 3);
	fx_sound();
}

static void
P27_a_block_may_span_merged_arenas(void **state)
{
	char *a, *b;

	(void)state;
	begin_merging(1);
	a = whole_arena(0);
	b = whole_arena(0);
	fx_sound();
	poolfree(P, a);
	poolfree(P, b);
	fx_sound();
	assert_int_equal(fx_tally().nfree, 1);
	a = poolalloc(P, ARENA + 1000);
	assert_non_null(a);
	memset(a, 1, ARENA + 1000);
	assert_int_equal(fx.narenas, 2);
	fx_sound();
}

static void
merge_over_a_gap(size_t gap)
{
	char *a, *b;
	size_t merges = (size_t)fx.merges;

	a = whole_arena(0);
	fx_write(a, ARENA - 56, 1);
	b = whole_arena(gap);
	assert_true((size_t)fx.merges > merges);
	fx_write(b, ARENA - 56, 2);
	fx_sound();
	fx_read(a, ARENA - 56, 1);
	poolfree(P, b);
	fx_sound();
	fx_read(a, ARENA - 56, 1);
	poolfree(P, a);
	fx_sound();
	assert_int_equal(fx.pool.curalloc, 0);
	assert_int_equal(fx_tally().nfree, 1);
}

static void
P28_merge_over_a_gap_keeps_the_last_block(void **state)
{
	static const size_t gaps[] = { 0, 16, 32, 48, 64, 4096, 1 << 20 };

	(void)state;
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		begin_merging(1);
		merge_over_a_gap(gaps[i]);
		poolreset(P);
	}
}

static void
merging_joins_what_is_free_on_both_sides(void **state)
{
	char *a;

	(void)state;
	begin_merging(1);
	a = poolalloc(P, 1000);
	fx_write(a, 1000, 1);
	fx.bump += 4096;
	assert_non_null(poolalloc(P, 100000));
	fx_sound();
	assert_int_equal(fx.narenas, 2);
	fx_read(a, 1000, 1);
	poolfree(P, a);
	fx_sound();
}

static void
P29_the_upper_neighbour_is_tried_first(void **state)
{
	(void)state;
	begin_merging(0);
	fx.place = fx.area;
	poolalloc(P, ARENA - 56);
	fx.place = fx.area + 2 * ARENA;
	poolalloc(P, ARENA - 56);
	fx.merges = 0;
	fx.merge_yes = 1;
	fx.place = fx.area + ARENA;
	poolalloc(P, ARENA - 56);
	assert_int_equal(fx.merges, 2);
	assert_ptr_equal(fx.merge[0].from, fx.area + ARENA);
	assert_ptr_equal(fx.merge[0].to, fx.area + 2 * ARENA);
	assert_ptr_equal(fx.merge[1].from, fx.area);
	assert_ptr_equal(fx.merge[1].to, fx.area + ARENA);
	fx_sound();
}

static void
P30_without_merge_nothing_merges(void **state)
{
	char *a, *b;

	(void)state;
	fx.gap = 0;
	a = whole_arena(0);
	b = whole_arena(0);
	poolfree(P, a);
	poolfree(P, b);
	assert_int_equal(fx_tally().nfree, 2);
	fx_sound();
}

static void
a_merged_arena_goes_back_in_one_piece(void **state)
{
	char *a, *b;

	(void)state;
	begin_merging(1);
	a = whole_arena(0);
	b = whole_arena(4096);
	poolfree(P, a);
	poolfree(P, b);
	pooltrim(P);
	assert_int_equal(fx.nreleased, 1);
	assert_ptr_equal(fx.released[0].at, fx.area);
	assert_int_equal(fx.released[0].size, 2 * ARENA + 4096);
	assert_int_equal(fx.pool.cursize, 0);
	fx_sound();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(P25_merge_gets_the_lower_arena_first),
		FX_TEST(P26_arenas_not_merged_stay_apart),
		FX_TEST(P27_a_block_may_span_merged_arenas),
		FX_TEST(P28_merge_over_a_gap_keeps_the_last_block),
		FX_TEST(merging_joins_what_is_free_on_both_sides),
		FX_TEST(P29_the_upper_neighbour_is_tried_first),
		FX_TEST(P30_without_merge_nothing_merges),
		FX_TEST(a_merged_arena_goes_back_in_one_piece),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
