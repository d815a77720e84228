/*
 * t_base.c - tests of the ground floor: bits, lists, locks, formatting.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/os.h"
#include "base/say.h"

static void
powers_of_two_and_alignment(void **state)
{
	(void)state;
	assert_false(bits_is_pow2(0));
	assert_true(bits_is_pow2(1));
	assert_false(bits_is_pow2(24));
	assert_int_equal(bits_align_up(17, 16), 32);
	assert_int_equal(bits_align_up(32, 16), 32);
	assert_int_equal(bits_align_down(31, 16), 16);
	assert_int_equal(bits_log2_floor(1), 0);
	assert_int_equal(bits_log2_floor(UINT64_MAX), 63);
}

static void
overflowing_sums_and_products_are_told(void **state)
{
	size_t out;

	(void)state;
	assert_true(bits_add_overflows(SIZE_MAX, 1, &out));
	assert_false(bits_add_overflows(SIZE_MAX - 1, 1, &out));
	assert_int_equal(out, SIZE_MAX);
	assert_true(bits_mul_overflows(SIZE_MAX / 2 + 1, 2, &out));
}

struct item {
	int n;
	struct list link;
};

static void
a_list_keeps_order_and_survives_removal_while_walking(void **state)
{
	struct item items[3] = { { .n = 0 }, { .n = 1 }, { .n = 2 } };
	struct list head, *p, *tmp;
	int next = 0;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	for (int i = 0; i < 3; i++)
		list_insert_before(&head, &items[i].link);
	list_for_each_safe(p, tmp, &head) {
		assert_int_equal(list_entry(p, struct item, link)->n, next++);
		list_remove(p);
	}
	assert_int_equal(next, 3);
	assert_true(list_empty(&head));
}

/* The same text as printf's, for every directive say.h promises. */
#define SAME(...) do {							\
	char ours[128], theirs[128];					\
	size_t n = say_format(ours, sizeof ours, __VA_ARGS__);		\
	assert_int_equal(n, snprintf(theirs, sizeof theirs, __VA_ARGS__)); \
	assert_string_equal(ours, theirs);				\
} while (0)

static void
formatting_agrees_with_printf(void **state)
{
	(void)state;
	SAME("plain 100%%");
	SAME("%s|%10s|%-10s|", "abc", "abc", "abc");
	SAME("%d %d %d", 0, INT_MIN, INT_MAX);
	SAME("%u %x %08x %5u|%-5u|", 7u, 0xbeefu, 0xbeefu, 42u, 42u);
	SAME("%zu %zx %ld %lu", SIZE_MAX, SIZE_MAX, LONG_MIN, ULONG_MAX);
	SAME("%llu %llx", ULLONG_MAX, ULLONG_MAX);
	SAME("%p %c", (void *)0x1234, 'x');
}

static void
formatting_never_writes_past_the_buffer(void **state)
{
	char buf[8];

	(void)state;
	memset(buf, '#', sizeof buf);
	assert_int_equal(say_format(buf, 4, "%s", "abcdefgh"), 8);
	assert_memory_equal(buf, "abc\0####", 8);
	assert_int_equal(say_format(buf, 0, "%d", 12345), 5);
	assert_memory_equal(buf, "abc\0####", 8);
}

struct shared {
	struct lock lock;
	unsigned long counter;
};

#define ROUNDS	100000

static void *
count_under_the_lock(void *arg)
{
	struct shared *s = arg;
	uint32_t tid = (uint32_t)os_gettid();

	for (int i = 0; i < ROUNDS; i++) {
		lock_take(&s->lock, tid);
		s->counter++;
		lock_give(&s->lock);
	}
	return NULL;
}

static void
a_lock_lets_one_thread_in_at_a_time(void **state)
{
	struct shared s = { LOCK_INIT, 0 };
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
		    count_under_the_lock, &s), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(s.counter, 4 * ROUNDS);
	assert_int_equal(s.lock.word, 0);
}

static void
a_lock_knows_its_owner(void **state)
{
	struct lock l = LOCK_INIT;

	(void)state;
	assert_false(lock_is_mine(&l, 7));
	lock_take(&l, 7);
	assert_true(lock_is_mine(&l, 7));
	assert_false(lock_is_mine(&l, 8));
	assert_false(lock_try(&l, 8));
	lock_reset(&l);
	assert_true(lock_try(&l, 8));
}

static void
mapped_memory_is_zero_and_failures_are_null(void **state)
{
	char *p = os_map(3 * os_page_size());

	(void)state;
	assert_non_null(p);
	assert_int_equal(p[0], 0);
	p[3 * os_page_size() - 1] = 1;
	assert_int_equal(os_unmap(p, 3 * os_page_size()), 0);
	assert_null(os_map(SIZE_MAX / 2));
	assert_null(os_map_file(-1, 4096, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(powers_of_two_and_alignment),
		cmocka_unit_test(overflowing_sums_and_products_are_told),
		cmocka_unit_test(
		    a_list_keeps_order_and_survives_removal_while_walking),
		cmocka_unit_test(formatting_agrees_with_printf),
		cmocka_unit_test(formatting_never_writes_past_the_buffer),
		cmocka_unit_test(a_lock_lets_one_thread_in_at_a_time),
		cmocka_unit_test(a_lock_knows_its_owner),
		cmocka_unit_test(mapped_memory_is_zero_and_failures_are_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
