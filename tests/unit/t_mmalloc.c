/*
 * t_mmalloc.c - tests of mmalloc's calls on a region, and of several at once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "tests/unit/heap_fixture.h"

static void
M1_a_region_without_a_file_is_usable(void **state)
{
	char *md = mmalloc_attach(-1, NULL), *p;

	(void)state;
	assert_non_null(md);
	p = mmalloc(md, 1000);
	assert_non_null(p);
	memset(p, 1, 1000);
	mfree(md, p);
	assert_null(mmalloc_detach(md));
}

static void
M23_size_0_is_NULL(void **state)
{
	int fd;
	void *md = heap_new(&fd);

	(void)state;
	errno = 0;
	assert_null(mmalloc(md, 0));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(mmalloc_errno(md), EINVAL);
	heap_end(md, fd);
}

static void
M24_mrealloc_to_0_frees(void **state)
{
	int fd;
	void *md = heap_new(&fd), *p = mmalloc(md, 100);

	(void)state;
	assert_int_equal(mmstats(md).chunks_used, 1);
	assert_null(mrealloc(md, p, 0));
	assert_int_equal(mmalloc_errno(md), 0);
	assert_int_equal(mmstats(md).chunks_used, 0);
	heap_end(md, fd);
}

static void
M25_mrealloc_of_NULL_allocates(void **state)
{
	int fd;
	void *md = heap_new(&fd), *p = mrealloc(md, NULL, 100);

	(void)state;
	assert_non_null(p);
	memset(p, 1, 100);
	mfree(md, p);
	heap_end(md, fd);
}

static void
M26_mfree_of_NULL_does_nothing(void **state)
{
	int fd;
	void *md = heap_new(&fd);

	(void)state;
	mfree(md, NULL);
	assert_int_equal(mmstats(md).chunks_used, 0);
	heap_end(md, fd);
}

static void
M27_mvalloc_gives_whole_pages(void **state)
{
	static const size_t size[] = { 1, 100, 4096, 10000 };
	int fd;
	void *md = heap_new(&fd);
	char *p[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		p[i] = mvalloc(md, size[i]);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % (size_t)getpagesize(), 0);
		memset(p[i], i + 1, size[i]);
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(p[i][0], i + 1);
		assert_int_equal(p[i][size[i] - 1], i + 1);
		mfree(md, p[i]);
	}
	assert_int_equal(mmstats(md).chunks_used, 0);
	heap_end(md, fd);
}

static void
M28_mvalloc_of_0_is_NULL(void **state)
{
	int fd;
	void *md = heap_new(&fd);

	(void)state;
	assert_null(mvalloc(md, 0));
	heap_end(md, fd);
}

static void
M29_mmemalign_up_to_1_MiB_overlaps_nothing(void **state)
{
	enum { N = 21 };
	int fd;
	void *md = heap_new(&fd);
	char *p[N], *q[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		size_t align = (size_t)1 << i, size = align + 1000;

		p[i] = mmemalign(md, align, size);
		q[i] = mmalloc(md, 100);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % align, 0);
		memset(p[i], i, size);
		memset(q[i], i + 100, 100);
	}
	for (int i = 0; i < N; i++) {
		size_t size = ((size_t)1 << i) + 1000;

		for (size_t b = 0; b < size; b++)
			assert_int_equal(p[i][b], i);
		for (size_t b = 0; b < 100; b++)
			assert_int_equal(q[i][b], i + 100);
		mfree(md, p[i]);
		mfree(md, q[i]);
	}
	errno = 0;
	assert_null(mmemalign(md, 48, 100));
	assert_int_equal(errno, EINVAL);
	heap_end(md, fd);
}

/* Ours are no fragments: 8 bytes of header, then a multiple of 16. */
static void
M30_blocks_are_a_header_and_a_multiple_of_16(void **state)
{
	static const size_t size[] = { 1, 24, 25, 40, 41, 1025, 2048, 2049 };
	int fd;
	void *md = heap_new(&fd);
	char *p, *q;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		size_t block = (size[i] + 8 + 15) / 16 * 16;

		p = mmalloc(md, size[i]);
		q = mmalloc(md, size[i]);
		assert_int_equal(q - p, block < 32 ? 32 : block);
		assert_int_equal((uintptr_t)p % 16, 0);
	}
	heap_end(md, fd);
}

static void
M32_mrealloc_stays_where_there_is_room(void **state)
{
	int fd;
	void *md = heap_new(&fd);
	char *p = mmalloc(md, 20), *wall;

	(void)state;
	assert_ptr_equal(mrealloc(md, p, 24), p);
	wall = mmalloc(md, 100);
	assert_ptr_not_equal(mrealloc(md, p, 40), p);
	mfree(md, wall);
	heap_end(md, fd);
}

static void
M33_mrealloc_to_less_stays_and_gives_the_rest_back(void **state)
{
	int fd;
	void *md = heap_new(&fd);
	char *p = mmalloc(md, 5 * 4096), *wall = mmalloc(md, 100), *q;

	(void)state;
	assert_ptr_equal(mrealloc(md, p, 3 * 4096), p);
	q = mmalloc(md, 2 * 4096 - 64);
	assert_true(q > p && q < wall);
	heap_end(md, fd);
}

static void
M34_mrealloc_keeps_contents(void **state)
{
	static const size_t size[] = { 10, 5, 100, 4000, 300000, 70000, 33 };
	int fd;
	void *md = heap_new(&fd);
	unsigned char *p = mmalloc(md, 20), *wall;

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		p[i] = (unsigned char)i;
	for (unsigned n = 20, i = 0; i < 7; i++) {
		wall = mmalloc(md, 50);
		p = mrealloc(md, p, size[i]);
		assert_non_null(p);
		n = size[i] < n ? (unsigned)size[i] : n;
		for (unsigned b = 0; b < n; b++)
			assert_int_equal(p[b], b);
		mfree(md, wall);
	}
	heap_end(md, fd);
}

static void
M36_small_blocks_that_are_free_make_a_large_one(void **state)
{
	int fd;
	void *md = heap_new(&fd);
	char *p[100], *wall, *q;

	(void)state;
	for (int i = 0; i < 100; i++)
		p[i] = mmalloc(md, 200);
	wall = mmalloc(md, 10);
	for (int i = 0; i < 100; i += 2)
		mfree(md, p[i]);
	for (int i = 1; i < 100; i += 2)
		mfree(md, p[i]);
	q = mmalloc(md, 100 * 200);
	assert_true(q >= p[0] && q < wall);
	heap_end(md, fd);
}

static void
M39_NULL_is_the_default_heap(void **state)
{
	char *p = mmalloc(NULL, 100);

	(void)state;
	assert_non_null(p);
	memset(p, 3, 100);
	p = mrealloc(NULL, p, 10000);
	assert_non_null(p);
	assert_int_equal(p[99], 3);
	assert_int_equal(mmstats(NULL).chunks_used, 1);
	mfree(NULL, p);
	assert_int_equal(mmstats(NULL).chunks_used, 0);
	assert_null(mmalloc(NULL, SIZE_MAX / 4));
	assert_int_equal(mmalloc_errno(NULL), ENOMEM);
	p = mmemalign(NULL, 4096, 10);
	assert_int_equal(mmalloc_errno(NULL), 0);
	mfree(NULL, p);
}

static void
M40_regions_do_not_see_each_other(void **state)
{
	enum { N = 12 };
	int fd[N];
	char *md[N], *p[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		md[i] = heap_new(&fd[i]);
		for (int j = 0; j < i; j++)
			assert_ptr_not_equal(md[i], md[j]);
		p[i] = mmalloc(md[i], 100000);
		memset(p[i], i, 100000);
	}
	for (int i = 0; i < N; i++) {
		assert_int_equal(mmstats(md[i]).chunks_used, 1);
		for (int b = 0; b < 100000; b++)
			assert_int_equal(p[i][b], i);
		heap_end(md[i], fd[i]);
	}
}

static void
M41_the_program_has_its_own_malloc(void **state)
{
	int fd;
	char *md = heap_new(&fd), *p = malloc(100), *q = mmalloc(md, 100);

	(void)state;
	assert_true(p < md || p > md + 100000);
	assert_true(q > md && q < md + 100000);
	free(p);
	mfree(md, q);
	heap_end(md, fd);
}

static void
M46_mcalloc_is_zero_and_sees_overflow(void **state)
{
	int fd;
	void *md = heap_new(&fd);
	char *p = mmalloc(md, 5000);

	(void)state;
	memset(p, 0xff, 5000);
	mfree(md, p);
	p = mcalloc(md, 50, 100);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(p[i], 0);
	errno = 0;
	assert_null(mcalloc(md, SIZE_MAX / 2, 3));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(mmalloc_errno(md), ENOMEM);
	heap_end(md, fd);
}

static char *
read_all(int fd)
{
	static char text[4096];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = 0;
	return text;
}

static void
M51_a_line_for_each_call(void **state)
{
	int fd, log = heap_file();
	void *md = heap_new(&fd), *p, *q;
	char want[400];

	(void)state;
	assert_int_equal(mmtrace(md, log), 1);
	p = mmalloc(md, 100);
	q = mrealloc(md, p, 90000);
	assert_null(mrealloc(md, q, SIZE_MAX / 4));
	mfree(md, q);
	mmtrace(md, -1);
	mfree(md, mmalloc(md, 5));
	snprintf(want, sizeof(want), "= Start\n+ %lx 64\n< %lx\n> %lx 15f90\n"
	    "! %lx 3fffffffffffffff\n- %lx\n", (long)p, (long)p, (long)q,
	    (long)q, (long)q);
	assert_string_equal(read_all(log), want);
	close(log);
	heap_end(md, fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(M1_a_region_without_a_file_is_usable),
		cmocka_unit_test(M23_size_0_is_NULL),
		cmocka_unit_test(M24_mrealloc_to_0_frees),
		cmocka_unit_test(M25_mrealloc_of_NULL_allocates),
		cmocka_unit_test(M26_mfree_of_NULL_does_nothing),
		cmocka_unit_test(M27_mvalloc_gives_whole_pages),
		cmocka_unit_test(M28_mvalloc_of_0_is_NULL),
		cmocka_unit_test(M29_mmemalign_up_to_1_MiB_overlaps_nothing),
		cmocka_unit_test(M30_blocks_are_a_header_and_a_multiple_of_16),
		cmocka_unit_test(M32_mrealloc_stays_where_there_is_room),
		cmocka_unit_test(
		    M33_mrealloc_to_less_stays_and_gives_the_rest_back),
		cmocka_unit_test(M34_mrealloc_keeps_contents),
		cmocka_unit_test(
		    M36_small_blocks_that_are_free_make_a_large_one),
		cmocka_unit_test(M39_NULL_is_the_default_heap),
		cmocka_unit_test(M40_regions_do_not_see_each_other),
		cmocka_unit_test(M41_the_program_has_its_own_malloc),
		cmocka_unit_test(M46_mcalloc_is_zero_and_sees_overflow),
		cmocka_unit_test(M51_a_line_for_each_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
