/*
 * t_pool_align.c - blocks at wanted places: align, offset, span.
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
P44_msize_of_an_aligned_block_counts_from_its_data(void **state)
{
	(void)state;
	for (size_t align = 1; align <= 4096; align *= 2)
		for (size_t n = 1; n < 400; n += 31) {
			char *v = poolallocalign(P, n, align, 5, 0);
			size_t size = poolmsize(P, v);

			assert_true(size >= n);
			memset(v, 1, size);
			assert_int_equal(poolmsize(P, v), size);
			fx_sound();
		}
}

static void
P91_align_is_honoured(void **state)
{
	(void)state;
	for (size_t align = 1; align <= 65536; align *= 2) {
		char *v = poolallocalign(P, 100, align, 0, 0);

		assert_non_null(v);
		assert_int_equal((uintptr_t)v % align, 0);
		memset(v, 1, 100);
	}
	fx_sound();
}

static void
P92_offset_is_honoured_for_any_align(void **state)
{
	(void)state;
	for (size_t align = 1; align < 200; align += 3)
		for (size_t offset = 0; offset < align;
		    offset += 1 + align / 7) {
			char *v = poolallocalign(P, 33, align, (long)offset, 0);

			assert_non_null(v);
			assert_int_equal((uintptr_t)v % align, offset);
			memset(v, 1, 33);
		}
	assert_int_equal((uintptr_t)poolallocalign(P, 9, 48, 5, 0) % 48, 5);
	fx_sound();
}

static void
P93_a_negative_offset_counts_back(void **state)
{
	(void)state;
	assert_int_equal((uintptr_t)poolallocalign(P, 9, 64, -16, 0) % 64, 48);
	assert_int_equal((uintptr_t)poolallocalign(P, 9, 64, -3, 0) % 64, 61);
	assert_int_equal((uintptr_t)poolallocalign(P, 9, 48, -100, 0) % 48, 44);
	fx_sound();
}

static void
P94_without_align_the_offset_is_ignored(void **state)
{
	(void)state;
	assert_int_equal((uintptr_t)poolallocalign(P, 9, 0, 5, 0) % 16, 0);
	fx_sound();
}

static bool
spans(const char *v, size_t n, size_t span)
{
	return n != 0 && (uintptr_t)v / span != ((uintptr_t)v + n - 1) / span;
}

static void
P95_no_block_spans_a_boundary(void **state)
{
	char *v[1000];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		size_t span = 1 + (size_t)rand_r(&seed) % 5000;
		size_t n = (size_t)rand_r(&seed) % (span + 1);

		v[i] = poolallocalign(P, n, 1, 0, span);
		assert_non_null(v[i]);
		assert_false(spans(v[i], n, span));
		memset(v[i], 1, n);
	}
	fx_sound();
	for (int i = 0; i < 1000; i++)
		poolfree(P, v[i]);
	assert_int_equal(fx.pool.curalloc, 0);
}

static void
P96_more_than_a_span_is_refused(void **state)
{
	size_t curalloc;

	(void)state;
	poolalloc(P, 10);
	curalloc = fx.pool.curalloc;
	errno = 0;
	assert_null(poolallocalign(P, 101, 0, 0, 100));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(fx.pool.curalloc, curalloc);
	fx_sound();
}

static void
P97_align_offset_and_span_together(void **state)
{
	size_t curalloc;

	(void)state;
	for (int i = 0; i < 500; i++) {
		char *v = poolallocalign(P, 100, 64, 24, 256);

		assert_non_null(v);
		assert_int_equal((uintptr_t)v % 64, 24);
		assert_false(spans(v, 100, 256));
	}
	fx_sound();
	curalloc = fx.pool.curalloc;
	assert_null(poolallocalign(P, 100, 256, 200, 256));
	assert_null(poolallocalign(P, 20, 64, 48, 64));
	assert_int_equal(fx.pool.curalloc, curalloc);
	fx_sound();
}

static void
P98_aligned_pointers_are_like_any_other(void **state)
{
	size_t before;

	(void)state;
	poolalloc(P, 10);
	before = fx.pool.curalloc;
	for (size_t align = 1; align <= 65536; align = align * 2 + 1) {
		char *v = poolallocalign(P, 77, align, 7, 0);

		poolblockcheck(P, v);
		poolfree(P, v);
		assert_int_equal(fx.pool.curalloc, before);
	}
	fx_sound();
}

static void
P99_a_large_skip_goes_back_to_the_pool(void **state)
{
	(void)state;
	assert_non_null(poolallocalign(P, 16, 65536, 0, 0));
	assert_true(fx.pool.curalloc < 4096);
	fx_sound();
}

static void
realloc_keeps_the_constraint(void **state)
{
	(void)state;
	for (size_t align = 1; align <= 4096; align *= 2) {
		size_t offset = align > 8 ? 5 : 0;
		char *v = poolallocalign(P, 50, align, (long)offset, 8192);

		fx_write(v, 50, 1);
		for (size_t n = 50; n < 4000; n = n * 3 / 2) {
			poolallocalign(P, 20, 0, 0, 0);
			v = poolrealloc(P, v, n);
			assert_non_null(v);
			assert_int_equal((uintptr_t)v % align, offset);
			assert_false(spans(v, n, 8192));
			fx_read(v, 50, 1);
			memset(v + 50, 2, n - 50);
		}
		fx_sound();
	}
}

static void
overruns_of_aligned_blocks_are_seen(void **state)
{
	for (size_t n = 20; n < 60; n++) {
		char *v = poolallocalign(P, n, 48, 5, 0);

		v[n] ^= 0x40;
		poolfree(P, v);
		fx_panicked("");
		fx_end(state);
		fx_begin(state);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(P44_msize_of_an_aligned_block_counts_from_its_data),
		FX_TEST(P91_align_is_honoured),
		FX_TEST(P92_offset_is_honoured_for_any_align),
		FX_TEST(P93_a_negative_offset_counts_back),
		FX_TEST(P94_without_align_the_offset_is_ignored),
		FX_TEST(P95_no_block_spans_a_boundary),
		FX_TEST(P96_more_than_a_span_is_refused),
		FX_TEST(P97_align_offset_and_span_together),
		FX_TEST(P98_aligned_pointers_are_like_any_other),
		FX_TEST(P99_a_large_skip_goes_back_to_the_pool),
		FX_TEST(realloc_keeps_the_constraint),
		FX_TEST(overruns_of_aligned_blocks_are_seen),
	};

	seed = fx_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
