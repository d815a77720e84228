/*
 * t_vmem.c - tests of vmem arenas; a bitmap is the oracle of the random test.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "alloc/vmem_impl.h"
#include "base/check.h"

#define Q	0x1000u
#define FLAGS	(VMEM_NOWAIT | VMEM_BESTFIT)

void
check_failed(const char *what, const char *file, int line)
{
	print_error("%s:%d: %s\n", file, line, what);
	abort();
}

static vmem_t *
arena(uintptr_t base, size_t size)
{
	vmem_t *vm = vmem_create("test", base, size, Q, 0, VMEM_NOWAIT);

	assert_non_null(vm);
	return vm;
}

static void
sound(vmem_t *vm)
{
	const char *wrong = vmem_check(vm);

	if (wrong != NULL)
		fail_msg("invariant %s does not hold", wrong);
}

static void
a_whole_arena_is_handed_out_piece_by_piece_and_joins_again(void **state)
{
	vmem_t *vm = arena(0, 16 * Q);
	vmem_addr_t a[16], all;

	(void)state;
	for (int i = 0; i < 16; i++) {
		assert_int_equal(vmem_alloc(vm, 1, VMEM_NOWAIT | VMEM_FIRSTFIT, &a[i]), 0);
		assert_int_equal(a[i] % Q, 0);
		sound(vm);
	}
	assert_int_equal(vmem_alloc(vm, Q, VMEM_NOWAIT | VMEM_FIRSTFIT, &all), ENOMEM);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 16 * Q);
	assert_int_equal(vmem_size(vm, VMEM_MAXFREE), 0);
	for (int i = 0; i < 16; i++) {
		vmem_free(vm, a[(i * 7) % 16], Q);
		sound(vm);
	}
	assert_int_equal(vmem_alloc(vm, 16 * Q, VMEM_NOWAIT | VMEM_FIRSTFIT, &all), 0);
	vmem_free(vm, all, 16 * Q);
	vmem_destroy(vm);
}

static void
bad_parameters_change_nothing(void **state)
{
	vmem_t *vm = arena(Q, 4 * Q);
	vmem_addr_t a = 77;

	(void)state;
	assert_null(vmem_create("bad", 0, 0, 3, 0, VMEM_NOWAIT));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(vmem_alloc(vm, 0, FLAGS, &a), EINVAL);
	assert_int_equal(vmem_alloc(vm, SIZE_MAX, FLAGS, &a), EINVAL);
	assert_int_equal(vmem_alloc(vm, Q, 0, &a), EINVAL);
	assert_int_equal(vmem_xalloc(vm, Q, Q, Q, 0, 0, ~0ul, FLAGS, &a),
	    EINVAL);
	assert_int_equal(vmem_xalloc(vm, Q, 3 * Q, 0, 0, 0, ~0ul, FLAGS, &a),
	    EINVAL);
	assert_int_equal(vmem_xalloc(vm, 2 * Q, 0, 0, Q, 0, ~0ul, FLAGS, &a),
	    EINVAL);
	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, 2, 1, FLAGS, &a), EINVAL);
	assert_int_equal(vmem_add(vm, 4 * Q, Q, VMEM_NOWAIT), EINVAL);
	assert_int_equal(vmem_add(vm, 0 - 2 * (uintptr_t)Q, 3 * Q, VMEM_NOWAIT), EINVAL);
	assert_int_equal(vmem_add(vm, 8 * Q, 0, VMEM_NOWAIT), EINVAL);
	assert_int_equal(a, 77);
	assert_int_equal(vmem_size(vm, VMEM_FREE), 4 * Q);
	sound(vm);
	vmem_destroy(vm);
}

static void
constraints_are_kept_and_both_bounds_are_inclusive(void **state)
{
	vmem_t *vm = arena(0x1000, 0x20000);
	vmem_addr_t a;

	(void)state;
	assert_int_equal(vmem_xalloc(vm, Q, 0x4000, 0x1000, 0, 0x2000, ~0ul,
	    FLAGS, &a), 0);
	assert_int_equal(a, 0x5000);
	assert_int_equal(vmem_xalloc(vm, 0x3000, 0, 0, 0x4000, 0x2000, ~0ul,
	    FLAGS, &a), 0);
	assert_int_equal(a, 0x8000);
	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, 0x3000, 0x3ffe, FLAGS,
	    &a), ENOMEM);
	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, 0x3000, 0x3fff, FLAGS,
	    &a), 0);
	assert_int_equal(a, 0x3000);
	sound(vm);
	vmem_destroy(vm);
}

static void
best_fit_takes_the_smallest_hole_and_the_lowest_of_equals(void **state)
{
	vmem_t *vm = arena(0, 200 * Q);
	static const size_t hole[] = { 40, 33, 3, 33, 8 };
	vmem_addr_t at[5], wall, a;

	(void)state;
	for (int i = 0; i < 5; i++) {
		vmem_alloc(vm, hole[i] * Q, FLAGS, &at[i]);
		vmem_alloc(vm, Q, FLAGS, &wall);
	}
	vmem_alloc(vm, vmem_size(vm, VMEM_MAXFREE), FLAGS, &wall);
	for (int i = 4; i >= 0; i--)
		vmem_free(vm, at[i], hole[i] * Q);
	assert_int_equal(vmem_alloc(vm, 33 * Q, FLAGS, &a), 0);
	assert_int_equal(a, at[1]);
	assert_int_equal(vmem_alloc(vm, 3 * Q, FLAGS, &a), 0);
	assert_int_equal(a, at[2]);
	assert_int_equal(vmem_alloc(vm, 33 * Q, VMEM_NOWAIT | VMEM_FIRSTFIT, NULL), 0);
	assert_int_equal(vmem_size(vm, VMEM_MAXFREE), 40 * Q);
	sound(vm);
	vmem_destroy(vm);
}

static void
the_top_of_the_address_space_can_be_a_span(void **state)
{
	vmem_t *vm = arena(0, 0);
	vmem_addr_t a;

	(void)state;
	assert_int_equal(vmem_add(vm, 0 - 2 * (uintptr_t)Q, 2 * Q, VMEM_NOWAIT), 0);
	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, 0 - (uintptr_t)Q, ~0ul,
	    FLAGS, &a), 0);
	assert_int_equal(a, 0 - (uintptr_t)Q);
	assert_int_equal(vmem_alloc(vm, 2 * Q, FLAGS, &a), ENOMEM);
	sound(vm);
	vmem_destroy(vm);
}

static char complaint[64];

static void
hear(vmem_t *vm, vmem_addr_t addr, vmem_size_t size, const char *text)
{
	(void)vm;
	(void)addr;
	(void)size;
	snprintf(complaint, sizeof(complaint), "%s", text);
}

static void
a_wrong_free_is_told_and_changes_nothing(void **state)
{
	vmem_t *vm = arena(0, 8 * Q);
	vmem_addr_t a;

	(void)state;
	vmem_complain(vm, hear);
	vmem_alloc(vm, 2 * Q, FLAGS, &a);
	vmem_free(vm, a + Q, Q);
	assert_string_equal(complaint, "bad free");
	vmem_free(vm, a, 3 * Q);
	assert_string_equal(complaint, "wrong size (expect 8192)");
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 2 * Q);
	vmem_free(vm, a, 2 * Q);
	complaint[0] = '\0';
	vmem_free(vm, a, 2 * Q);
	assert_string_equal(complaint, "bad free");
	sound(vm);
	vmem_destroy(vm);
}

static int
from_parent(void *parent, vmem_size_t size, int flags, vmem_addr_t *addr)
{
	return vmem_alloc(parent, size, flags, addr);
}

static void
to_parent(void *parent, vmem_addr_t addr, vmem_size_t size)
{
	vmem_free(parent, addr, size);
}

static void
an_imported_span_goes_back_when_all_of_it_is_free(void **state)
{
	vmem_t *parent = arena(0x100000, 64 * Q), *child = arena(0, 0);
	vmem_addr_t a, b;

	(void)state;
	assert_int_equal(vmem_set_import(child, from_parent, to_parent, parent,
	    8 * Q), 0);
	assert_int_equal(vmem_alloc(child, Q, FLAGS, &a), 0);
	assert_int_equal(vmem_alloc(child, 2 * Q, FLAGS, &b), 0);
	assert_int_equal(vmem_size(parent, VMEM_ALLOC), 8 * Q);
	vmem_free(child, a, Q);
	assert_int_equal(vmem_size(parent, VMEM_ALLOC), 8 * Q);
	vmem_free(child, b, 2 * Q);
	assert_int_equal(vmem_size(parent, VMEM_ALLOC), 0);
	assert_int_equal(vmem_size(child, VMEM_ALLOC | VMEM_FREE), 0);
	assert_int_equal(vmem_alloc(child, 100 * Q, FLAGS, &a), ENOMEM);
	sound(child);
	vmem_destroy(child);
	vmem_destroy(parent);
}

struct tally {
	size_t size[3];
	uintptr_t last;
};

static void
add_up(void *arg, vmem_addr_t at, vmem_size_t size, int kind)
{
	struct tally *t = arg;

	assert_true(at >= t->last);
	t->last = at + size;
	t->size[kind] += size;
}

static void
a_walk_meets_every_unit_once_and_in_order(void **state)
{
	vmem_t *vm = arena(0, 32 * Q);
	struct tally t = { { 0 }, 0 };
	vmem_addr_t a[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		vmem_alloc(vm, 3 * Q, FLAGS, &a[i]);
	vmem_free(vm, a[1], 3 * Q);
	vmem_walk(vm, VMEM_ALLOC | VMEM_FREE, add_up, &t);
	assert_int_equal(t.size[VMEM_ALLOC], 9 * Q);
	assert_int_equal(t.size[VMEM_FREE], 23 * Q);
	vmem_destroy(vm);
}

#define UNITS	256
#define STEPS	20000

static unsigned char taken[UNITS];	/* the oracle */

static bool
oracle_fits(size_t at, size_t n, size_t align, size_t phase, size_t nocross,
    size_t min, size_t max)
{
	if (at < min || at + n - 1 > max || at + n > UNITS ||
	    at % align != phase || (nocross != 0 &&
	    at / nocross != (at + n - 1) / nocross))
		return false;
	for (size_t i = 0; i < n; i++)
		if (taken[at + i])
			return false;
	return true;
}

static bool
oracle_can(size_t n, size_t align, size_t phase, size_t nocross, size_t min,
    size_t max)
{
	for (size_t at = 0; at + n <= UNITS; at++)
		if (oracle_fits(at, n, align, phase, nocross, min, max))
			return true;
	return false;
}

struct piece {
	vmem_addr_t at;
	size_t n;
};

static void
random_take(vmem_t *vm, struct piece *p)
{
	size_t n = 1 + (size_t)rand() % 12, align = 1u << rand() % 5;
	size_t phase = (size_t)rand() % align;
	size_t nocross = rand() % 2 ? 0 : 16u << rand() % 3;
	size_t min = (size_t)rand() % UNITS, max = min + (size_t)rand() % UNITS;
	int flags = rand() % 2 ? FLAGS : VMEM_NOWAIT;
	bool can = oracle_can(n, align, phase, nocross, min, max);
	int error = vmem_xalloc(vm, n * Q, align * Q, phase * Q, nocross * Q,
	    min * Q, max * Q + Q - 1, flags, &p->at);

	/* At phase, and so anywhere: it would always cross. */
	bool never = nocross != 0 &&
	    phase / nocross != (phase + n - 1) / nocross;

	assert_int_equal(error, never ? EINVAL : can ? 0 : ENOMEM);
	if (error != 0)
		return;
	p->n = n;
	assert_true(oracle_fits(p->at / Q, n, align, phase, nocross, min, max));
	memset(&taken[p->at / Q], 1, n);
}

static void
random_requests_agree_with_a_bitmap(void **state)
{
	vmem_t *vm = arena(0, UNITS * Q);
	unsigned seed = (unsigned)time(NULL);
	struct piece live[64] = { { 0, 0 } };

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int step = 0; step < STEPS; step++) {
		struct piece *p = &live[rand() % 64];

		if (p->n == 0)
			random_take(vm, p);
		else {
			vmem_xfree(vm, p->at, p->n * Q);
			memset(&taken[p->at / Q], 0, p->n);
			p->n = 0;
		}
		sound(vm);
	}
	vmem_destroy(vm);
}

static void
a_hundred_thousand_segments_are_found_again_at_once(void **state)
{
	enum { N = 100000 };
	vmem_t *vm = vmem_create("many", 0, (size_t)N * 16, 16, 0, VMEM_NOWAIT);
	clock_t began = clock();
	vmem_addr_t a;

	(void)state;
	for (int i = 0; i < N; i++)
		assert_int_equal(vmem_alloc(vm, 16, VMEM_NOWAIT | VMEM_FIRSTFIT, &a), 0);
	for (uintptr_t i = 0; i < N; i++)
		vmem_free(vm, (i * 7919) % N * 16, 16);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 0);
	/* Linear lookups would take minutes. */
	assert_true((clock() - began) / CLOCKS_PER_SEC < 5);
	vmem_destroy(vm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
	a_whole_arena_is_handed_out_piece_by_piece_and_joins_again),
		cmocka_unit_test(bad_parameters_change_nothing),
		cmocka_unit_test(
		    constraints_are_kept_and_both_bounds_are_inclusive),
		cmocka_unit_test(
		    best_fit_takes_the_smallest_hole_and_the_lowest_of_equals),
		cmocka_unit_test(the_top_of_the_address_space_can_be_a_span),
		cmocka_unit_test(a_wrong_free_is_told_and_changes_nothing),
		cmocka_unit_test(
		    an_imported_span_goes_back_when_all_of_it_is_free),
		cmocka_unit_test(a_walk_meets_every_unit_once_and_in_order),
		cmocka_unit_test(random_requests_agree_with_a_bitmap),
		cmocka_unit_test(
		    a_hundred_thousand_segments_are_found_again_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
