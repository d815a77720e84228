/*
 * t_pool_fill.c - the words that mark memory under POOL_ANTAGONISM, and the
 * bytes of blocks that stay dead under POOL_NOREUSE.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "pool_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/pool_layout.h"

#define P	(&fx.pool)

static unsigned
top(const void *at)
{
	return ((const unsigned char *)at)[3];
}

/* Words of 32 bits in [from, to) of v, all those of signature and block. */
static void
words_are(const char *v, size_t from, size_t to, unsigned signature,
    const void *block)
{
	uint32_t want = poolfillword(signature, block), word;

	for (size_t i = from; i + 4 <= to; i += 4) {
		memcpy(&word, v + i, 4);
		if (word != want)
			fail_msg("byte %zu: %08x, not %08x", i, word, want);
	}
}

static void
P72_new_memory_is_marked(void **state)
{
	char *v;

	(void)state;
	fx.pool.flags = POOL_ANTAGONISM;
	for (size_t n = 4; n < 5000; n = n * 3 / 2 + 4) {
		v = poolalloc(P, n);
		words_are(v, 0, n, 0xF9, v);
		v = poolallocalign(P, n, 128, 0, 0);
		words_are(v, 0, n, 0xF9, v);
	}
}

static void
P73_freed_memory_is_marked(void **state)
{
	char *v = poolalloc(P, 1000);

	(void)state;
	poolalloc(P, 10);
	fx.pool.flags = POOL_ANTAGONISM;
	memset(v, 0, 1000);
	poolfree(P, v);
	words_are(v, POOL_KEPT, 1000 - sizeof(struct pool_links), 0xF7, v);
	fx_sound();
}

static void
P74_a_new_remainder_is_marked(void **state)
{
	char *v;

	(void)state;
	fx.pool.flags = POOL_ANTAGONISM;
	v = poolalloc(P, 1000);
	assert_int_equal(top(v + 2048), 0xF1);
	assert_int_equal(top(v + 20480), 0xF1);
}

static void
P75_the_documented_example(void **state)
{
	(void)state;
	assert_int_equal(poolfillword(0xF9, (void *)(uintptr_t)0x00012345),
	    0xF9012345);
	assert_int_equal(poolfillword(0xF7, (void *)(uintptr_t)0x7f1234567890),
	    0xF7567890);
}

static void
P76_the_top_byte_is_the_signature(void **state)
{
	static const unsigned signatures[] = { 0xF7, 0xF9, 0xF1, 0xFF };

	(void)state;
	for (int i = 0; i < 4; i++)
		for (uintptr_t a = 0xfff; a != 0; a <<= 1)
			assert_int_equal(poolfillword(signatures[i],
			    (void *)a) >> 24, signatures[i]);
}

/* The bytes of n % 4 are the first of one more word. */
static void
P77_no_byte_is_left_stale(void **state)
{
	unsigned char *a, *b;
	uint32_t word;

	(void)state;
	a = poolalloc(P, 7);
	memset(a, 0xEE, 7);
	fx.pool.flags = POOL_ANTAGONISM;
	poolfree(P, a);
	b = poolalloc(P, 7);
	assert_ptr_equal(a, b);
	word = poolfillword(0xF9, b);
	assert_memory_equal(b, &word, 4);
	assert_memory_equal(b + 4, &word, 3);
}

static void
P78_realloc_marks_the_new_bytes_alone(void **state)
{
	char *v, *w;

	(void)state;
	fx.pool.flags = POOL_ANTAGONISM;
	v = poolalloc(P, 100);
	fx_write(v, 100, 1);
	w = poolrealloc(P, v, 400);
	assert_ptr_equal(w, v);
	fx_read(w, 100, 1);
	words_are(w, 100, 400, 0xF9, w);
	poolalloc(P, 10);
	w = poolrealloc(P, v, 3000);
	assert_ptr_not_equal(w, v);
	fx_read(w, 100, 1);
	words_are(w, 400, 3000, 0xF9, w);
}

static void
reset_marks_what_goes_back(void **state)
{
	char *v;

	(void)state;
	fx.pool.flags = POOL_ANTAGONISM;
	v = poolalloc(P, 1000);
	poolreset(P);
	assert_int_equal(top(v), 0xFF);
	assert_int_equal(top(v + 800), 0xFF);
	assert_int_equal(top(v + 40000), 0xFF);
}

static void
P79_a_dead_address_never_comes_back(void **state)
{
	char *v = poolalloc(P, 100);

	(void)state;
	fx.pool.flags = POOL_NOREUSE;
	fx_write(v, 100, 1);
	poolfree(P, v);
	for (int i = 0; i < 1000; i++)
		assert_ptr_not_equal(poolalloc(P, 100), v);
	fx_sound();
}

static void
P80_a_dead_block_keeps_its_tags(void **state)
{
	unsigned char *v = poolalloc(P, 100);

	(void)state;
	fx.pool.flags = POOL_NOREUSE;
	fx_write(v, 100, 1);
	poolfree(P, v);
	fx_read(v, 16, 1);
	for (int i = 16; i < 100; i++)
		assert_int_equal(v[i], 0xDA);
}

static void
P81_a_write_into_a_dead_block_is_found(void **state)
{
	char *v = poolalloc(P, 100);

	(void)state;
	fx.pool.flags = POOL_NOREUSE;
	poolfree(P, v);
	fx_sound();
	v[50] = 'x';
	poolcheck(P);
	fx_panicked("dangling pointer write");
}

static void
P82_dead_blocks_stay_counted_and_die_once(void **state)
{
	char *v = poolalloc(P, 100);
	size_t curalloc = fx.pool.curalloc;

	(void)state;
	fx.pool.flags = POOL_NOREUSE;
	poolfree(P, v);
	assert_int_equal(fx.pool.curalloc, curalloc);
	assert_int_equal(fx.pool.nfree, 0);
	poolfree(P, v);
	fx_panicked("double-free");
}

static void
P83_an_aligned_block_dies_cleanly(void **state)
{
	char *v;

	(void)state;
	fx.pool.flags = POOL_NOREUSE;
	for (size_t align = 1; align <= 4096; align *= 2)
		for (long offset = 0; offset < 16; offset += 5) {
			v = poolallocalign(P, 100, align, offset, 0);
			assert_non_null(v);
			poolfree(P, v);
			fx_sound();
		}
	v = poolallocalign(P, 100, 48, 5, 0);
	poolfree(P, v);
	v[60] = 'x';
	poolcheck(P);
	fx_panicked("dangling pointer write");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FX_TEST(P72_new_memory_is_marked),
		FX_TEST(P73_freed_memory_is_marked),
		FX_TEST(P74_a_new_remainder_is_marked),
		FX_TEST(P75_the_documented_example),
		FX_TEST(P76_the_top_byte_is_the_signature),
		FX_TEST(P77_no_byte_is_left_stale),
		FX_TEST(P78_realloc_marks_the_new_bytes_alone),
		FX_TEST(reset_marks_what_goes_back),
		FX_TEST(P79_a_dead_address_never_comes_back),
		FX_TEST(P80_a_dead_block_keeps_its_tags),
		FX_TEST(P81_a_write_into_a_dead_block_is_found),
		FX_TEST(P82_dead_blocks_stay_counted_and_die_once),
		FX_TEST(P83_an_aligned_block_dies_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
