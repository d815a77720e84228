/*
 * t_report.c - findings as people read them, to the letter.
 *
 * A heap filled by hand and a symbolizer made of a table; what is printed is
 * compared with the text in this file.  Every line of every text must fit 80
 * columns with a pid of 7 digits.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/compiler.h"
#include "fake_trace.h"
#include "heap/heap.h"
#include "report/report_impl.h"
#include "report/words.h"
#include "trace/session.h"

#define PID	1234567

static struct heap *heap;
static struct report *report;
static uint32_t close_stack, drop_stack, new_stack;

static int
set_up(void **state)
{
	(void)state;
	fake_reset();
	fake_info.root_pid = PID;
	fake_process(PID, ~0u, "/srv/server");
	fake_function(0x2001, "conn_close", "conn_close", "src/conn.c", 131);
	fake_function(0x2011, "conn_drop", "conn_drop", "src/conn.c", 118);
	fake_inlined(0x2011, "buf_release", "src/buf.c", 58);
	fake_function(0x2021, "server_reap", "server_reap", "src/server.c",
	    77);
	fake_function(0x2031, "server_reap", "server_reap", "src/server.c",
	    75);
	fake_function(0x2041, "buf_new", "buf_new", "src/buf.c", 21);
	fake_function(0x2051, "main", "main", "src/main.c", 9);
	fake_function(0x2061, "_start", "_start", NULL, 0);
	close_stack = fake_stack((uint64_t[]){ 0x2001, 0x2021, 0x2051, 0 });
	drop_stack = fake_stack((uint64_t[]){ 0x2011, 0x2031, 0x2051, 0 });
	new_stack = fake_stack((uint64_t[]){ 0x2041, 0x2051, 0x2061, 0 });
	heap = heap_create(FAKE_READER);
	return heap == NULL;
}

static int
tear_down(void **state)
{
	(void)state;
	report_destroy(report);
	report = NULL;
	heap_destroy(heap);
	return 0;
}

static void
apply(struct trace_event ev)
{
	ev.tid = PID;
	assert_int_equal(heap_apply(heap, &ev), 0);
}

static void
begin(bool prefix, unsigned parts)
{
	struct report_options o = { .parts = parts, .frames = 12, .top = 10,
		.prefix = prefix, .source = "server.pwt" };

	report = report_create(FAKE_READER, heap, FAKE_SYMBOLS, &o);
	assert_non_null(report);
	assert_int_equal(report_gather(report), 0);
}

static char *
printed(void (*print)(FILE *, struct report *))
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	print(f, report);
	fclose(f);
	return text;
}

static void
print_first_error(FILE *f, struct report *r)
{
	report_text_error(f, r, 0);
}

static void
print_text(FILE *f, struct report *r)
{
	report_text(f, r);
}

static void
print_json(FILE *f, struct report *r)
{
	report_json(f, r);
}

static void
assert_fits(const char *text)
{
	for (const char *p = text; *p != '\0';) {
		size_t len = strcspn(p, "\n");

		const char *verdict = strstr(p, "verdict: ");

		if (len > 80 && (verdict == NULL || verdict > p + 13))
			fail_msg("a line of %zu columns: %.*s", len, (int)len,
			    p);
		p += len + (p[len] == '\n');
	}
}

static void
assert_prints(void (*print)(FILE *, struct report *), const char *want)
{
	char *text = printed(print);

	assert_fits(text);
	assert_string_equal(text, want);
	free(text);
}

static void
assert_says(void (*print)(FILE *, struct report *), const char *want)
{
	char *text = printed(print);

	assert_fits(text);
	if (strstr(text, want) == NULL)
		fail_msg("not said: %s\nin:\n%s", want, text);
	free(text);
}

static void
double_free(void)
{
	struct trace_error e = { .kind = TRACE_ERROR_DOUBLE_FREE,
		.access = TRACE_ACCESS_FREE, .call = TRACE_CALL_FREE_CALL,
		.address = 0x7f3a1c0412a0, .block = 0x7f3a1c0412a0, .size = 40,
		.allocated_by = TRACE_CALL_MALLOC,
		.freed_by = TRACE_CALL_FREE_CALL, .stack = close_stack,
		.free_stack = drop_stack, .alloc_stack = new_stack,
		.free_tid = PID, .alloc_tid = PID, .alloc_time = 20,
		.free_time = 2312 };

	apply((struct trace_event){ .kind = TRACE_THREAD, .text = "server" });
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2314,
	    .error = &e });
}

static struct trace_error
overrun(void)
{
	struct trace_error e = { .kind = TRACE_ERROR_HEAP_OVERRUN,
		.access = TRACE_ACCESS_WRITE, .found = TRACE_FOUND_AT_FREE,
		.call = TRACE_CALL_FREE_CALL, .block = 0x7f3a1c0413c0,
		.address = 0x7f3a1c0413ca, .size = 10, .offset = 10,
		.length = 1, .bytes_at = 0x7f3a1c0413c0, .nbytes = 16,
		.bytes = "george-vii\0\xf9\xc0\x13\x04\xf9",
		.should = "george-vii\x04\xf9\xc0\x13\x04\xf9",
		.allocated_by = TRACE_CALL_MALLOC,
		.freed_by = TRACE_NCALLS, .stack = close_stack,
		.alloc_stack = new_stack, .alloc_tid = PID, .alloc_time = 20,
		.window_from = 2379 };

	return e;
}

static void
a_double_free_has_three_stacks_and_the_line_where_they_part(void **state)
{
	(void)state;
	double_free();
	begin(true, REPORT_ERRORS);
	assert_prints(print_first_error,
"==1234567== ERROR 1  double-free of a block of 40 bytes\n"
"==1234567==   The block at 0x7f3a1c0412a0 was already freed 2.0 ms earlier.\n"
"==1234567==   This free was ignored; the program goes on.\n"
"==1234567==\n"
"==1234567==   freed again by free()           thread 1234567 server at 2.3140 s\n"
"==1234567==     #0  conn_close                src/conn.c:131\n"
"==1234567==     #1  server_reap               src/server.c:77\n"
"==1234567==     #2  main                      src/main.c:9\n"
"==1234567==\n"
"==1234567==   first freed by free()           thread 1234567 server at 2.3120 s\n"
"==1234567==     #0  buf_release (inlined)     src/buf.c:58\n"
"==1234567==     #1  conn_drop                 src/conn.c:118\n"
"==1234567==     #2  server_reap               src/server.c:75\n"
"==1234567==     #3  main                      src/main.c:9\n"
"==1234567==\n"
"==1234567==   allocated by malloc(40)         thread 1234567 server at 0.0200 s\n"
"==1234567==     #0  buf_new                   src/buf.c:21\n"
"==1234567==     #1  main                      src/main.c:9\n"
"==1234567==\n"
"==1234567==   The two frees part in server_reap: line 75 and line 77.\n"
"==1234567==\n");
}

static void
an_overrun_shows_its_bytes_and_names_the_nul_of_a_string(void **state)
{
	struct trace_error e = overrun();

	(void)state;
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	begin(false, REPORT_ERRORS);
	assert_prints(print_first_error,
"ERROR 1  heap-overrun, 1 byte written past a block of 10 bytes\n"
"  Block 0x7f3a1c0413c0, offset 10 (the first byte after it).\n"
"  Found when it was freed; the program goes on.\n"
"    offset    4  5  6  7  8  9 | 10 11 12 13 14 15\n"
"    should   .. .. .. .. .. .. | 04 f9 c0 13 04 f9   guard\n"
"    is       67 65 2d 76 69 69 | 00 f9 c0 13 04 f9\n"
"    text      g  e  -  v  i  i   ^^\n"
"  It is the NUL of the string \"george-vii\": 10 characters need 11.\n"
"  Written between 2.3790 s (block whole) and 2.4010 s (damage seen).\n"
"\n"
"  freed by free()                 thread 1234567       at 2.4010 s\n"
"    #0  conn_close                src/conn.c:131\n"
"    #1  server_reap               src/server.c:77\n"
"    #2  main                      src/main.c:9\n"
"\n"
"  allocated by malloc(10)         thread 1234567       at 0.0200 s\n"
"    #0  buf_new                   src/buf.c:21\n"
"    #1  main                      src/main.c:9\n"
"\n");
}

static void
text_written_past_a_block_is_shown_as_text(void **state)
{
	struct trace_error e = overrun();

	(void)state;
	memcpy(e.bytes + 10, "haha\"x", 6);
	e.length = 6;
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	begin(true, REPORT_ERRORS);
	assert_says(print_first_error,
	    "  The bytes written are text: \"haha\"x\": 16 bytes would have "
	    "held it.\n");
	assert_says(print_first_error,
	    "heap-overrun, 6 bytes written past a block of 10 bytes\n");
}

/* The overrun with n other bytes, of a block of size bytes. */
static void
written(uint64_t size, const void *bytes, uint32_t n, int64_t offset)
{
	struct trace_error e = overrun();

	e.size = size;
	e.bytes_at = e.address = e.block + (uint64_t)offset;
	e.offset = offset;
	e.length = e.nbytes = n;
	memset(e.should, 0xfd, sizeof e.should);
	memcpy(e.bytes, bytes, n);
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	begin(true, REPORT_ERRORS);
}

static void
an_element_too_many_is_counted_in_elements(void **state)
{
	(void)state;
	written(40, "\x46\0\0", 4, 40);
	assert_says(print_first_error, "  The 4 bytes are the number 70.\n");
	assert_says(print_first_error, "  It looks like one element of 4 "
	    "bytes more: 10 fit, 11 need 44\n==1234567==   bytes.\n");
}

static void
an_element_farther_off_has_its_index(void **state)
{
	(void)state;
	written(40, "\xff\xff\xff\xff", 4, 48);
	assert_says(print_first_error, "number -1.");
	assert_says(print_first_error, "this is element [12]");
}

static void
what_is_no_array_is_not_called_one(void **state)
{
	char *text;

	(void)state;
	written(42, "\x46\0\0\0", 4, 42);
	text = printed(print_first_error);
	assert_null(strstr(text, "element"));
	free(text);
}

static void
a_pointer_to_code_names_the_function(void **state)
{
	uint64_t to = 0x20050;

	(void)state;
	fake_function(0x20051, "callback", "callback", "src/cb.c", 3);
	written(40, &to, 8, 40);
	assert_says(print_first_error, "  At offset 40 stands 0x20050, an "
	    "address in callback (src/cb.c:3).\n");
}

static void
a_pointer_of_letters_is_no_text(void **state)
{
	uint64_t to = 0x7ffd41424344;	/* DCBA and more */

	(void)state;
	written(40, &to, 8, 40);
	assert_says(print_first_error, "  At offset 40 stands 0x7ffd41424344, "
	    "which");
}

static void
letters_that_lead_nowhere_are_text(void **state)
{
	uint64_t nothing = 0x666641424344;

	(void)state;
	written(40, &nothing, 8, 40);
	assert_says(print_first_error, "text: \"DCBAff\"");
}

static void
fill_that_was_copied_names_its_block(void **state)
{
	uint64_t fill = 0xf97f3a1cf9041260;

	(void)state;
	written(40, &fill, 8, 40);
	assert_says(print_first_error, "which fills the block at");
	assert_says(print_first_error, "0x7f3a1c041260");
}

static void
an_underrun_counts_from_the_start_of_the_block(void **state)
{
	struct trace_error e = overrun();

	(void)state;
	e.kind = TRACE_ERROR_HEAP_UNDERRUN;
	e.offset = -8;
	e.length = 8;
	e.address = e.bytes_at = e.block - 8;
	e.nbytes = 8;
	memset(e.bytes, 0, 8);
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	begin(true, REPORT_ERRORS);
	assert_says(print_first_error,
	    "offset -8 (8 bytes before it).\n");
	assert_says(print_first_error,
	    "    offset   -8 -7 -6 -5 -4 -3 -2 -1\n");
}

static struct trace_error
mismatch(void)
{
	return (struct trace_error){ .kind = TRACE_ERROR_MISMATCHED_FREE,
		.access = TRACE_ACCESS_FREE, .call = TRACE_CALL_FREE_CALL,
		.block = 0x1000, .address = 0x1000, .size = 80,
		.allocated_by = TRACE_CALL_NEW_ARRAY,
		.freed_by = TRACE_NCALLS, .stack = close_stack,
		.alloc_stack = new_stack, .alloc_time = 20 };
}

static void
a_mismatch_names_both_calls(void **state)
{
	struct trace_error e = mismatch();

	(void)state;
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	begin(true, REPORT_ERRORS);
	assert_says(print_first_error,
	    "mismatched-free, a block of operator new[] given to free\n");
	assert_says(print_first_error, "allocated by operator new[](80)");
}

/* The last line of a report of an overrun, which guards could catch. */
static void
assert_next(bool guard, const char *const *argv, const char *want)
{
	struct report_options o = { .parts = REPORT_SUMMARY, .guard = guard,
		.source = "my server.pwt" };
	struct trace_error e = overrun();
	char *text;

	fake_process_at(0)->argv = argv;
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	report = report_create(FAKE_READER, heap, FAKE_SYMBOLS, &o);
	assert_int_equal(report_gather(report), 0);
	text = printed(print_text);
	assert_string_equal(strstr(text, "next: "), want);
	free(text);
	report_destroy(report);
	report = NULL;
}

static void
damage_is_to_be_looked_for_with_guards(void **state)
{
	static const char *const argv[] = { "./server", "--name=o'neill",
		"a b", NULL };
	static char deep[2000];
	const char *const huge[] = { "./server", deep, NULL };

	(void)state;
	assert_next(true, argv, "next: poolwatch -m guard --guard-from="
	    "'my server.pwt' ./server '--name=o'\\''neill' 'a b'\n");
	assert_next(false, argv, "next: poolview 'my server.pwt'\n");
	assert_next(true, NULL, "next: poolview 'my server.pwt'\n");
	memset(deep, 'x', sizeof deep - 1);
	assert_next(true, huge, "next: poolview 'my server.pwt'\n");
	fake_info.mode = SESSION_GUARD;
	assert_next(true, argv, "next: poolview 'my server.pwt'\n");
}

static void
a_negative_size_is_shown_as_one(void **state)
{
	struct trace_error e = { .kind = TRACE_ERROR_BAD_SIZE,
		.access = TRACE_ACCESS_ALLOC, .call = TRACE_CALL_MALLOC,
		.requested = (uint64_t)-4, .allocated_by = TRACE_NCALLS,
		.freed_by = TRACE_NCALLS, .stack = new_stack };

	(void)state;
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 9,
	    .error = &e });
	begin(true, REPORT_ERRORS);
	assert_says(print_first_error,
	    "malloc was asked for 18446744073709551612 bytes (-4)\n");
}

static void
a_librarys_own_operator_new_is_no_mismatch(void **state)
{
	struct trace_error e = mismatch();

	(void)state;
	fake_function(0x2071, "_Znwm", "operator new(unsigned long)", NULL, 0);
	fake_function(0x2081, "_ZdlPv", "operator delete(void*)", NULL, 0);
	e.allocated_by = TRACE_CALL_MALLOC;
	e.call = TRACE_CALL_DELETE;
	e.alloc_stack = fake_stack((uint64_t[]){ 0x2071, 0x2041, 0 });
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 1,
	    .error = &e });
	e.allocated_by = TRACE_CALL_NEW;
	e.call = TRACE_CALL_FREE_CALL;
	e.stack = fake_stack((uint64_t[]){ 0x2081, 0x2041, 0 });
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2,
	    .error = &e });
	begin(true, REPORT_ERRORS);
	assert_int_equal(report->nerrors, 0);
	assert_int_equal(report->seen_errors, 2);
}

static void
a_mismatch_from_an_object_without_symbols_is_not_told(void **state)
{
	struct trace_error e = mismatch();

	(void)state;
	e.stack = fake_stack((uint64_t[]){ 0x9001, 0x2041, 0 });
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 1,
	    .error = &e });
	begin(true, REPORT_ERRORS);
	assert_int_equal(report->nerrors, 0);
}

static void
a_wrong_size_at_free_stands_without_names(void **state)
{
	struct trace_error e = mismatch();

	(void)state;
	e.allocated_by = TRACE_CALL_NEW;
	e.call = TRACE_CALL_DELETE;
	e.requested = 64;
	e.stack = fake_stack((uint64_t[]){ 0x9001, 0 });
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 1,
	    .error = &e });
	begin(true, REPORT_ERRORS);
	assert_says(print_first_error,
	    "  a block of 80 bytes freed by operator delete as one of 64\n");
}

static void
a_frame_without_a_name_tells_object_offset_and_build_id(void **state)
{
	struct trace_error e = overrun();

	(void)state;
	e.alloc_stack = fake_stack((uint64_t[]){ 0x2a2c, 0x2051, 0 });
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	begin(true, REPORT_ERRORS);
	assert_says(print_first_error,
	    "==1234567==     #0  libfoo.so.1+0x1a2b (build-id 3f9c1e02)\n");
}

static void
escape_sequences_in_names_do_not_reach_the_terminal(void **state)
{
	struct trace_error e = overrun();
	char *text;

	(void)state;
	fake_function(0x2091, "x", "evil\033]0;title\007\n==1== verdict",
	    "a\033[31m.c", 1);
	e.alloc_stack = fake_stack((uint64_t[]){ 0x2091, 0 });
	apply((struct trace_event){ .kind = TRACE_THREAD,
	    .text = "th\033[2Jread" });
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	begin(true, REPORT_ERRORS | REPORT_SUMMARY);
	text = printed(print_text);
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\007'));
	assert_null(strstr(text, "\n==1== verdict"));
	free(text);
	text = printed(print_json);
	assert_null(strchr(text, '\033'));
	free(text);
}

static void
long_names_keep_their_ends_and_get_lines_of_their_own(void **state)
{
	static const char name[] = "std::map<std::string, std::vector<std::"
	    "unique_ptr<acme::Widget>>>::insert_or_assign<acme::Widget*>"
	    "(std::string const&, acme::Widget*&&)";
	struct trace_error e = overrun();

	(void)state;
	fake_function(0x20a1, "n", name, "/a/very/long/path/to/a/place/where/"
	    "some/build/machine/had/its/sources/widget/map.cc", 1234567);
	e.alloc_stack = fake_stack((uint64_t[]){ 0x20a1, 0 });
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	begin(true, REPORT_ERRORS);
	assert_says(print_first_error, "#0  std::map<");
	assert_says(print_first_error, "Widget*&&)\n");
	assert_says(print_first_error, "/widget/map.cc:1234567\n");
}

static void
frames_beyond_the_limit_are_counted(void **state)
{
	uint64_t ips[20] = { 0 };
	struct trace_error e = overrun();

	(void)state;
	for (int i = 0; i < 15; i++)
		ips[i] = 0x2041;
	e.alloc_stack = fake_stack(ips);
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	begin(false, REPORT_ERRORS);
	assert_says(print_first_error, "    ... 3 more (--frames=all)\n");
}

static void
live_block(uint64_t addr, uint64_t size, uint32_t stack, uint64_t time)
{
	apply((struct trace_event){ .kind = TRACE_ALLOC, .addr = addr,
	    .size = size, .time = time, .call = TRACE_CALL_NEW,
	    .stack = stack });
}

static void
blocks_not_freed_come_worst_last_and_are_not_called_leaks(void **state)
{
	(void)state;
	live_block(0x1000, 8192, new_stack, 20);
	live_block(0x4000, 8192, new_stack, 9800);
	live_block(0x9000, 10, close_stack, 30);
	begin(true, REPORT_LEAKS | REPORT_SUMMARY);
	assert_prints(print_text,
"==1234567== NOT FREED 1  10 bytes in 1 block\n"
"==1234567==   allocated by operator new(10)   at 0.03 s\n"
"==1234567==     #0  conn_close                src/conn.c:131\n"
"==1234567==     #1  server_reap               src/server.c:77\n"
"==1234567==     #2  main                      src/main.c:9\n"
"==1234567==\n"
"==1234567== NOT FREED 2  16.0 KiB in 2 blocks\n"
"==1234567==   allocated by operator new(8192) 2 times, 0.02 to 9.80 s\n"
"==1234567==     #0  buf_new                   src/buf.c:21\n"
"==1234567==     #1  main                      src/main.c:9\n"
"==1234567==\n"
"==1234567== SUMMARY  1 process, 9.80 s, check mode\n"
"==1234567==   allocations                    3\n"
"==1234567==   frees                          0\n"
"==1234567==   reallocations                  0\n"
"==1234567==   temporary                      0  freed before the next allocation\n"
"==1234567==   allocated                 16,394  bytes in all\n"
"==1234567==   peak                      16,394  bytes in 3 blocks at 0.0300 s\n"
"==1234567==   not freed                 16,394  bytes in 3 blocks\n"
"==1234567==   Whether those are lost is not yet judged.\n"
"==1234567==\n"
"==1234567== verdict: clean; 0 errors, 3 blocks of 16,394 bytes not freed; 3 allocations in 1 process\n"
"==1234567== next: poolview server.pwt\n");
}

static void
a_run_that_freed_everything_is_clean(void **state)
{
	char line[200];

	(void)state;
	live_block(0x1000, 8, new_stack, 1);
	apply((struct trace_event){ .kind = TRACE_FREE, .addr = 0x1000,
	    .time = 2, .call = TRACE_CALL_DELETE });
	begin(true, REPORT_SUMMARY);
	report_text_verdict(report, line, sizeof line);
	assert_string_equal(line,
	    "verdict: clean; 0 errors, 0 leaks; 1 allocation in 1 process");
}

static void
a_run_without_an_allocation_is_not_judged(void **state)
{
	char line[200];

	(void)state;
	begin(true, REPORT_SUMMARY);
	assert_int_equal(report->verdict, REPORT_NOT_JUDGED);
	report_text_verdict(report, line, sizeof line);
	assert_string_equal(line,
	    "verdict: not judged; no allocation was seen");
}

static void
the_frag_report_says_first_whose_layout_it_describes(void **state)
{
	char *text;

	(void)state;
	live_block(0x1000, 1000, new_stack, 1);
	apply((struct trace_event){ .kind = TRACE_HEAP, .footprint = 4096,
	    .free = 3000, .largest = 2000, .overhead = 96, .time = 2 });
	begin(false, REPORT_FRAG);
	text = printed(print_text);
	assert_non_null(strstr(text, "poolwatch's own pool"));
	assert_true(strstr(text, "poolwatch's own pool") <
	    strstr(text, "4,096"));
	assert_non_null(strstr(text, "4.10"));
	assert_fits(text);
	free(text);
}

/* The value at a path of keys, and it must be there. */
static struct json_object *
at(struct json_object *o, const char *path)
{
	struct json_object *v = NULL;

	assert_int_equal(json_pointer_get(o, path, &v), 0);
	return v;
}

static bool
has(struct json_object *o, const char *path)
{
	struct json_object *v = NULL;

	return json_pointer_get(o, path, &v) == 0;
}

static struct json_object *
parsed(void)
{
	char *text = printed(print_json);
	struct json_object *o = json_tokener_parse(text);

	assert_non_null(o);
	free(text);
	return o;
}

static void
json_has_what_is_known_and_nothing_else(void **state)
{
	struct trace_error e = overrun();
	struct json_object *o;

	(void)state;
	e.window_from = 0;
	live_block(0x1000, 8192, new_stack, 20);
	apply((struct trace_event){ .kind = TRACE_ERROR, .time = 2401,
	    .error = &e });
	begin(false, ~0u);
	o = parsed();
	assert_string_equal(json_object_get_string(at(o, "/verdict")),
	    "findings");
	assert_int_equal(json_object_get_int(at(o, "/errors/0/offset")), 10);
	assert_string_equal(json_object_get_string(at(o,
	    "/errors/0/bytes")), "00");
	assert_string_equal(json_object_get_string(at(o,
	    "/errors/0/address")), "0x7f3a1c0413ca");
	assert_string_equal(json_object_get_string(at(o,
	    "/errors/0/stack/0/ip")), "0x2000");
	assert_string_equal(json_object_get_string(at(o,
	    "/errors/0/alloc_stack/0/function")), "buf_new");
	assert_true(json_object_get_double(at(o,
	    "/errors/0/window/from")) == 0.02);
	assert_false(has(o, "/errors/0/free_stack"));
	assert_false(has(o, "/errors/0/signal"));
	assert_false(has(o, "/errors/0/requested"));
	assert_false(has(o, "/errors/0/freed_by"));
	assert_false(has(o, "/source/missing"));
	assert_false(has(o, "/processes/0/exit"));
	assert_false(has(o, "/fragmentation"));
	assert_false(has(o, "/reason"));
	assert_string_equal(json_object_get_string(at(o, "/leaks/0/kind")),
	    "unjudged");
	assert_int_equal(json_object_get_int(at(o, "/leaks/0/bytes")), 8192);
	assert_int_equal(json_object_get_int(at(o,
	    "/summary/leaked/unjudged/blocks")), 1);
	assert_int_equal(json_object_get_int(at(o, "/sites/0/live_bytes")),
	    8192);
	json_object_put(o);
}

static void
json_of_bytes_that_are_no_utf8_is_utf8(void **state)
{
	struct json_object *o;

	(void)state;
	fake_process_at(0)->argv = (const char *const[]){ "a\xff\xc0\xaf"
	    "\xed\xa0\x80z\xc3\xa9", "", NULL };
	live_block(0x1000, 1, new_stack, 20);
	begin(false, ~0u);
	o = parsed();
	assert_string_equal(json_object_get_string(at(o,
	    "/processes/0/argv/0")),
	    "a\\xff\\xc0\\xaf\\xed\\xa0\\x80z\xc3\xa9");
	json_object_put(o);
}

static void
id_of(uint32_t stack, const char *kind, char id[17])
{
	struct names *n = names_create(FAKE_READER, FAKE_SYMBOLS);
	struct names_stack s;

	names_resolve(n, 0, stack, 0, &s);
	names_id(kind, &s, id);
	names_free(&s);
	names_destroy(n);
}

static void
an_id_outlives_a_rebuild_and_parts_kinds(void **state)
{
	char a[17], b[17], c[17];

	(void)state;
	fake_function(0x3001, "f", "f<int>(char)", "x.c", 5);
	fake_function(0x4001, "g", "f<long>(char) [clone .part.0]", "x.c", 9);
	id_of(fake_stack((uint64_t[]){ 0x3001, 0x2051, 0 }), "leak", a);
	id_of(fake_stack((uint64_t[]){ 0x4001, 0x2051, 0 }), "leak", b);
	id_of(fake_stack((uint64_t[]){ 0x3001, 0x2051, 0 }), "other", c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	id_of(fake_stack((uint64_t[]){ 0x3001, 0x2041, 0 }), "leak", c);
	assert_string_not_equal(a, c);
}

static void
numbers_and_sizes_read_well(void **state)
{
	char b[WORDS_MAX];

	(void)state;
	assert_string_equal(words_number(b, sizeof b, 1204331), "1,204,331");
	assert_string_equal(words_number(b, sizeof b, 999), "999");
	assert_string_equal(words_number(b, sizeof b, UINT64_MAX),
	    "18,446,744,073,709,551,615");
	assert_string_equal(words_size(b, sizeof b, 1023), "1,023 bytes");
	assert_string_equal(words_size(b, sizeof b, 16384), "16.0 KiB");
	assert_string_equal(words_size(b, sizeof b, 1048575), "1.0 MiB");
	assert_string_equal(words_duration(b, sizeof b, 0.0018), "1.8 ms");
	assert_string_equal(words_quoted(b, sizeof b, "a b'c"),
	    "'a b'\\''c'");
	assert_string_equal(words_quoted(b, sizeof b, "x.pwt"), "x.pwt");
}

#define T(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_double_free_has_three_stacks_and_the_line_where_they_part),
		T(an_overrun_shows_its_bytes_and_names_the_nul_of_a_string),
		T(text_written_past_a_block_is_shown_as_text),
		T(an_element_too_many_is_counted_in_elements),
		T(an_element_farther_off_has_its_index),
		T(what_is_no_array_is_not_called_one),
		T(a_pointer_to_code_names_the_function),
		T(a_pointer_of_letters_is_no_text),
		T(letters_that_lead_nowhere_are_text),
		T(fill_that_was_copied_names_its_block),
		T(an_underrun_counts_from_the_start_of_the_block),
		T(a_mismatch_names_both_calls),
		T(damage_is_to_be_looked_for_with_guards),
		T(a_negative_size_is_shown_as_one),
		T(a_librarys_own_operator_new_is_no_mismatch),
		T(a_mismatch_from_an_object_without_symbols_is_not_told),
		T(a_wrong_size_at_free_stands_without_names),
		T(a_frame_without_a_name_tells_object_offset_and_build_id),
		T(escape_sequences_in_names_do_not_reach_the_terminal),
		T(long_names_keep_their_ends_and_get_lines_of_their_own),
		T(frames_beyond_the_limit_are_counted),
		T(blocks_not_freed_come_worst_last_and_are_not_called_leaks),
		T(a_run_that_freed_everything_is_clean),
		T(a_run_without_an_allocation_is_not_judged),
		T(the_frag_report_says_first_whose_layout_it_describes),
		T(json_has_what_is_known_and_nothing_else),
		T(json_of_bytes_that_are_no_utf8_is_utf8),
		T(an_id_outlives_a_rebuild_and_parts_kinds),
		T(numbers_and_sizes_read_well),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
