/*
 * t_qmalloc_faults.c - what quickfit makes of bad pointers, damaged blocks and
 * a region without room.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <sys/resource.h>

#include "quick_child.h"

static const size_t sizes[] = { 0, 10, 100, 1000, 4088, 5000, 100000 };

static void
Q18_double_free_panics(void **state)
{
	static const int flags[] = { 0, QMALLOC_GUARD, POOL_ANTAGONISM };
	void *p;

	(void)state;
	for (unsigned f = 0; f < PW_ARRAY_LEN(flags); f++)
		for (unsigned i = 0; i < PW_ARRAY_LEN(sizes); i++) {
			if (!child_begin(0, flags[f]))
				continue;
			p = qmalloc(sizes[i]);
			qmalloc(sizes[i]);
			qfree(p);
			CHECK(npanic == 0);
			qfree(p);
			child_end_after_panic("corrupt allocation arena");
		}
	/* The last block, too. */
	if (!child_begin(0, 0))
		return;
	p = qmalloc(1000);
	qfree(p);
	qfree(p);
	child_end_after_panic("double free");
}

/* From list to centre to pool: wherever it lies, it is known as freed. */
static void
a_double_free_is_seen_wherever_the_block_lies(void **state)
{
	static void *p[5000];

	(void)state;
	for (unsigned trim = 0; trim < 2; trim++) {
		if (!child_begin(0, 0))
			continue;
		for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++)
			p[i] = qmalloc(64);
		for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++)
			qfree(p[i]);
		CHECK(qmalloccount("freecentral") > 0);
		if (trim)
			qmalloctrim();
		qfree(p[PW_ARRAY_LEN(p) / 3]);
		child_end_after_panic("corrupt");
	}
}

/* One byte too many is the next header's fence. */
static void
Q19_an_overwritten_header_panics_at_its_free(void **state)
{
	char *p, *q;

	(void)state;
	for (unsigned i = 0; i < PW_ARRAY_LEN(sizes); i++) {
		if (!child_begin(0, 0))
			continue;
		qfree(qmalloc(sizes[i]));	/* two side by side */
		p = qmalloc(sizes[i]);
		q = p + qmsize(p);
		*q = 'x';
		qfree(q + 8);
		child_end_after_panic("header");
	}
}

static void
qmalloc_guard_blames_the_culprit(void **state)
{
	char *p;

	(void)state;
	for (size_t size = 0; size < 200; size++) {
		if (!child_begin(0, QMALLOC_GUARD))
			continue;
		p = qmalloc(size);
		p[size] ^= 1;
		qfree(p);
		child_end_after_panic("user overflow");
	}
	if (child_begin(0, QMALLOC_GUARD)) {
		p = qmalloc(17);
		memset(p, 1, qmsize(p));
		p = qrealloc(p, 18);
		p[19] = 1;
		CHECK(qrealloc(p, 100) == NULL && errno == EUCLEAN);
		child_end_after_panic("qrealloc");
	}
}

static char global[64];

static void
pointers_that_are_no_blocks_panic(void **state)
{
	char local[64], *p;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		if (!child_begin(0, 0))
			continue;
		p = qmalloc(5000);
		memset(p, 0, 5000);
		switch (i) {
		case 0: qfree(global + 16); break;
		case 1: qfree(local + 16); break;
		case 2: qfree((void *)16); break;
		case 3: qfree(malloc(10)); break;
		case 4: qfree(p + 16); break;
		case 5: qfree(p + 8); break;
		case 6: qfree(p + 1); break;
		case 7: qfree(p - 16); break;
		case 8: CHECK(qrealloc(p + 16, 10) == NULL); break;
		case 9: CHECK(qmsize(p + 16) == 0); break;
		}
		child_end_after_panic("corrupt allocation arena");
	}
}

/* Links lie in freed memory: a program that writes there meets a panic. */
static void
a_write_after_free_does_not_lead_us_astray(void **state)
{
	void *p, *q;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(64);
	q = qmalloc(64);
	qfree(p);
	qfree(q);
	*(uintptr_t *)q = 0x4142434445464748;
	CHECK(qmalloc(64) == q);
	CHECK(qmalloc(64) == NULL && errno == EUCLEAN);
	child_end_after_panic("written to after it was freed");
}

static void
after_a_panic_that_returned_nothing_happens(void **state)
{
	void *p, *q;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(100);
	q = qmalloc(5000);
	qfree(p);
	qfree(p);
	CHECK(npanic == 1);
	errno = 0;
	CHECK(qmalloc(100) == NULL && errno == EUCLEAN);
	CHECK(qmalloc(100000) == NULL && errno == EUCLEAN);
	CHECK(qmallocz(10, 0) == NULL && errno == EUCLEAN);
	CHECK(qcalloc(1, 1) == NULL && errno == EUCLEAN);
	CHECK(qsmalloc(1) == NULL && errno == EUCLEAN);
	CHECK(qmallocalign(1, 64, 0, 0) == NULL && errno == EUCLEAN);
	CHECK(qrealloc(q, 10) == NULL && errno == EUCLEAN);
	CHECK(qmsize(q) == 0);
	qfree(q);
	qfree(q);
	CHECK(qmalloctrim() == 0);
	child_end_after_panic("double free");
}

static void
a_panic_may_jump(void **state)
{
	jmp_buf env;
	void *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(100);
	qfree(p);
	jump = &env;
	if (setjmp(env) == 0) {
		qfree(p);
		CHECK(!"reached");
	}
	CHECK(qmalloc(1) == NULL);
	child_end_after_panic("double free");
}

static void
Q27_before_mallocinit_calls_fail_cleanly(void **state)
{
	void *p;

	(void)state;
	if (!child_begin_bare(0, 0))
		return;
	errno = 0;
	CHECK(qmalloc(1) == NULL && errno == ENOMEM);
	CHECK(qmalloc(1000000) == NULL && errno == ENOMEM);
	CHECK(qmallocz(1, 0) == NULL && qcalloc(1, 1) == NULL);
	CHECK(qsmalloc(1) == NULL && errno == ENOMEM);
	CHECK(qmallocalign(1, 64, 0, 0) == NULL && errno == ENOMEM);
	CHECK(qrealloc(NULL, 1) == NULL && qrealloc(NULL, 0) == NULL);
	CHECK(qmsize(NULL) == 0 && qmalloctrim() == 0);
	qfree(NULL);
	CHECK(summary_find("total allocated ") == 0);
	CHECK(strstr(printed, ", 0 remaining\n") != NULL);
	qmallocinit();
	p = qmalloc(1);
	CHECK(p != NULL);
	qmallocinit();
	CHECK(qmallocconf(0, 0) == -1 && errno == EBUSY);
	qfree(p);
	CHECK(qmalloc(1) == p);
	child_end();
}

/* Fill the region with blocks of a size; how many. */
static size_t
fill(void **p, size_t most, size_t size)
{
	size_t n = 0;

	errno = 0;
	while (n < most && (p[n] = qmalloc(size)) != NULL)
		n++;
	CHECK(n < most && errno == ENOMEM);
	return n;
}

static void
Q30_after_exhaustion_and_free_there_is_memory(void **state)
{
	static void *p[100000];
	size_t n;

	(void)state;
	for (unsigned i = 0; i < PW_ARRAY_LEN(sizes); i++) {
		if (!child_begin(MIB, 0))
			continue;
		n = fill(p, PW_ARRAY_LEN(p), sizes[i]);
		CHECK(n * sizes[i] < MIB && qmalloccount("mallocfail") == 1);
		while (n-- != 0)
			qfree(p[n]);
		/* Other sizes, large and small, have room again. */
		CHECK(fill(p, PW_ARRAY_LEN(p), 100000) >= 8);
		qfree(p[0]);
		CHECK(fill(p + 1000, 90000, 10) >= 2500);
		child_end();
	}
}

static void
Q31_the_last_128_kib_of_the_region_are_used(void **state)
{
	static void *p[100000];

	(void)state;
	for (size_t region = 64 * KIB; region <= MIB; region += 60 * KIB)
		for (unsigned i = 2; i < 4; i++) {
			if (!child_begin(region, 0))
				continue;
			CHECK(fill(p, PW_ARRAY_LEN(p), sizes[i]) *
			    (sizes[i] + 8) > region - region / 20 - 12 * KIB);
			child_end();
		}
}

/* The system refuses pages: no difference to the caller. */
static void
memory_that_cannot_be_had_is_a_failure(void **state)
{
	struct rlimit limit;

	(void)state;
	if (!child_begin(0, 0))
		return;
	CHECK(getrlimit(RLIMIT_DATA, &limit) == 0);
	limit.rlim_cur = 64 * MIB;
	CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
	errno = 0;
	CHECK(qmalloc(100 * MIB) == NULL && errno == ENOMEM);
	CHECK(qmalloc(100) != NULL);
	child_end();
}

/* No addresses for the region: as before qmallocinit. */
static void
a_region_that_cannot_be_had_fails_cleanly(void **state)
{
	(void)state;
	if (!child_begin((size_t)1 << 62, 0))
		return;
	errno = 0;
	CHECK(qmalloc(1) == NULL && errno == ENOMEM);
	child_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(Q18_double_free_panics),
		cmocka_unit_test(a_double_free_is_seen_wherever_the_block_lies),
		cmocka_unit_test(Q19_an_overwritten_header_panics_at_its_free),
		cmocka_unit_test(qmalloc_guard_blames_the_culprit),
		cmocka_unit_test(pointers_that_are_no_blocks_panic),
		cmocka_unit_test(a_write_after_free_does_not_lead_us_astray),
		cmocka_unit_test(after_a_panic_that_returned_nothing_happens),
		cmocka_unit_test(a_panic_may_jump),
		cmocka_unit_test(Q27_before_mallocinit_calls_fail_cleanly),
		cmocka_unit_test(Q30_after_exhaustion_and_free_there_is_memory),
		cmocka_unit_test(Q31_the_last_128_kib_of_the_region_are_used),
		cmocka_unit_test(memory_that_cannot_be_had_is_a_failure),
		cmocka_unit_test(a_region_that_cannot_be_had_fails_cleanly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
