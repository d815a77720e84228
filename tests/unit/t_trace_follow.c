/*
 * t_trace_follow.c - a trace read while it is written; processes and modules.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "trace/text.h"
#include "trace_fixture.h"

static int
next(struct trace_reader *r, struct trace_event *ev)
{
	struct trace_status st;
	int n = trace_next(r, ev, &st);

	if (n < 0)
		fail_msg("%s", st.what);
	return n;
}

static uint64_t
count(struct trace_reader *r)
{
	struct trace_event ev;
	uint64_t n = 0;

	while (next(r, &ev))
		n++;
	return n;
}

static void
write_now(struct fixture *f, struct writer *w, uint64_t n)
{
	while (n-- > 0)
		writer_alloc(w, session_now(f->h), TRACE_CALL_MALLOC, n * 64,
		    n, 0, 0);
}

static void
a_follower_gets_events_after_the_round_that_follows_them(void **state)
{
	struct fixture f;
	struct writer w = { 0 };
	struct trace_reader *r;

	(void)state;
	fixture_open(&f, 16, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	r = fixture_read(&f, 0);
	assert_int_equal(count(r), 0);
	write_now(&f, &w, 1000);
	assert_int_equal(count(r), 0);
	trace_file_round(f.file, f.h);
	trace_file_round(f.file, f.h);
	assert_int_equal(count(r), 1000);
	assert_false(trace_info(r)->closed);
	assert_int_equal(trace_info(r)->nmissing, 0);
	/* Idle rounds cost no byte. */
	trace_file_round(f.file, f.h);
	assert_int_equal(trace_file_size(f.file), trace_info(r)->file_size);
	write_now(&f, &w, 5);
	trace_file_round(f.file, f.h);
	trace_file_round(f.file, f.h);
	assert_int_equal(count(r), 5);
	write_now(&f, &w, 7);
	writer_finish(&w);
	fixture_finish(&f);
	assert_int_equal(count(r), 7);
	assert_true(trace_info(r)->closed);
	assert_true(trace_info(r)->complete);
	assert_int_equal(count(r), 0);
	trace_close(r);
	fixture_close(&f);
}

/* META repeats what was stored before the chunk held such records. */
static void
a_follower_of_findings_needs_no_blocks_of_events(void **state)
{
	struct trace_error error = { .kind = TRACE_ERROR_DOUBLE_FREE };
	struct fixture f;
	struct writer w = { 0 };
	struct trace_reader *all, *meta;
	struct trace_event ev;

	(void)state;
	fixture_open(&f, 16, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	all = fixture_read(&f, 0);
	meta = fixture_read(&f, TRACE_META_ONLY);
	for (int i = 0; i < 5; i++) {
		write_now(&f, &w, 100);
		trace_file_round(f.file, f.h);
		write_now(&f, &w, 100);
		error.address = (uint64_t)i;
		if (i != 0)
			writer_error(&w, session_now(f.h), &error);
		trace_file_round(f.file, f.h);
		trace_file_round(f.file, f.h);
		assert_int_equal(count(all), i ? 201 : 200);
		assert_int_equal(next(meta, &ev), i ? 1 : 0);
		if (i == 0)
			continue;
		assert_int_equal(ev.kind, TRACE_ERROR);
		assert_int_equal(ev.error->address, i);
		assert_int_equal(next(meta, &ev), 0);
	}
	write_now(&f, &w, 5000);	/* other chunks, without findings */
	writer_finish(&w);
	fixture_finish(&f);
	assert_int_equal(count(meta), 0);
	assert_int_equal(count(all), 5000);
	assert_true(trace_info(meta)->complete);
	assert_true(trace_info(all)->complete);
	assert_true(trace_counts(meta)->slice_bytes <
	    trace_counts(all)->slice_bytes / 2);
	trace_close(all);
	trace_close(meta);
	fixture_close(&f);
}

static const char *
module_at(struct trace_reader *r, unsigned proc, uint64_t addr, uint64_t time)
{
	const struct trace_module *m = trace_module_find(r, proc, addr, time);

	return m ? m->path : "none";
}

static void
modules_are_found_by_process_address_and_time(void **state)
{
	struct fixture f;
	struct writer w = { 0 };
	struct trace_reader *r;
	uint32_t a, b, c;

	(void)state;
	fixture_open(&f, 16, 64);
	a = session_hello(f.h, 10, 0, ~0u, true);
	b = session_hello(f.h, 11, 10, a, true);
	c = session_hello(f.h, 12, 0, ~0u, true);
	writer_start(&w, f.h, a, 10, 0);
	writer_module(&w, 10, 0x1000, 0x9000, 0, "", 0, "big");
	writer_module(&w, 10, 0x2000, 0x3000, 0, "", 0, "inner");
	writer_module(&w, 20, 0x10000, 0x11000, 0, "", 0, "first");
	writer_unload(&w, 30, 0x10000);
	writer_module(&w, 40, 0x10000, 0x12000, 0, "", 0, "second");
	writer_finish(&w);
	writer_start(&w, f.h, b, 11, 0);
	writer_process(&w, 25, 11, 10, a, true, "/b", "", 0);
	writer_module(&w, 41, 0x10000, 0x12000, 0, "", 0, "child's");
	writer_unload(&w, 50, 0x2000);
	writer_finish(&w);
	session_procs(f.h)[a].start = 1;
	session_procs(f.h)[b].start = 25;
	session_procs(f.h)[c].start = 1;
	fixture_finish(&f);
	r = fixture_read(&f, 0);
	assert_int_equal(count(r), 8);
	assert_string_equal(module_at(r, a, 0x1000, 10), "big");
	assert_string_equal(module_at(r, a, 0x2800, 10), "inner");
	assert_string_equal(module_at(r, a, 0x3000, 10), "big");
	assert_string_equal(module_at(r, a, 0x8fff, 10), "big");
	assert_string_equal(module_at(r, a, 0x9000, 10), "none");
	assert_string_equal(module_at(r, a, 0xfff, 10), "none");
	assert_string_equal(module_at(r, a, 0x10000, 20), "first");
	assert_string_equal(module_at(r, a, 0x10000, 29), "first");
	assert_string_equal(module_at(r, a, 0x10000, 40), "second");
	assert_string_equal(module_at(r, a, 0x11000, 99), "second");
	/* What a fork's child did not tell is its parent's of then. */
	assert_string_equal(module_at(r, b, 0x2800, 49), "inner");
	assert_string_equal(module_at(r, b, 0x2800, 50), "none");
	assert_string_equal(module_at(r, a, 0x2800, 60), "inner");
	assert_string_equal(module_at(r, b, 0x10000, 60), "child's");
	assert_string_equal(module_at(r, c, 0x2800, 60), "none");
	assert_string_equal(module_at(r, 99, 0x2800, 60), "none");
	trace_close(r);
	fixture_close(&f);
}

/* The fixture has 256 slots, of which 16 are said to be ready. */
static void
processes_make_room_for_themselves_and_one_too_many_is_a_loss(void **state)
{
	struct trace_status st;
	struct trace_reader *r;
	struct fixture f;

	(void)state;
	fixture_open(&f, 4, 64);
	for (uint32_t i = 0; i < 256; i++)
		assert_int_equal(session_hello(f.h, 1000 + i, 1, ~0u, true), i);
	assert_int_equal(f.h->lost, 0);
	assert_int_equal(session_hello(f.h, 2000, 1, ~0u, true), ~0u);
	assert_int_equal(f.h->procs_claimed, 256);
	fixture_finish(&f);
	r = trace_open(f.trace_path, 0, &st);
	assert_non_null(r);
	for (struct trace_event ev; trace_next(r, &ev, &st) > 0;)
		;
	assert_int_equal(trace_nprocesses(r), 256);
	assert_int_equal(trace_process(r, 255)->pid, 1255);
	assert_int_equal(trace_info(r)->lost, 1);
	trace_close(r);
	fixture_close(&f);
}

static void
ends_of_processes_are_told_by_who_knows_best(void **state)
{
	struct trace_error crash = {
		.kind = TRACE_ERROR_CRASH, .signal = SIGSEGV,
	};
	struct fixture f;
	struct writer w = { 0 };
	struct trace_reader *r;
	uint32_t s[5];

	(void)state;
	fixture_open(&f, 16, 64);
	for (uint32_t i = 0; i < 5; i++)
		s[i] = session_hello(f.h, 100 + i, 0, ~0u, true);
	session_goodbye(f.h, s[0], SESSION_PROC_EXITED, 7, 50);
	session_goodbye(f.h, s[1], SESSION_PROC_EXECED, 0, 60);
	session_goodbye(f.h, s[2], SESSION_PROC_GONE, 0, 70);
	session_goodbye(f.h, s[3], SESSION_PROC_GONE, 0, 80);
	writer_start(&w, f.h, s[2], 102, 0);
	writer_error(&w, 65, &crash);
	writer_finish(&w);
	f.h->root_pid = 103;
	f.h->root_status = SIGKILL;
	f.h->root_done = 1;
	fixture_finish(&f);
	r = fixture_read(&f, 0);
	assert_int_equal(count(r), 1);
	assert_int_equal(trace_nprocesses(r), 5);
	assert_int_equal(trace_process(r, s[0])->ended, TRACE_EXITED);
	assert_int_equal(trace_process(r, s[0])->status, 7);
	assert_int_equal(trace_process(r, s[0])->end, 50);
	assert_int_equal(trace_process(r, s[1])->ended, TRACE_EXECED);
	assert_int_equal(trace_process(r, s[2])->ended, TRACE_KILLED);
	assert_int_equal(trace_process(r, s[2])->status, SIGSEGV);
	assert_int_equal(trace_process(r, s[3])->ended, TRACE_KILLED);
	assert_int_equal(trace_process(r, s[3])->status, SIGKILL);
	assert_int_equal(trace_process(r, s[4])->ended, TRACE_RUNNING);
	assert_true(trace_info(r)->root_done);
	assert_null(trace_process(r, 5));
	trace_close(r);
	fixture_close(&f);
}

static void
a_line_of_text_is_one_event_and_back(void **state)
{
	static const struct trace_event events[] = {
		{ .kind = TRACE_ALLOC, .time = 5, .proc = 1, .tid = 2,
		    .call = TRACE_CALL_NEW_ARRAY_ALIGNED, .addr = 0x7fff00,
		    .size = ~0ull, .align = 64, .stack = 9 },
		{ .kind = TRACE_FREE, .call = TRACE_CALL_REALLOC,
		    .by_realloc = true, .addr = 16 },
		{ .kind = TRACE_RESIZE, .addr = 1, .size = 2, .stack = 3 },
		{ .kind = TRACE_CANCEL, .time = 1ull << 60, .addr = 4 },
		{ .kind = TRACE_HEAP, .footprint = 1, .free = 2, .largest = 3,
		    .overhead = 4 },
		{ .kind = TRACE_LOST, .lost = 12345 },
		{ .kind = TRACE_EXIT, .call = 2, .status = -7 },
	};
	struct trace_event back;
	char line[300];

	(void)state;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		assert_true(trace_text(NULL, &events[i], line, sizeof line) <
		    sizeof line);
		assert_int_equal(trace_text_parse(line, &back), 0);
		assert_memory_equal(&back, &events[i], sizeof back);
	}
	assert_int_equal(trace_text_parse("", &back), -1);
	assert_int_equal(trace_text_parse("1 2/3 ALLOC addr=zz", &back), -1);
	assert_int_equal(trace_text_parse("1 2/3 ALLOC size", &back), -1);
	assert_int_equal(trace_text_parse("1 2/3 NOTE text=\"x\"", &back), -1);
	back = (struct trace_event){ .kind = TRACE_NOTE, .text = "a\33\"b" };
	trace_text(NULL, &back, line, sizeof line);
	assert_string_equal(line, "0 0/0 NOTE text=\"a\\x1b\\x22b\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_follower_gets_events_after_the_round_that_follows_them),
		cmocka_unit_test(
		    a_follower_of_findings_needs_no_blocks_of_events),
		cmocka_unit_test(modules_are_found_by_process_address_and_time),
		cmocka_unit_test(
		    processes_make_room_for_themselves_and_one_too_many_is_a_loss),
		cmocka_unit_test(ends_of_processes_are_told_by_who_knows_best),
		cmocka_unit_test(a_line_of_text_is_one_event_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
