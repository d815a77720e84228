/*
 * t_unwind_rows.c - the cache of rows: found, dropped, grown, never mixed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "base/bits.h"
#include "unwind/unwind_impl.h"

static uint64_t adds;
static uint32_t nloaded[2];
static struct unwind_process process;

static void
start(void)
{
	memset(&process, 0, sizeof process);
	process.words.adds = &adds;
	process.words.nloaded = nloaded;
	process.nspaces = 1;
	assert_int_equal(rows_init(&process), 0);
}

static uint64_t
find(uint64_t key)
{
	const struct row_table *t = __atomic_load_n(&process.table,
	    __ATOMIC_ACQUIRE);

	return row_find(t->entry, t->mask, key);
}

/* A row that only this key has. */
static uint64_t
row_of(uint64_t key)
{
	return ROW_MAKE(ROW_FRAME, 0, 0, 0, (uint32_t)bits_mix64(key));
}

static void
insert(uint64_t key, uint64_t row)
{
	rows_insert(&process, ldso_stamp(&process), key, row);
}

static void
a_row_is_found_under_its_own_key_only(void **state)
{
	uint64_t key = row_key(0x5555deadbeef, false);

	(void)state;
	start();
	assert_true(find(key) == ROW_NONE);
	insert(key, row_of(key));
	assert_true(find(key) == row_of(key));
	assert_true(find(row_key(0x5555deadbeef, true)) == ROW_NONE);
	assert_true(find(key + 1) == ROW_NONE);
}

static void
the_fields_of_a_row_come_out_as_they_went_in(void **state)
{
	uint64_t row = ROW_MAKE(ROW_DEREF, 1, ROW_BP_AT_BP, -3, -4096);

	(void)state;
	assert_int_equal(ROW_KIND(row), ROW_DEREF);
	assert_true(row & ROW_BASE_BP);
	assert_int_equal(ROW_BP(row), ROW_BP_AT_BP);
	assert_int_equal(ROW_SLOT(row), -24);
	assert_int_equal(ROW_OFF(row), -4096);
	assert_int_equal(ROW_FORM(ROW_MAKE(ROW_FRAME, 1, ROW_BP_AT_CFA, -2,
	    16)), ROW_FORM_BP_BP);
}

static void
the_table_grows_and_goes_on_answering(void **state)
{
	uint64_t key;
	unsigned found = 0;
	unsigned i;

	(void)state;
	start();
	for (i = 0; i < 300000; i++) {
		key = row_key(0x7f0000000000 + bits_mix64(i) % (1u << 28),
		    false);
		insert(key, row_of(key));
		assert_true(find(key) == row_of(key));
	}
	assert_true(process.table > &process.tables[2]);
	for (i = 250000; i < 300000; i++) {
		key = row_key(0x7f0000000000 + bits_mix64(i) % (1u << 28),
		    false);
		if (find(key) != ROW_NONE) {
			assert_true(find(key) == row_of(key));
			found++;
		}
	}
	assert_true(found > 40000);
}

static void
dropping_takes_what_may_go_and_leaves_the_rest(void **state)
{
	uint64_t stays = row_of(1) | ROW_STAYS;
	uint64_t guest = row_of(2);
	uint64_t unknown = ROW_MAKE(ROW_UNKNOWN, 0, 0, 0, 0);

	(void)state;
	start();
	insert(1001, stays);
	insert(2002, guest);
	insert(3003, unknown);
	rows_drop(&process, ROWS_NEGATIVE);
	assert_true(find(3003) == ROW_NONE);
	assert_true(find(2002) == guest);
	rows_drop(&process, ROWS_OF_GUESTS);
	assert_true(find(2002) == ROW_NONE);
	assert_true(find(1001) == stays);
	rows_drop(&process, ROWS_ALL);
	assert_true(find(1001) == ROW_NONE);
}

static void
a_row_made_before_an_unload_does_not_stay(void **state)
{
	uint64_t before;

	(void)state;
	start();
	before = ldso_stamp(&process);
	nloaded[0]--;
	rows_insert(&process, before, 77, row_of(77));
	assert_true(find(77) == ROW_NONE);
	insert(77, row_of(77));
	assert_true(find(77) == row_of(77));
}

/* Keys of one cache line, so that all threads write the same four entries. */
static uint64_t
crowded_key(uint64_t r)
{
	return row_key(0x500000000000 + (r & 63) * 0x100000, false);
}

static volatile int mixed;

static void *
writer_and_reader(void *arg)
{
	uint64_t r = (uintptr_t)arg;
	uint64_t key;
	uint64_t row;
	unsigned hits = 0;
	int i;

	for (i = 0; i < 300000; i++) {
		r = bits_mix64(r + 1);
		key = crowded_key(r);
		if (i % 4 == 0)
			insert(key, row_of(key));
		row = find(key);
		hits += row != ROW_NONE;
		if (row != ROW_NONE && row != row_of(key))
			mixed++;
	}
	return (void *)(uintptr_t)hits;
}

static void
threads_that_write_the_same_entries_never_find_a_mixed_row(void **state)
{
	pthread_t t[4];
	uintptr_t i;
	void *hits;

	(void)state;
	start();
	process.tables[0].used = 0;
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, writer_and_reader,
		    (void *)(i + 1)), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &hits);
		assert_true((uintptr_t)hits > 1000);
	}
	assert_int_equal(mixed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_found_under_its_own_key_only),
		cmocka_unit_test(the_fields_of_a_row_come_out_as_they_went_in),
		cmocka_unit_test(the_table_grows_and_goes_on_answering),
		cmocka_unit_test(
		    dropping_takes_what_may_go_and_leaves_the_rest),
		cmocka_unit_test(a_row_made_before_an_unload_does_not_stay),
		cmocka_unit_test(
		    threads_that_write_the_same_entries_never_find_a_mixed_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
