/*
 * t_trace_damage.c - any bytes at all: an answer, never a crash.
 *
 * Meant to be run under --enable-sanitize too.  Random tests print their
 * seed when they fail; SEED in the environment sets it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "trace/check.h"
#include "trace/format_file.h"
#include "trace/text.h"
#include "trace_fixture.h"

static uint64_t seed;

static uint64_t
random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A small trace with all kinds of blocks, of several rounds. */
static void
record(struct fixture *f)
{
	struct trace_error error = { .nbytes = 3, .stack = 3 };
	struct stacks *s = stacks_create(f->h);
	struct stacks_memo memo = { 0 };
	struct writer w = { 0 };
	uintptr_t ips[3] = { 3, 2, 1 };
	uint32_t slot = session_hello(f->h, 4711, 1, ~0u, true);

	writer_start(&w, f->h, slot, 1, 0);
	for (uint64_t i = 0; i < 200; i++) {
		if (i % 50 == 0)
			trace_file_round(f->file, f->h);
		if (i % 60 == 1) {
			writer_process(&w, i, 4711, 1, ~0u, 1, "/bin/a", "a", 2);
			writer_module(&w, i, 4096 * i, 4096 * (i + 2), 0, "id",
			    2, "/lib/x");
			writer_error(&w, i, &error);
			writer_note(&w, i, "note");
			writer_unload(&w, i, 4096 * i);
		}
		ips[0] = i;
		writer_alloc(&w, i, TRACE_CALL_NEW, i * 48, i * 3, 0,
		    stacks_intern(s, &memo, ips, i ? 3 : 0));
	}
	writer_exit(&w, 201, WRITER_EXIT, 0);
	writer_finish(&w);
}

static char *
load(const char *path, size_t *size)
{
	FILE *in = fopen(path, "r");
	char *data = malloc(1 << 20);

	assert_non_null(in);
	*size = fread(data, 1, 1 << 20, in);
	fclose(in);
	return data;
}

static void
store(const char *path, const char *data, size_t size)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(data, 1, size, out), size);
	fclose(out);
}

/* Of the text of all events that consume saw last. */
static uint64_t digest;

/* All that a consumer would do; the number of events. */
static uint64_t
consume(const char *path, unsigned flags, struct trace_status *st,
    bool *complete)
{
	struct trace_reader *r = trace_open(path, flags, st);
	static char line[TRACE_TEXT_MAX];
	struct trace_event ev;
	uint64_t n = 0, ips[8];
	int ret;

	*complete = false;
	digest = 0;
	if (r == NULL) {
		assert_int_not_equal(st->result, TRACE_OK);
		assert_true(st->what[0] != '\0');
		return 0;
	}
	while ((ret = trace_next(r, &ev, st)) > 0) {
		n++;
		trace_stack(r, ev.stack, ips, 8);
		trace_module_find(r, ev.proc, ev.addr, ev.time);
		trace_text(r, &ev, line, sizeof line);
		for (const char *p = line; *p != '\0'; p++)
			digest = (digest ^ (unsigned char)*p) * 0x100000001b3;
	}
	*complete = ret == 0 && trace_info(r)->complete;
	if (!*complete && ret == 0)
		assert_true(trace_info(r)->nmissing > 0);
	trace_close(r);
	return n;
}

static void
a_trace_cut_anywhere_gives_its_whole_blocks(void **state)
{
	struct fixture f;
	struct trace_status st;
	uint64_t n, all, before = 0;
	size_t size;
	bool complete;
	char *data;

	(void)state;
	fixture_open(&f, 4, 1024);
	record(&f);
	fixture_finish(&f);
	unlink(f.session_path);
	data = load(f.trace_path, &size);
	all = consume(f.trace_path, 0, &st, &complete);
	assert_int_equal(all, 221);
	assert_true(complete);
	for (size_t cut = 0; cut < size; cut++) {
		store(f.trace_path, data, cut);
		n = consume(f.trace_path, 0, &st, &complete);
		assert_false(complete);
		assert_true(n >= before && n <= all);
		before = n;
		if (cut == 0)
			assert_int_equal(st.result, TRACE_EMPTY);
		else if (cut < sizeof(struct format_header))
			assert_int_equal(st.result, TRACE_TRUNCATED);
	}
	assert_int_equal(before, all);	/* all but the closing record */
	free(data);
	fixture_close(&f);
}

static void
flipped_bits_never_pass_for_other_events(void **state)
{
	struct fixture f;
	struct trace_status st;
	uint64_t right;
	size_t size, at;
	bool complete;
	char *data, *good;

	(void)state;
	fixture_open(&f, 4, 1024);
	record(&f);
	fixture_finish(&f);
	unlink(f.session_path);
	data = load(f.trace_path, &size);
	good = load(f.trace_path, &size);
	consume(f.trace_path, 0, &st, &complete);
	right = digest;
	for (int i = 0; i < 2000; i++) {
		at = random_next() % size;
		data[at] ^= (char)(1u << random_next() % 8);
		store(f.trace_path, data, size);
		consume(f.trace_path, random_next() % 2, &st, &complete);
		/* META_ONLY does not look into blocks of events. */
		consume(f.trace_path, 0, &st, &complete);
		/* zstd has bits that mean nothing. */
		if (complete && digest != right)
			fail_msg("a flip at %zu was not seen", at);
		if (i % 4 == 3)		/* up to four at a time */
			memcpy(data, good, size);
	}
	free(data);
	free(good);
	fixture_close(&f);
}

static void
a_damaged_block_costs_no_more_than_itself(void **state)
{
	struct trace_check_result c;
	struct fixture f;
	struct writer w = { 0 };
	uint64_t from = 0;
	int junk;

	(void)state;
	fixture_open(&f, 8, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	for (int i = 0; i < 3; i++) {
		for (uint64_t k = 0; k < 1000; k++)
			writer_alloc(&w, k, TRACE_CALL_MALLOC, k, 1, 0, 0);
		writer_finish(&w);
		if (i == 1)
			from = trace_file_size(f.file);
		trace_file_round(f.file, f.h);
	}
	fixture_finish(&f);
	assert_int_equal(trace_check(f.trace_path, &c), 0);
	assert_int_equal(c.counts.events, 3000);
	junk = open(f.trace_path, O_WRONLY);
	assert_int_equal(pwrite(junk, "junkjunk", 8, (off_t)from + 70), 8);
	assert_int_equal(trace_check(f.trace_path, &c), 1);
	assert_int_equal(c.counts.events, 2000);
	assert_false(c.sound);
	assert_true(c.nproblems > 0);
	/* Even its header: the next block is found. */
	assert_int_equal(pwrite(junk, "junkjunk", 8, (off_t)from), 8);
	assert_int_equal(trace_check(f.trace_path, &c), 1);
	assert_int_equal(c.counts.events, 2000);
	close(junk);
	fixture_close(&f);
}

/* A copy in its place is not locked, as if the recorder were dead. */
static void
copy_over(const char *path)
{
	size_t size;
	char *data = load(path, &size);

	unlink(path);
	store(path, data, size);
	free(data);
}

/* A program that writes over the session: its trace has right checksums. */
static void
a_session_full_of_junk_makes_a_trace_that_can_be_read(void **state)
{
	struct trace_check_result c;
	struct fixture f;

	(void)state;
	for (int round = 0; round < 300; round++) {
		fixture_open(&f, 4, 1024);
		record(&f);
		for (int i = 0; i < 40; i++) {
			char *from = (char *)session_procs(f.h);
			size_t size = f.h->file_size - f.h->procs_off;

			if (i % 2 == 0) {	/* where the records are */
				from = (char *)session_chunk(f.h, 0);
				size = 2000;
			}
			from[random_next() % size] = (char)random_next();
		}
		if (round % 2 == 0)
			trace_file_round(f.file, f.h);
		if (round % 3 != 0)	/* else the rest is leftovers */
			fixture_finish(&f);
		else
			copy_over(f.trace_path);
		trace_check(f.trace_path, &c);
		trace_check(f.session_path, &c);
		assert_int_equal(c.status.result, TRACE_NOT_A_TRACE);
		fixture_close(&f);
	}
}

static void
what_is_no_trace_is_told_apart(void **state)
{
	struct trace_check_result c;
	char path[] = "/tmp/t_damage.XXXXXX";
	struct format_header h = { .order = __builtin_bswap32(FORMAT_ORDER) };
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(trace_check("/nonexistent/x", &c), -1);
	assert_int_equal(c.status.result, TRACE_SYSTEM);
	assert_int_equal(trace_check("/", &c), -1);
	assert_int_equal(c.status.result, TRACE_SYSTEM);
	assert_int_equal(trace_check(path, &c), -1);
	assert_int_equal(c.status.result, TRACE_EMPTY);
	assert_int_equal(write(fd, "hello", 5), 5);
	assert_int_equal(trace_check(path, &c), -1);
	assert_int_equal(c.status.result, TRACE_NOT_A_TRACE);
	memcpy(h.magic, FORMAT_FILE_MAGIC, 8);
	assert_int_equal(pwrite(fd, &h, sizeof h, 0), sizeof h);
	assert_int_equal(trace_check(path, &c), -1);
	assert_non_null(strstr(c.status.what, "byte order"));
	h.order = FORMAT_ORDER;
	h.version = TRACE_VERSION + 1;
	assert_int_equal(pwrite(fd, &h, sizeof h, 0), sizeof h);
	assert_int_equal(trace_check(path, &c), -1);
	assert_int_equal(c.status.result, TRACE_VERSION_NEWER);
	h.version = TRACE_VERSION;
	h.header_size = sizeof h;
	assert_int_equal(pwrite(fd, &h, sizeof h, 0), sizeof h);
	assert_int_equal(trace_check(path, &c), -1);
	assert_int_equal(c.status.result, TRACE_DAMAGED);
	close(fd);
	unlink(path);
}

int
main(void)
{
	const char *given = getenv("SEED");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trace_cut_anywhere_gives_its_whole_blocks),
		cmocka_unit_test(flipped_bits_never_pass_for_other_events),
		cmocka_unit_test(a_damaged_block_costs_no_more_than_itself),
		cmocka_unit_test(
		    a_session_full_of_junk_makes_a_trace_that_can_be_read),
		cmocka_unit_test(what_is_no_trace_is_told_apart),
	};

	seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) | 1;
	printf("SEED=%llu\n", (unsigned long long)seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
