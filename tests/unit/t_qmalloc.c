/*
 * t_qmalloc.c - what quickfit promises of each call.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "quick_child.h"

static const size_t sizes[] = { 0, 1, 8, 24, 25, 40, 100, 500, 4000, 4088,
	4089, 10000, 300000 };

static void
Q1_malloc_of_0_is_not_null(void **state)
{
	void *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(0);
	CHECK(p != NULL);
	CHECK(qmalloc(0) != p);
	child_end();
}

/* Dirty blocks of a size, freed, come back zeroed. */
static void
recycle(size_t size)
{
	char *p[20];

	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++) {
		p[i] = qmalloc(size);
		CHECK(p[i] != NULL && (uintptr_t)p[i] % 16 == 0);
		CHECK(is_zero(p[i], size));
		memset(p[i], 0xa5, qmsize(p[i]));
	}
	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++)
		qfree(p[i]);
	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++) {
		p[i] = qmalloc(size);
		CHECK(is_zero(p[i], size));
	}
	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++)
		qfree(p[i]);
}

static void
Q2_malloc_is_zeroed_even_when_recycled(void **state)
{
	static const int flags[] = { 0, QMALLOC_GUARD, POOL_ANTAGONISM };

	(void)state;
	for (unsigned f = 0; f < PW_ARRAY_LEN(flags); f++) {
		if (!child_begin(0, flags[f]))
			continue;
		for (unsigned i = 0; i < PW_ARRAY_LEN(sizes); i++)
			recycle(sizes[i]);
		for (size_t size = 0; size < 400; size++)
			recycle(size);
		child_end();
	}
}

static void
Q3_mallocz_clears_if_it_is_told_to(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	for (unsigned i = 0; i < PW_ARRAY_LEN(sizes); i++) {
		p = qmalloc(sizes[i]);
		memset(p, 0xa5, sizes[i]);
		qfree(p);
		p = qmallocz(sizes[i], 1);
		CHECK(is_zero(p, sizes[i]));
		memset(p, 0xa5, sizes[i]);
		qfree(p);
		p = qmallocz(sizes[i], 0);
		CHECK(p != NULL);
		qfree(p);
	}
	/* Not cleared is faster just because of this. */
	p = qmalloc(200);
	memset(p, 0xa5, 200);
	qfree(p);
	CHECK(qmallocz(200, 0) == p && p[100] == (char)0xa5);
	child_end();
}

static void
Q4_free_of_null_does_nothing(void **state)
{
	(void)state;
	if (!child_begin(0, 0))
		return;
	qfree(NULL);
	CHECK(qmalloccount("free") == 0);
	child_end();
}

static void
Q5_realloc_of_null_is_malloc(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(100);
	memset(p, 0xa5, 100);
	qfree(p);
	CHECK(qrealloc(NULL, 100) == p);
	CHECK(is_zero(p, 100));
	child_end();
}

static void
Q6_realloc_to_0_frees(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(100);
	CHECK(qrealloc(p, 0) == NULL);
	CHECK(qmalloccount("free") == 1);
	CHECK(qmalloc(100) == p);
	p = qmalloc(100000);
	CHECK(qrealloc(p, 0) == NULL);
	CHECK(qmalloc(100000) == p);
	child_end();
}

static void
Q7_realloc_of_null_to_0_does_nothing(void **state)
{
	(void)state;
	if (!child_begin(0, 0))
		return;
	CHECK(qrealloc(NULL, 0) == NULL);
	CHECK(qmalloccount("malloc") == 0 && qmalloccount("free") == 0);
	child_end();
}

/* From each size to each other, with a pattern before and zeros behind. */
static void
resize_all(void)
{
	unsigned char *p;

	for (unsigned i = 0; i < PW_ARRAY_LEN(sizes); i++)
		for (unsigned j = 1; j < PW_ARRAY_LEN(sizes); j++) {
			size_t from = sizes[i], to = sizes[j];

			p = qmalloc(from);
			memset(p, 0xa5, from);
			p = qrealloc(p, to);
			CHECK(p != NULL);
			for (size_t k = 0; k < from && k < to; k++)
				CHECK(p[k] == 0xa5);
			if (to > from)
				CHECK(is_zero(p + from, to - from));
			memset(p, 0x5a, to);
			qfree(p);
		}
}

static void
Q8_bytes_by_which_realloc_grows_are_zero(void **state)
{
	unsigned char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	resize_all();
	/* A placed block has guards in its slack. */
	for (size_t size = 1; size < 200; size++) {
		p = qmallocalign(size, 64, 0, 0);
		memset(p, 0xa5, size);
		p = qrealloc(p, size + 1);
		CHECK(p[size] == 0);
		qfree(p);
	}
	/* Shrunk and grown again, a byte at a time, over all slack. */
	for (size_t size = 1; size < 200; size++) {
		p = qmalloc(size);
		memset(p, 0xa5, size);
		p = qrealloc(p, (size + 1) / 2);
		p = qrealloc(p, size);
		CHECK(is_zero(p + (size + 1) / 2, size / 2));
		memset(p, 0xa5, size);
		p = qrealloc(p, size + 1);
		CHECK(p[size] == 0);
		memset(p, 0x5a, size + 1);
		qfree(p);
		p = qmallocz(size, 0);
		p = qrealloc(p, size + 3);
		CHECK(is_zero(p + size, 3));
		qfree(p);
	}
	child_end();
}

static void
Q9_realloc_keeps_the_contents(void **state)
{
	static const int flags[] = { 0, QMALLOC_GUARD, POOL_ANTAGONISM };

	(void)state;
	for (unsigned f = 0; f < PW_ARRAY_LEN(flags); f++) {
		if (!child_begin(0, flags[f]))
			continue;
		resize_all();
		child_end();
	}
}

/* 16 units in the reference; here 8 bytes of each 16 are the header's. */
static void
Q12_msize_is_the_room_of_the_block(void **state)
{
	(void)state;
	if (!child_begin(0, 0))
		return;
	CHECK(qmsize(NULL) == 0);
	CHECK(qmsize(qmalloc(1)) == 24);
	CHECK(qmsize(qmalloc(24)) == 24);
	CHECK(qmsize(qmalloc(25)) == 40);
	for (size_t size = 0; size < 5000; size++) {
		void *p = qmalloc(size);

		CHECK(qmsize(p) >= size);
		CHECK(qmsize(p) % 16 == 8);
		qfree(p);
	}
	child_end();
}

static void
Q13_bytes_up_to_msize_may_be_written(void **state)
{
	static const int flags[] = { 0, QMALLOC_GUARD, POOL_ANTAGONISM };

	(void)state;
	for (unsigned f = 0; f < PW_ARRAY_LEN(flags); f++) {
		if (!child_begin(0, flags[f]))
			continue;
		for (size_t size = 0; size < 6000; size += 7) {
			char *p = qmalloc(size), *q = qmalloc(size);

			memset(p, 0xa5, qmsize(p));
			memset(q, 0xa5, qmsize(q));
			p = qrealloc(p, qmsize(p) + 1);
			CHECK(p != NULL && (size == 0 || *p == (char)0xa5));
			qfree(q);
			qfree(p);
		}
		child_end();
	}
}

static void
Q20_mallocalign_aligns(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	for (size_t align = 1; align <= 65536; align *= 2)
		for (unsigned i = 0; i < PW_ARRAY_LEN(sizes); i++) {
			p = qmallocalign(sizes[i], align, 0, 0);
			CHECK(p != NULL && (uintptr_t)p % align == 0);
			CHECK(is_zero(p, sizes[i]));
			memset(p, 0xa5, sizes[i]);
			qfree(p);
		}
	child_end();
}

static void
Q21_mallocalign_honours_offset_and_span(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	for (long offset = -40; offset < 200; offset += 3) {
		p = qmallocalign(50, 64, offset, 0);
		CHECK(p != NULL);
		CHECK((uintptr_t)p % 64 == (uintptr_t)(offset + 640) % 64);
		memset(p, 0xa5, qmsize(p));
		qfree(p);
	}
	for (size_t size = 1; size <= 4096; size += 91) {
		p = qmallocalign(size, 0, 0, 4096);
		CHECK(p != NULL);
		CHECK((uintptr_t)p / 4096 == ((uintptr_t)p + size - 1) / 4096);
		CHECK(is_zero(p, size));
		memset(p, 0xa5, size);
		if (size % 2 == 0)
			qfree(p);
	}
	errno = 0;
	CHECK(qmallocalign(4097, 0, 0, 4096) == NULL && errno == EINVAL);
	child_end();
}

/* And it is a multiple of the align that was asked for, as documented. */
static void
Q22_an_align_is_rounded_up_to_a_power_of_2(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmallocalign(100, 48, 0, 0);
	CHECK((uintptr_t)p % 64 == 0 && (uintptr_t)p % 48 == 0);
	qfree(p);
	p = qmallocalign(100, 100, 5, 0);
	CHECK((uintptr_t)p % 128 == 5 && (uintptr_t)p % 100 == 5);
	qfree(p);
	CHECK(qmallocalign(1, SIZE_MAX - 2, 0, 0) == NULL && errno == ENOMEM);
	child_end();
}

static void
Q23_mallocalign_of_0_is_malloc_of_0(void **state)
{
	void *p, *q;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmallocalign(0, 0, 0, 0);
	q = qmallocalign(0, 256, 0, 0);
	CHECK(p != NULL && q != NULL && p != q);
	CHECK((uintptr_t)q % 256 == 0);
	qfree(p);
	qfree(q);
	child_end();
}

static void
Q25_smalloc_of_0_returns(void **state)
{
	(void)state;
	if (!child_begin(0, 0))
		return;
	CHECK(qsmalloc(0) != NULL);
	child_end();
}

static void
Q26_tags_are_not_kept_and_say_so(void **state)
{
	void *p[3];

	(void)state;
	if (!child_begin(0, 0))
		return;
	p[0] = qmalloc(1);
	p[1] = qmalloc(100000);
	p[2] = NULL;
	for (unsigned i = 0; i < PW_ARRAY_LEN(p); i++) {
		qsetmalloctag(p[i], 1);
		qsetrealloctag(p[i], 2);
		CHECK(qgetmalloctag(p[i]) == UINTPTR_MAX);
		CHECK(qgetrealloctag(p[i]) == UINTPTR_MAX);
	}
	CHECK(is_zero(p[0], 1) && is_zero(p[1], 100000));
	child_end();
}

static void
Q32_calloc_clears_and_sees_overflow(void **state)
{
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qcalloc(10, 20);
	memset(p, 0xa5, 200);
	qfree(p);
	CHECK(qcalloc(20, 10) == p && is_zero(p, 200));
	CHECK(qcalloc(0, 10) != NULL && qcalloc(10, 0) != NULL);
	errno = 0;
	CHECK(qcalloc(SIZE_MAX / 2, 3) == NULL && errno == ENOMEM);
	errno = 0;
	CHECK(qcalloc(SIZE_MAX, SIZE_MAX) == NULL && errno == ENOMEM);
	child_end();
}

static void
a_size_that_cannot_be_is_refused(void **state)
{
	static const size_t huge[] = { SIZE_MAX, SIZE_MAX - 4, SIZE_MAX - 24,
		SIZE_MAX / 2, (size_t)1 << 46 };
	char *p;

	(void)state;
	if (!child_begin(0, 0))
		return;
	p = qmalloc(10);
	for (unsigned i = 0; i < PW_ARRAY_LEN(huge); i++) {
		errno = 0;
		CHECK(qmalloc(huge[i]) == NULL && errno == ENOMEM);
		CHECK(qmallocalign(huge[i], 64, 0, 0) == NULL &&
		    errno == ENOMEM);
		CHECK(qrealloc(p, huge[i]) == NULL && errno == ENOMEM);
		CHECK(qsmalloc(huge[i]) == NULL && errno == EINVAL);
	}
	qfree(p);
	child_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(Q1_malloc_of_0_is_not_null),
		cmocka_unit_test(Q2_malloc_is_zeroed_even_when_recycled),
		cmocka_unit_test(Q3_mallocz_clears_if_it_is_told_to),
		cmocka_unit_test(Q4_free_of_null_does_nothing),
		cmocka_unit_test(Q5_realloc_of_null_is_malloc),
		cmocka_unit_test(Q6_realloc_to_0_frees),
		cmocka_unit_test(Q7_realloc_of_null_to_0_does_nothing),
		cmocka_unit_test(Q8_bytes_by_which_realloc_grows_are_zero),
		cmocka_unit_test(Q9_realloc_keeps_the_contents),
		cmocka_unit_test(Q12_msize_is_the_room_of_the_block),
		cmocka_unit_test(Q13_bytes_up_to_msize_may_be_written),
		cmocka_unit_test(Q20_mallocalign_aligns),
		cmocka_unit_test(Q21_mallocalign_honours_offset_and_span),
		cmocka_unit_test(Q22_an_align_is_rounded_up_to_a_power_of_2),
		cmocka_unit_test(Q23_mallocalign_of_0_is_malloc_of_0),
		cmocka_unit_test(Q25_smalloc_of_0_returns),
		cmocka_unit_test(Q26_tags_are_not_kept_and_say_so),
		cmocka_unit_test(Q32_calloc_clears_and_sees_overflow),
		cmocka_unit_test(a_size_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
