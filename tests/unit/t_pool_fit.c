/*
 * t_pool_fit.c - how large blocks are, which one is taken, and what joins.
 *
 * The overhead of a block is 8 bytes, the smallest block has 32, all sizes
 * are multiples of the quantum.  What is left of a free block becomes one of
 * its own where it has max(32, minblock) bytes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "pool_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define P	(&fx.pool)

static unsigned seed;

static void
P9_shrink_gives_back_what_makes_a_block(void **state)
{
	char *v, *wall;
	size_t cost;

	(void)state;
	fx.pool.minblock = 128;
	v = poolalloc(P, 504);
	wall = poolalloc(P, 24);
	cost = fx.pool.curalloc;
	fx_write(v, 504, 1);
	assert_ptr_equal(poolrealloc(P, v, 400), v);
	assert_int_equal(fx.pool.curalloc, cost);
	assert_ptr_equal(poolrealloc(P, v, 376), v);
	assert_int_equal(fx.pool.curalloc, cost - 128);
	fx_read(v, 376, 1);
	fx_sound();
	poolfree(P, wall);
}

static void
P10_grow_into_a_free_right_neighbour_keeps_the_pointer(void **state)
{
	char *a = poolalloc(P, 1000), *b = poolalloc(P, 3000);
	char *wall = poolalloc(P, 100);

	(void)state;
	fx_write(a, 1000, 2);
	poolfree(P, b);
	assert_ptr_equal(poolrealloc(P, a, 3500), a);
	fx_read(a, 1000, 2);
	fx_sound();
	poolfree(P, wall);
}

/* All other room is taken, so only the neighbours can give any. */
static void
fill_up(void)
{
	fx.grants = 0;
	while (poolalloc(P, 1000) != NULL)
		;
	while (poolalloc(P, 24) != NULL)
		;
}

static void
P11_grow_into_the_left_neighbour_moves_to_its_place(void **state)
{
	char *a = poolalloc(P, 3000), *b = poolalloc(P, 1000);

	(void)state;
	poolalloc(P, 100);
	fill_up();
	fx_write(b, 1000, 3);
	poolfree(P, a);
	assert_ptr_equal(poolrealloc(P, b, 3500), a);
	fx_read(a, 1000, 3);
	fx_sound();
}

static void
P12_grow_over_both_neighbours_asks_for_no_arena(void **state)
{
	char *a = poolalloc(P, 2000), *b = poolalloc(P, 1000);
	char *c = poolalloc(P, 2000);
	int refused;

	(void)state;
	poolalloc(P, 100);
	fill_up();
	fx_write(b, 1000, 4);
	poolfree(P, a);
	poolfree(P, c);
	refused = fx.refused;
	assert_ptr_equal(poolrealloc(P, b, 4800), a);
	assert_int_equal(fx.refused, refused);
	fx_read(a, 1000, 4);
	fx_sound();
}

static void
P13_block_sizes_at_quantum_32(void **state)
{
	(void)state;
	fx.pool.quantum = 32;
	assert_int_equal(fx_cost(0), 32);
	assert_int_equal(fx_cost(24), 32);
	assert_int_equal(fx_cost(25), 64);
	assert_int_equal(fx_cost(56), 64);
	assert_int_equal(fx_cost(57), 96);
	assert_int_equal(fx_cost(120), 128);
}

static void
P14_block_sizes_are_multiples_of_quantum(void **state)
{
	static const size_t quanta[] = { 8, 16, 32, 64, 256 };
	size_t before, quantum;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		fx.pool.quantum = quantum = quanta[i];
		for (int k = 0; k < 200; k++) {
			before = fx.pool.curalloc;
			assert_non_null(poolalloc(P,
			    (size_t)rand_r(&seed) % 1000));
			assert_int_equal((fx.pool.curalloc - before) % quantum,
			    0);
		}
		fx_sound();
		poolreset(P);
	}
}

static void
P15_minblock_counts_before_rounding(void **state)
{
	(void)state;
	fx.pool.quantum = 32;
	fx.pool.minblock = 100;
	assert_int_equal(fx_cost(1), 128);
	fx_sound();
}

static void
P17_alloc_is_asked_for_minarena_at_least(void **state)
{
	(void)state;
	fx.pool.minarena = 40000;
	for (int i = 0; i < 100; i++)
		assert_non_null(poolalloc(P, (size_t)rand_r(&seed) % 60000));
	assert_true(fx.least >= 40000);
}

static void
P18_what_is_asked_stays_within_maxsize(void **state)
{
	void *v[64] = { 0 };
	bool failed = false;

	(void)state;
	fx.pool.maxsize = 1000000;
	for (int i = 0; i < 5000; i++) {
		int k = rand_r(&seed) % 64;

		poolfree(P, v[k]);
		v[k] = poolalloc(P, (size_t)rand_r(&seed) % 50000);
		failed |= v[k] == NULL;
		assert_true(fx.asked <= 1000000);
	}
	assert_true(failed);
	fx_sound();
}

static void
P19_cursize_is_what_was_asked(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		poolalloc(P, (size_t)rand_r(&seed) % 100000);
		assert_int_equal(fx.pool.cursize, fx.asked);
	}
}

static void
P20_the_same_sequence_again_asks_for_nothing(void **state)
{
	unsigned again = seed;
	void *v[100];
	int allocs = 0;

	(void)state;
	for (int round = 0; round < 2; round++) {
		seed = again;
		allocs = fx.allocs;
		for (int i = 0; i < 100; i++)
			v[i] = poolalloc(P, (size_t)rand_r(&seed) % 9000);
		for (int i = 0; i < 100; i++)
			poolfree(P, v[i]);
		assert_int_equal(fx.pool.curalloc, 0);
	}
	assert_int_equal(fx.allocs, allocs);
}

static void
P21_freeing_all_leaves_one_free_block(void **state)
{
	void *v[100];

	(void)state;
	for (int i = 0; i < 100; i++)
		v[i] = poolalloc(P, (size_t)rand_r(&seed) % 400);
	for (int i = 0; i < 100; i += 2)
		poolfree(P, v[i]);
	for (int i = 1; i < 100; i += 2)
		poolfree(P, v[i]);
	assert_int_equal(fx.narenas, 1);
	assert_int_equal(fx_tally().nfree, 1);
	assert_int_equal(fx_tally().nalloc, 0);
	assert_int_equal(fx.pool.curfree, fx.arena[0].size - 40 - 8);
	fx_sound();
}

static void
P22_freeing_the_middle_joins_three(void **state)
{
	char *a = poolalloc(P, 2000), *b = poolalloc(P, 2000);
	char *c = poolalloc(P, 2000);

	(void)state;
	poolalloc(P, 100);
	fill_up();
	poolfree(P, a);
	poolfree(P, c);
	poolfree(P, b);
	assert_ptr_equal(poolalloc(P, 6000), a);
	fx_sound();
}

static void
P23_the_smallest_block_that_fits_is_taken(void **state)
{
	static const size_t sizes[] = { 256, 64, 4000, 128, 512, 2000 };
	char *v[6];

	(void)state;
	for (int i = 0; i < 6; i++) {
		v[i] = poolalloc(P, sizes[i] - 8);
		poolalloc(P, 24);
	}
	for (int i = 0; i < 6; i++)
		poolfree(P, v[i]);
	assert_ptr_equal(poolalloc(P, 1990), v[5]);
	assert_ptr_equal(poolalloc(P, 100), v[3]);
	assert_ptr_equal(poolalloc(P, 300), v[4]);
	assert_ptr_equal(poolalloc(P, 56), v[1]);
	assert_ptr_equal(poolalloc(P, 2100), v[2]);
	fx_sound();
}

static void
equal_sizes_are_lifo(size_t n)
{
	char *a = poolalloc(P, n), *b, *c;

	poolalloc(P, 24);
	b = poolalloc(P, n);
	poolalloc(P, 24);
	c = poolalloc(P, n);
	poolalloc(P, 24);
	poolfree(P, a);
	poolfree(P, c);
	poolfree(P, b);
	assert_ptr_equal(poolalloc(P, n), b);
	assert_ptr_equal(poolalloc(P, n), c);
	assert_ptr_equal(poolalloc(P, n), a);
	fx_sound();
}

static void
P24_of_equal_blocks_the_last_freed_is_taken_first(void **state)
{
	(void)state;
	equal_sizes_are_lifo(100);
	equal_sizes_are_lifo(5000);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(P9_shrink_gives_back_what_makes_a_block),
		FX_TEST(P10_grow_into_a_free_right_neighbour_keeps_the_pointer),
		FX_TEST(P11_grow_into_the_left_neighbour_moves_to_its_place),
		FX_TEST(P12_grow_over_both_neighbours_asks_for_no_arena),
		FX_TEST(P13_block_sizes_at_quantum_32),
		FX_TEST(P14_block_sizes_are_multiples_of_quantum),
		FX_TEST(P15_minblock_counts_before_rounding),
		FX_TEST(P17_alloc_is_asked_for_minarena_at_least),
		FX_TEST(P18_what_is_asked_stays_within_maxsize),
		FX_TEST(P19_cursize_is_what_was_asked),
		FX_TEST(P20_the_same_sequence_again_asks_for_nothing),
		FX_TEST(P21_freeing_all_leaves_one_free_block),
		FX_TEST(P22_freeing_the_middle_joins_three),
		FX_TEST(P23_the_smallest_block_that_fits_is_taken),
		FX_TEST(P24_of_equal_blocks_the_last_freed_is_taken_first),
	};

	seed = fx_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
