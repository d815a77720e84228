/*
 * t_stacks.c - call stacks to ids and back.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "trace_fixture.h"

#define DEPTH	20

/* A stack that differs from its neighbours in a few inner frames. */
static void
make_stack(uintptr_t *ips, uint64_t i)
{
	for (size_t k = 0; k < DEPTH; k++)
		ips[k] = 0x400000 + k * 4096;
	ips[0] += i % 16;
	ips[1] += i / 16 % 64;
	ips[2] += i / 1024;
}

/* Frames of id in the node table, innermost first; checks S1. */
static size_t
unroll(struct session_header *h, uint32_t id, uint64_t *ips)
{
	const struct session_node *nodes = session_nodes(h);
	size_t n = 0;

	for (; id != 0; id = nodes[id].parent) {
		assert_true(nodes[id].ip != 0);
		assert_true(nodes[id].parent < id);
		assert_true(n < STACKS_DEPTH_MAX + 8);
		ips[n++] = nodes[id].ip;
	}
	return n;
}

static void
assert_stack(struct session_header *h, uint32_t id, const uintptr_t *ips,
    size_t n)
{
	uint64_t got[STACKS_DEPTH_MAX + 8];

	assert_int_equal(unroll(h, id, got), n);
	for (size_t k = 0; k < n; k++)
		assert_int_equal(got[k], ips[k]);
}

static void
equal_stacks_have_equal_ids_with_and_without_memo(void **state)
{
	struct fixture f;
	struct stacks *s;
	struct stacks_memo memo = { 0 };
	uintptr_t ips[DEPTH];
	uint32_t id;

	(void)state;
	fixture_open(&f, 4, 65536);
	s = stacks_create(f.h);
	assert_int_equal(stacks_intern(s, &memo, ips, 0), 0);
	for (uint64_t i = 0; i < 5000; i++) {
		make_stack(ips, i * 7919 % 5000);
		id = stacks_intern(s, &memo, ips, DEPTH);
		assert_stack(f.h, id, ips, DEPTH);
		assert_int_equal(stacks_intern(s, NULL, ips, DEPTH), id);
		assert_int_equal(stacks_intern(s, &memo, ips + 1, DEPTH - 1),
		    session_nodes(f.h)[id].parent);
	}
	/* One node for each different prefix, plus what table growth lost. */
	assert_in_range(f.h->nodes_claimed, 5000, 7000);
	assert_int_equal(f.h->stacks_full, 0);
	fixture_close(&f);
}

static void
a_stack_deeper_than_the_memo_is_kept_whole(void **state)
{
	struct fixture f;
	struct stacks *s;
	struct stacks_memo memo = { 0 };
	uintptr_t ips[STACKS_DEPTH_MAX + 8];
	size_t n = STACKS_DEPTH_MAX + 8;

	(void)state;
	fixture_open(&f, 4, 4096);
	s = stacks_create(f.h);
	for (size_t k = 0; k < n; k++)
		ips[k] = 0x1000 + k;
	assert_stack(f.h, stacks_intern(s, &memo, ips, n), ips, n);
	ips[0]++;
	assert_stack(f.h, stacks_intern(s, &memo, ips, n), ips, n);
	fixture_close(&f);
}

static void
a_full_table_keeps_the_innermost_frames_under_a_mark(void **state)
{
	struct fixture f;
	struct stacks *s;
	struct stacks_memo memo = { 0 };
	uintptr_t ips[DEPTH];
	uint64_t got[64];
	uint32_t id = 0;
	size_t n;

	(void)state;
	fixture_open(&f, 4, 1024);
	s = stacks_create(f.h);
	for (uint64_t i = 0; f.h->stacks_full == 0; i++) {
		assert_true(i < 2000);
		make_stack(ips, i);
		id = stacks_intern(s, &memo, ips, DEPTH);
	}
	n = unroll(f.h, id, got);
	assert_int_equal(n, 9);
	assert_int_equal(got[0], ips[0]);
	assert_int_equal(got[7], ips[7]);
	assert_int_equal(got[8], SESSION_MARK(SESSION_MARK_FULL, 0));
	/* What is known already is still found whole. */
	make_stack(ips, 0);
	assert_stack(f.h, stacks_intern(s, &memo, ips, DEPTH), ips, DEPTH);
	for (uint64_t i = 0; i < 5000; i++) {
		make_stack(ips, 100000 + i * 31);
		id = stacks_intern(s, &memo, ips, DEPTH);
	}
	assert_int_equal(id, 0);	/* the ids set aside are used up */
	assert_true(f.h->nodes_claimed <= 1024);
	fixture_close(&f);
}

static void
captures_make_nodes_ready_for_themselves(void **state)
{
	struct fixture f;
	struct stacks *s;
	uintptr_t ips[DEPTH];

	(void)state;
	fixture_open(&f, 4, 65536);
	f.h->nodes_ready = 64;
	s = stacks_create(f.h);
	for (uint64_t i = 0; i < 1000; i++) {
		make_stack(ips, i);
		assert_stack(f.h, stacks_intern(s, NULL, ips, DEPTH), ips,
		    DEPTH);
	}
	assert_int_equal(f.h->stacks_full, 0);
	assert_in_range(f.h->nodes_ready, f.h->nodes_claimed, 65536);
	fixture_close(&f);
}

/* Nobody can make more nodes ready: the wait is once, and short. */
static void
captures_do_not_wait_again_for_nodes_that_do_not_come(void **state)
{
	struct fixture f;
	struct stacks *s;
	uintptr_t ips[DEPTH];
	uint64_t from;

	(void)state;
	fixture_open(&f, 4, 65536);
	f.h->nodes_ready = 64;
	assert_int_equal(mprotect(session_nodes(f.h) + 256, 65280 *
	    sizeof(struct session_node), PROT_READ), 0);
	s = stacks_create(f.h);
	from = os_monotonic_ns();
	for (uint64_t i = 0; i < 10000; i++) {
		make_stack(ips, i);
		stacks_intern(s, NULL, ips, DEPTH);
	}
	assert_true(os_monotonic_ns() - from < 1000000000);
	assert_true(f.h->stacks_full > 9000);
	assert_int_equal(mprotect(session_nodes(f.h) + 256, 65280 *
	    sizeof(struct session_node), PROT_READ | PROT_WRITE), 0);
	f.h->nodes_ready = 65536;
	make_stack(ips, 77777);
	assert_stack(f.h, stacks_intern(s, NULL, ips, DEPTH), ips, DEPTH);
	fixture_close(&f);
}

static struct stacks *shared;
static struct session_header *shared_header;

static void *
intern_many(void *arg)
{
	struct stacks_memo memo = { 0 };
	uintptr_t ips[DEPTH];

	for (uint64_t i = 0; i < 30000; i++) {
		uint32_t id;
		uint64_t got[64];

		make_stack(ips, (i * 7 + *(uint64_t *)arg * 1000) % 20000);
		id = stacks_intern(shared, &memo, ips, DEPTH);
		if (unroll(shared_header, id, got) != DEPTH ||
		    got[0] != ips[0] || got[1] != ips[1] || got[2] != ips[2])
			return "wrong";
	}
	return NULL;
}

static void
threads_that_intern_the_same_stacks_get_right_ones(void **state)
{
	struct fixture f;
	pthread_t thread[3];
	uint64_t arg[3] = { 0, 1, 2 };
	void *wrong;

	(void)state;
	fixture_open(&f, 4, 262144);
	shared = stacks_create(f.h);
	shared_header = f.h;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, intern_many, &arg[i]);
	for (int i = 0; i < 3; i++) {
		pthread_join(thread[i], &wrong);
		assert_null(wrong);
	}
	assert_int_equal(f.h->stacks_full, 0);
	/* 20,000 stacks make 21,291 nodes; few are made twice. */
	assert_in_range(f.h->nodes_claimed, 21000, 30000);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    equal_stacks_have_equal_ids_with_and_without_memo),
		cmocka_unit_test(a_stack_deeper_than_the_memo_is_kept_whole),
		cmocka_unit_test(
		    a_full_table_keeps_the_innermost_frames_under_a_mark),
		cmocka_unit_test(captures_make_nodes_ready_for_themselves),
		cmocka_unit_test(
		    captures_do_not_wait_again_for_nodes_that_do_not_come),
		cmocka_unit_test(
		    threads_that_intern_the_same_stacks_get_right_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
