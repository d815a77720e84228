/*
 * t_heap_sample.c - what replay makes of a sample of the blocks.
 *
 * A program of a few hundred calls is replayed from samples of many seeds.  The
 * mean of each figure must be the true one, within five times the error that
 * the figures' own spread gives that mean.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "fake_trace.h"
#include "heap/heap_impl.h"
#include "preload/sample.h"
#include "trace/session.h"

#define INTERVAL	3000u
#define NBLOCKS		300u
#define NSEEDS		3000u

static struct heap *heap;
static struct sample sampler;
static uint64_t now, rng;

struct live {
	uint64_t addr;
	uint64_t size;
	bool drawn;
};

struct truth {
	double allocations, frees, reallocations, bytes, live, live_bytes;
};

static uint64_t
random_below(uint64_t n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (rng >> 16) % n;
}

static void
apply(enum trace_kind kind, unsigned call, bool by_realloc, uint64_t addr,
    uint64_t size)
{
	struct trace_event ev = { .kind = kind, .time = ++now, .tid = 1,
		.call = (uint8_t)call, .by_realloc = by_realloc, .addr = addr,
		.size = size, .stack = 3 };

	assert_int_equal(heap_apply(heap, &ev), 0);
}

static void
begin(uint64_t interval)
{
	fake_reset();
	fake_info.mode = SESSION_PROFILE;
	fake_process(100, ~0u, "/bin/a");
	now = 0;
	heap = heap_create(FAKE_READER);
	assert_non_null(heap);
	apply(TRACE_SAMPLE, 0, false, 0, interval);
}

static uint64_t
some_size(void)
{
	return 1 + random_below(random_below(4) == 0 ? 20000 : 400);
}

static void
program_alloc(struct live *b, unsigned i, struct truth *t)
{
	b->addr = 0x10000 + 0x10000 * (uint64_t)i;
	b->size = some_size();
	b->drawn = sample_draws(&sampler, INTERVAL, b->size);
	if (b->drawn)
		apply(TRACE_ALLOC, TRACE_CALL_MALLOC, false, b->addr, b->size);
	t->allocations++;
	t->bytes += (double)b->size;
	t->live++;
	t->live_bytes += (double)b->size;
}

static void
program_free(struct live *b, struct truth *t)
{
	if (b->drawn)
		apply(TRACE_FREE, TRACE_CALL_FREE_CALL, false, b->addr, 0);
	t->frees++;
	t->live--;
	t->live_bytes -= (double)b->size;
	b->size = 0;
}

/* As lib/preload/body_sample.c tells it. */
static void
program_realloc(struct live *b, bool fails, struct truth *t)
{
	uint64_t size = some_size();
	bool drawn = sample_draws(&sampler, INTERVAL, size);

	if (b->drawn)
		apply(TRACE_FREE, TRACE_CALL_REALLOC, true, b->addr, 0);
	if (fails) {
		if (b->drawn)
			apply(TRACE_CANCEL, 0, false, b->addr, 0);
		return;
	}
	if (drawn)
		apply(TRACE_ALLOC, TRACE_CALL_REALLOC, true, b->addr + 16,
		    size);
	else if (b->drawn)
		apply(TRACE_UNSAMPLED, 0, false, b->addr, 0);
	t->reallocations++;
	t->bytes += size > b->size ? (double)(size - b->size) : 0;
	t->live_bytes += (double)size - (double)b->size;
	*b = (struct live){ b->addr + 16, size, drawn };
}

/* The same calls for every seed. */
static struct truth
program_run(uint64_t seed)
{
	static struct live blocks[NBLOCKS];
	struct truth t = { 0 };

	memset(blocks, 0, sizeof blocks);
	rng = 88172645463325252ull;
	sampler = (struct sample){ 0 };
	sample_begin(&sampler, INTERVAL, seed);
	for (unsigned i = 0; i < NBLOCKS; i++)
		program_alloc(&blocks[i], i, &t);
	for (unsigned i = 0; i < NBLOCKS; i++)
		if (random_below(2) == 0)
			program_realloc(&blocks[i], random_below(4) == 0, &t);
	for (unsigned i = 0; i < NBLOCKS; i++)
		if (random_below(3) == 0)
			program_free(&blocks[i], &t);
	return t;
}

struct figure {
	const char *name;
	double sum, squares, truth;
};

static void
figure_add(struct figure *f, double got, double truth)
{
	f->sum += got;
	f->squares += got * got;
	f->truth = truth;
}

static void
figure_check(const struct figure *f)
{
	double mean = f->sum / NSEEDS;
	double var = f->squares / NSEEDS - mean * mean;
	double error = 5 * sqrt(var / NSEEDS) + 0.51;

	if (fabs(mean - f->truth) > error)
		fail_msg("%s: %.2f in the mean, not %.2f +- %.2f", f->name,
		    mean, f->truth, error);
}

static void
figures_of_a_sample_are_right_in_the_mean(void **state)
{
	struct figure f[] = { { .name = "allocations" }, { .name = "frees" },
		{ .name = "reallocations" }, { .name = "bytes_allocated" },
		{ .name = "live_blocks" }, { .name = "live_bytes" } };

	(void)state;
	for (uint64_t seed = 1; seed <= NSEEDS; seed++) {
		const struct heap_totals *n;
		struct truth t;

		begin(INTERVAL);
		t = program_run(seed);
		n = heap_totals(heap);
		figure_add(&f[0], (double)n->allocations, t.allocations);
		figure_add(&f[1], (double)n->frees, t.frees);
		figure_add(&f[2], (double)n->reallocations, t.reallocations);
		figure_add(&f[3], (double)n->bytes_allocated, t.bytes);
		figure_add(&f[4], (double)n->live_blocks, t.live);
		figure_add(&f[5], (double)n->live_bytes, t.live_bytes);
		assert_int_equal(heap->threads[0].npending, 0);
		heap_destroy(heap);
	}
	for (size_t i = 0; i < PW_ARRAY_LEN(f); i++)
		figure_check(&f[i]);
}

/* What was added for a block is what goes with it. */
static void
a_sample_whose_blocks_are_freed_leaves_nothing(void **state)
{
	(void)state;
	begin(INTERVAL);
	for (uint64_t i = 1; i < 2000; i++)
		apply(TRACE_ALLOC, TRACE_CALL_MALLOC, false, i << 16, i * 7);
	assert_true(heap_totals(heap)->live_blocks > 2000);
	for (uint64_t i = 1; i < 2000; i++)
		apply(TRACE_FREE, TRACE_CALL_FREE_CALL, false, i << 16, 0);
	assert_int_equal(heap_totals(heap)->live_blocks, 0);
	assert_int_equal(heap_totals(heap)->live_bytes, 0);
	assert_int_equal(heap_totals(heap)->frees,
	    heap_totals(heap)->allocations);
	assert_int_equal(heap_totals(heap)->temporary, 0);
	heap_destroy(heap);
}

static void
blocks_much_larger_than_the_interval_stand_for_themselves(void **state)
{
	(void)state;
	begin(10);
	apply(TRACE_ALLOC, TRACE_CALL_MALLOC, false, 0x1000, 1000);
	assert_int_equal(heap_totals(heap)->live_blocks, 1);
	assert_int_equal(heap_totals(heap)->live_bytes, 1000);
	heap_destroy(heap);
}

static void
frees_of_what_is_not_in_the_sample_accuse_nobody(void **state)
{
	(void)state;
	begin(INTERVAL);
	apply(TRACE_ALLOC, TRACE_CALL_MALLOC, false, 0x1000, 1000);
	apply(TRACE_FREE, TRACE_CALL_FREE_CALL, false, 0x1000, 0);
	apply(TRACE_FREE, TRACE_CALL_FREE_CALL, false, 0x1000, 0);
	apply(TRACE_FREE, TRACE_CALL_DELETE, false, 0x2000, 0);
	assert_int_equal(heap_nerrors(heap), 0);
	heap_destroy(heap);
}

/* What bytes of a trace can say, but no recording. */
static void
intervals_beyond_reason_do_no_harm(void **state)
{
	static const uint64_t odd[] = { 0, 1, 1ull << 40, ~0ull };

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(odd); i++) {
		begin(odd[i]);
		apply(TRACE_ALLOC, TRACE_CALL_MALLOC, false, 0x1000, ~0ull);
		apply(TRACE_ALLOC, TRACE_CALL_MALLOC, false, 0x2000, 0);
		apply(TRACE_FREE, TRACE_CALL_REALLOC, true, 0x2000, 0);
		apply(TRACE_ALLOC, TRACE_CALL_REALLOC, true, 0x3000, 77);
		apply(TRACE_UNSAMPLED, 0, false, 0x9000, 0);
		heap_destroy(heap);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_of_a_sample_are_right_in_the_mean),
		cmocka_unit_test(
		    a_sample_whose_blocks_are_freed_leaves_nothing),
		cmocka_unit_test(
		    blocks_much_larger_than_the_interval_stand_for_themselves),
		cmocka_unit_test(
		    frees_of_what_is_not_in_the_sample_accuse_nobody),
		cmocka_unit_test(intervals_beyond_reason_do_no_harm),
	};

	return cmocka_run_group_tests_name("heap sample", tests, NULL, NULL);
}
