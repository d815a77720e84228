/*
 * t_sample.c - the sampler of --sample, and the set of what it drew.
 *
 * A figure may be off by five times its standard deviation, which is
 * computed, not guessed; seeds are fixed, so a test that passes does so for
 * ever.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "preload/sample.h"
#include "preload/sampled.h"

#define SIGMAS	5

static double
chance(uint64_t interval, size_t size)
{
	return -expm1(-(double)(size ? size : 1) / (double)interval);
}

/* So many of n, each with chance p. */
static void
expect_share(uint64_t got, uint64_t n, double p, const char *what, size_t size)
{
	double mean = (double)n * p;
	double sigma = sqrt((double)n * p * (1 - p));

	if (fabs((double)got - mean) > SIGMAS * sigma + 1)
		fail_msg("%s, size %zu: %llu, not %.1f +- %.1f", what, size,
		    (unsigned long long)got, mean, sigma);
}

static const uint64_t intervals[] = { 2, 16, 1000, 524288, 1u << 30 };
static const size_t sizes[] = { 0, 1, 7, 100, 4096, 524288, 2000000 };

static void
a_block_is_drawn_with_the_chance_of_its_size(void **state)
{
	const uint64_t n = 300000;

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(intervals); i++)
		for (size_t j = 0; j < PW_ARRAY_LEN(sizes); j++) {
			struct sample s = { 0 };
			uint64_t drawn = 0;

			sample_begin(&s, intervals[i], 100 * i + j);
			for (uint64_t k = 0; k < n; k++)
				drawn += sample_draws(&s, intervals[i],
				    sizes[j]);
			expect_share(drawn, n, chance(intervals[i], sizes[j]),
			    "drawn", sizes[j]);
		}
}

/* What came before, large or small, drawn or not, changes nothing. */
static void
sizes_that_come_in_turn_keep_their_chances(void **state)
{
	const uint64_t n = 300000, interval = 5000;
	uint64_t drawn[PW_ARRAY_LEN(sizes)] = { 0 };
	struct sample s = { 0 };

	(void)state;
	sample_begin(&s, interval, 1);
	for (uint64_t k = 0; k < n; k++)
		for (size_t j = 0; j < PW_ARRAY_LEN(sizes); j++)
			drawn[j] += sample_draws(&s, interval, sizes[j]);
	for (size_t j = 0; j < PW_ARRAY_LEN(sizes); j++)
		expect_share(drawn[j], n, chance(interval, sizes[j]),
		    "in turn", sizes[j]);
}

/* Two neighbours are drawn as often as chance has it, not more or less. */
static void
a_draw_says_nothing_of_the_next(void **state)
{
	const uint64_t n = 500000, interval = 300;
	double p = chance(interval, 100);
	uint64_t both = 0;
	struct sample s = { 0 };
	bool was = false;

	(void)state;
	sample_begin(&s, interval, 2);
	for (uint64_t k = 0; k < n; k++) {
		bool is = sample_draws(&s, interval, 100);

		both += was && is;
		was = is;
	}
	expect_share(both, n, p * p, "both", 100);
}

/* The first block of a thread is no other than its later ones. */
static void
the_first_block_of_each_seed_has_its_chance(void **state)
{
	const uint64_t n = 200000;
	uint64_t drawn = 0;

	(void)state;
	for (uint64_t seed = 0; seed < n; seed++) {
		struct sample s = { 0 };

		sample_begin(&s, 1000, seed);
		drawn += sample_draws(&s, 1000, 700);
	}
	expect_share(drawn, n, chance(1000, 700), "first", 700);
}

/*
 * Of a program of 500 blocks of many sizes, over 4,000 seeds: the mean of what
 * is estimated is what there is, in blocks and in bytes.
 */
static void
estimates_are_right_in_the_mean(void **state)
{
	const uint64_t interval = 20000;
	const unsigned nseeds = 4000, nblocks = 500;
	double blocks = 0, bytes = 0, var_blocks = 0, var_bytes = 0;
	double true_bytes = 0;

	(void)state;
	for (unsigned i = 0; i < nblocks; i++) {
		double size = 10 + 7.0 * i * i, p = chance(interval,
		    (size_t)size);

		true_bytes += size;
		var_blocks += (1 - p) / p;
		var_bytes += size * size * (1 - p) / p;
	}
	for (unsigned seed = 1; seed <= nseeds; seed++) {
		struct sample s = { 0 };

		sample_begin(&s, interval, seed);
		for (unsigned i = 0; i < nblocks; i++) {
			size_t size = 10 + 7 * (size_t)i * i;

			if (!sample_draws(&s, interval, size))
				continue;
			blocks += 1 / chance(interval, size) / nseeds;
			bytes += (double)size / chance(interval, size) /
			    nseeds;
		}
	}
	assert_true(fabs(blocks - nblocks) <
	    SIGMAS * sqrt(var_blocks / nseeds));
	assert_true(fabs(bytes - true_bytes) <
	    SIGMAS * sqrt(var_bytes / nseeds));
}

/* The set, beside an array of flags. */
#define NADDRS	60000u

static struct sampled set;
static bool in[NADDRS];

static const void *
address(unsigned i)
{
	return (const void *)(0x7f0000000010 + 48 * (uintptr_t)i);
}

static int
empty_set(void **state)
{
	(void)state;
	memset(&set, 0, sizeof set);
	memset(in, 0, sizeof in);
	return 0;
}

static void
the_set_holds_what_was_added_and_not_dropped(void **state)
{
	uint64_t random = 88172645463325252ull;

	(void)state;
	for (unsigned i = 0; i < 1000000; i++) {
		unsigned a;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		/* It fills up, and empties again. */
		a = (unsigned)(random >> 20) % NADDRS;
		assert_int_equal(sampled_has(&set, address(a)), in[a]);
		if (!in[a] && (random >> 8 & 7) < (i < 500000 ? 7 : 1)) {
			assert_true(sampled_add(&set, address(a)));
			in[a] = true;
		} else {
			assert_int_equal(sampled_drop(&set, address(a)),
			    in[a]);
			in[a] = false;
		}
	}
	for (unsigned a = 0; a < NADDRS; a++)
		assert_int_equal(sampled_has(&set, address(a)), in[a]);
}

/* What the common free reads: nothing is left behind. */
static void
an_emptied_set_looks_like_a_new_one(void **state)
{
	static const struct sampled new;

	(void)state;
	for (unsigned a = 0; a < 8000; a++)
		assert_true(sampled_add(&set, address(a)));
	for (unsigned a = 0; a < 8000; a++)
		assert_true(sampled_drop(&set, address(a)));
	assert_memory_equal(set.filter, new.filter, sizeof new.filter);
	for (unsigned a = 0; a < 8000; a++)
		assert_false(sampled_drop(&set, address(a)));
}

static void *
add_and_drop(void *arg)
{
	unsigned first = (unsigned)(uintptr_t)arg;

	for (unsigned round = 0; round < 40; round++) {
		for (unsigned a = first; a < NADDRS / 4; a += 4)
			if (!sampled_add(&set, address(a)))
				return "not added";
		for (unsigned a = first; a < NADDRS / 4; a += 4)
			if (!sampled_has(&set, address(a)))
				return "not there";
		for (unsigned a = first; a < NADDRS / 4; a += 4)
			if (!sampled_drop(&set, address(a)))
				return "not dropped";
		for (unsigned a = first; a < NADDRS / 4; a += 4)
			if (sampled_has(&set, address(a)))
				return "still there";
	}
	return NULL;
}

static void
threads_add_and_drop_at_once(void **state)
{
	pthread_t t[4];

	(void)state;
	for (uintptr_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, add_and_drop,
		    (void *)i), 0);
	for (int i = 0; i < 4; i++) {
		void *wrong = NULL;

		pthread_join(t[i], &wrong);
		if (wrong != NULL)
			fail_msg("%s", (char *)wrong);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_block_is_drawn_with_the_chance_of_its_size),
		cmocka_unit_test(sizes_that_come_in_turn_keep_their_chances),
		cmocka_unit_test(a_draw_says_nothing_of_the_next),
		cmocka_unit_test(the_first_block_of_each_seed_has_its_chance),
		cmocka_unit_test(estimates_are_right_in_the_mean),
		cmocka_unit_test_setup(
		    the_set_holds_what_was_added_and_not_dropped, empty_set),
		cmocka_unit_test_setup(an_emptied_set_looks_like_a_new_one,
		    empty_set),
		cmocka_unit_test_setup(threads_add_and_drop_at_once,
		    empty_set),
	};

	return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
