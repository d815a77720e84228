/*
 * t_trace_data.c - traces of every version are read for ever.
 *
 * tests/data/vN holds a small trace of version N and the text of its events.
 * Called with the word make and a path it writes a trace of today's version
 * there, to be kept when the version has changed, and prints its text; the
 * word print and a path print the text only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "trace/check.h"
#include "trace/text.h"
#include "trace_fixture.h"

static uint32_t
data_stack(struct stacks *s, uintptr_t inner)
{
	uintptr_t ips[4] = { inner, 0x401100, 0x401200, 0x7f0000001000 };

	return stacks_intern(s, NULL, ips, 4);
}

static void
data_parent(struct fixture *f, struct writer *w, struct stacks *s)
{
	static const unsigned char id[] = { 0xde, 0xad, 0xbe, 0xef };

	writer_start(w, f->h, session_hello(f->h, 4711, 4000, ~0u, true),
	    4711, 0);
	writer_process(w, 1, 4711, 4000, ~0u, true, "/usr/bin/sample",
	    "sample\0-v\0a b\0", 14);
	writer_module(w, 2, 0x400000, 0x500000, 0x400000, id, sizeof id, "");
	writer_module(w, 3, 0x7f0000000000, 0x7f0000200000, 0x7f0000000000,
	    id, sizeof id, "/lib/libc.so.6");
	writer_thread(w, 4, 4711, "main");
	for (uint64_t i = 0; i < TRACE_NCALLS; i++) {
		unsigned call = (unsigned)i;

		if (i < TRACE_CALL_FREE_CALL)
			writer_alloc(w, 10 + i, call, 0x10000 + 48 * i,
			    i * i * i, i % 5 == 4 ? 64 : 0,
			    data_stack(s, 0x401000 + i));
		else
			writer_free(w, 10 + i, call, 0x10000 + 48 * (i - 13),
			    data_stack(s, 0x402000 + i));
	}
	writer_free(w, 40, TRACE_CALL_REALLOC | TRACE_BY_REALLOC, 0x10180, 0);
	writer_alloc(w, 41, TRACE_CALL_REALLOC | TRACE_BY_REALLOC,
	    0x7fffffff8, 1u << 30, 0, data_stack(s, 0x403000));
	writer_free(w, 42, TRACE_CALL_REALLOC | TRACE_BY_REALLOC, 0x10150, 0);
	writer_cancel(w, 43, 0x10150);
	writer_resize(w, 44, TRACE_CALL_REALLOC, 0x10150, 7, 0);
}

static void
data_child(struct fixture *f, struct writer *w, struct stacks *s)
{
	struct trace_error error = {
		.kind = TRACE_ERROR_HEAP_OVERRUN, .access = TRACE_ACCESS_WRITE,
		.found = TRACE_FOUND_AT_FREE, .call = TRACE_CALL_DELETE,
		.address = 0x2000a, .block = 0x20000, .size = 10, .offset = 10,
		.length = 2, .bytes_at = 0x2000a, .nbytes = 2,
		.bytes = { 0, 65 }, .should = { 0xf9, 4 },
		.allocated_by = TRACE_CALL_NEW, .freed_by = TRACE_NCALLS,
		.stack = data_stack(s, 0x404000), .alloc_tid = 4712,
		.alloc_time = 50, .window_from = 50,
	};

	writer_start(w, f->h, session_hello(f->h, 4712, 4711, 0, true), 4712,
	    0);
	writer_process(w, 48, 4712, 4711, 0, true, "/usr/bin/sample", "", 0);
	writer_alloc(w, 50, TRACE_CALL_NEW, 0x20000, 10, 0, error.stack);
	error.alloc_stack = error.stack;
	writer_error(w, 51, &error);
	error.found = TRACE_FOUND_AT_CALL;
	error.access = TRACE_ACCESS_READ;
	error.call = TRACE_CHECKED_strlen;
	error.nbytes = 0;
	writer_error(w, 51, &error);
	writer_heap(w, 52, 65536, 1000, 900, 80);
	writer_note(w, 53, "an allocator of its own");
	writer_unload(w, 54, 0x7f0000000000);
	writer_exit(w, 55, WRITER__EXIT, 3);
	writer_finish(w);
	session_goodbye(f->h, 1, SESSION_PROC_EXITED, 3, 56);
}

static void
data_print(const char *path, FILE *out)
{
	static char line[TRACE_TEXT_MAX];
	struct trace_status st;
	struct trace_reader *r = trace_open(path, 0, &st);
	struct trace_event ev;
	uint64_t ips[8];

	if (r == NULL) {
		fprintf(out, "%s\n", st.what);
		return;
	}
	while (trace_next(r, &ev, &st) > 0) {
		size_t n = trace_stack(r, ev.stack, ips, 8);

		trace_text(r, &ev, line, sizeof line);
		fprintf(out, "%s\n", line);
		for (size_t i = 0; i < n && i < 8; i++)
			fprintf(out, "\t%llx\n", (unsigned long long)ips[i]);
	}
	fprintf(out, "%s, %llu lost, status %d\n", trace_info(r)->complete ?
	    "complete" : "incomplete", (unsigned long long)trace_info(r)->lost,
	    trace_info(r)->root_status);
	trace_close(r);
}

static void
data_make(const char *path)
{
	struct fixture f;
	struct writer parent = { 0 }, child = { 0 };
	struct stacks *s;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	fixture_open(&f, 8, 1024);
	f.h->unix_ns = 1700000000000000000;
	f.h->front_pid = 4000;
	f.h->root_pid = 4711;
	f.h->root_done = 1;
	f.h->root_status = 7 << 8;
	fixture_finish(&f);
	f.file = trace_file_create(fd, f.h, "/run/session");
	s = stacks_create(f.h);
	data_parent(&f, &parent, s);
	trace_file_round(f.file, f.h);
	data_child(&f, &child, s);
	writer_exit(&parent, 60, WRITER_EXIT, 7);
	writer_finish(&parent);
	session_goodbye(f.h, 0, SESSION_PROC_EXITED, 7, 61);
	trace_file_round(f.file, f.h);
	fixture_close(&f);
	data_print(path, stdout);
}

static char *
slurp(FILE *in)
{
	char *s = calloc(1, 1 << 17);

	assert_non_null(in);
	assert_true(fread(s, 1, (1 << 17) - 1, in) > 0);
	fclose(in);
	return s;
}

static void
data_compare(const char *version)
{
	const char *top = getenv("top_srcdir");
	char trace[4096], text[4096];
	char *is, *should;
	FILE *out = tmpfile();

	if (top == NULL)
		top = TOP_SRCDIR;
	snprintf(trace, sizeof trace, "%s/tests/data/%s/small.pwt", top,
	    version);
	snprintf(text, sizeof text, "%s/tests/data/%s/small.txt", top,
	    version);
	data_print(trace, out);
	rewind(out);
	is = slurp(out);
	should = slurp(fopen(text, "r"));
	assert_string_equal(is, should);
	free(is);
	free(should);
}

static void
a_trace_of_version_1_says_what_it_said_when_it_was_kept(void **state)
{
	(void)state;
	if (*(const unsigned char *)&(uint16_t){ 1 } == 0)
		skip();		/* it was recorded little-endian */
	data_compare("v1");
}

static void
a_trace_of_version_2_says_what_it_said_when_it_was_kept(void **state)
{
	(void)state;
	if (*(const unsigned char *)&(uint16_t){ 1 } == 0)
		skip();
	data_compare("v2");
}

static void
a_trace_of_version_3_says_what_it_said_when_it_was_kept(void **state)
{
	(void)state;
	if (*(const unsigned char *)&(uint16_t){ 1 } == 0)
		skip();
	data_compare("v3");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_trace_of_version_1_says_what_it_said_when_it_was_kept),
		cmocka_unit_test(
		    a_trace_of_version_2_says_what_it_said_when_it_was_kept),
		cmocka_unit_test(
		    a_trace_of_version_3_says_what_it_said_when_it_was_kept),
	};

	if (argc > 2 && strcmp(argv[1], "make") == 0) {
		data_make(argv[2]);
		return 0;
	}
	if (argc > 2 && strcmp(argv[1], "print") == 0) {
		data_print(argv[2], stdout);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
