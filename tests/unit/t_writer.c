/*
 * t_writer.c - what a writer does when chunks, disk or recorder fail it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "base/compiler.h"
#include "trace/coding.h"
#include "trace/format_file.h"
#include "trace_fixture.h"

static void
write_allocs(struct writer *w, uint64_t from, uint64_t n)
{
	for (uint64_t i = from; i < from + n; i++)
		writer_alloc(w, i + 1, TRACE_CALL_MALLOC, 0x1000 + i * 16, i,
		    0, 0);
}

/* Events with size from, from + 1, ... in order, and nothing else. */
static uint64_t
read_allocs(struct fixture *f, uint64_t *lost, bool complete)
{
	struct trace_reader *r = fixture_read(f, 0);
	struct trace_status st;
	struct trace_event ev;
	uint64_t n = 0;

	assert_non_null(r);
	while (trace_next(r, &ev, &st) > 0) {
		if (ev.kind == TRACE_LOST && lost != NULL) {
			*lost += ev.lost;
			n += ev.lost;
			continue;
		}
		assert_int_equal(ev.kind, TRACE_ALLOC);
		assert_int_equal(ev.size, n);
		n++;
	}
	assert_int_equal(trace_info(r)->complete, complete);
	assert_int_equal(trace_counts(r)->damaged, 0);
	trace_close(r);
	return n;
}

static void
a_writer_without_chunks_waits_once_then_drops_and_tells(void **state)
{
	struct fixture f;
	struct writer w = { 0 };
	uint64_t from, took, told = 0;

	(void)state;
	fixture_open(&f, 2, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	from = os_monotonic_ns();
	write_allocs(&w, 0, 20000);
	took = os_monotonic_ns() - from;
	assert_in_range(took, 90000000, 900000000);
	assert_true(f.h->lost > 0);
	assert_int_equal(f.h->lost, session_procs(f.h)[0].lost);
	assert_true(trace_file_round(f.file, f.h) > 0);
	write_allocs(&w, 20000, 100);
	writer_finish(&w);
	assert_true(f.h->lost > 1000);
	took = f.h->lost;
	fixture_finish(&f);
	assert_int_equal(read_allocs(&f, &told, false), 20100);
	assert_int_equal(told, took);
	fixture_close(&f);
}

/* From here on this process dies of a wait (SIGSYS), not of a wake. */
static void
forbid_waiting(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_futex, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FUTEX_WAIT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { PW_ARRAY_LEN(code), code };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(77);
}

/* What became of a writer of n events that may not wait. */
static int
write_without_waiting(struct fixture *f, uint64_t n)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct writer w = { 0 };

		forbid_waiting();
		writer_start(&w, f->h, 0, 2, 0);
		write_allocs(&w, 0, n);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void
a_lossy_writer_never_waits(void **state)
{
	struct fixture f;
	uint64_t told = 0, lost;
	int status;

	(void)state;
	fixture_open(&f, 2, 64);
	session_hello(f.h, 1, 0, ~0u, true);
	/* It can fail: one that is not lossy waits, and dies of it. */
	status = write_without_waiting(&f, 20000);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFSIGNALED(status));
	fixture_close(&f);

	fixture_open(&f, 2, 64);
	session_hello(f.h, 1, 0, ~0u, true);
	f.h->flags |= SESSION_LOSSY;
	assert_int_equal(write_without_waiting(&f, 20000), 0);
	lost = f.h->lost;
	assert_true(lost > 1000);
	session_procs(f.h)[0].dead = 1;
	assert_true(trace_file_round(f.file, f.h) > 0);
	fixture_finish(&f);
	/* Nobody came to tell them in a record: the totals do. */
	assert_int_equal(read_allocs(&f, &told, false), 20000 - lost);
	assert_int_equal(told, 0);
	fixture_close(&f);
}

static void
a_starved_writer_makes_chunks_of_its_own(void **state)
{
	struct fixture f;
	struct writer w = { 0 };
	uint64_t told = 0;

	(void)state;
	fixture_open(&f, 16, 64);
	f.h->chunks_ready = 2;
	f.h->chunks_bound = 12;
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	write_allocs(&w, 0, 10000);
	assert_int_equal(f.h->lost, 0);
	write_allocs(&w, 10000, 50000);
	assert_int_equal(f.h->chunks_ready, 12);
	assert_true(f.h->lost > 1000);
	assert_true(trace_file_round(f.file, f.h) > 0);
	write_allocs(&w, 60000, 1);
	fixture_finish(&f);
	assert_int_equal(read_allocs(&f, &told, false), 60001);
	assert_int_equal(told, f.h->lost);
	fixture_close(&f);
}

static void
a_wait_in_vain_is_not_repeated_by_threads_to_come(void **state)
{
	struct fixture f;
	struct writer w = { 0 };
	uint64_t took;

	(void)state;
	fixture_open(&f, 2, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	write_allocs(&w, 0, 20000);
	assert_true(f.h->lost > 0);
	assert_int_equal(write_without_waiting(&f, 1000), 0);
	/* Room again: the word of hunger says nothing any more. */
	assert_true(trace_file_round(f.file, f.h) > 0);
	took = f.h->lost;
	write_allocs(&w, 20000, 100);
	assert_int_equal(f.h->lost, took);
	fixture_close(&f);
}

static void
after_the_end_of_the_recording_nothing_is_written_or_counted(void **state)
{
	struct fixture f;
	struct writer w = { 0 };

	(void)state;
	fixture_open(&f, 1, 64);
	f.h->closed = 1;
	writer_start(&w, f.h, 0, 1, 0);
	write_allocs(&w, 0, 10000);
	assert_int_equal(f.h->lost, 0);
	assert_int_equal(session_chunk(f.h, 0)->state, SESSION_FREE);
	fixture_close(&f);
}

static void
errno_is_kept_even_while_waiting(void **state)
{
	struct fixture f;
	struct writer w = { 0 };

	(void)state;
	fixture_open(&f, 1, 64);
	writer_start(&w, f.h, 0, 1, 0);
	errno = 4711;
	write_allocs(&w, 0, 5000);
	assert_int_equal(errno, 4711);
	assert_null(session_attach("/nonexistent"));
	assert_int_equal(errno, 4711);
	fixture_close(&f);
}

static void
strings_of_any_length_fit(void **state)
{
	static char big[100000];
	struct fixture f;
	struct writer w = { 0 };
	struct trace_reader *r;
	struct trace_status st;
	struct trace_event ev;
	int n = 0;

	(void)state;
	memset(big, 'x', sizeof big - 1);
	fixture_open(&f, 16, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	for (int i = 0; i < 5; i++) {
		writer_process(&w, 1, 1, 0, ~0u, true, big, big, sizeof big);
		writer_module(&w, 1, 4096, 8192, 0, big, sizeof big, big);
		writer_note(&w, 1, big);
		writer_thread(&w, 1, 1, big);
	}
	writer_finish(&w);
	assert_int_equal(f.h->lost, 0);
	fixture_finish(&f);
	r = fixture_read(&f, TRACE_META_ONLY);
	for (; trace_next(r, &ev, &st) > 0; n++)
		if (ev.kind == TRACE_NOTE)
			assert_int_equal(strlen(ev.text), CODING_PATH_MAX);
	assert_int_equal(n, 20);
	assert_int_equal(strlen(trace_process(r, 0)->exe), CODING_PATH_MAX);
	assert_true(trace_info(r)->complete);
	trace_close(r);
	fixture_close(&f);
}

static void
a_full_disk_loses_nothing_when_room_comes_back(void **state)
{
	struct fixture f;
	struct writer w = { 0 };
	struct rlimit old, less;
	int64_t taken;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	fixture_open(&f, 64, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	write_allocs(&w, 0, 1000);
	assert_true(trace_file_round(f.file, f.h) > 0);
	write_allocs(&w, 1000, 50000);
	getrlimit(RLIMIT_FSIZE, &old);
	less = old;
	less.rlim_cur = trace_file_size(f.file) + 100;
	setrlimit(RLIMIT_FSIZE, &less);
	taken = trace_file_round(f.file, f.h);
	assert_int_equal(taken, -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(trace_file_round(f.file, f.h), -1);
	setrlimit(RLIMIT_FSIZE, &old);
	write_allocs(&w, 51000, 10);
	assert_true(trace_file_round(f.file, f.h) > 0);
	writer_finish(&w);
	fixture_finish(&f);
	assert_int_equal(read_allocs(&f, NULL, true), 51010);
	fixture_close(&f);
}

static void
a_trace_stays_in_its_limit_and_says_why_it_was_stopped(void **state)
{
	struct fixture f;
	struct writer w = { 0 };
	struct trace_reader *r;
	uint64_t limit;

	(void)state;
	fixture_open(&f, 64, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	write_allocs(&w, 0, 1000);
	assert_true(trace_file_round(f.file, f.h) > 0);
	limit = trace_file_size(f.file) + 100;
	trace_file_limit(f.file, limit);
	write_allocs(&w, 1000, 50000);
	assert_int_equal(trace_file_round(f.file, f.h), -1);
	assert_int_equal(errno, ENOSPC);
	assert_true(trace_file_is_full(f.file));
	assert_true(trace_file_size(f.file) <= limit);
	assert_int_equal(trace_file_stop(f.file, f.h, FORMAT_STOP_SIZE), 0);
	f.file = NULL;
	assert_int_equal(read_allocs(&f, NULL, false), 1000);
	r = fixture_read(&f, TRACE_META_ONLY);
	while (trace_next(r, &(struct trace_event){ 0 },
	    &(struct trace_status){ 0 }) > 0)
		;
	assert_true(trace_info(r)->closed);
	assert_false(trace_info(r)->lost_known);
	assert_int_equal(trace_info(r)->stopped, FORMAT_STOP_SIZE);
	assert_int_equal(trace_info(r)->nmissing, 1);
	assert_non_null(strstr(trace_info(r)->missing[0], "greatest size"));
	assert_true(trace_info(r)->file_size <=
	    limit + trace_file_closing_size(f.h));
	trace_close(r);
	fixture_close(&f);
}

static void
a_limit_that_is_raised_costs_nothing(void **state)
{
	struct fixture f;
	struct writer w = { 0 };

	(void)state;
	fixture_open(&f, 64, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	trace_file_limit(f.file, trace_file_size(f.file));
	write_allocs(&w, 0, 5000);
	assert_int_equal(trace_file_round(f.file, f.h), -1);
	trace_file_limit(f.file, UINT64_MAX);
	write_allocs(&w, 5000, 5000);
	assert_true(trace_file_round(f.file, f.h) > 0);
	writer_finish(&w);
	fixture_finish(&f);
	assert_int_equal(read_allocs(&f, NULL, true), 10000);
	fixture_close(&f);
}

/* The child counts what it has completed where we can see it. */
static uint64_t
kill_a_writer(struct fixture *f, bool drain)
{
	volatile uint64_t *done = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();
	uint64_t n;

	if (pid == 0) {
		struct writer w = { 0 };

		writer_start(&w, f->h, session_hello(f->h, (uint32_t)getpid(),
		    0, ~0u, true), (uint32_t)getpid(), 0);
		/* True stamps: with the recorder beside us, order needs them. */
		for (;;) {
			writer_alloc(&w, session_now(f->h), TRACE_CALL_MALLOC,
			    0x1000 + *done * 16, *done, 0, 0);
			*done += 1;
			if (f->h->lost != 0)
				_exit(1);
		}
	}
	while (*done < 60000)
		if (drain)
			trace_file_round(f->file, f->h);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	n = *done;
	munmap((void *)done, 4096);
	return n;
}

static void
a_killed_program_loses_nothing_it_completed(void **state)
{
	struct fixture f;
	uint64_t done, got;

	(void)state;
	fixture_open(&f, 1024, 64);
	done = kill_a_writer(&f, true);
	session_procs(f.h)[0].state = SESSION_PROC_GONE;
	assert_true(trace_file_round(f.file, f.h) >= 0);
	for (uint32_t i = 0; i < 1024; i++)
		assert_int_equal(session_chunk(f.h, i)->state, SESSION_FREE);
	fixture_finish(&f);
	got = read_allocs(&f, NULL, true);
	assert_in_range(got, done, done + 1);
	fixture_close(&f);
}

/* As if the recorder had died with it: no closing record, file not locked. */
static void
abandon(struct fixture *f)
{
	char copy[128];
	char cmd[600];

	snprintf(copy, sizeof copy, "%s.copy", f->trace_path);
	snprintf(cmd, sizeof cmd, "cp %s %s && mv %s %s", f->trace_path, copy,
	    copy, f->trace_path);
	assert_int_equal(system(cmd), 0);
}

static void
a_killed_group_leaves_the_rest_in_its_session_file(void **state)
{
	struct fixture f;
	struct trace_reader *r;
	uint64_t done, got;

	(void)state;
	for (int drain = 0; drain < 2; drain++) {
		fixture_open(&f, 1024, 64);
		done = kill_a_writer(&f, drain);
		abandon(&f);
		got = read_allocs(&f, NULL, false);
		assert_in_range(got, done, done + 1);
		r = fixture_read(&f, 0);
		assert_false(trace_info(r)->lost_known);
		trace_close(r);
		/* Without it the trace alone tells less: the check can fail. */
		unlink(f.session_path);
		if (!drain)
			assert_true(read_allocs(&f, NULL, false) < done);
		fixture_close(&f);
	}
}

static void
another_recordings_session_file_is_left_alone(void **state)
{
	struct fixture f;
	struct writer w = { 0 };

	(void)state;
	fixture_open(&f, 8, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	write_allocs(&w, 0, 100);
	abandon(&f);
	assert_int_equal(read_allocs(&f, NULL, false), 100);
	f.h->unix_ns++;
	assert_int_equal(read_allocs(&f, NULL, false), 0);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_writer_without_chunks_waits_once_then_drops_and_tells),
		cmocka_unit_test(
		    after_the_end_of_the_recording_nothing_is_written_or_counted),
		cmocka_unit_test(a_lossy_writer_never_waits),
		cmocka_unit_test(a_starved_writer_makes_chunks_of_its_own),
		cmocka_unit_test(
		    a_wait_in_vain_is_not_repeated_by_threads_to_come),
		cmocka_unit_test(errno_is_kept_even_while_waiting),
		cmocka_unit_test(strings_of_any_length_fit),
		cmocka_unit_test(
		    a_full_disk_loses_nothing_when_room_comes_back),
		cmocka_unit_test(
		    a_trace_stays_in_its_limit_and_says_why_it_was_stopped),
		cmocka_unit_test(a_limit_that_is_raised_costs_nothing),
		cmocka_unit_test(a_killed_program_loses_nothing_it_completed),
		cmocka_unit_test(
		    a_killed_group_leaves_the_rest_in_its_session_file),
		cmocka_unit_test(another_recordings_session_file_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
