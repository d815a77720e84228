/*
 * t_heap.c - the counting rules of replay, a sentence each.
 *
 * After every step the invariants of heap_impl.h and blocks.h are checked.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "fake_trace.h"
#include "heap/heap_impl.h"
#include "trace/session.h"

static struct heap *heap;
static uint64_t now;

struct sums {
	uint64_t bytes[3];	/* live of processes, of blocks, of sites */
	uint64_t blocks[3];
	uint64_t running;
};

static int
add_block(const struct heap_block *b, void *arg)
{
	struct sums *s = arg;

	s->bytes[1] += b->size;
	s->blocks[1]++;
	return 0;
}

/* H1 to H3, B1 and B2. */
static void
check_invariants(void)
{
	struct sums s = { .running = 0 };

	for (size_t i = 0; i < heap->nprocs; i++) {
		const struct heap_proc *p = heap->procs[i];

		if (p == NULL)
			continue;
		assert_null(blocks_check(&p->blocks));
		s.bytes[0] += p->totals.live_bytes;
		s.blocks[0] += p->totals.live_blocks;
		s.running += p->ended ? 0 : p->totals.live_bytes;
	}
	heap_walk(heap, add_block, &s);
	for (size_t i = 0; i < heap_nsites(heap); i++) {
		s.bytes[2] += heap_site(heap, i)->live_bytes;
		s.blocks[2] += heap_site(heap, i)->live_blocks;
	}
	for (int i = 0; i < 3; i++) {
		assert_int_equal(s.bytes[i], heap_totals(heap)->live_bytes);
		assert_int_equal(s.blocks[i], heap_totals(heap)->live_blocks);
	}
	assert_int_equal(s.running, heap->running_bytes);
}

static void
apply(struct trace_event ev)
{
	if (ev.time == 0)
		ev.time = ++now;
	if (ev.tid == 0)
		ev.tid = 1;
	assert_int_equal(heap_apply(heap, &ev), 0);
	check_invariants();
}

static void
give(uint32_t proc, uint64_t addr, uint64_t size)
{
	apply((struct trace_event){ .kind = TRACE_ALLOC, .proc = proc,
	    .call = TRACE_CALL_MALLOC, .addr = addr, .size = size,
	    .stack = 7 });
}

static void
take(uint32_t proc, uint64_t addr)
{
	apply((struct trace_event){ .kind = TRACE_FREE, .proc = proc,
	    .call = TRACE_CALL_FREE_CALL, .addr = addr });
}

/* A realloc that moves: both its halves. */
static void
move_begin(uint32_t proc, uint32_t tid, uint64_t from)
{
	apply((struct trace_event){ .kind = TRACE_FREE, .proc = proc,
	    .tid = tid, .call = TRACE_CALL_REALLOC, .by_realloc = true,
	    .addr = from });
}

static void
move_end(uint32_t proc, uint32_t tid, uint64_t to, uint64_t size)
{
	apply((struct trace_event){ .kind = TRACE_ALLOC, .proc = proc,
	    .tid = tid, .call = TRACE_CALL_REALLOC, .by_realloc = true,
	    .addr = to, .size = size, .stack = 8 });
}

static int
set_up(void **state)
{
	(void)state;
	fake_reset();
	fake_process(100, ~0u, "/bin/a");
	now = 0;
	heap = heap_create(FAKE_READER);
	return heap == NULL;
}

static int
set_up_profile(void **state)
{
	if (set_up(state) != 0)
		return 1;
	heap_destroy(heap);
	fake_info.mode = SESSION_PROFILE;
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
an_allocation_and_its_free_leave_nothing(void **state)
{
	const struct heap_totals *t = heap_totals(heap);

	(void)state;
	give(0, 0x1000, 24);
	assert_int_equal(t->live_bytes, 24);
	take(0, 0x1000);
	assert_int_equal(t->allocations, 1);
	assert_int_equal(t->frees, 1);
	assert_int_equal(t->bytes_allocated, 24);
	assert_int_equal(t->live_blocks, 0);
	assert_int_equal(t->peak_bytes, 24);
	assert_int_equal(t->peak_blocks, 1);
	assert_int_equal(t->peak_time, 1);
}

static void
blocks_of_no_bytes_are_blocks(void **state)
{
	(void)state;
	give(0, 0x1000, 0);
	assert_int_equal(heap_totals(heap)->live_blocks, 1);
	take(0, 0x1000);
	assert_int_equal(heap_totals(heap)->frees, 1);
}

static void
a_realloc_that_moves_is_neither_allocation_nor_free(void **state)
{
	const struct heap_totals *t = heap_totals(heap);

	(void)state;
	give(0, 0x1000, 100);
	move_begin(0, 1, 0x1000);
	move_end(0, 1, 0x2000, 150);
	assert_int_equal(t->allocations, 1);
	assert_int_equal(t->frees, 0);
	assert_int_equal(t->reallocations, 1);
	assert_int_equal(t->bytes_allocated, 150);
	assert_int_equal(t->live_bytes, 150);
	assert_int_equal(t->live_blocks, 1);
}

static void
a_realloc_that_shrinks_adds_nothing_to_bytes_allocated(void **state)
{
	(void)state;
	give(0, 0x1000, 100);
	apply((struct trace_event){ .kind = TRACE_RESIZE,
	    .call = TRACE_CALL_REALLOC, .addr = 0x1000, .size = 30,
	    .stack = 8 });
	assert_int_equal(heap_totals(heap)->bytes_allocated, 100);
	assert_int_equal(heap_totals(heap)->live_bytes, 30);
	assert_int_equal(heap_totals(heap)->reallocations, 1);
}

static void
a_block_belongs_to_the_site_of_its_last_realloc(void **state)
{
	(void)state;
	give(0, 0x1000, 100);
	move_begin(0, 1, 0x1000);
	move_end(0, 1, 0x2000, 150);
	assert_int_equal(heap_nsites(heap), 2);
	assert_int_equal(heap_site(heap, 0)->live_blocks, 0);
	assert_int_equal(heap_site(heap, 0)->allocations, 1);
	assert_int_equal(heap_site(heap, 1)->live_bytes, 150);
	assert_int_equal(heap_site(heap, 1)->allocations, 0);
	assert_int_equal(heap_site(heap, 1)->reallocations, 1);
	assert_int_equal(heap_site(heap, 1)->bytes_allocated, 50);
}

static void
a_realloc_that_failed_leaves_the_block(void **state)
{
	(void)state;
	give(0, 0x1000, 100);
	move_begin(0, 1, 0x1000);
	apply((struct trace_event){ .kind = TRACE_CANCEL, .addr = 0x1000 });
	assert_int_equal(heap_totals(heap)->reallocations, 0);
	assert_int_equal(heap_totals(heap)->live_bytes, 100);
	take(0, 0x1000);
	assert_int_equal(heap_totals(heap)->live_bytes, 0);
	assert_int_equal(heap_totals(heap)->frees, 1);
}

static void
a_handler_may_realloc_in_the_middle_of_a_realloc(void **state)
{
	(void)state;
	give(0, 0x1000, 100);
	give(0, 0x3000, 10);
	move_begin(0, 1, 0x1000);
	move_begin(0, 1, 0x3000);
	move_end(0, 1, 0x4000, 20);
	move_end(0, 1, 0x2000, 150);
	assert_int_equal(heap_totals(heap)->reallocations, 2);
	assert_int_equal(heap_totals(heap)->bytes_allocated, 170);
	assert_int_equal(heap_totals(heap)->live_bytes, 170);
}

static void
another_thread_may_take_the_address_while_a_realloc_moves(void **state)
{
	(void)state;
	give(0, 0x1000, 100);
	move_begin(0, 1, 0x1000);
	apply((struct trace_event){ .kind = TRACE_ALLOC, .tid = 2,
	    .call = TRACE_CALL_MALLOC, .addr = 0x1000, .size = 8,
	    .stack = 7 });
	move_end(0, 1, 0x2000, 150);
	assert_int_equal(heap_totals(heap)->live_blocks, 2);
	assert_int_equal(heap_totals(heap)->live_bytes, 158);
}

static void
temporary_is_freed_before_the_next_allocation_of_its_thread(void **state)
{
	(void)state;
	give(0, 0x1000, 8);
	take(0, 0x1000);
	assert_int_equal(heap_totals(heap)->temporary, 1);
	give(0, 0x1000, 8);
	give(0, 0x2000, 8);
	take(0, 0x1000);
	assert_int_equal(heap_totals(heap)->temporary, 1);
	take(0, 0x2000);
	assert_int_equal(heap_totals(heap)->temporary, 2);
	assert_int_equal(heap_site(heap, 0)->temporary, 2);
}

static void
a_free_by_another_thread_is_not_temporary(void **state)
{
	(void)state;
	give(0, 0x1000, 8);
	apply((struct trace_event){ .kind = TRACE_FREE, .tid = 2,
	    .call = TRACE_CALL_FREE_CALL, .addr = 0x1000 });
	assert_int_equal(heap_totals(heap)->temporary, 0);
	assert_int_equal(heap_totals(heap)->frees, 1);
}

static void
a_realloc_is_no_allocation_that_ends_temporary(void **state)
{
	(void)state;
	give(0, 0x1000, 8);
	move_begin(0, 1, 0x1000);
	move_end(0, 1, 0x2000, 16);
	take(0, 0x2000);
	assert_int_equal(heap_totals(heap)->temporary, 1);
}

static void
the_peak_is_the_highest_sum_over_processes(void **state)
{
	uint32_t child = fake_process(101, 0, "/bin/a");

	(void)state;
	give(0, 0x1000, 100);
	give(child, 0x1000, 50);
	take(0, 0x1000);
	give(child, 0x2000, 60);
	assert_int_equal(heap_totals(heap)->peak_bytes, 150);
	assert_int_equal(heap_totals(heap)->peak_blocks, 2);
	assert_int_equal(heap_totals(heap)->peak_time, 2);
	assert_int_equal(heap_process_totals(heap, child)->peak_bytes, 110);
}

static void
what_an_ended_process_kept_is_not_in_the_peak_of_later_ones(void **state)
{
	uint32_t next = fake_process(101, ~0u, "/bin/b");

	(void)state;
	give(0, 0x1000, 100);
	apply((struct trace_event){ .kind = TRACE_EXIT, .call = 0 });
	give(next, 0x1000, 60);
	assert_int_equal(heap_totals(heap)->peak_bytes, 100);
	assert_int_equal(heap_totals(heap)->live_bytes, 160);
}

static void
exec_begins_a_heap_of_its_own_under_the_same_pid(void **state)
{
	uint32_t image = fake_process(100, ~0u, "/bin/b");

	(void)state;
	give(0, 0x1000, 100);
	apply((struct trace_event){ .kind = TRACE_PROCESS, .proc = image });
	give(image, 0x1000, 40);
	assert_int_equal(heap_process_totals(heap, 0)->live_bytes, 100);
	assert_int_equal(heap_process_totals(heap, image)->live_bytes, 40);
	assert_int_equal(heap_totals(heap)->peak_bytes, 100);
	assert_int_equal(heap_totals(heap)->live_bytes, 140);
}

static void
an_exec_that_failed_ends_nothing(void **state)
{
	(void)state;
	give(0, 0x1000, 100);
	apply((struct trace_event){ .kind = TRACE_EXIT,
	    .call = HEAP_EXIT_EXEC });
	give(0, 0x2000, 60);
	assert_int_equal(heap_totals(heap)->peak_bytes, 160);
}

static void
a_child_frees_what_it_inherited_and_that_is_all(void **state)
{
	uint32_t child;

	(void)state;
	give(0, 0x1000, 100);
	child = fake_process(101, 0, "/bin/a");
	take(child, 0x1000);
	assert_int_equal(heap_totals(heap)->frees, 1);
	assert_int_equal(heap_totals(heap)->live_bytes, 100);
	assert_int_equal(heap_process_totals(heap, child)->live_bytes, 0);
	assert_int_equal(heap_nerrors(heap), 0);
}

static void
a_child_that_reallocs_an_inherited_block_owns_the_new_one(void **state)
{
	uint32_t child;

	(void)state;
	give(0, 0x1000, 100);
	child = fake_process(101, 0, "/bin/a");
	fake_process_at(child)->start = now;
	move_begin(child, 5, 0x1000);
	move_end(child, 5, 0x9000, 130);
	assert_int_equal(heap_process_totals(heap, child)->reallocations, 1);
	assert_int_equal(heap_process_totals(heap, child)->bytes_allocated,
	    30);
	assert_int_equal(heap_process_totals(heap, child)->live_bytes, 130);
	assert_int_equal(heap_process_totals(heap, 0)->live_bytes, 100);
}

static void
sites_part_by_process_stack_and_call(void **state)
{
	uint32_t child = fake_process(101, 0, "/bin/a");

	(void)state;
	give(0, 0x1000, 1);
	give(0, 0x2000, 1);
	give(child, 0x3000, 1);
	apply((struct trace_event){ .kind = TRACE_ALLOC,
	    .call = TRACE_CALL_CALLOC, .addr = 0x4000, .size = 1,
	    .stack = 7 });
	assert_int_equal(heap_nsites(heap), 3);
	assert_int_equal(heap_site(heap, 0)->allocations, 2);
}

static void
the_same_finding_again_is_counted(void **state)
{
	struct trace_error e = { .kind = TRACE_ERROR_DOUBLE_FREE,
		.stack = 3, .alloc_stack = 4, .address = 0x1000 };
	struct trace_event ev = { .kind = TRACE_ERROR, .error = &e };

	(void)state;
	apply(ev);
	e.address = 0x2000;
	apply(ev);
	assert_int_equal(heap_nerrors(heap), 1);
	assert_int_equal(heap_error(heap, 0)->count, 2);
	assert_int_equal(heap_error(heap, 0)->error.address, 0x1000);
	e.alloc_stack = 5;
	apply(ev);
	assert_int_equal(heap_nerrors(heap), 2);
}

static void
figures_are_kept_now_and_at_the_greatest_footprint(void **state)
{
	(void)state;
	give(0, 0x1000, 100);
	apply((struct trace_event){ .kind = TRACE_HEAP, .footprint = 4096,
	    .free = 3000 });
	take(0, 0x1000);
	apply((struct trace_event){ .kind = TRACE_HEAP, .footprint = 2048,
	    .free = 2000 });
	assert_int_equal(heap_process_figures(heap, 0, 0)->footprint, 2048);
	assert_int_equal(heap_process_figures(heap, 0, 0)->live, 0);
	assert_int_equal(heap_process_figures(heap, 0, 1)->footprint, 4096);
	assert_int_equal(heap_process_figures(heap, 0, 1)->live, 100);
}

static void
a_thread_keeps_the_name_it_told_last(void **state)
{
	(void)state;
	apply((struct trace_event){ .kind = TRACE_THREAD, .text = "one" });
	apply((struct trace_event){ .kind = TRACE_THREAD, .text = "two" });
	assert_string_equal(heap_thread_name(heap, 0, 1), "two");
	assert_null(heap_thread_name(heap, 0, 2));
}

static void
a_follower_without_all_events_counts_no_blocks(void **state)
{
	struct trace_event ev = { .kind = TRACE_FREE, .tid = 1,
		.call = TRACE_CALL_FREE_CALL, .addr = 0x1000, .time = 1 };

	(void)state;
	assert_int_equal(heap_apply_meta(heap, &ev), 0);
	assert_int_equal(heap_nerrors(heap), 0);
	assert_int_equal(heap_totals(heap)->events, 0);
}

static void
profile_mode_sees_a_double_free_in_the_events(void **state)
{
	const struct heap_error *e;

	(void)state;
	give(0, 0x1000, 24);
	take(0, 0x1000);
	take(0, 0x1000);
	assert_int_equal(heap_nerrors(heap), 1);
	e = heap_error(heap, 0);
	assert_int_equal(e->error.kind, TRACE_ERROR_DOUBLE_FREE);
	assert_int_equal(e->error.size, 24);
	assert_int_equal(e->error.alloc_stack, 7);
	assert_int_equal(e->error.free_time, 2);
	assert_int_equal(heap_totals(heap)->frees, 1);
}

static void
profile_mode_forgives_an_address_that_was_given_again(void **state)
{
	(void)state;
	give(0, 0x1000, 24);
	take(0, 0x1000);
	give(0, 0x1000, 8);
	take(0, 0x1000);
	assert_int_equal(heap_nerrors(heap), 0);
}

static void
profile_mode_sees_a_free_of_what_never_was_a_block(void **state)
{
	(void)state;
	take(0, 0x1000);
	assert_int_equal(heap_nerrors(heap), 1);
	assert_int_equal(heap_error(heap, 0)->error.kind,
	    TRACE_ERROR_INVALID_FREE);
}

static void
profile_mode_accuses_nobody_when_events_were_lost(void **state)
{
	(void)state;
	apply((struct trace_event){ .kind = TRACE_LOST, .lost = 3 });
	take(0, 0x1000);
	assert_int_equal(heap_nerrors(heap), 0);
	assert_int_equal(heap_totals(heap)->frees, 1);
}

static void
profile_mode_accuses_no_child_of_fork(void **state)
{
	uint32_t child = fake_process(101, 0, "/bin/a");

	(void)state;
	take(child, 0x1000);
	assert_int_equal(heap_nerrors(heap), 0);
}

static void
check_mode_leaves_judging_to_the_inside(void **state)
{
	(void)state;
	take(0, 0x1000);
	assert_int_equal(heap_nerrors(heap), 0);
}

/* The same random events into the heap and into a plain array. */
static void
random_events_agree_with_a_plain_array(void **state)
{
	static uint64_t size_of[512];
	unsigned seed = 12345;
	uint64_t live = 0;

	(void)state;
	memset(size_of, 0, sizeof size_of);
	print_message("seed %u\n", seed);
	for (int i = 0; i < 20000; i++) {
		unsigned slot = (unsigned)rand_r(&seed) % 512;
		uint64_t addr = 0x10000 + 16 * slot;
		struct trace_event ev = { .kind = TRACE_FREE, .time = ++now,
			.tid = 1, .call = TRACE_CALL_FREE_CALL,
			.addr = addr };

		if (size_of[slot] == 0) {
			ev.kind = TRACE_ALLOC;
			ev.call = TRACE_CALL_MALLOC;
			ev.size = 1 + (unsigned)rand_r(&seed) % 1000;
			ev.stack = slot % 20;
		}
		size_of[slot] = ev.size;
		assert_int_equal(heap_apply(heap, &ev), 0);
		if (i % 500 == 0)
			check_invariants();
	}
	for (int i = 0; i < 512; i++)
		live += size_of[i];
	check_invariants();
	assert_int_equal(heap_totals(heap)->live_bytes, live);
	assert_int_equal(heap_nerrors(heap), 0);
}

#define CHECKS(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define PROFILE(f) \
	cmocka_unit_test_setup_teardown(f, set_up_profile, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHECKS(an_allocation_and_its_free_leave_nothing),
		CHECKS(blocks_of_no_bytes_are_blocks),
		CHECKS(a_realloc_that_moves_is_neither_allocation_nor_free),
		CHECKS(a_realloc_that_shrinks_adds_nothing_to_bytes_allocated),
		CHECKS(a_block_belongs_to_the_site_of_its_last_realloc),
		CHECKS(a_realloc_that_failed_leaves_the_block),
		CHECKS(a_handler_may_realloc_in_the_middle_of_a_realloc),
		CHECKS(
		    another_thread_may_take_the_address_while_a_realloc_moves),
		CHECKS(
		    temporary_is_freed_before_the_next_allocation_of_its_thread),
		CHECKS(a_free_by_another_thread_is_not_temporary),
		CHECKS(a_realloc_is_no_allocation_that_ends_temporary),
		CHECKS(the_peak_is_the_highest_sum_over_processes),
		CHECKS(
		    what_an_ended_process_kept_is_not_in_the_peak_of_later_ones),
		CHECKS(exec_begins_a_heap_of_its_own_under_the_same_pid),
		CHECKS(an_exec_that_failed_ends_nothing),
		CHECKS(a_child_frees_what_it_inherited_and_that_is_all),
		CHECKS(
		    a_child_that_reallocs_an_inherited_block_owns_the_new_one),
		CHECKS(sites_part_by_process_stack_and_call),
		CHECKS(the_same_finding_again_is_counted),
		CHECKS(figures_are_kept_now_and_at_the_greatest_footprint),
		CHECKS(a_thread_keeps_the_name_it_told_last),
		CHECKS(a_follower_without_all_events_counts_no_blocks),
		PROFILE(profile_mode_sees_a_double_free_in_the_events),
		PROFILE(profile_mode_forgives_an_address_that_was_given_again),
		PROFILE(profile_mode_sees_a_free_of_what_never_was_a_block),
		PROFILE(profile_mode_accuses_nobody_when_events_were_lost),
		PROFILE(profile_mode_accuses_no_child_of_fork),
		CHECKS(check_mode_leaves_judging_to_the_inside),
		CHECKS(random_events_agree_with_a_plain_array),
		PROFILE(random_events_agree_with_a_plain_array),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
