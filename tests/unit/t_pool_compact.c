/*
 * t_pool_compact.c - blocks slide down, their owners hear of it, and requests
 * that need it are tried once more.
 *
 * A table of handles is kept up to date by move alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "pool_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define P	(&fx.pool)
#define N	100

static struct {
	char *v;
	size_t n;
} handle[N];

static bool astray;	/* move named a block that nobody has */

static void
follow(void *from, void *to)
{
	fx_move(from, to);
	for (int i = 0; i < N; i++)
		if (handle[i].v == from) {
			handle[i].v = to;
			return;
		}
	astray = true;
}

static void
put(int i, void *v, size_t n)
{
	assert_non_null(v);
	handle[i].v = v;
	handle[i].n = n;
	fx_write(v, n, (unsigned)i);
}

static size_t
drop(int i)
{
	size_t before = fx.pool.curalloc;

	poolfree(P, handle[i].v);
	handle[i].v = NULL;
	return before - fx.pool.curalloc;
}

static void
all_there(void)
{
	assert_false(astray);
	fx_sound();
	for (int i = 0; i < N; i++)
		if (handle[i].v != NULL)
			fx_read(handle[i].v, handle[i].n, (unsigned)i);
}

/* N blocks, every second one freed; bytes that came free. */
static size_t
make_holes(size_t (*size)(int))
{
	size_t sum = 0;

	memset(handle, 0, sizeof(handle));
	astray = false;
	for (int i = 0; i < N; i++)
		put(i, poolalloc(P, size(i)), size(i));
	for (int i = 0; i < N; i += 2)
		sum += drop(i);
	return sum;
}

static size_t
mixed(int i)
{
	return 24 + (size_t)i * 37 % 500;
}

static size_t
thousand(int i)
{
	(void)i;
	return 1000;
}

static void
P31_without_move_nothing_is_moved(void **state)
{
	(void)state;
	make_holes(mixed);
	assert_int_equal(poolcompact(P), 0);
	all_there();
}

static void
P32_nothing_freed_nothing_moved(void **state)
{
	(void)state;
	fx.pool.move = follow;
	assert_int_equal(poolcompact(P), 0);
	memset(handle, 0, sizeof(handle));
	for (int i = 0; i < N; i++)
		put(i, poolalloc(P, 100), 100);
	assert_int_equal(poolcompact(P), 0);
	assert_int_equal(fx.moves, 0);
}

static void
P33_free_space_is_gathered_and_owners_hear_of_it(void **state)
{
	size_t freed;

	(void)state;
	fx.pool.move = follow;
	freed = make_holes(mixed);
	assert_int_equal(poolcompact(P), 1);
	assert_true(fx.moves >= N / 2 - 1);
	all_there();
	assert_int_equal(fx.narenas, 1);
	assert_int_equal(fx_tally().nfree, 1);
	assert_true(fx_tally().largest_free >= freed - 40);
	for (int i = 1; i < N; i += 2)
		drop(i);
	fx_sound();
	assert_int_equal(fx.pool.curalloc, 0);
}

static void
P34_moves_go_down_in_ascending_order(void **state)
{
	(void)state;
	fx.pool.move = follow;
	make_holes(mixed);
	poolcompact(P);
	for (int i = 0; i < fx.moves; i++) {
		assert_true(fx.move[i].to < fx.move[i].from);
		if (i > 0)
			assert_true(fx.move[i].from > fx.move[i - 1].from);
	}
}

static void
P35_compacting_twice_moves_once(void **state)
{
	(void)state;
	fx.pool.move = follow;
	make_holes(mixed);
	assert_int_equal(poolcompact(P), 1);
	assert_int_equal(fx.pool.lastcompact, fx.pool.nfree);
	fx.moves = 0;
	assert_int_equal(poolcompact(P), 0);
	assert_int_equal(fx.moves, 0);
}

static void
P36_a_pool_at_maxsize_compacts(void **state)
{
	char *v;

	(void)state;
	fx.pool.move = follow;
	fx.pool.minarena = 131072;
	fx.pool.maxsize = 140000;
	make_holes(thousand);
	v = poolalloc(P, 60000);
	assert_non_null(v);
	memset(v, 1, 60000);
	assert_true(fx.moves > 0);
	assert_int_equal(fx.pool.lastcompact, fx.pool.nfree);
	assert_int_equal(fx.narenas, 1);
	all_there();
}

static void
P37_a_pool_whose_alloc_is_exhausted_compacts(void **state)
{
	char *v;

	(void)state;
	fx.pool.move = follow;
	fx.pool.minarena = 131072;
	make_holes(thousand);
	fx.grants = 0;
	v = poolalloc(P, 60000);
	assert_non_null(v);
	memset(v, 1, 60000);
	assert_true(fx.moves > 0);
	all_there();
	errno = 0;
	assert_null(poolalloc(P, 600000));
	assert_int_equal(errno, ENOMEM);
	all_there();
}

static void
aligned_blocks_keep_their_constraint(void **state)
{
	static const size_t aligns[] = { 16, 64, 256, 48, 4096, 32, 0 };

	(void)state;
	memset(handle, 0, sizeof(handle));
	fx.pool.move = follow;
	fx.pool.minarena = 1 << 20;
	for (int i = 0; i < N; i++)
		put(i, poolallocalign(P, mixed(i), aligns[i % 7],
		    i % 3 == 0 ? 8 : 0, i % 5 == 0 ? 4096 : 0), mixed(i));
	for (int i = 0; i < N; i += 2)
		drop(i);
	assert_int_equal(poolcompact(P), 1);
	all_there();
	for (int i = 1; i < N; i += 2) {
		uintptr_t at = (uintptr_t)handle[i].v;

		if (aligns[i % 7] != 0)
			assert_int_equal(at % aligns[i % 7],
			    i % 3 == 0 ? 8 : 0);
		if (i % 5 == 0)
			assert_int_equal(at / 4096,
			    (at + handle[i].n - 1) / 4096);
	}
}

static void
dead_blocks_stay_where_they_are(void **state)
{
	char *a = poolalloc(P, 1000), *b = poolalloc(P, 1000);

	(void)state;
	memset(handle, 0, sizeof(handle));
	fx.pool.move = follow;
	put(0, poolalloc(P, 1000), 1000);
	put(1, poolalloc(P, 1000), 1000);
	poolfree(P, a);
	fx.pool.flags = POOL_NOREUSE;
	poolfree(P, b);
	fx.pool.flags = 0;
	drop(0);
	assert_int_equal(poolcompact(P), 1);
	assert_int_equal(fx.moves, 1);
	all_there();
	assert_int_equal(fx_tally().ndead, 1);
}

/* Who resizes a block holds a pointer to it: this one must not be moved. */
static void
a_block_that_is_resized_stays_while_others_move(void **state)
{
	char *v;

	(void)state;
	fx.pool.move = follow;
	fx.pool.minarena = 131072;
	make_holes(thousand);
	fx.grants = 0;
	v = handle[N - 1].v;
	handle[N - 1].v = NULL;
	v = poolrealloc(P, v, 45000);
	assert_non_null(v);
	assert_true(fx.moves > 0);
	handle[N - 1].v = v;
	all_there();
	memset(v, 1, 45000);
	fx_sound();
}

static void
the_old_address_of_a_moved_block_is_no_block(void **state)
{
	char *hole = poolalloc(P, 5000), *old;

	(void)state;
	memset(handle, 0, sizeof(handle));
	fx.pool.move = follow;
	put(0, poolalloc(P, 100), 100);
	old = handle[0].v;
	poolfree(P, hole);
	assert_int_equal(poolcompact(P), 1);
	all_there();
	poolfree(P, old);
	fx_panicked("double-free");
}

static void
every_combination_of_holes_compacts(void **state)
{
	unsigned seed = 1;

	(void)state;
	fx.pool.move = follow;
	memset(handle, 0, sizeof(handle));
	for (int round = 0; round < 2000; round++) {
		int i = rand_r(&seed) % N;
		size_t n = (size_t)rand_r(&seed) % 900;

		if (handle[i].v != NULL)
			drop(i);
		else
			put(i, poolalloc(P, n), n);
		if (round % 16 == 0) {
			poolcompact(P);
			all_there();
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(P31_without_move_nothing_is_moved),
		FX_TEST(P32_nothing_freed_nothing_moved),
		FX_TEST(P33_free_space_is_gathered_and_owners_hear_of_it),
		FX_TEST(P34_moves_go_down_in_ascending_order),
		FX_TEST(P35_compacting_twice_moves_once),
		FX_TEST(P36_a_pool_at_maxsize_compacts),
		FX_TEST(P37_a_pool_whose_alloc_is_exhausted_compacts),
		FX_TEST(aligned_blocks_keep_their_constraint),
		FX_TEST(dead_blocks_stay_where_they_are),
		FX_TEST(a_block_that_is_resized_stays_while_others_move),
		FX_TEST(the_old_address_of_a_moved_block_is_no_block),
		FX_TEST(every_combination_of_holes_compacts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
