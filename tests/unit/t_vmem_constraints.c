/*
 * t_vmem_constraints.c - tests of vmem_xalloc and vmem_add: which addresses may
 * be handed out; a bitmap is the oracle of the random ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vmem_fixture.h"

#define UNITS	256u
#define LIVE	64u
#define STEPS	20000

struct ask {
	size_t n, align, phase, nocross, min, max;	/* quanta */
};

/* The answer of one constrained request, TOP for ENOMEM. */
static vmem_addr_t
ask_bytes(vmem_t *vm, size_t size, size_t nocross, vmem_addr_t min,
    vmem_addr_t max)
{
	vmem_addr_t a = 77;
	int error = vmem_xalloc(vm, size, 0, 0, nocross, min, max, BEST, &a);

	if (error == 0)
		return a;
	assert_int_equal(error, ENOMEM);
	assert_int_equal(a, 77);
	return TOP;
}

static void
V11_align_and_phase(void **state)
{
	vmem_t *vm = arena(state, 0x3000, 64 * Q);
	vmem_addr_t a[8];

	for (int i = 0; i < 8; i++) {
		assert_int_equal(vmem_xalloc(vm, Q, 0x4000, 0x1000, 0, 0, TOP,
		    i % 2 ? BEST : FIRST, &a[i]), 0);
		assert_int_equal(a[i] % 0x4000, 0x1000);
		sound(vm);
	}
	for (int i = 0; i < 8; i++)
		vmem_xfree(vm, a[i], Q);
	done(vm);
}

static int
judged(vmem_t *vm, size_t size, size_t align, size_t phase, size_t nocross)
{
	vmem_addr_t a;
	int error = vmem_xalloc(vm, size, align, phase, nocross, 0, TOP, BEST,
	    &a);

	if (error == 0)
		vmem_xfree(vm, a, size);
	return error;
}

static void
V12_a_size_larger_than_nocross_is_EINVAL(void **state)
{
	vmem_t *vm = arena(state, 0, 16 * Q);

	assert_int_equal(judged(vm, 8192, 0, 0, 4096), EINVAL);
	assert_int_equal(judged(vm, 4097, 0, 0, 4096), EINVAL);
	assert_int_equal(judged(vm, 4096, 0, 0, 4096), 0);
	done(vm);
}

static void
V13_nocross_moves_a_segment_that_would_cross(void **state)
{
	vmem_t *vm = arena(state, 0x2000, 64 * Q);

	assert_int_equal(ask_bytes(vm, 0x3000, 0x4000, 0, TOP), 0x4000);
	vmem_xfree(vm, 0x4000, 0x3000);
	done(vm);
}

static void
V14_nocross_leaves_one_that_would_not(void **state)
{
	vmem_t *vm = arena(state, 0x1000, 64 * Q);

	assert_int_equal(ask_bytes(vm, 0x3000, 0x4000, 0, TOP), 0x1000);
	vmem_xfree(vm, 0x1000, 0x3000);
	done(vm);
}

static unsigned char taken[UNITS];	/* the oracle: not to be had */

static bool
oracle_fits(const struct ask *q, size_t at)
{
	if (at < q->min || at + q->n - 1 > q->max || at + q->n > UNITS ||
	    at % q->align != q->phase || (q->nocross != 0 &&
	    at / q->nocross != (at + q->n - 1) / q->nocross))
		return false;
	for (size_t i = 0; i < q->n; i++)
		if (taken[at + i])
			return false;
	return true;
}

static int
oracle_judge(const struct ask *q)
{
	/* At phase, and so anywhere: it would always cross. */
	if (q->nocross != 0 && (q->n > q->nocross ||
	    q->phase / q->nocross != (q->phase + q->n - 1) / q->nocross))
		return EINVAL;
	for (size_t at = 0; at + q->n <= UNITS; at++)
		if (oracle_fits(q, at))
			return 0;
	return ENOMEM;
}

struct piece {
	vmem_addr_t at;
	size_t n;
};

static void
random_take(vmem_t *vm, const struct ask *q, struct piece *p)
{
	int error = vmem_xalloc(vm, q->n * Q, q->align * Q, q->phase * Q,
	    q->nocross * Q, q->min * Q, q->max * Q + Q - 1,
	    dice(2) ? BEST : VMEM_NOWAIT, &p->at);

	assert_int_equal(error, oracle_judge(q));
	p->n = 0;
	if (error != 0)
		return;
	p->n = q->n;
	assert_int_equal(p->at % Q, 0);
	assert_true(oracle_fits(q, p->at / Q));
	memset(&taken[p->at / Q], 1, q->n);
}

static void
random_give(vmem_t *vm, struct piece *p)
{
	vmem_xfree(vm, p->at, p->n * Q);
	memset(&taken[p->at / Q], 0, p->n);
	p->n = 0;
}

static void
give_all(vmem_t *vm, struct piece *live)
{
	for (size_t i = 0; i < LIVE; i++)
		if (live[i].n != 0)
			random_give(vm, &live[i]);
	done(vm);
}

static void
V15_with_align_and_nocross_the_search_is_complete(void **state)
{
	vmem_t *vm = arena(state, 0, UNITS * Q);
	struct piece live[LIVE] = { { 0, 0 } };

	dice_seed();
	memset(taken, 0, sizeof(taken));
	for (int step = 0; step < STEPS; step++) {
		struct piece *p = &live[dice(LIVE)];
		size_t align = (size_t)1 << dice(4);
		struct ask q = {
			.n = 1 + dice(8), .align = align,
			.phase = dice(align), .nocross = align << dice(4),
			.max = UNITS - 1,
		};

		if (p->n != 0)
			random_give(vm, p);
		random_take(vm, &q, p);
		sound(vm);
	}
	give_all(vm, live);
}

static void
V16_crooked_align_phase_and_nocross_are_EINVAL(void **state)
{
	vmem_t *vm = arena(state, 0, 64 * Q);

	assert_int_equal(judged(vm, Q, 4 * Q, 4 * Q, 0), EINVAL);
	assert_int_equal(judged(vm, Q, 4 * Q, 5 * Q, 0), EINVAL);
	assert_int_equal(judged(vm, Q, 0, Q, 0), EINVAL);
	assert_int_equal(judged(vm, Q, 3 * Q, 0, 0), EINVAL);
	assert_int_equal(judged(vm, Q, Q / 2, 0, 0), EINVAL);
	assert_int_equal(judged(vm, Q, 4 * Q, Q / 2, 0), EINVAL);
	assert_int_equal(judged(vm, Q, 0, 0, Q / 2), EINVAL);
	assert_int_equal(judged(vm, Q, 0, 0, 3 * Q), EINVAL);
	assert_int_equal(judged(vm, Q, 4 * Q, 3 * Q, 4 * Q), 0);
	done(vm);
}

static void
V17_min_above_max_is_EINVAL(void **state)
{
	vmem_t *vm = arena(state, 0, 4 * Q);

	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, 2, 1, BEST, NULL),
	    EINVAL);
	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, TOP, 0, FIRST, NULL),
	    EINVAL);
	done(vm);
}

static void
V18_a_phase_that_must_cross_is_EINVAL(void **state)
{
	vmem_t *vm = arena(state, 0, 64 * Q);

	assert_int_equal(judged(vm, 2 * Q, 8 * Q, 3 * Q, 4 * Q), EINVAL);
	assert_int_equal(judged(vm, 2 * Q, 4 * Q, 3 * Q, 4 * Q), EINVAL);
	assert_int_equal(judged(vm, 2 * Q, 8 * Q, 2 * Q, 4 * Q), 0);
	done(vm);
}

static void
V19_min_and_max_are_inclusive(void **state)
{
	vmem_t *vm = arena(state, 0x1000, 16 * Q);

	assert_int_equal(ask_bytes(vm, Q, 0, 0x3000, 0x3ffe), TOP);
	assert_int_equal(ask_bytes(vm, Q, 0, 0x3001, 0x4ffe), TOP);
	assert_int_equal(ask_bytes(vm, Q, 0, 0x3000, 0x3fff), 0x3000);
	assert_int_equal(ask_bytes(vm, Q, 0, 0x3001, 0x4fff), 0x4000);
	vmem_xfree(vm, 0x3000, Q);
	vmem_xfree(vm, 0x4000, Q);
	done(vm);
}

static void
V20_the_extremes_mean_do_not_care(void **state)
{
	vmem_t *vm = arena(state, 0, 2 * Q);

	assert_int_equal(vmem_add(vm, TOP - 2 * Q + 1, 2 * Q, FIRST), 0);
	assert_int_equal(ask_bytes(vm, 2 * Q, 0, VMEM_ADDR_MIN,
	    VMEM_ADDR_MAX), 0);
	assert_int_equal(ask_bytes(vm, 2 * Q, 0, VMEM_ADDR_MIN,
	    VMEM_ADDR_MAX), TOP - 2 * Q + 1);
	sound(vm);
	vmem_xfree(vm, 0, 2 * Q);
	vmem_xfree(vm, TOP - 2 * Q + 1, 2 * Q);
	done(vm);
}

static void
V21_an_allocated_range_within_the_bounds_is_not_given_again(void **state)
{
	vmem_t *vm = arena(state, 0x1000, 16 * Q);

	assert_int_equal(ask_bytes(vm, 2 * Q, 0, 0x4000, 0x5fff), 0x4000);
	assert_int_equal(ask_bytes(vm, Q, 0, 0x4000, 0x5fff), TOP);
	assert_int_equal(ask_bytes(vm, 2 * Q, 0, 0x3000, 0x6fff), TOP);
	assert_int_equal(ask_bytes(vm, Q, 0, 0x4000, 0x6fff), 0x6000);
	vmem_xfree(vm, 0x4000, 2 * Q);
	assert_int_equal(ask_bytes(vm, 3 * Q, 0, 0x3000, 0x5fff), 0x3000);
	vmem_xfree(vm, 0x3000, 3 * Q);
	vmem_xfree(vm, 0x6000, Q);
	done(vm);
}

static void
V35_an_added_span_can_be_used(void **state)
{
	vmem_t *vm = arena(state, Q, 2 * Q);
	vmem_addr_t a;

	assert_int_equal(vmem_add(vm, 16 * Q, 8 * Q, VMEM_NOWAIT), 0);
	assert_int_equal(total(vm), 10 * Q);
	a = take(vm, 8 * Q, FIRST);
	assert_int_equal(a, 16 * Q);
	assert_int_equal(take(vm, 2 * Q, FIRST), Q);
	vmem_free(vm, a, 8 * Q);
	vmem_free(vm, Q, 2 * Q);
	done(vm);
}

static void
V36_adjoining_spans_are_never_joined(void **state)
{
	vmem_t *vm = arena(state, 4 * Q, 4 * Q);

	assert_int_equal(vmem_add(vm, 8 * Q, 4 * Q, VMEM_NOWAIT), 0);
	assert_int_equal(vmem_add(vm, 0, 4 * Q, VMEM_NOWAIT), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(vmem_alloc(vm, 5 * Q, FIRST, NULL), ENOMEM);
		assert_int_equal(vmem_size(vm, VMEM_MAXFREE), 4 * Q);
		for (int k = 0; k < 3; k++)
			take(vm, 4 * Q, FIRST);
		for (vmem_addr_t k = 0; k < 3; k++)
			vmem_free(vm, k * 4 * Q, 4 * Q);
		settle(vm);
	}
	done(vm);
}

static void
V37_a_span_that_overlaps_is_EINVAL(void **state)
{
	vmem_t *vm = arena(state, 4 * Q, 4 * Q);

	assert_int_equal(vmem_add(vm, 4 * Q, 4 * Q, VMEM_NOWAIT), EINVAL);
	assert_int_equal(vmem_add(vm, 7 * Q, 4 * Q, VMEM_NOWAIT), EINVAL);
	assert_int_equal(vmem_add(vm, 0, 5 * Q, VMEM_NOWAIT), EINVAL);
	assert_int_equal(vmem_add(vm, 5 * Q, Q, VMEM_NOWAIT), EINVAL);
	assert_int_equal(vmem_add(vm, 0, 16 * Q, VMEM_NOWAIT), EINVAL);
	assert_int_equal(vmem_add(vm, 16 * Q + 1, Q, VMEM_NOWAIT), EINVAL);
	assert_int_equal(vmem_add(vm, 16 * Q, Q + 1, VMEM_NOWAIT), EINVAL);
	assert_int_equal(vmem_add(vm, 16 * Q, Q, 0), EINVAL);
	assert_int_equal(total(vm), 4 * Q);
	done(vm);
}

static void
V38_a_span_that_wraps_is_EINVAL(void **state)
{
	vmem_t *vm = arena(state, 4 * Q, 4 * Q);

	assert_int_equal(vmem_add(vm, TOP - Q + 1, 2 * Q, VMEM_NOWAIT),
	    EINVAL);
	assert_int_equal(vmem_add(vm, TOP - 2 * Q + 1, 3 * Q, VMEM_NOWAIT),
	    EINVAL);
	assert_int_equal(vmem_add(vm, 16 * Q, TOP - Q + 1, VMEM_NOWAIT),
	    EINVAL);
	assert_int_equal(total(vm), 4 * Q);
	done(vm);
}

static void
V39_a_span_of_0_is_EINVAL_and_the_very_top_works(void **state)
{
	vmem_t *vm = arena(state, 0, 0);
	vmem_addr_t low = TOP - 4 * Q + 1, a;

	assert_int_equal(vmem_add(vm, Q, 0, VMEM_NOWAIT), EINVAL);
	assert_int_equal(vmem_add(vm, low, 4 * Q, VMEM_NOWAIT), 0);
	assert_int_equal(vmem_alloc(vm, 5 * Q, BEST, NULL), ENOMEM);
	assert_int_equal(vmem_xalloc(vm, Q, 8 * Q, 0, 0, 0, TOP, BEST, NULL),
	    ENOMEM);
	assert_int_equal(vmem_xalloc(vm, Q, 4 * Q, 3 * Q, 0, 0, TOP, BEST,
	    &a), 0);
	assert_int_equal(a, TOP - Q + 1);
	assert_int_equal(take(vm, Q, NEXT), low);
	assert_int_equal(take(vm, 2 * Q, NEXT), low + Q);
	assert_int_equal(vmem_alloc(vm, Q, NEXT, NULL), ENOMEM);
	vmem_free(vm, a, Q);
	assert_int_equal(take(vm, Q, NEXT), a);
	vmem_free(vm, a, Q);
	vmem_free(vm, low, Q);
	vmem_free(vm, low + Q, 2 * Q);
	assert_true(vmem_contains(vm, low, 4 * Q));
	done(vm);
}

static void
V40_the_same_request_after_a_free_gives_the_same_address(void **state)
{
	vmem_t *vm = arena(state, 0x1000, 64 * Q);
	vmem_addr_t a, b, wall = ask_bytes(vm, 5 * Q, 0, 0, TOP);
	static const int flags[] = { FIRST, BEST };

	for (int i = 0; i < 2; i++) {
		assert_int_equal(vmem_xalloc(vm, 3 * Q, 8 * Q, 2 * Q, 8 * Q,
		    9 * Q, TOP, flags[i], &a), 0);
		vmem_xfree(vm, a, 3 * Q);
		assert_int_equal(vmem_xalloc(vm, 3 * Q, 8 * Q, 2 * Q, 8 * Q,
		    9 * Q, TOP, flags[i], &b), 0);
		assert_int_equal(a, b);
		vmem_xfree(vm, b, 3 * Q);
	}
	vmem_xfree(vm, wall, 5 * Q);
	done(vm);
}

/* Spans come one by one: a piece that is not added yet is taken. */
static void
V80_random_requests_agree_with_a_bitmap(void **state)
{
	vmem_t *vm = arena(state, 0, 64 * Q);
	struct piece live[LIVE] = { { 0, 0 } };
	size_t added = 64;

	dice_seed();
	memset(taken, 0, sizeof(taken));
	/* A unit between two spans belongs to none. */
	memset(&taken[64], 1, UNITS - 64);
	for (int step = 0; step < STEPS; step++) {
		struct piece *p = &live[dice(LIVE)];
		size_t align = (size_t)1 << dice(5), min = dice(UNITS);
		struct ask q = {
			.n = 1 + dice(12), .align = align,
			.phase = dice(align),
			.nocross = dice(2) ? 0 : (size_t)16 << dice(3),
			.min = min, .max = min + dice(UNITS),
		};

		if (p->n == 0)
			random_take(vm, &q, p);
		else
			random_give(vm, p);
		if (step % 500 == 499 && added + 16 <= UNITS) {
			assert_int_equal(vmem_add(vm, (added + 1) * Q, 15 * Q,
			    VMEM_NOWAIT), 0);
			memset(&taken[added + 1], 0, 15);
			added += 16;
		}
		sound(vm);
	}
	give_all(vm, live);
}

static void
V83_bounds_hold_for_the_rounded_size(void **state)
{
	vmem_t *vm = arena(state, 0x1000, 16 * Q);

	assert_int_equal(ask_bytes(vm, 1, 0, 0x3000, 0x3000), TOP);
	assert_int_equal(ask_bytes(vm, 1, 0, 0x3000, 0x3ffe), TOP);
	assert_int_equal(ask_bytes(vm, 1, 0, 0x3000, 0x3fff), 0x3000);
	vmem_xfree(vm, 0x3000, 1);
	done(vm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(V11_align_and_phase),
		BOTH(V12_a_size_larger_than_nocross_is_EINVAL),
		BOTH(V13_nocross_moves_a_segment_that_would_cross),
		BOTH(V14_nocross_leaves_one_that_would_not),
		BOTH(V15_with_align_and_nocross_the_search_is_complete),
		BOTH(V16_crooked_align_phase_and_nocross_are_EINVAL),
		BOTH(V17_min_above_max_is_EINVAL),
		BOTH(V18_a_phase_that_must_cross_is_EINVAL),
		BOTH(V19_min_and_max_are_inclusive),
		BOTH(V20_the_extremes_mean_do_not_care),
	BOTH(V21_an_allocated_range_within_the_bounds_is_not_given_again),
	BOTH(V40_the_same_request_after_a_free_gives_the_same_address),
		BOTH(V35_an_added_span_can_be_used),
		BOTH(V36_adjoining_spans_are_never_joined),
		BOTH(V37_a_span_that_overlaps_is_EINVAL),
		BOTH(V38_a_span_that_wraps_is_EINVAL),
		BOTH(V39_a_span_of_0_is_EINVAL_and_the_very_top_works),
		BOTH(V80_random_requests_agree_with_a_bitmap),
		BOTH(V83_bounds_hold_for_the_rounded_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
