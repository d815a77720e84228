/*
 * t_heap_mappings.c - MAP and UNMAP in replay, a sentence each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>

#include "mappings_fixture.h"

static void
map(uint64_t at, uint64_t n)
{
	map_in(0, 1, TRACE_CALL_MMAP, at, n);
	check_invariants();
}

static void
unmap(uint64_t at, uint64_t n, uint32_t failed)
{
	unmap_in(0, 1, TRACE_CALL_MUNMAP, at, n, failed);
	check_invariants();
}

static void
a_mapping_and_its_unmap_leave_nothing(void **state)
{
	const struct heap_mapped *m = heap_mapped(heap);

	(void)state;
	map(0, 4);
	expect(4, 1);
	unmap(0, 4, 0);
	expect(0, 0);
	assert_int_equal(m->maps, 1);
	assert_int_equal(m->unmaps, 1);
	assert_int_equal(m->bytes_mapped, 4 * PAGE);
	assert_int_equal(m->peak_bytes, 4 * PAGE);
	assert_int_equal(m->peak_live, 1);
	assert_int_equal(m->peak_time, 1);
	assert_int_equal(heap_totals(heap)->allocations, 0);
	assert_int_equal(heap_totals(heap)->peak_bytes, 0);
}

static void
a_mapping_with_a_hole_is_two(void **state)
{
	(void)state;
	map(0, 10);
	unmap(3, 2, 0);
	expect(8, 2);
	unmap(0, 1, 0);
	unmap(9, 1, 0);
	expect(6, 2);
	unmap(1, 8, 0);
	expect(0, 0);
}

static void
an_unmap_that_failed_is_taken_back(void **state)
{
	(void)state;
	map(0, 10);
	unmap(3, 2, 0);
	unmap(3, 2, ENOMEM);
	expect(10, 1);
	assert_int_equal(heap_mapped(heap)->unmaps, 0);
	/* Once: there is nothing more to take back. */
	unmap(0, 10, 0);
	unmap(3, 2, ENOMEM);
	expect(0, 0);
	assert_int_equal(heap_mapped(heap)->unmaps, 1);
}

static void
what_was_mapped_meanwhile_stays(void **state)
{
	(void)state;
	map(0, 10);
	unmap(0, 10, 0);
	map_in(0, 2, TRACE_CALL_MMAP, 4, 2);
	unmap(0, 10, ENOMEM);
	expect(10, 3);
}

static void
a_handler_may_unmap_in_the_middle_of_an_unmap(void **state)
{
	(void)state;
	map(0, 4);
	map(10, 4);
	unmap(0, 4, 0);
	unmap(10, 4, 0);
	unmap(10, 4, ENOMEM);
	unmap(0, 4, ENOMEM);
	expect(8, 2);
}

static void
map_fixed_takes_the_place_of_others(void **state)
{
	(void)state;
	map(0, 4);
	map(6, 4);
	map(2, 6);
	expect(10, 3);
	map(0, 10);
	expect(10, 1);
	assert_int_equal(heap_mapped(heap)->maps, 4);
	assert_int_equal(heap_mapped(heap)->unmaps, 0);
}

static void
mremap_moves_and_is_neither_map_nor_unmap(void **state)
{
	const struct heap_mapped *m = heap_mapped(heap);

	(void)state;
	map(0, 4);
	unmap_in(0, 1, TRACE_CALL_MREMAP, 0, 4, 0);
	map_in(0, 1, TRACE_CALL_MREMAP, 20, 7);
	expect(7, 1);
	assert_int_equal(m->maps, 1);
	assert_int_equal(m->unmaps, 0);
	assert_int_equal(m->remaps, 1);
	assert_int_equal(m->bytes_mapped, 7 * PAGE);
	assert_int_equal(ranges_next(&heap->procs[0]->ranges, 0)->flags,
	    MAP_PRIVATE | MAP_ANONYMOUS);
	unmap_in(0, 1, TRACE_CALL_MREMAP, 20, 7, 0);
	unmap_in(0, 1, TRACE_CALL_MREMAP, 20, 7, ENOMEM);
	expect(7, 1);
	assert_int_equal(m->remaps, 1);
}

static void
a_munmap_long_done_is_not_taken_back_by_a_failed_mremap(void **state)
{
	(void)state;
	map(0, 4);
	unmap(0, 4, 0);
	unmap_in(0, 1, TRACE_CALL_MREMAP, 0, 4, EFAULT);
	expect(0, 0);
	assert_int_equal(heap_mapped(heap)->unmaps, 1);
}

static void
shmdt_takes_what_is_left_of_its_segment(void **state)
{
	(void)state;
	map_in(0, 1, TRACE_CALL_SHMAT, 0, 8);
	map_in(0, 1, TRACE_CALL_SHMAT, 8, 8);
	map(3, 2);
	expect(16, 4);
	unmap_in(0, 1, TRACE_CALL_SHMDT, 0, 0, 0);
	expect(10, 2);
	unmap_in(0, 1, TRACE_CALL_SHMDT, 0, 0, 0);
	expect(10, 2);
	unmap_in(0, 1, TRACE_CALL_SHMDT, 3, 0, 0);
	unmap_in(0, 1, TRACE_CALL_SHMDT, 3, 0, EINVAL);
	expect(10, 2);
	unmap_in(0, 1, TRACE_CALL_SHMDT, 8, 0, 0);
	expect(2, 1);
}

/* Its first pages were unmapped: the address of the segment is no range's. */
static void
shmdt_finds_a_segment_whose_head_is_gone(void **state)
{
	(void)state;
	map_in(0, 1, TRACE_CALL_SHMAT, 0, 8);
	unmap(0, 2, 0);
	map(0, 1);
	unmap_in(0, 1, TRACE_CALL_SHMDT, 0, 0, 0);
	expect(1, 1);
}

static void
the_break_grows_and_shrinks(void **state)
{
	(void)state;
	map_in(0, 1, TRACE_CALL_SBRK, 0, 4);
	map_in(0, 1, TRACE_CALL_BRK, 4, 4);
	expect(8, 2);
	unmap_in(0, 1, TRACE_CALL_SBRK, 2, 6, 0);
	expect(2, 1);
	assert_int_equal(heap_mapped(heap)->maps, 2);
	assert_int_equal(heap_mapped(heap)->unmaps, 1);
}

static void
a_child_inherits_no_mapping(void **state)
{
	uint32_t child = fake_process(101, 0, "/bin/a");

	(void)state;
	map(0, 4);
	unmap_in(child, 5, TRACE_CALL_MUNMAP, 0, 4, 0);
	expect(4, 1);
	assert_int_equal(heap_process_mapped(heap, child)->unmaps, 1);
	map_in(child, 5, TRACE_CALL_MMAP, 2, 4);
	expect(8, 2);
	assert_int_equal(heap_mapped(heap)->peak_bytes, 8 * PAGE);
}

static void
an_ended_process_keeps_what_it_had_out_of_later_peaks(void **state)
{
	uint32_t other = fake_process(102, ~0u, "/bin/b");

	(void)state;
	map(0, 4);
	apply((struct trace_event){ .kind = TRACE_EXIT, .proc = 0 });
	map_in(other, 6, TRACE_CALL_MMAP, 0, 3);
	expect(7, 2);
	assert_int_equal(heap_mapped(heap)->peak_bytes, 4 * PAGE);
}

static void
calls_that_failed_count_nowhere(void **state)
{
	(void)state;
	apply((struct trace_event){ .kind = TRACE_MAP, .failed = ENOMEM,
	    .call = TRACE_CALL_MMAP, .size = PAGE });
	unmap(1, 1, EINVAL);
	assert_int_equal(heap_mapped(heap)->maps, 0);
	assert_int_equal(heap_mapped(heap)->unmaps, 0);
	expect(0, 0);
}

/* What bytes of a trace can say, but no kernel. */
static void
ranges_beyond_all_addresses_are_cut(void **state)
{
	(void)state;
	apply((struct trace_event){ .kind = TRACE_MAP, .addr = ~0ull - 10,
	    .call = TRACE_CALL_MMAP, .size = ~0ull });
	check_invariants();
	apply((struct trace_event){ .kind = TRACE_MAP, .addr = 0,
	    .call = TRACE_CALL_SHMAT, .size = ~0ull });
	check_invariants();
	apply((struct trace_event){ .kind = TRACE_UNMAP, .addr = 0,
	    .call = TRACE_CALL_SHMDT });
	check_invariants();
	assert_int_equal(heap_mapped(heap)->live, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHECKS(a_mapping_and_its_unmap_leave_nothing),
		CHECKS(a_mapping_with_a_hole_is_two),
		CHECKS(an_unmap_that_failed_is_taken_back),
		CHECKS(what_was_mapped_meanwhile_stays),
		CHECKS(a_handler_may_unmap_in_the_middle_of_an_unmap),
		CHECKS(map_fixed_takes_the_place_of_others),
		CHECKS(mremap_moves_and_is_neither_map_nor_unmap),
		CHECKS(a_munmap_long_done_is_not_taken_back_by_a_failed_mremap),
		CHECKS(shmdt_takes_what_is_left_of_its_segment),
		CHECKS(shmdt_finds_a_segment_whose_head_is_gone),
		CHECKS(the_break_grows_and_shrinks),
		CHECKS(a_child_inherits_no_mapping),
		CHECKS(an_ended_process_keeps_what_it_had_out_of_later_peaks),
		CHECKS(calls_that_failed_count_nowhere),
		CHECKS(ranges_beyond_all_addresses_are_cut),
	};

	return cmocka_run_group_tests_name("heap mappings", tests, NULL, NULL);
}
