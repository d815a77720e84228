/*
 * t_vmem_alloc.c - tests of vmem: create, alloc, free and the strategies.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vmem_fixture.h"

static void
V1_a_new_arena_has_all_its_span_free(void **state)
{
	vmem_t *vm = vmem_create("a", 0x1000, 0x10000, 0x1000,
	    *(size_t *)*state * Q, FIRST);

	assert_non_null(vm);
	assert_int_equal(total(vm), 0x10000);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 0);
	done(vm);
}

static void
V2_an_arena_of_size_0_is_empty(void **state)
{
	vmem_t *vm = arena(state, 0x1000, 0);

	assert_int_equal(total(vm), 0);
	assert_int_equal(vmem_alloc(vm, 1, FIRST, NULL), ENOMEM);
	assert_int_equal(vmem_alloc(vm, 1, BEST, NULL), ENOMEM);
	assert_int_equal(vmem_alloc(vm, 1, NEXT, NULL), ENOMEM);
	done(vm);
}

static void
V3_a_quantum_of_0_or_3_is_EINVAL(void **state)
{
	static const size_t crooked[] = { 0, 3 };
	static char storage[VMEM_STORAGE] __attribute__((aligned(64)));

	(void)state;
	for (int i = 0; i < 2; i++) {
		errno = 0;
		assert_null(vmem_create("bad", 0, 0, crooked[i], 0,
		    VMEM_NOWAIT));
		assert_int_equal(errno, EINVAL);
		assert_null(vmem_init((vmem_t *)storage, "bad", 0, 0,
		    crooked[i], 0, VMEM_NOWAIT));
	}
	assert_null(vmem_create("bad", 1, Q, Q, 0, VMEM_NOWAIT));
	assert_null(vmem_create("bad", 0, Q, Q, 0, 0));
	assert_int_equal(errno, EINVAL);
}

static void
V4_an_arena_may_begin_at_0(void **state)
{
	vmem_t *vm = arena(state, 0, 4 * Q);

	assert_int_equal(take(vm, 4 * Q, FIRST), 0);
	vmem_free(vm, 0, 4 * Q);
	done(vm);
}

static void
V5_one_unit_takes_one_quantum_aligned_to_it(void **state)
{
	vmem_t *vm = arena(state, 0x3000, 8 * Q);
	vmem_addr_t a = take(vm, 1, FIRST);

	assert_int_equal(vmem_size(vm, VMEM_ALLOC), Q);
	assert_int_equal(a % Q, 0);
	assert_true(a >= 0x3000 && a <= 0x3000 + 7 * Q);
	vmem_free(vm, a, 1);
	done(vm);
}

static void
V6_alloc_answers_0_ENOMEM_or_EINVAL(void **state)
{
	vmem_t *vm = arena(state, Q, 2 * Q);
	vmem_addr_t a;

	assert_int_equal(vmem_alloc(vm, 2 * Q, FIRST, &a), 0);
	assert_int_equal(vmem_alloc(vm, Q, FIRST, NULL), ENOMEM);
	assert_int_equal(vmem_alloc(vm, Q, 0, NULL), EINVAL);
	assert_int_equal(vmem_alloc(vm, Q, VMEM_NOWAIT | VMEM_WAITOK, NULL),
	    EINVAL);
	assert_int_equal(vmem_alloc(vm, Q, VMEM_NOWAIT | 1, NULL), EINVAL);
	vmem_free(vm, a, 2 * Q);
	done(vm);
}

static void
V7_the_whole_arena_can_be_had_in_quanta_and_then_ENOMEM(void **state)
{
	vmem_t *vm = arena(state, 0, 64 * Q);
	bool seen[64] = { false };

	for (int i = 0; i < 64; i++) {
		vmem_addr_t a = take(vm, Q, i % 2 ? FIRST : BEST);

		assert_true(a < 64 * Q && a % Q == 0 && !seen[a / Q]);
		seen[a / Q] = true;
	}
	assert_int_equal(vmem_alloc(vm, Q, FIRST, NULL), ENOMEM);
	sound(vm);
	for (size_t i = 0; i < 64; i++)
		vmem_free(vm, i * Q, Q);
	done(vm);
}

static void
V8_freed_in_any_order_it_can_be_had_as_one(void **state)
{
	vmem_t *vm = arena(state, Q, 64 * Q);
	vmem_addr_t a[64];

	dice_seed();
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 64; i++)
			a[i] = take(vm, Q, FIRST);
		for (size_t n = 64, i; n > 0; n--) {
			i = dice(n);
			vmem_free(vm, a[i], Q);
			a[i] = a[n - 1];
			sound(vm);
		}
		assert_int_equal(take(vm, 64 * Q, FIRST), Q);
		vmem_free(vm, Q, 64 * Q);
	}
	done(vm);
}

static void
V9_a_size_of_0_is_EINVAL(void **state)
{
	vmem_t *vm = arena(state, 0, Q);

	assert_int_equal(vmem_alloc(vm, 0, FIRST, NULL), EINVAL);
	assert_int_equal(vmem_xalloc(vm, 0, 0, 0, 0, 0, TOP, BEST, NULL),
	    EINVAL);
	done(vm);
}

static void
V10_a_size_near_SIZE_MAX_does_not_wrap(void **state)
{
	vmem_t *vm = arena(state, 0, 4 * Q);

	for (size_t less = 0; less < 2 * Q; less += Q / 4) {
		int error = vmem_alloc(vm, SIZE_MAX - less, FIRST, NULL);

		assert_true(error == EINVAL || error == ENOMEM);
		error = vmem_xalloc(vm, SIZE_MAX - less, Q, 0, 0, 0, TOP,
		    BEST, NULL);
		assert_true(error == EINVAL || error == ENOMEM);
	}
	done(vm);
}

static void
V22_the_address_may_be_left_out(void **state)
{
	vmem_t *vm = arena(state, Q, 2 * Q);

	assert_int_equal(vmem_alloc(vm, Q, FIRST, NULL), 0);
	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, 0, TOP, FIRST, NULL), 0);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 2 * Q);
	vmem_free(vm, Q, Q);
	assert_int_equal(vmem_alloc(vm, Q, FIRST, NULL), 0);
	vmem_free(vm, Q, Q);
	vmem_free(vm, 2 * Q, Q);
	done(vm);
}

static void
V23_a_failure_leaves_the_address_alone(void **state)
{
	vmem_t *vm = arena(state, Q, Q);
	vmem_addr_t a = 77;

	assert_int_equal(vmem_alloc(vm, 2 * Q, FIRST, &a), ENOMEM);
	assert_int_equal(vmem_alloc(vm, 2 * Q, BEST, &a), ENOMEM);
	assert_int_equal(vmem_alloc(vm, 2 * Q, NEXT, &a), ENOMEM);
	assert_int_equal(vmem_alloc(vm, 0, FIRST, &a), EINVAL);
	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, 0, 5, BEST, &a), ENOMEM);
	assert_int_equal(vmem_xalloc(vm, Q, 3, 0, 0, 0, 5, BEST, &a), EINVAL);
	assert_int_equal(a, 77);
	done(vm);
}

/* Holes of these sizes, walls between them and nothing else. */
static void
dig(vmem_t *vm, const size_t *hole, vmem_addr_t *at, int n)
{
	for (int i = 0; i < n; i++) {
		at[i] = take(vm, hole[i] * Q, BEST);
		take(vm, Q, BEST);
	}
	take(vm, vmem_size(vm, VMEM_MAXFREE), BEST);
	for (int i = n; i-- > 0;)
		vmem_free(vm, at[i], hole[i] * Q);
}

static void
fill_in(vmem_t *vm)
{
	vmem_complain(vm, hear);
	vmem_destroy(vm);
}

static void
V24_best_fit_takes_the_hole_that_fits(void **state)
{
	static const size_t hole[] = { 8, 3, 2 };
	vmem_t *vm = arena(state, 0, 200 * Q);
	vmem_addr_t at[3];

	dig(vm, hole, at, 3);
	assert_int_equal(take(vm, 2 * Q, BEST), at[2]);
	assert_int_equal(take(vm, 3 * Q, BEST), at[1]);
	assert_int_equal(take(vm, 1 * Q, BEST), at[0]);
	fill_in(vm);
}

static void
V25_best_fit_is_exact_within_a_class(void **state)
{
	static const size_t hole[] = { 40, 33, 60, 33 };
	vmem_t *vm = arena(state, 0, 400 * Q);
	vmem_addr_t at[4];

	dig(vm, hole, at, 4);
	assert_int_equal(take(vm, 33 * Q, BEST), at[1]);
	assert_int_equal(take(vm, 33 * Q, BEST), at[3]);
	assert_int_equal(take(vm, 33 * Q, BEST), at[0]);
	assert_int_equal(take(vm, 33 * Q, BEST), at[2]);
	fill_in(vm);
}

static void
V26_first_fit_finds_one_that_fits(void **state)
{
	static const size_t hole[] = { 3, 8, 2 };
	vmem_t *vm = arena(state, 0, 200 * Q);
	vmem_addr_t at[3], a;

	dig(vm, hole, at, 3);
	a = take(vm, 3 * Q, FIRST);
	assert_true(a == at[0] || (a >= at[1] && a <= at[1] + 5 * Q));
	sound(vm);
	fill_in(vm);
}

static void
V27_first_fit_finds_the_only_hole_in_a_class_too_small(void **state)
{
	static const size_t hole[] = { 33, 2 };
	vmem_t *vm = arena(state, 0, 200 * Q);
	vmem_addr_t at[2];

	dig(vm, hole, at, 2);
	assert_int_equal(take(vm, 33 * Q, FIRST), at[0]);
	fill_in(vm);
}

static void
V28_next_fit_goes_on_behind_the_last(void **state)
{
	vmem_t *vm = arena_of(state, 1, 10, 1);

	for (vmem_addr_t i = 1; i <= 3; i++)
		assert_int_equal(take(vm, 1, NEXT), i);
	vmem_free(vm, 1, 1);
	assert_int_equal(take(vm, 1, NEXT), 4);
	vmem_free(vm, 4, 1);
	assert_int_equal(take(vm, 1, NEXT), 5);
	sound(vm);
	fill_in(vm);
}

static void
V29_next_fit_wraps(void **state)
{
	vmem_t *vm = arena_of(state, 1, 10, 1);

	for (int round = 0; round < 3; round++)
		for (vmem_addr_t i = 1; i <= 10; i++) {
			assert_int_equal(take(vm, 1, NEXT), i);
			vmem_free(vm, i, 1);
		}
	done(vm);
}

static void
V30_next_fit_with_all_taken_is_ENOMEM(void **state)
{
	vmem_t *vm = arena_of(state, 1, 10, 1);

	for (vmem_addr_t i = 1; i <= 10; i++)
		take(vm, 1, NEXT);
	assert_int_equal(vmem_alloc(vm, 1, NEXT, NULL), ENOMEM);
	vmem_free(vm, 7, 1);
	assert_int_equal(take(vm, 1, NEXT), 7);
	fill_in(vm);
}

static void
V31_next_fit_with_bounds_is_EINVAL(void **state)
{
	vmem_t *vm = arena(state, Q, 8 * Q);

	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, Q, TOP, NEXT, NULL),
	    EINVAL);
	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, 0, TOP - 1, NEXT, NULL),
	    EINVAL);
	assert_int_equal(vmem_xalloc(vm, Q, 4 * Q, 0, 0, 0, TOP, NEXT, NULL),
	    0);
	vmem_xfree(vm, 4 * Q, Q);
	done(vm);
}

static void
V32_next_fit_rounds_the_size(void **state)
{
	vmem_t *vm = arena(state, 0, 4 * Q);

	assert_int_equal(take(vm, Q + 1, NEXT), 0);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 2 * Q);
	assert_int_equal(take(vm, 1, NEXT), 2 * Q);
	sound(vm);
	vmem_free(vm, 0, 2 * Q);
	vmem_free(vm, 2 * Q, Q);
	done(vm);
}

static void
V33_after_next_fit_all_of_the_arena_can_be_had_again(void **state)
{
	vmem_t *vm = arena(state, Q, 16 * Q);

	for (vmem_addr_t i = 1; i <= 7; i++)
		assert_int_equal(take(vm, Q, NEXT), i * Q);
	for (vmem_addr_t i = 1; i <= 7; i++)
		vmem_free(vm, (i * 3 % 7 + 1) * Q, Q);
	assert_int_equal(take(vm, 16 * Q, BEST), Q);
	vmem_free(vm, Q, 16 * Q);
	done(vm);
}

static void
V34_no_strategy_is_first_fit_and_two_are_EINVAL(void **state)
{
	vmem_t *vm = arena(state, Q, 4 * Q);
	vmem_addr_t a = take(vm, Q, VMEM_NOWAIT);

	assert_int_equal(vmem_alloc(vm, Q, FIRST | BEST, NULL), EINVAL);
	assert_int_equal(vmem_alloc(vm, Q, NEXT | BEST, NULL), EINVAL);
	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, 0, TOP, NEXT | FIRST,
	    NULL), EINVAL);
	vmem_free(vm, a, Q);
	/* The magazines too look at the flags before they serve. */
	assert_int_equal(vmem_alloc(vm, Q, FIRST | BEST, NULL), EINVAL);
	done(vm);
}

static void
V41_a_bad_free_is_diagnosed_and_changes_nothing(void **state)
{
	vmem_t *vm = arena(state, 0, 32 * Q);
	vmem_addr_t a = take(vm, 2 * Q, BEST);
	size_t before = vmem_size(vm, VMEM_ALLOC);

	vmem_complain(vm, hear);
	complaints = 0;
	vmem_xfree(vm, a + Q, Q);
	assert_string_equal(heard, "bad free");
	vmem_xfree(vm, a + 1, Q);
	assert_string_equal(heard, "bad free");
	vmem_xfree(vm, a, 3 * Q);
	assert_string_equal(heard, "wrong size (expect 8192)");
	vmem_free(vm, a, 20 * Q);
	assert_string_equal(heard, "wrong size (expect 8192)");
	heard[0] = '\0';
	vmem_free(vm, a, 0);
	assert_string_equal(heard, "wrong size (expect 8192)");
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), before);
	vmem_free(vm, a, 2 * Q);
	assert_int_equal(complaints, 5);
	vmem_free(vm, a, 2 * Q);
	assert_string_equal(heard, "bad free");
	settle(vm);
	vmem_xfree(vm, a, 2 * Q);
	vmem_free(vm, 100 * Q, Q);
	assert_int_equal(complaints, 8);
	done(vm);
}

static void
V42_a_free_may_name_the_size_before_rounding(void **state)
{
	vmem_t *vm = arena(state, 0, 32 * Q);
	vmem_addr_t a = take(vm, 2 * Q - 5, FIRST), b = take(vm, 20 * Q, BEST);

	vmem_free(vm, a, Q + 1);
	vmem_xfree(vm, b, 20 * Q - 1);
	done(vm);
}

static void
V79_a_free_finds_its_segment_at_once_among_100000(void **state)
{
	enum { N = 100000 };
	vmem_t *vm = arena_of(state, 0, (size_t)N * 16, 16);
	clock_t began = clock();

	for (int i = 0; i < N; i++)
		take(vm, 16, FIRST);
	for (uintptr_t i = 0; i < N; i++)
		vmem_free(vm, i * 7919 % N * 16, 16);
	/* Linear lookups would take minutes. */
	assert_true((clock() - began) / CLOCKS_PER_SEC < 5);
	assert_int_equal(take(vm, (size_t)N * 16, FIRST), 0);
	vmem_free(vm, 0, (size_t)N * 16);
	vmem_walk(vm, 0, nobody, NULL);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 0);
	vmem_destroy(vm);
}

static void
V84_address_0_is_a_result_like_any_other(void **state)
{
	vmem_t *vm = arena(state, 0, 2 * Q);
	vmem_addr_t a = 77;

	assert_int_equal(vmem_alloc(vm, 2 * Q, FIRST, &a), 0);
	assert_int_equal(a, 0);
	vmem_free(vm, 0, 2 * Q);
	a = 77;
	assert_int_equal(vmem_alloc(vm, 2 * Q, FIRST, &a), 0);
	assert_int_equal(a, 0);
	vmem_free(vm, 0, 2 * Q);
	done(vm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(V1_a_new_arena_has_all_its_span_free),
		BOTH(V2_an_arena_of_size_0_is_empty),
		ALONE(V3_a_quantum_of_0_or_3_is_EINVAL),
		BOTH(V4_an_arena_may_begin_at_0),
		BOTH(V5_one_unit_takes_one_quantum_aligned_to_it),
		BOTH(V6_alloc_answers_0_ENOMEM_or_EINVAL),
		BOTH(V7_the_whole_arena_can_be_had_in_quanta_and_then_ENOMEM),
		BOTH(V8_freed_in_any_order_it_can_be_had_as_one),
		BOTH(V9_a_size_of_0_is_EINVAL),
		BOTH(V10_a_size_near_SIZE_MAX_does_not_wrap),
		BOTH(V22_the_address_may_be_left_out),
		BOTH(V23_a_failure_leaves_the_address_alone),
		BOTH(V24_best_fit_takes_the_hole_that_fits),
		BOTH(V25_best_fit_is_exact_within_a_class),
		BOTH(V26_first_fit_finds_one_that_fits),
		BOTH(V27_first_fit_finds_the_only_hole_in_a_class_too_small),
		BOTH(V28_next_fit_goes_on_behind_the_last),
		BOTH(V29_next_fit_wraps),
		BOTH(V30_next_fit_with_all_taken_is_ENOMEM),
		BOTH(V31_next_fit_with_bounds_is_EINVAL),
		BOTH(V32_next_fit_rounds_the_size),
		BOTH(V33_after_next_fit_all_of_the_arena_can_be_had_again),
		BOTH(V34_no_strategy_is_first_fit_and_two_are_EINVAL),
		BOTH(V41_a_bad_free_is_diagnosed_and_changes_nothing),
		BOTH(V42_a_free_may_name_the_size_before_rounding),
		BOTH(V79_a_free_finds_its_segment_at_once_among_100000),
		BOTH(V84_address_0_is_a_result_like_any_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
