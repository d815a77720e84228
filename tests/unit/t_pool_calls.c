/*
 * t_pool_calls.c - what each call of a pool promises, and how hooks are called.
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

static unsigned seed;

static void
P1_size_zero_gives_a_block(void **state)
{
	(void)state;
	assert_non_null(poolalloc(P, 0));
	fx_sound();
}

static void
P2_two_blocks_of_size_zero_differ(void **state)
{
	void *a = poolalloc(P, 0), *b = poolalloc(P, 0);

	(void)state;
	assert_non_null(a);
	assert_ptr_not_equal(a, b);
}

static void
P3_free_of_nil_is_a_no_op(void **state)
{
	Pool before;

	(void)state;
	poolfree(P, poolalloc(P, 100));
	before = fx.pool;
	poolfree(P, NULL);
	assert_int_equal(before.nfree, fx.pool.nfree);
	assert_int_equal(before.curalloc, fx.pool.curalloc);
	assert_int_equal(before.curfree, fx.pool.curfree);
}

static void
P4_realloc_of_nil_allocates(void **state)
{
	size_t cost = fx_cost(200), before = fx.pool.curalloc;
	void *v = poolrealloc(P, NULL, 200);

	(void)state;
	assert_non_null(v);
	assert_int_equal(fx.pool.curalloc - before, cost);
	memset(v, 1, 200);
	poolfree(P, v);
	fx_sound();
}

static void
P5_realloc_to_zero_frees(void **state)
{
	void *v = poolalloc(P, 200);

	(void)state;
	assert_null(poolrealloc(P, v, 0));
	assert_int_equal(fx.pool.curalloc, 0);
	assert_int_equal(fx.pool.nfree, 1);
}

static void
P6_realloc_of_nil_to_zero_gives_an_empty_block(void **state)
{
	void *v = poolrealloc(P, NULL, 0);

	(void)state;
	assert_non_null(v);
	poolfree(P, v);
	fx_sound();
}

static void
P7_realloc_keeps_the_bytes(void **state)
{
	struct { char *v; size_t n; } b[32] = { { 0 } };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		int k = rand_r(&seed) % 32;
		size_t n = 1 + (size_t)rand_r(&seed) % 3000;
		size_t kept = n < b[k].n ? n : b[k].n;

		b[k].v = poolrealloc(P, b[k].v, n);
		assert_non_null(b[k].v);
		fx_read(b[k].v, kept, (unsigned)k);
		b[k].n = n;
		fx_write(b[k].v, n, (unsigned)k);
		if (i % 64 == 0)
			fx_sound();
	}
	fx_sound();
}

static void
P8_failed_realloc_leaves_the_block_as_it_was(void **state)
{
	char *v, *wall;

	(void)state;
	fx.pool.maxsize = 70000;
	v = poolalloc(P, 20000);
	wall = poolalloc(P, 100);
	fx_write(v, 20000, 8);
	errno = 0;
	assert_null(poolrealloc(P, v, 100000));
	assert_int_equal(errno, ENOMEM);
	fx_read(v, 20000, 8);
	poolfree(P, v);
	poolfree(P, wall);
	fx_sound();
	assert_int_equal(fx.pool.curalloc, 0);
}

static void
P16_a_quantum_of_no_power_of_two_is_refused_and_0_is_16(void **state)
{
	(void)state;
	fx.pool.quantum = 48;
	errno = 0;
	assert_null(poolalloc(P, 10));
	assert_int_equal(errno, EINVAL);
	fx.pool.quantum = 0;
	assert_non_null(poolalloc(P, 25));
	assert_int_equal(fx.pool.curalloc, 48);
}

static void
P38_a_pool_that_refused_is_usable(void **state)
{
	void *v;

	(void)state;
	fx.pool.maxsize = 70000;
	v = poolalloc(P, 50000);
	assert_non_null(v);
	errno = 0;
	assert_null(poolalloc(P, 50000));
	assert_int_equal(errno, ENOMEM);
	poolfree(P, v);
	assert_non_null(poolalloc(P, 50000));
	fx_sound();
}

static void
P39_an_impossible_size_does_not_reach_alloc(void **state)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 8, SIZE_MAX - 63,
	    SIZE_MAX / 2 + 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		errno = 0;
		assert_null(poolalloc(P, sizes[i]));
		assert_true(errno == ENOMEM || errno == EOVERFLOW);
		assert_null(poolallocalign(P, sizes[i], 64, 0, 0));
	}
	assert_int_equal(fx.allocs + fx.refused, 0);
}

static void
P40_all_bytes_of_msize_may_be_written(void **state)
{
	(void)state;
	fx.pool.quantum = 64;
	for (size_t n = 0; n < 300; n++) {
		char *v = poolalloc(P, n);
		size_t size = poolmsize(P, v);

		assert_true(size >= n);
		memset(v, 0x55, size);
		poolfree(P, v);
	}
	fx_sound();
}

static void
P41_msize_of_nil_is_0(void **state)
{
	(void)state;
	assert_int_equal(poolmsize(P, NULL), 0);
}

static void
P42_msize_is_the_same_when_asked_again(void **state)
{
	void *v = poolalloc(P, 33);
	size_t size = poolmsize(P, v);

	(void)state;
	assert_int_equal(poolmsize(P, v), size);
}

/* A header of 8, quantum 32: room is 24, 56, 88 ... */
static void
P43_msize_is_the_block_less_its_header(void **state)
{
	(void)state;
	fx.pool.quantum = 32;
	assert_int_equal(poolmsize(P, poolalloc(P, 1)), 24);
	assert_int_equal(poolmsize(P, poolalloc(P, 25)), 56);
	assert_int_equal(poolmsize(P, poolalloc(P, 57)), 88);
}

static void
P45_a_byte_behind_msize_is_an_overrun(void **state)
{
	unsigned char *v = poolalloc(P, 33);
	size_t size = poolmsize(P, v);

	(void)state;
	v[size - 1] = 'x';
	fx_sound();
	v[size] ^= 0xff;
	poolfree(P, v);
	fx_panicked("");
}

static void
P65_blockcheck_of_nil_is_quiet(void **state)
{
	(void)state;
	poolblockcheck(P, NULL);
	assert_int_equal(fx.prints, 0);
}

static void
P66_check_never_panics_on_an_intact_pool(void **state)
{
	char *v[64] = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		int k = rand_r(&seed) % 64;
		size_t n = (size_t)rand_r(&seed) % 5000;

		if (v[k] == NULL) {
			v[k] = rand_r(&seed) % 4 == 0 ?
			    poolallocalign(P, n, 64, 0, 0) : poolalloc(P, n);
			memset(v[k], i, n);
		} else {
			poolfree(P, v[k]);
			v[k] = NULL;
		}
		if (i % 16 == 0)
			fx_sound();
	}
}

static void
P69_the_lock_is_balanced_and_never_nested(void **state)
{
	void *v;
	int before;

	(void)state;
	v = poolalloc(P, 10);
	v = poolrealloc(P, v, 500);
	poolmsize(P, v);
	poolblockcheck(P, v);
	poolcheck(P);
	pooldump(P);
	poolfree(P, v);
	poolfree(P, NULL);
	assert_null(poolalloc(P, SIZE_MAX));
	assert_null(poolallocalign(P, 100, 0, 0, 50));
	poolfree(P, poolallocalign(P, 100, 64, 16, 4096));
	fx.pool.move = fx_move;
	poolcompact(P);
	pooltrim(P);
	poolreset(P);
	poolisoverlap(P, fx.area, 10);
	before = fx.locks;
	poolalloc(P, 1);
	assert_int_equal(fx.locks, before + 1);
	assert_int_equal(fx.depth, 0);
	assert_false(fx.nested);
}

static void *
plain_alloc(size_t size)
{
	return fx.area + 0 * size;
}

static void
P70_no_lock_is_needed(void **state)
{
	Pool p = { .name = "bare", .alloc = plain_alloc, .minarena = 1 << 20 };
	void *v = poolalloc(&p, 10);

	(void)state;
	assert_non_null(v);
	v = poolrealloc(&p, v, 1000);
	poolcheck(&p);
	poolfree(&p, v);
	assert_int_equal(p.curalloc, 0);
}

/* What is recorded in fx.outside, fx_end looks at. */
static void
P71_hooks_are_called_with_the_lock_held(void **state)
{
	void *v[16];

	(void)state;
	fx.pool.move = fx_move;
	fx.pool.merge = fx_merge;
	fx.pool.logstack = fx_logstack;
	fx.pool.flags = POOL_LOGGING;
	for (int i = 0; i < 16; i++)
		v[i] = poolalloc(P, 20000);
	for (int i = 0; i < 16; i += 2)
		poolfree(P, v[i]);
	poolcompact(P);
	assert_true(fx.moves > 0);
	assert_true(fx.merges > 0);
	assert_true(fx.stacks > 0);
	assert_true(fx.prints > 0);
	assert_false(fx.outside);
}

static void
P100_isoverlap_says_whether_a_range_meets_an_arena(void **state)
{
	char *at;
	size_t size;

	(void)state;
	fx.bump += 4096;
	poolalloc(P, 10);
	at = fx.arena[0].at;
	size = fx.arena[0].size;
	assert_int_equal(poolisoverlap(P, at + 100, 10), 1);
	assert_int_equal(poolisoverlap(P, at - 1, 2), 1);
	assert_int_equal(poolisoverlap(P, at - 10, 10), 0);
	assert_int_equal(poolisoverlap(P, at + size, 10), 0);
	assert_int_equal(poolisoverlap(P, at - 4096, size + 8192), 1);
	assert_int_equal(poolisoverlap(P, at + 100, 0), 1);
}

static void
P101_reset_gives_every_arena_back(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		assert_non_null(poolalloc(P, 50000));
	assert_int_equal(fx.narenas, 8);
	poolfree(P, poolalloc(P, 10));
	poolreset(P);
	assert_int_equal(fx.pool.cursize, 0);
	assert_int_equal(fx.pool.curfree, 0);
	assert_int_equal(fx.pool.curalloc, 0);
	assert_int_equal(fx.pool.nfree, 0);
	assert_int_equal(fx.pool.lastcompact, 0);
	assert_int_equal(fx.nreleased, 8);
	for (int i = 0; i < 8; i++) {
		assert_ptr_equal(fx.released[i].at, fx.arena[7 - i].at);
		assert_int_equal(fx.released[i].size, fx.arena[7 - i].size);
	}
	assert_non_null(poolalloc(P, 10));
	fx_sound();
}

static void
P102_reset_of_nil_is_a_no_op(void **state)
{
	(void)state;
	poolreset(NULL);
}

static void
P104_nfree_counts_the_frees(void **state)
{
	void *a = poolalloc(P, 10), *b = poolalloc(P, 10);

	(void)state;
	poolfree(P, a);
	assert_int_equal(fx.pool.nfree, 1);
	poolfree(P, NULL);
	poolfree(P, b);
	assert_int_equal(fx.pool.nfree, 2);
}

static void
trim_gives_idle_arenas_back_and_no_other(void **state)
{
	void *a = poolalloc(P, 60000), *b = poolalloc(P, 60000), *c;
	size_t cursize = fx.pool.cursize;

	(void)state;
	c = poolalloc(P, 60000);
	assert_int_equal(fx.narenas, 3);
	poolfree(P, a);
	poolfree(P, c);
	assert_true(pooltrim(P) > 0);
	assert_int_equal(fx.nreleased, 2);
	assert_true(fx.pool.cursize < cursize);
	fx_sound();
	poolfree(P, b);
	pooltrim(P);
	assert_int_equal(fx.nreleased, 3);
	assert_int_equal(fx.pool.cursize, 0);
	assert_non_null(poolalloc(P, 10));
	fx_sound();
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(P1_size_zero_gives_a_block),
		FX_TEST(P2_two_blocks_of_size_zero_differ),
		FX_TEST(P3_free_of_nil_is_a_no_op),
		FX_TEST(P4_realloc_of_nil_allocates),
		FX_TEST(P5_realloc_to_zero_frees),
		FX_TEST(P6_realloc_of_nil_to_zero_gives_an_empty_block),
		FX_TEST(P7_realloc_keeps_the_bytes),
		FX_TEST(P8_failed_realloc_leaves_the_block_as_it_was),
		FX_TEST(P16_a_quantum_of_no_power_of_two_is_refused_and_0_is_16),
		FX_TEST(P38_a_pool_that_refused_is_usable),
		FX_TEST(P39_an_impossible_size_does_not_reach_alloc),
		FX_TEST(P40_all_bytes_of_msize_may_be_written),
		FX_TEST(P41_msize_of_nil_is_0),
		FX_TEST(P42_msize_is_the_same_when_asked_again),
		FX_TEST(P43_msize_is_the_block_less_its_header),
		FX_TEST(P45_a_byte_behind_msize_is_an_overrun),
		FX_TEST(P65_blockcheck_of_nil_is_quiet),
		FX_TEST(P66_check_never_panics_on_an_intact_pool),
		FX_TEST(P69_the_lock_is_balanced_and_never_nested),
		FX_TEST(P70_no_lock_is_needed),
		FX_TEST(P71_hooks_are_called_with_the_lock_held),
		FX_TEST(P100_isoverlap_says_whether_a_range_meets_an_arena),
		FX_TEST(P101_reset_gives_every_arena_back),
		FX_TEST(P102_reset_of_nil_is_a_no_op),
		FX_TEST(P104_nfree_counts_the_frees),
		FX_TEST(trim_gives_idle_arenas_back_and_no_other),
	};

	seed = fx_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
