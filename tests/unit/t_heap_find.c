/*
 * t_heap_find.c - the block that an address belongs to.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_trace.h"
#include "heap/heap.h"

static struct heap *heap;
static struct heap_found found;

static int
set_up(void **state)
{
	(void)state;
	fake_reset();
	fake_process(100, ~0u, "/bin/a");
	heap = heap_create(FAKE_READER);
	return heap == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	heap_destroy(heap);
	return 0;
}

static void
apply(enum trace_kind kind, uint32_t proc, uint64_t time, uint64_t addr,
    uint64_t size)
{
	struct trace_event ev = { .kind = kind, .proc = proc, .time = time,
		.tid = 7, .call = TRACE_CALL_MALLOC, .addr = addr,
		.size = size, .stack = 3 };

	assert_int_equal(heap_apply(heap, &ev), 0);
}

static void
an_address_inside_is_found_with_its_offset(void **state)
{
	(void)state;
	apply(TRACE_ALLOC, 0, 1, 0x1000, 64);
	assert_true(heap_find(heap, 0, 0x1000, 0, &found));
	assert_true(found.block == 0x1000 && found.offset == 0);
	assert_true(heap_find(heap, 0, 0x103f, 0, &found));
	assert_true(found.size == 64 && found.offset == 63);
	assert_true(found.stack == 3 && found.tid == 7 && !found.freed);
	assert_false(heap_find(heap, 0, 0x1040, 0, &found));
	assert_false(heap_find(heap, 0, 0xfff, 0, &found));
	assert_false(heap_find(heap, 9, 0x1000, 0, &found));
}

static void
within_reach_the_nearest_end_counts(void **state)
{
	(void)state;
	apply(TRACE_ALLOC, 0, 1, 0x1000, 16);
	apply(TRACE_ALLOC, 0, 2, 0x1030, 16);
	assert_true(heap_find(heap, 0, 0x1014, 32, &found));
	assert_true(found.block == 0x1000 && found.offset == 20);
	assert_true(heap_find(heap, 0, 0x1028, 32, &found));
	assert_true(found.block == 0x1030 && found.offset == -8);
	assert_false(heap_find(heap, 0, 0x1014, 2, &found));
}

static void
freed_blocks_are_known_when_they_are_kept(void **state)
{
	(void)state;
	apply(TRACE_ALLOC, 0, 1, 0x1000, 64);
	apply(TRACE_FREE, 0, 2, 0x1000, 0);
	assert_false(heap_find(heap, 0, 0x1010, 0, &found));
	heap_keep_freed(heap);
	apply(TRACE_ALLOC, 0, 3, 0x1000, 64);
	apply(TRACE_FREE, 0, 4, 0x1000, 0);
	assert_true(heap_find(heap, 0, 0x1010, 0, &found));
	assert_true(found.freed && found.time == 4);
	/* What lives there now is the better answer. */
	apply(TRACE_ALLOC, 0, 5, 0xff0, 64);
	assert_true(heap_find(heap, 0, 0x1010, 0, &found));
	assert_true(found.block == 0xff0 && !found.freed);
}

static void
a_child_has_what_its_parent_had_when_it_was_forked(void **state)
{
	uint32_t child;

	(void)state;
	apply(TRACE_ALLOC, 0, 1, 0x1000, 64);
	child = fake_process(101, 0, "/bin/a");
	fake_process_at(child)->start = 2;
	apply(TRACE_PROCESS, child, 2, 0, 0);
	apply(TRACE_ALLOC, 0, 3, 0x2000, 64);
	assert_true(heap_find(heap, child, 0x1010, 0, &found));
	assert_int_equal(found.proc, 0);
	assert_false(heap_find(heap, child, 0x2010, 0, &found));
}

#define T(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_address_inside_is_found_with_its_offset),
		T(within_reach_the_nearest_end_counts),
		T(freed_blocks_are_known_when_they_are_kept),
		T(a_child_has_what_its_parent_had_when_it_was_forked),
	};

	return cmocka_run_group_tests_name("heap_find", tests, NULL, NULL);
}
