/*
 * t_trace_direct.c - a session that is its own trace, whole, growing, damaged.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "trace/direct.h"
#include "trace/format_file.h"
#include "trace/text.h"
#include "trace_fixture.h"

#define BOUND		(16u << 20)	/* several batches of a reader */
#define LOOK_US		60000	/* longer than a reader waits between looks */

static char path[96];
static struct session_header *h;

static void
boot(char to[SESSION_BOOT_SIZE])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");

	if (f != NULL && fgets(to, SESSION_BOOT_SIZE, f) != NULL)
		to[strcspn(to, "\n")] = '\0';
	if (f != NULL)
		fclose(f);
}

static int
open_direct(void **state)
{
	int fd, error;

	(void)state;
	strcpy(path, "/tmp/t_trace_direct.XXXXXX");
	fd = mkstemp(path);
	h = direct_create(fd, BOUND, SESSION_STACKS_MAX, &error);
	if (h == NULL || !direct_nodes(h, 100))
		return -1;
	h->clock = SESSION_MONOTONIC;
	h->ticks_per_second = 1000000000;
	h->tick_origin = os_monotonic_ns();
	h->flags |= SESSION_LOCKED;
	boot(h->boot);
	memcpy(h->magic, SESSION_MAGIC, sizeof h->magic);
	close(fd);
	return 0;
}

/* Nobody has it mapped from now on. */
static void
leave(void)
{
	munmap(h, h->file_size);
	h = NULL;
}

static int
close_direct(void **state)
{
	(void)state;
	if (h != NULL)
		leave();
	return unlink(path);
}

static struct trace_reader *
reader(unsigned flags)
{
	struct trace_status st;
	struct trace_reader *r = trace_open(path, flags, &st);

	if (r == NULL)
		fail_msg("%s", st.what);
	return r;
}

/* All there is now, in order of time. */
static uint64_t
count(struct trace_reader *r)
{
	struct trace_event ev;
	struct trace_status st;
	uint64_t n = 0, last = 0;
	int got;

	for (; (got = trace_next(r, &ev, &st)) > 0; n++) {
		assert_true(ev.time >= last);
		last = ev.time;
	}
	assert_int_equal(got, 0);
	return n;
}

/* n events of each of two threads, one time apart. */
static void
write_pair(struct writer *a, struct writer *b, uint64_t from, uint64_t n)
{
	/* A writer's first record is of time 1 at least. */
	from++;
	for (uint64_t i = 2 * from; i < 2 * (from + n); i += 2) {
		writer_alloc(a, i, TRACE_CALL_MALLOC, i * 64, i, 0, 0);
		writer_free(b, i + 1, TRACE_CALL_FREE_CALL, i * 64, 0);
	}
}

static void
begin_pair(struct writer *a, struct writer *b)
{
	uint32_t slot = session_hello(h, 1, 0, ~0u, true);

	*a = *b = (struct writer){ 0 };
	writer_start(a, h, slot, 1, 0);
	writer_start(b, h, slot, 2, 0);
}

static void
threads_are_merged_exactly_over_many_chunks(void **state)
{
	struct trace_event ev;
	struct trace_status st;
	struct trace_reader *r;
	struct writer a, b;
	uint64_t n = 0;

	(void)state;
	begin_pair(&a, &b);
	write_pair(&a, &b, 0, 300000);
	assert_true(h->chunks_claimed > 150);
	session_goodbye(h, 0, SESSION_PROC_EXITED, 0, 700000);
	leave();
	r = reader(0);
	for (; trace_next(r, &ev, &st) > 0; n++)
		assert_int_equal(ev.kind, n % 2 ? TRACE_FREE : TRACE_ALLOC);
	assert_int_equal(n, 600000);
	assert_true(trace_info(r)->complete);
	assert_int_equal(trace_counts(r)->late, 0);
	trace_close(r);
}

static void
a_slow_thread_does_not_hold_up_or_reorder(void **state)
{
	struct trace_reader *r;
	struct writer a, b, slow = { 0 };

	(void)state;
	begin_pair(&a, &b);
	writer_start(&slow, h, 0, 3, 0);
	for (uint64_t i = 0; i < 40; i++) {
		writer_free(&slow, i * 20000, TRACE_CALL_FREE_CALL, 64, 0);
		write_pair(&a, &b, i * 10000, 10000);
	}
	leave();
	r = reader(0);
	assert_int_equal(count(r), 800040);
	assert_int_equal(trace_counts(r)->late, 0);
	trace_close(r);
}

static void
a_follower_gets_what_comes_between_two_looks(void **state)
{
	struct trace_reader *r;
	struct writer a, b;

	(void)state;
	begin_pair(&a, &b);
	r = reader(0);
	write_pair(&a, &b, 0, 10);
	assert_int_equal(count(r), 20);
	assert_false(trace_info(r)->closed);
	assert_int_equal(trace_info(r)->nmissing, 0);
	write_pair(&a, &b, 10, 10000);
	usleep(LOOK_US);
	assert_int_equal(count(r), 20000);
	write_pair(&a, &b, 10010, 3);
	usleep(LOOK_US);
	assert_int_equal(count(r), 6);
	assert_false(trace_info(r)->closed);
	write_pair(&a, &b, 10013, 2);
	leave();
	usleep(LOOK_US);
	assert_int_equal(count(r), 4);
	assert_true(trace_info(r)->closed);
	assert_true(trace_info(r)->complete);
	assert_int_equal(count(r), 0);
	trace_close(r);
}

static void
rare_records_are_found_without_reading_the_others(void **state)
{
	struct trace_reader *r;
	struct writer a, b;

	(void)state;
	begin_pair(&a, &b);
	writer_thread(&a, 0, 1, "one");
	write_pair(&a, &b, 0, 20000);
	writer_thread(&b, 100000, 2, "two");
	leave();
	r = reader(TRACE_META_ONLY);
	assert_int_equal(count(r), 2);
	assert_true(trace_counts(r)->slices <= 3);
	trace_close(r);
}

static void
a_killed_process_is_gone_and_nothing_is_missing(void **state)
{
	struct trace_reader *r;
	struct writer a, b;

	(void)state;
	begin_pair(&a, &b);
	write_pair(&a, &b, 0, 50);
	leave();
	r = reader(0);
	assert_int_equal(count(r), 100);
	assert_true(trace_info(r)->complete);
	assert_int_equal(trace_process(r, 0)->ended, TRACE_GONE);
	assert_int_equal(trace_process(r, 0)->end, 101);
	trace_close(r);
}

static void
of_another_start_of_the_machine_it_is_incomplete(void **state)
{
	struct trace_reader *r;
	struct writer a, b;

	(void)state;
	begin_pair(&a, &b);
	write_pair(&a, &b, 0, 50);
	h->boot[0] = h->boot[0] == '0' ? '1' : '0';
	/* Mapped or not: a writer of that time is none now. */
	r = reader(0);
	assert_int_equal(count(r), 100);
	assert_false(trace_info(r)->complete);
	assert_int_equal(trace_info(r)->nmissing, 1);
	assert_int_equal(trace_counts(r)->damaged, 0);
	trace_close(r);
	session_goodbye(h, 0, SESSION_PROC_EXITED, 0, 100);
	r = reader(0);
	assert_int_equal(count(r), 100);
	assert_true(trace_info(r)->complete);
	trace_close(r);
}

static void
at_its_bound_it_stops_and_says_so(void **state)
{
	struct trace_reader *r;
	struct writer a, b;
	uint64_t n;

	(void)state;
	begin_pair(&a, &b);
	write_pair(&a, &b, 0, 3000000);
	assert_int_equal(h->closed, 1);
	assert_int_equal(h->stopped, SESSION_STOP_SIZE);
	assert_int_equal(h->lost, 0);
	leave();
	r = reader(0);
	n = count(r);
	assert_true(n > 1000000 && n < 6000000);
	assert_false(trace_info(r)->complete);
	assert_int_equal(trace_info(r)->stopped, FORMAT_STOP_SIZE);
	trace_close(r);
}

static void
nodes_are_there_before_the_records_that_name_them(void **state)
{
	struct stacks *s = stacks_create(h);
	uintptr_t ips[2] = { 1, 0x1000 };
	struct trace_event ev;
	struct trace_status st;
	struct trace_reader *r;
	struct writer a, b;
	uint64_t found[2];

	(void)state;
	begin_pair(&a, &b);
	/* More than one part of the table that is made ready at a time. */
	for (uint64_t i = 0; i < 10000; i++) {
		ips[0] = 0x2000 + i;
		writer_alloc(&a, i, TRACE_CALL_MALLOC, i * 64, 1, 0,
		    stacks_intern(s, NULL, ips, 2));
	}
	r = reader(0);
	for (uint64_t i = 0; i < 10000; i++) {
		assert_int_equal(trace_next(r, &ev, &st), 1);
		assert_int_equal(trace_stack(r, ev.stack, found, 2), 2);
		assert_int_equal(found[0], 0x2000 + i);
	}
	trace_close(r);
}

static void
a_run_s_session_is_no_trace(void **state)
{
	struct trace_status st;

	(void)state;
	h->flags = 0;
	assert_null(trace_open(path, 0, &st));
	assert_int_equal(st.result, TRACE_NOT_A_TRACE);
	h->flags = SESSION_DIRECT;
	h->version = SESSION_VERSION + 1;
	assert_null(trace_open(path, 0, &st));
	assert_int_equal(st.result, TRACE_VERSION_NEWER);
}

/* What a hostile file may not do is crash, hang, or take memory for ever. */
static void
read_whatever(unsigned flags)
{
	struct trace_status st;
	struct trace_reader *r = trace_open(path, flags, &st);
	struct trace_event ev;
	char line[512];

	if (r == NULL) {
		assert_int_not_equal(st.result, TRACE_OK);
		return;
	}
	while (trace_next(r, &ev, &st) > 0)
		if (ev.kind > TRACE_CANCEL)
			trace_text(r, &ev, line, sizeof line);
	for (unsigned i = 0; i < trace_nprocesses(r); i++)
		trace_process(r, i);
	trace_info(r);
	trace_close(r);
}

static void
write_some(void)
{
	struct writer a, b;

	begin_pair(&a, &b);
	writer_process(&a, 0, 1, 0, ~0u, true, "/bin/x", "x", 2);
	writer_thread(&a, 0, 1, "one");
	write_pair(&a, &b, 0, 5000);
	writer_exit(&b, 10000, WRITER_EXIT, 0);
	session_goodbye(h, 0, SESSION_PROC_EXITED, 0, 10000);
}

static void
a_file_cut_anywhere_is_read_as_far_as_it_goes(void **state)
{
	uint64_t size;

	(void)state;
	write_some();
	size = h->chunks_off + h->chunks_claimed * SESSION_CHUNK_SIZE;
	leave();
	for (uint64_t cut = size; cut > 4096; cut -= cut / 97 + 1) {
		assert_int_equal(truncate(path, (off_t)cut), 0);
		read_whatever(cut % 2 ? TRACE_META_ONLY : 0);
	}
	assert_int_equal(truncate(path, 100), 0);
	read_whatever(0);
}

static uint64_t
seed(void)
{
	const char *given = getenv("SEED");
	uint64_t s = given ? strtoull(given, NULL, 0) : (uint64_t)getpid();

	print_message("SEED=%llu\n", (unsigned long long)s);
	return s * 2862933555777941757ull + 1;
}

/* Most of it is holes; bend where something stands. */
static uint64_t
some_place(uint64_t random, uint64_t used)
{
	switch (random % 4) {
	case 0:
		return offsetof(struct session_header, procs_off) +
		    (random >> 8) % 40;
	case 1:
		return offsetof(struct session_header, chunk_seq) +
		    (random >> 8) % 128;
	case 2:
		return h->chunks_off + (random >> 8) % 16 *
		    SESSION_CHUNK_SIZE + (random >> 16) % 64;
	}
	return (random >> 8) % used;
}

static void
bytes_that_were_bent_do_no_harm(void **state)
{
	struct session_header *good;
	uint64_t used, s = seed();

	(void)state;
	write_some();
	used = h->chunks_off + h->chunks_claimed * SESSION_CHUNK_SIZE;
	good = malloc(used);
	memcpy(good, h, used);
	/* Else the reader waits for more: we have it mapped. */
	good->boot[0] = 'x';
	for (int round = 0; round < 300; round++) {
		memcpy(h, good, used);
		for (int i = 0; i < 1 + round % 5; i++) {
			s = s * 6364136223846793005ull + 1442695040888963407ull;
			((unsigned char *)h)[some_place(s >> 16, used)
			    % used] ^= (unsigned char)(1u << (s >> 60) % 8);
			h->chunks_off = good->chunks_off;
		}
		if (round % 3 == 0)
			h->chunks_off ^= 1ull << (s >> 50) % 40;
		read_whatever(round % 2 ? TRACE_META_ONLY : 0);
		h->chunks_off = good->chunks_off;
	}
	h->file_size = good->file_size;
	free(good);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_direct, close_direct)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(threads_are_merged_exactly_over_many_chunks),
		TEST(a_slow_thread_does_not_hold_up_or_reorder),
		TEST(a_follower_gets_what_comes_between_two_looks),
		TEST(rare_records_are_found_without_reading_the_others),
		TEST(a_killed_process_is_gone_and_nothing_is_missing),
		TEST(of_another_start_of_the_machine_it_is_incomplete),
		TEST(at_its_bound_it_stops_and_says_so),
		TEST(nodes_are_there_before_the_records_that_name_them),
		TEST(a_run_s_session_is_no_trace),
		TEST(a_file_cut_anywhere_is_read_as_far_as_it_goes),
		TEST(bytes_that_were_bent_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
