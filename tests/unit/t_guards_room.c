/*
 * t_guards_room.c - guarded blocks: what they cost, threads, children of fork.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "guards_fixture.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned
count_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned n = 0;
	int c;

	assert_non_null(f);
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

static void
freed_blocks_are_no_mappings(void **state)
{
	static char *block[500];
	unsigned before = count_maps(), live;

	(void)state;
	if (bp_guards.stuck != 0)
		skip();
	for (size_t i = 0; i < PW_ARRAY_LEN(block); i++)
		block[i] = take(100);
	live = count_maps();
	assert_true(live >= before + PW_ARRAY_LEN(block));
	assert_true(live <= before + 2 * PW_ARRAY_LEN(block) + 16);
	for (size_t i = 0; i < PW_ARRAY_LEN(block); i++)
		give_clean(block[i]);
	assert_true(count_maps() <= before + 16);
}

static void
memory_runs_out_and_is_told_once(void **state)
{
	static char *block[400];
	size_t max = bp_guards.max, n;
	char text[200], *p;

	(void)state;
	bp_guards.max = bp_guards.live + (1 << 20);
	for (n = 0; n < PW_ARRAY_LEN(block); n++) {
		block[n] = take_as(100, 0, TRACE_CALL_MALLOC);
		if (!bp_is_guarded(block[n]))
			break;
	}
	assert_in_range(n, 200, 260);
	assert_true(backend_late != 0);
	assert_true(heap->word(text, sizeof(text), false));
	assert_non_null(strstr(text, "--guard-memory"));
	assert_int_equal(backend_late, 0);
	assert_false(heap->word(text, sizeof(text), false));
	/* One goes, and there is room for one. */
	give_clean(block[0]);
	p = take(100);
	give_clean(p);
	for (size_t i = 1; i <= n; i++)
		give_clean(block[i]);
	/* Freed ones make room for new ones: the oldest is forgotten. */
	for (int i = 0; i < 10000; i++)
		give_clean(take(100));
	assert_true(bp_guards.forgotten > 0);
	assert_true(bp_guards.cost <= bp_guards.max);
	bp_guards.max = max;
}

static void
mappings_run_out(void **state)
{
	uint32_t max = bp_guards.max_live;
	char *p, *q;

	(void)state;
	bp_guards.max_live = bp_guards.nlive + bp_guards.stuck + 1;
	p = take(10);
	q = take_as(10, 0, TRACE_CALL_MALLOC);
	assert_false(bp_is_guarded(q));
	give_clean(q);
	give_clean(p);
	p = take(10);
	give_clean(p);
	bp_guards.max_live = max;
}

static void
one_block_in_n_is_guarded_the_same_each_time(void **state)
{
	unsigned n[2] = { 0 };

	(void)state;
	bp_guards.rate = 100;
	for (int run = 0; run < 2; run++) {
		struct backend_thread t = { .tid = me()->tid };

		bp_guards.nseeds = 7;
		for (int i = 0; i < 20000; i++) {
			struct backend_request r = { .size = 10,
			    .call = TRACE_CALL_MALLOC };
			char *p = heap->take(&t, &r);

			n[run] += bp_is_guarded(p) ? 1u + (unsigned)i : 0;
			give_clean(p);
		}
		heap->thread_gone(&t);
	}
	assert_int_equal(n[0], n[1]);
	/* 200 blocks in the mean, of the number 10,000 in the mean. */
	assert_in_range(n[0], 140 * 9000, 260 * 11000);
	bp_guards.rate = 1;
}

static void *
in_a_thread(void *arg)
{
	char *keep[16] = { NULL };

	(void)arg;
	for (unsigned i = 0; i < 2000; i++) {
		char **p = &keep[i * 7 % 16];

		if (*p != NULL)
			give_clean(*p);
		*p = take(i % 300);
		memset(*p, 'x', i % 300);
	}
	for (unsigned i = 0; i < 16; i++)
		give_clean(keep[i]);
	return NULL;
}

static void
threads_share_the_range(void **state)
{
	pthread_t t[4];
	uint32_t before = bp_guards.nlive;

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(t); i++)
		assert_int_equal(pthread_create(&t[i], NULL, in_a_thread,
		    NULL), 0);
	for (size_t i = 0; i < PW_ARRAY_LEN(t); i++)
		pthread_join(t[i], NULL);
	assert_int_equal(bp_guards.nlive, before);
	assert_null(vmem_check(&bp_guards.vmem));
}

static void
a_child_goes_on(void **state)
{
	char *p = take(40);
	int status;
	pid_t pid;

	(void)state;
	heap->fork_prepare(me()->tid);
	pid = fork();
	if (pid == 0) {
		heap->fork_child(me()->tid);
		self.tid = (uint32_t)os_gettid();
		give_clean(p);
		assert_fault(p, 0, true, TRACE_ERROR_USE_AFTER_FREE, 40);
		give_clean(take(100));
		_exit(0);
	}
	heap->fork_parent(me()->tid);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	*p = 1;
	give_clean(p);
}

static void
a_torn_child_guards_nothing_more(void **state)
{
	char *p = take(40), *q;
	int status;
	pid_t pid;

	(void)state;
	bp_guards.lock.word = 1;	/* somebody else's */
	pid = fork();
	if (pid == 0) {
		heap->fork_child(me()->tid);
		self.tid = (uint32_t)os_gettid();
		give_clean(p);
		assert_fault(p, 0, true, TRACE_ERROR_USE_AFTER_FREE, 40);
		q = take_as(100, 0, TRACE_CALL_MALLOC);
		assert_false(bp_is_guarded(q));
		give_clean(q);
		_exit(0);
	}
	bp_guards.lock.word = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	give_clean(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(freed_blocks_are_no_mappings),
		cmocka_unit_test(memory_runs_out_and_is_told_once),
		cmocka_unit_test(mappings_run_out),
		cmocka_unit_test(one_block_in_n_is_guarded_the_same_each_time),
		cmocka_unit_test(threads_share_the_range),
		cmocka_unit_test(a_child_goes_on),
		cmocka_unit_test(a_torn_child_guards_nothing_more),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
