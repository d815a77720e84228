/*
 * t_guards.c - tests of guarded blocks, through the backend's contract.
 *
 * The heap is one for the process, and in this one every block is guarded.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "guards_fixture.h"

#include "base/bits.h"

static void
accesses_behind_fault_exact_to_the_alignment(void **state)
{
	(void)state;
	bp_guards.side = SESSION_GUARD_BACK;
	for (size_t size = 0; size <= 40; size++) {
		size_t slack = bits_align_up(size, 16) - size;
		char *p = take(size);

		assert_int_equal((uintptr_t)p % 16, 0);
		memset(p, 'x', size);
		assert_fault(p, (long)(size + slack), false,
		    TRACE_ERROR_HEAP_OVERRUN, size);
		assert_fault(p, (long)(size + slack + 7), true,
		    TRACE_ERROR_HEAP_OVERRUN, size);
		assert_fault(p, (long)(size + slack + PAGE - 1), true,
		    TRACE_ERROR_HEAP_OVERRUN, size);
		give_clean(p);
	}
}

static void
writes_to_the_slack_show_at_free_exact_to_the_byte(void **state)
{
	(void)state;
	bp_guards.side = SESSION_GUARD_BACK;
	for (size_t size = 0; size <= 40; size++) {
		size_t slack = bits_align_up(size, 16) - size;

		for (size_t at = 0; at < slack; at++) {
			unsigned char *p = take(size);
			struct backend_claim c;

			p[size + at] = 0;
			c = give(p);
			assert_false(c.bad);
			assert_true(c.findings);
			assert_int_equal(c.error.kind,
			    TRACE_ERROR_HEAP_OVERRUN);
			assert_int_equal(c.error.offset, size + at);
			assert_int_equal(c.error.length, 1);
		}
	}
}

static void
writes_in_front_show_at_free(void **state)
{
	static const long offsets[] = { 1, 8, 16, 100, 1000 };

	(void)state;
	bp_guards.side = SESSION_GUARD_BACK;
	for (size_t i = 0; i < PW_ARRAY_LEN(offsets); i++) {
		char *p = take(40);
		struct backend_claim c;

		p[-offsets[i]] = 'u';
		c = give(p);
		assert_true(c.findings);
		assert_int_equal(c.error.kind, TRACE_ERROR_HEAP_UNDERRUN);
		assert_int_equal(c.error.offset, -offsets[i]);
	}
}

static void
front_side_faults_at_the_byte_before(void **state)
{
	(void)state;
	bp_guards.side = SESSION_GUARD_FRONT;
	for (size_t size = 1; size <= 40; size++) {
		char *p = take(size);
		struct backend_claim c;

		assert_int_equal((uintptr_t)p % PAGE, 0);
		assert_fault(p, -1, false, TRACE_ERROR_HEAP_UNDERRUN, size);
		assert_fault(p, -8, true, TRACE_ERROR_HEAP_UNDERRUN, size);
		p[size] = 1;
		c = give(p);
		assert_true(c.findings);
		assert_int_equal(c.error.kind, TRACE_ERROR_HEAP_OVERRUN);
		assert_int_equal(c.error.offset, size);
	}
	bp_guards.side = SESSION_GUARD_BACK;
}

static void
a_site_takes_turns(void **state)
{
	struct backend_request r = { .size = 40, .site = 4711,
	    .call = TRACE_CALL_MALLOC };
	unsigned fronts = 0;

	(void)state;
	bp_guards.side = SESSION_GUARD_ALTERNATE;
	for (int i = 0; i < 10; i++) {
		char *p = heap->take(me(), &r);

		fronts += (uintptr_t)p % PAGE == 0;
		give_clean(p);
	}
	assert_int_equal(fronts, 5);
	bp_guards.side = SESSION_GUARD_BACK;
}

static void
freed_blocks_are_inaccessible_and_known(void **state)
{
	static const size_t sizes[] = { 1, 40, 4096, 5000, 300000 };

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(sizes); i++) {
		char *p = take(sizes[i]);
		struct backend_claim c;

		memset(p, 'x', sizes[i]);
		give_clean(p);
		assert_fault(p, 0, false, TRACE_ERROR_USE_AFTER_FREE, sizes[i]);
		assert_fault(p, (long)sizes[i] - 1, true,
		    TRACE_ERROR_USE_AFTER_FREE, sizes[i]);
		c = give(p);
		assert_true(c.bad);
		assert_int_equal(c.error.kind, TRACE_ERROR_DOUBLE_FREE);
		assert_ptr_equal(c.error.block, p);
		assert_int_equal(c.error.free_stack, 21);
		assert_int_equal(heap->usable(me(), p, false), 0);
	}
}

static void
bad_pointers_are_told_from_blocks(void **state)
{
	char *p = take(100);
	struct backend_claim c = give(p + 16);

	(void)state;
	assert_true(c.bad);
	assert_int_equal(c.error.kind, TRACE_ERROR_INVALID_FREE);
	assert_ptr_equal(c.error.block, p);
	assert_int_equal(c.error.offset, 16);
	c = give(p - 64);
	assert_true(c.bad);
	assert_int_equal(c.error.kind, TRACE_ERROR_INVALID_FREE);
	assert_int_equal(c.error.block, 0);
	c = give((char *)bp_guards.base + bp_guards.size - 16);
	assert_true(c.bad);
	assert_int_equal(c.error.kind, TRACE_ERROR_INVALID_FREE);
	c = free_as(p, TRACE_CALL_DELETE, false);
	assert_true(c.findings);
	assert_int_equal(c.error.kind, TRACE_ERROR_MISMATCHED_FREE);
	assert_ptr_equal(c.error.block, p);
}

static void
every_alignment_is_kept(void **state)
{
	static const size_t sizes[] = { 1, 100, 4000, 5000, 70000 };

	(void)state;
	for (size_t align = 1; align <= 1 << 20; align *= 2)
		for (size_t i = 0; i < PW_ARRAY_LEN(sizes); i++) {
			char *p = take_as(sizes[i], align,
			    TRACE_CALL_MEMALIGN);

			assert_true(bp_is_guarded(p));
			assert_int_equal((uintptr_t)p % align, 0);
			memset(p, 'x', sizes[i]);
			assert_int_equal(heap->usable(me(), p, false),
			    sizes[i]);
			give_clean(p);
		}
}

static void
calloc_gives_zeroes_and_malloc_the_fill(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		unsigned char *p = take_as(1000, 0, TRACE_CALL_CALLOC);
		unsigned char *q = take(64);

		for (int k = 0; k < 1000; k++)
			assert_int_equal(p[k], 0);
		assert_int_equal(q[3], POOL_FILL_ALLOC);
		memset(p, 'x', 1000);
		give_clean(p);
		give_clean(q);
	}
}

static void
a_block_changes_its_size_where_its_guard_stays_near(void **state)
{
	struct backend_request r = { .call = TRACE_CALL_REALLOC };
	char *p = take(40);
	struct backend_claim c = { .ptr = p, .call = TRACE_CALL_REALLOC };

	(void)state;
	heap->claim(me(), &c);
	r.size = 20;
	assert_false(heap->resize(me(), &c, &r));
	r.size = 100;
	assert_false(heap->resize(me(), &c, &r));
	r.size = 33;
	assert_true(heap->resize(me(), &c, &r));
	assert_int_equal(heap->usable(me(), p, false), 33);
	p[34] = 1;
	c = give(p);
	assert_true(c.findings);
	assert_int_equal(c.error.offset, 34);
}

static void
the_sweep_finds_damaged_slack_once(void **state)
{
	char *p = take(30), *q = take(30);
	struct trace_error e;
	uintptr_t at = 0;
	unsigned n = 0;

	(void)state;
	p[31] = 1;
	while (heap->sweep(me(), &at, 0, &e)) {
		assert_ptr_equal(e.block, p);
		assert_int_equal(e.kind, TRACE_ERROR_HEAP_OVERRUN);
		assert_int_equal(e.offset, 31);
		assert_int_equal(e.found, TRACE_FOUND_AT_EXIT);
		n++;
	}
	assert_int_equal(n, 1);
	/* What was told is no news when it is freed. */
	give_clean(p);
	give_clean(q);
}

static void
what_a_handler_frees_is_retired_by_the_next_visitor(void **state)
{
	char *p = take(40), *q;
	struct backend_claim c = free_as(p, TRACE_CALL_FREE_CALL, true);

	(void)state;
	assert_false(c.bad);
	q = take(40);
	assert_fault(p, 0, false, TRACE_ERROR_USE_AFTER_FREE, 40);
	give_clean(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accesses_behind_fault_exact_to_the_alignment),
		cmocka_unit_test(
		    writes_to_the_slack_show_at_free_exact_to_the_byte),
		cmocka_unit_test(writes_in_front_show_at_free),
		cmocka_unit_test(front_side_faults_at_the_byte_before),
		cmocka_unit_test(a_site_takes_turns),
		cmocka_unit_test(freed_blocks_are_inaccessible_and_known),
		cmocka_unit_test(bad_pointers_are_told_from_blocks),
		cmocka_unit_test(every_alignment_is_kept),
		cmocka_unit_test(calloc_gives_zeroes_and_malloc_the_fill),
		cmocka_unit_test(
		    a_block_changes_its_size_where_its_guard_stays_near),
		cmocka_unit_test(the_sweep_finds_damaged_slack_once),
		cmocka_unit_test(
		    what_a_handler_frees_is_retired_by_the_next_visitor),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
