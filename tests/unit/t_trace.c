/*
 * t_trace.c - what a writer wrote is what a reader reads.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "trace_fixture.h"

static int
expect_next(struct trace_reader *r, struct trace_event *ev)
{
	struct trace_status st;
	int n = trace_next(r, ev, &st);

	if (n < 0)
		fail_msg("%s", st.what);
	return n;
}

/* The MAP and the UNMAP of the test below. */
static void
expect_mappings(struct trace_reader *r)
{
	struct trace_event ev;

	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_MAP);
	assert_int_equal(ev.call, TRACE_CALL_MMAP);
	assert_int_equal(ev.addr, 0x7fffffffffff000);
	assert_int_equal(ev.size, ~0ull);
	assert_int_equal(ev.access, ~0u);
	assert_int_equal(ev.flags, ~0u);
	assert_int_equal(ev.failed, 0);
	assert_int_equal(ev.stack, ~0u);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_UNMAP);
	assert_int_equal(ev.call, TRACE_CALL_SHMDT);
	assert_int_equal(ev.addr, 0x1000);
	assert_int_equal(ev.size, 0);
	assert_int_equal(ev.failed, 22);
	assert_int_equal(ev.stack, 5);
}

static void
every_kind_of_record_comes_back_as_it_was_written(void **state)
{
	static const unsigned char id[20] = { 1, 2, 3, 250 };
	struct trace_error error = {
		.kind = TRACE_ERROR_HEAP_OVERRUN, .access = TRACE_ACCESS_WRITE,
		.found = TRACE_FOUND_AT_FREE, .call = TRACE_CALL_FREE_CALL,
		.address = 0x7f0000001239, .block = 0x7f0000001230, .size = 9,
		.offset = -1, .length = 3, .bytes_at = 0x7f0000001238,
		.nbytes = 3, .bytes = "abc", .should = "xyz",
		.allocated_by = TRACE_CALL_NEW, .freed_by = TRACE_NCALLS,
		.stack = 0, .alloc_time = 17, .signal = 11,
		.fault_address = ~0ull,
	};
	struct fixture f;
	struct writer w = { 0 };
	struct trace_event ev;
	struct trace_reader *r;
	uint32_t slot;

	(void)state;
	fixture_open(&f, 8, 1024);
	slot = session_hello(f.h, 4711, 4000, ~0u, true);
	writer_start(&w, f.h, slot, 4712, 0);
	writer_process(&w, 10, 4711, 4000, ~0u, true, "/bin/x\33y",
	    "x\0-v\0", 5);
	writer_thread(&w, 11, 4712, "main");
	writer_module(&w, 12, 0x400000, 0x500000, 0x400000 - 4096, id,
	    sizeof id, "/lib/libx.so");
	writer_alloc(&w, 13, TRACE_CALL_MALLOC, 0x7f0000001230, 9, 0, 7);
	writer_alloc(&w, 14, TRACE_CALL_ALIGNED_ALLOC, 0x10007, ~0ull, 4096, 0);
	writer_resize(&w, 14, TRACE_CALL_REALLOC, 0x7f0000001230, 90, 3);
	writer_free(&w, 12, TRACE_CALL_REALLOC | TRACE_BY_REALLOC,
	    0xffffffffffffffff, 9);
	writer_cancel(&w, 20, 1);
	writer_error(&w, 21, &error);
	writer_heap(&w, 22, 1ull << 40, 2, 3, 4);
	writer_unload(&w, 23, 0x400000);
	writer_note(&w, 24, "python");
	writer_map(&w, 24, TRACE_CALL_MMAP, 0x7fffffffffff000, ~0ull, ~0u,
	    ~0u, 0, ~0u);
	writer_unmap(&w, 24, TRACE_CALL_SHMDT, 0x1000, 0, 22, 5);
	writer_exit(&w, 25, WRITER_QUICK_EXIT, -3);
	writer_finish(&w);
	session_goodbye(f.h, slot, SESSION_PROC_EXITED, -3, 26);
	fixture_finish(&f);

	r = fixture_read(&f, 0);
	assert_non_null(r);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_PROCESS);
	assert_int_equal(ev.time, 10);
	assert_int_equal(ev.tid, 4712);
	assert_int_equal(trace_process(r, ev.proc)->pid, 4711);
	assert_int_equal(trace_process(r, ev.proc)->ppid, 4000);
	assert_int_equal(trace_process(r, ev.proc)->parent, ~0u);
	assert_string_equal(trace_process(r, ev.proc)->exe, "/bin/x\33y");
	assert_string_equal(trace_process(r, ev.proc)->argv[1], "-v");
	assert_null(trace_process(r, ev.proc)->argv[2]);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_THREAD);
	assert_string_equal(ev.text, "main");
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_MODULE);
	assert_int_equal(ev.module->start, 0x400000);
	assert_int_equal(ev.module->end, 0x500000);
	assert_int_equal(ev.module->bias, 0x400000 - 4096);
	assert_int_equal(ev.module->build_id_size, 20);
	assert_memory_equal(ev.module->build_id, id, 20);
	assert_string_equal(ev.module->path, "/lib/libx.so");
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_ALLOC);
	assert_int_equal(ev.time, 13);
	assert_int_equal(ev.call, TRACE_CALL_MALLOC);
	assert_int_equal(ev.addr, 0x7f0000001230);
	assert_int_equal(ev.size, 9);
	assert_int_equal(ev.align, 0);
	assert_int_equal(ev.stack, 7);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.call, TRACE_CALL_ALIGNED_ALLOC);
	assert_int_equal(ev.addr, 0x10007);
	assert_int_equal(ev.size, ~0ull);
	assert_int_equal(ev.align, 4096);
	assert_int_equal(ev.stack, 0);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_RESIZE);
	assert_int_equal(ev.size, 90);
	assert_int_equal(ev.stack, 3);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_FREE);
	assert_int_equal(ev.time, 14);		/* raised */
	assert_true(ev.by_realloc);
	assert_int_equal(ev.call, TRACE_CALL_REALLOC);
	assert_int_equal(ev.addr, ~0ull);
	assert_int_equal(ev.stack, 9);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_CANCEL);
	assert_int_equal(ev.addr, 1);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_ERROR);
	assert_memory_equal(ev.error, &error, sizeof error);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.footprint, 1ull << 40);
	assert_int_equal(ev.overhead, 4);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_UNLOAD);
	assert_int_equal(ev.module->unloaded, 23);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_string_equal(ev.text, "python");
	expect_mappings(r);
	assert_int_equal(expect_next(r, &ev), 1);
	assert_int_equal(ev.kind, TRACE_EXIT);
	assert_int_equal(ev.status, -3);
	assert_int_equal(expect_next(r, &ev), 0);
	assert_int_equal(trace_process(r, 0)->ended, TRACE_EXITED);
	assert_int_equal(trace_process(r, 0)->status, -3);
	assert_true(trace_info(r)->complete);
	assert_true(trace_info(r)->lost_known);
	trace_close(r);
	fixture_close(&f);
}

#define THREADS		4
#define PER_THREAD	20000u

/* Reproducible numbers: what a thread wrote can be computed again. */
static uint64_t
noise(uint64_t thread, uint64_t i)
{
	uint64_t x = thread * 1000003 + i * 0x9e3779b97f4a7c15ull;

	return (x ^ x >> 29) * 0xbf58476d1ce4e5b9ull;
}

static void
write_some(struct session_header *h, uint32_t slot, uint32_t tid)
{
	struct stacks *stacks = stacks_create(h);
	struct stacks_memo memo = { 0 };
	struct writer w = { 0 };
	uintptr_t ips[12];

	writer_start(&w, h, slot, tid, 0);
	for (uint64_t i = 0; i < PER_THREAD; i++) {
		uint64_t x = noise(tid, i);
		uint32_t stack;

		for (size_t k = 0; k < 12; k++)
			ips[k] = 0x400000 + (k < 3 ? (x >> 8 * k & 7) : k) * 64;
		stack = stacks_intern(stacks, &memo, ips, 12);
		writer_alloc(&w, session_now_after(h), TRACE_CALL_MALLOC,
		    0x10000 + (x & 0xffff) * 16, x % 5000, 0, stack);
	}
	writer_finish(&w);
}

struct expect {
	uint64_t i;
};

static void
check_event(struct trace_reader *r, const struct trace_event *ev,
    struct expect *e)
{
	uint64_t x = noise(ev->tid, e->i++);
	uint64_t ips[16];

	assert_int_equal(ev->addr, 0x10000 + (x & 0xffff) * 16);
	assert_int_equal(ev->size, x % 5000);
	assert_int_equal(trace_stack(r, ev->stack, ips, 16), 12);
	for (size_t k = 0; k < 12; k++)
		assert_int_equal(ips[k], 0x400000 +
		    (k < 3 ? (x >> 8 * k & 7) : k) * 64);
}

static void
read_all_in_order(struct fixture *f, struct expect *expect, bool complete)
{
	struct trace_reader *r = fixture_read(f, 0);
	struct trace_event ev;
	uint64_t time = 0;

	assert_non_null(r);
	while (expect_next(r, &ev)) {
		assert_true(ev.time >= time);
		time = ev.time;
		if (ev.kind == TRACE_ALLOC) {
			assert_in_range(ev.tid, 0, THREADS);
			check_event(r, &ev, &expect[ev.tid]);
		}
	}
	assert_int_equal(trace_info(r)->complete, complete);
	/* Random addresses, sizes and stacks: real programs need 5 to 7. */
	assert_true(trace_counts(r)->slice_bytes <
	    10 * trace_counts(r)->records);
	trace_close(r);
}

static void
processes_that_write_at_once_are_merged_in_order(void **state)
{
	struct expect expect[THREADS + 1] = { 0 };
	struct fixture f;
	int running = THREADS;

	(void)state;
	fixture_open(&f, 32, 4096);
	for (uint32_t t = 1; t <= THREADS; t++)
		if (fork() == 0) {
			uint32_t slot = session_hello(f.h,
			    (uint32_t)getpid(), 0, ~0u, true);

			write_some(f.h, slot, t);
			_exit(0);
		}
	while (running > 0) {
		assert_true(trace_file_round(f.file, f.h) >= 0);
		if (waitpid(-1, NULL, WNOHANG) > 0)
			running--;
	}
	assert_int_equal(f.h->lost, 0);
	fixture_finish(&f);
	read_all_in_order(&f, expect, true);
	for (int t = 1; t <= THREADS; t++)
		assert_int_equal(expect[t].i, PER_THREAD);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_kind_of_record_comes_back_as_it_was_written),
		cmocka_unit_test(
		    processes_that_write_at_once_are_merged_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
