/*
 * t_mmalloc_share.c - tests of several processes and one heap file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "tests/unit/heap_fixture.h"

#include <signal.h>

static int
attach_errno(void *arg)
{
	return mmalloc_attach(*(int *)arg, NULL) != NULL ? 0 : errno;
}

/* The child has the parent's open file; it still is another process. */
static void
M48_a_second_writer_is_refused(void **state)
{
	int fd = heap_kept(), again = heap_reopen(fd, O_RDWR);
	void *md = mmalloc_attach(fd, NULL);

	(void)state;
	assert_non_null(md);
	assert_int_equal(in_child(attach_errno, &fd), EWOULDBLOCK);
	assert_int_equal(in_child(attach_errno, &again), EWOULDBLOCK);
	assert_null(mmalloc_attach(fd, NULL));
	assert_int_equal(errno, EWOULDBLOCK);
	assert_null(mmalloc_attach_readonly(again));
	assert_int_equal(errno, EWOULDBLOCK);
	assert_null(mmalloc_detach(md));
	assert_int_equal(in_child(attach_errno, &fd), 0);
	close(again);
	close(fd);
}

static int
die_attached(void *arg)
{
	void *md = mmalloc_attach(*(int *)arg, NULL);

	for (int i = 0; i < 1000; i++)
		mmalloc_setkey(md, 1, mmalloc(md, 1000));
	return raise(SIGKILL);
}

static void
M49_a_killed_writer_leaves_a_heap(void **state)
{
	int fd = heap_kept();
	void *md;

	(void)state;
	assert_int_equal(in_child(die_attached, &fd), -SIGKILL);
	md = mmalloc_attach(fd, NULL);
	assert_non_null(md);
	assert_string_equal(mmalloc_getkey(md, 0), "kept");
	assert_int_equal(mmstats(md).chunks_used, 1001);
	mfree(md, mmalloc_getkey(md, 1));
	assert_int_equal(mmcheck(md, NULL), 1);
	heap_end(md, fd);
}

static void
the_callers_descriptor_may_be_closed(void **state)
{
	int fd = heap_kept(), again = heap_reopen(fd, O_RDWR);
	void *md = mmalloc_attach(fd, NULL);

	(void)state;
	close(fd);
	assert_non_null(mmalloc(md, 1000000));
	assert_int_equal(in_child(attach_errno, &again), EWOULDBLOCK);
	assert_null(mmalloc_detach(md));
	close(again);
}

static int
read_only(void *arg)
{
	void *md = mmalloc_attach_readonly(*(int *)arg);

	if (md == NULL)
		return errno;
	return strcmp(mmalloc_getkey(md, 0), "kept") != 0 ||
	    mmalloc_detach(md) != NULL;
}

static void
readers_share_and_change_nothing(void **state)
{
	int fd = heap_kept(), reader = heap_reopen(fd, O_RDONLY);
	void *md = mmalloc_attach_readonly(reader);

	(void)state;
	assert_non_null(md);
	assert_int_equal(in_child(read_only, &fd), 0);
	heap_refused(fd, EWOULDBLOCK);
	assert_null(mmalloc(md, 10));
	assert_int_equal(mmalloc_errno(md), EACCES);
	assert_int_equal(mmalloc_setkey(md, 0, NULL), 0);
	assert_int_equal(mmcheck(md, NULL), 0);
	mfree(md, mmalloc_getkey(md, 0));
	assert_int_equal(mmalloc_errno(md), EACCES);
	assert_int_equal(mmstats(md).chunks_used, 1);
	assert_null(mmalloc_detach(md));
	assert_int_equal(in_child(attach_errno, &fd), 0);
	close(reader);
	close(fd);
}

static int
use_parents(void *arg)
{
	void *md = arg;

	errno = 0;
	if (mmalloc(md, 10) != NULL || errno != EPERM || is_mapped(md) ||
	    mmalloc_getkey(md, 0) != NULL || mmalloc_setkey(md, 0, md) != 0 ||
	    mmstats(md).chunks_used != 0)
		return 1;
	return mmalloc_detach(md) != NULL;
}

static void
a_forked_child_has_no_region_of_a_file(void **state)
{
	int fd;
	void *md = heap_new(&fd);

	(void)state;
	assert_int_equal(in_child(use_parents, md), 0);
	assert_non_null(mmalloc(md, 10));
	heap_end(md, fd);
}

static int
use_copy(void *arg)
{
	char **p = arg;

	if (strcmp(p[1], "copied") != 0 || mmalloc(p[0], 100000) == NULL)
		return 1;
	strcpy(p[1], "childs");
	mfree(p[0], p[1]);
	return mmalloc(NULL, 10) == NULL;
}

static void
a_forked_child_has_a_copy_of_other_regions(void **state)
{
	char *p[2] = { mmalloc_attach(-1, NULL) };

	(void)state;
	p[1] = mmalloc(p[0], 100);
	strcpy(p[1], "copied");
	assert_int_equal(in_child(use_copy, p), 0);
	assert_string_equal(p[1], "copied");
	assert_int_equal(mmstats(p[0]).chunks_used, 1);
	assert_null(mmalloc_detach(p[0]));
}

static void
no_more_regions_than_there_are_places(void **state)
{
	void *md[200];
	int n = 0;

	(void)state;
	while (n < 200 && (md[n] = mmalloc_attach(-1, NULL)) != NULL)
		n++;
	assert_int_equal(errno, EMFILE);
	assert_int_equal(n, 128);
	while (n > 0)
		assert_null(mmalloc_detach(md[--n]));
	md[0] = mmalloc_attach(-1, NULL);
	assert_non_null(md[0]);
	assert_null(mmalloc_detach(md[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(M48_a_second_writer_is_refused),
		cmocka_unit_test(M49_a_killed_writer_leaves_a_heap),
		cmocka_unit_test(the_callers_descriptor_may_be_closed),
		cmocka_unit_test(readers_share_and_change_nothing),
		cmocka_unit_test(a_forked_child_has_no_region_of_a_file),
		cmocka_unit_test(a_forked_child_has_a_copy_of_other_regions),
		cmocka_unit_test(no_more_regions_than_there_are_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
