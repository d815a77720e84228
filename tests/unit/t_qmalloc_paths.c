/*
 * t_qmalloc_paths.c - which way quickfit goes, as its counters tell.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "quick_child.h"

#include "alloc/qmalloc_impl.h"

static void
Q10_realloc_in_the_block_keeps_the_pointer(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(100);
	CHECK(qmsize(p) == 104);
	CHECK(qrealloc(p, 104) == p);
	CHECK(qrealloc(p, 101) == p);
	CHECK(qmalloccount("reallocsame") == 2);
	CHECK(qmalloccount("reallocmove") == 0);
	CHECK(qrealloc(p, 105) != p);
	CHECK(qmalloccount("reallocmove") == 1);
	CHECK(qmalloccount("realloc") == 3);
	child_end();
}

/* The last block: behind it is what nobody has yet. */
static void
Q11_the_last_block_grows_and_shrinks_in_place(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(20000);
	memset(p, 0xa5, 20000);
	CHECK(qrealloc(p, 40000) == p);
	CHECK(p[19999] == (char)0xa5 && is_zero(p + 20000, 20000));
	CHECK(qrealloc(p, 30000) == p);
	CHECK(qmalloccount("reallocpool") == 2);
	child_end();
}

static void
Q14_a_freed_block_is_the_next_of_its_size(void **state)
{
	char *p, *q;

	(void)state;
	if (!child_begin(0, 0))
		return;
	for (size_t size = 0; size < 4000; size += 61) {
		p = qmalloc(size);
		q = qmalloc(size);
		qfree(p);
		qfree(q);
		CHECK(qmalloc(size) == q);	/* LIFO */
		CHECK(qmalloc(size) == p);
	}
	child_end();
}

/* Of any block, not of the last one only. */
static void
Q15_free_lowers_what_is_allocated(void **state)
{
	size_t before, after;
	void *p[3];

	(void)state;
	if (!child_begin(0, 0))
		return;
	p[0] = qmalloc(100);
	before = summary_find("total allocated ");
	for (size_t size = 1; size < 1000000; size = size * 3 + 1) {
		for (unsigned i = 0; i < 3; i++)
			p[i] = qmalloc(size);
		after = summary_find("total allocated ");
		CHECK(after >= before + 3 * size);
		for (unsigned i = 0; i < 3; i++)
			qfree(p[i]);
		CHECK(summary_find("total allocated ") == before);
	}
	child_end();
}

/* The reference's border is 512 bytes, ours 4,096 with the header. */
static void
Q16_larger_blocks_join_and_quick_ones_do_not(void **state)
{
	char *p, *q, *r;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(5000);
	q = qmalloc(5000);
	r = qmalloc(5000);
	CHECK(q - p == r - q);
	qfree(p);
	qfree(q);
	CHECK(qmalloc(10000) == p);	/* in the place of both */
	qfree(p);
	p = qmalloc(2000);
	q = qmalloc(2000);
	qfree(p);
	qfree(q);
	r = qmalloc(4000);
	CHECK(r != p && r != q);
	CHECK(qmalloc(2000) == q && qmalloc(2000) == p);
	child_end();
}

static void
Q28_summary_has_the_documented_lines(void **state)
{
	size_t total;
	void *p[100];

	(void)state;
	if (!child_begin(64 * MIB, 0))
		return;
	p[0] = qmalloc(100);
	qfree(p[0]);
	qmallocsummary();
	CHECK(strncmp(printed, "quick: ", 7) == 0);
	CHECK(strstr(printed, " bytes total\n") != NULL);
	CHECK(strstr(printed, "\ntotal allocated 0, 67108864 remaining\n") !=
	    NULL);
	CHECK(strstr(printed, "\nmalloc 1\n") != NULL);
	CHECK(strstr(printed, "\nfree 1\n") != NULL);
	CHECK(strstr(printed, "reallocmove") == NULL);
	for (unsigned i = 0; i < 100; i++) {
		p[i] = qmalloc(i * 100);
		total = summary_find("total allocated ");
		printed[0] = '\0';
		qmallocsummary();
		total += strtoull(strchr(strstr(printed, "total allocated "),
		    ',') + 1, NULL, 10);
		CHECK(total == 64 * MIB);
	}
	child_end();
}

static void
Q29_no_rover_line_when_its_list_is_empty(void **state)
{
	(void)state;
	if (!child_begin(0, 0))
		return;
	qmallocsummary();	/* nothing was allocated: no arena yet */
	CHECK(strstr(printed, "rover") == NULL);
	CHECK(strstr(printed, "quick: 0 bytes total\n") == printed);
	qfree(qmalloc(100000));
	CHECK(summary_find("rover: ") >= 1 &&
	    summary_find("rover: ") != SIZE_MAX);
	child_end();
}

static void
Q34_counters_tell_the_path(void **state)
{
	uint64_t malloc_before, pool_before, quick_before, free_before;
	void *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(100);
	CHECK(qmalloccount("malloc") == 1 && qmalloccount("mallocpool") == 1);
	free_before = qmalloccount("freequick");
	qfree(p);
	CHECK(qmalloccount("freequick") == free_before + 1);
	malloc_before = qmalloccount("malloc");
	pool_before = qmalloccount("mallocpool");
	quick_before = qmalloccount("mallocquick");
	CHECK(qmalloc(100) == p);
	CHECK(qmalloccount("malloc") == malloc_before + 1);
	CHECK(qmalloccount("mallocquick") == quick_before + 1);
	CHECK(qmalloccount("mallocpool") == pool_before);
	qfree(qmalloc(100000));
	CHECK(qmalloccount("freepool") == 1);
	qfree(qmallocalign(10, 16, 0, 0));
	CHECK(qmalloccount("malign") == 1 && qmalloccount("malignquick") == 1);
	qfree(qmallocalign(10, 64, 0, 0));
	CHECK(qmalloccount("malign") == 2 && qmalloccount("malignpool") == 1);
	CHECK(qmalloccount("no such path") == UINT64_MAX);
	child_end();
}

/* A list sends its older half to the centre, and gets it back from there. */
static void
a_full_list_overflows_into_the_centre(void **state)
{
	static void *p[5000];

	(void)state;
	if (!child_begin(0, 0))
		return;
	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++)
		p[i] = qmalloc(64);
	CHECK(qmalloccount("malloccentral") == 0);
	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++)
		qfree(p[i]);
	CHECK(qmalloccount("freecentral") > 0);
	CHECK(qmalloccount("free") == PW_ARRAY_LEN(p));
	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++)
		CHECK(qmalloc(64) != NULL);
	CHECK(qmalloccount("malloccentral") > 0);
	CHECK(summary_find("total allocated ") == PW_ARRAY_LEN(p) * 80);
	child_end();
}

static void
trim_gives_memory_to_the_system(void **state)
{
	static void *p[20000];

	(void)state;
	if (!child_begin(0, 0))
		return;
	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++)
		p[i] = qmalloc(1000);
	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++)
		qfree(p[i]);
	CHECK(qmalloctrim() >= PW_ARRAY_LEN(p) * 1000);
	CHECK(qmalloccount("release") > 0);
	CHECK(summary_find("quick: ") == 0);
	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++) {
		p[i] = qmalloc(1000);
		CHECK(is_zero(p[i], 1000));
	}
	child_end();
}

/* A line of the manual's table: the name, spaces, what it counts. */
static void
the_manual_names_each_counter(void **state)
{
	char line[256], name[64];
	unsigned n = 0;
	FILE *f;

	(void)state;
	f = fopen(TOP_SRCDIR "/man/qmalloc.3", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL &&
	    strncmp(line, "malign ", 7) != 0)
		continue;
	do {
		assert_int_equal(sscanf(line, "%63s", name), 1);
		if (qmalloccount(name) == UINT64_MAX)
			fail_msg("%s is not counted", name);
		n++;
	} while (fgets(line, sizeof(line), f) != NULL && line[0] != '.');
	fclose(f);
	assert_int_equal(n, QUICK_NCOUNTERS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(Q10_realloc_in_the_block_keeps_the_pointer),
		cmocka_unit_test(Q11_the_last_block_grows_and_shrinks_in_place),
		cmocka_unit_test(Q14_a_freed_block_is_the_next_of_its_size),
		cmocka_unit_test(Q15_free_lowers_what_is_allocated),
		cmocka_unit_test(Q16_larger_blocks_join_and_quick_ones_do_not),
		cmocka_unit_test(Q28_summary_has_the_documented_lines),
		cmocka_unit_test(Q29_no_rover_line_when_its_list_is_empty),
		cmocka_unit_test(Q34_counters_tell_the_path),
		cmocka_unit_test(a_full_list_overflows_into_the_centre),
		cmocka_unit_test(trim_gives_memory_to_the_system),
		cmocka_unit_test(the_manual_names_each_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
