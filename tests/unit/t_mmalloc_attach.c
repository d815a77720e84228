/*
 * t_mmalloc_attach.c - tests of attaching and detaching files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "tests/unit/heap_fixture.h"

#include <signal.h>

#include "alloc/mmalloc_layout.h"

static void
M2_an_empty_file_becomes_a_heap_and_grows(void **state)
{
	int fd;
	void *md = heap_new(&fd);
	size_t size = heap_size(fd);

	(void)state;
	assert_true(size > 0);
	assert_non_null(mmalloc(md, 1000000));
	assert_true(heap_size(fd) >= size + 1000000 - 65536);
	heap_end(md, fd);
}

static void
M3_the_descriptor_is_the_base_and_the_file_says_mmalloc(void **state)
{
	int fd;
	char *md = heap_new(&fd);
	char magic[8];

	(void)state;
	assert_memory_equal(md, "mmalloc", 8);
	assert_int_equal(pread(fd, magic, 8, 0), 8);
	assert_memory_equal(magic, "mmalloc", 8);
	heap_end(md, fd);
}

static void
M4_detach_returns_NULL(void **state)
{
	int fd;
	void *md = heap_new(&fd);

	(void)state;
	assert_null(mmalloc_detach(md));
	close(fd);
}

static void
M5_detach_of_NULL_is_NULL(void **state)
{
	(void)state;
	assert_null(mmalloc_detach(NULL));
}

static void
M6_after_detach_nothing_is_mapped(void **state)
{
	int fd;
	char *md = heap_new(&fd), *p = mmalloc(md, 1000000);

	(void)state;
	assert_true(is_mapped(md));
	assert_true(is_mapped(p + 999999));
	heap_end(md, fd);
	assert_false(is_mapped(md));
	assert_false(is_mapped(p + 999999));
}

static void
M7_attached_again_it_is_where_and_what_it_was(void **state)
{
	int fd;
	char *md = heap_new(&fd), *p = mmalloc(md, 70000), *q;

	(void)state;
	for (int i = 0; i < 70000; i++)
		p[i] = (char)(i * 13);
	assert_null(mmalloc_detach(md));
	assert_ptr_equal(mmalloc_attach(fd, NULL), md);
	for (int i = 0; i < 70000; i++)
		assert_int_equal(p[i], (char)(i * 13));
	q = mmalloc(md, 70000);
	assert_true(q >= p + 70000 || q + 70000 <= p);
	mfree(md, p);
	assert_int_equal(mmstats(md).chunks_used, 1);
	heap_end(md, fd);
}

struct link {
	struct link *next;
	int n;
};

static int
count_links(void *arg)
{
	void *md = mmalloc_attach(*(int *)arg, NULL);
	int n = 0;

	for (struct link *l = mmalloc_getkey(md, 3); l != NULL; l = l->next)
		n += l->n;
	mmalloc_detach(md);
	return n;
}

static void
M8_pointers_are_good_in_another_process(void **state)
{
	int fd;
	void *md = heap_new(&fd);
	struct link *list = NULL;

	(void)state;
	for (int i = 1; i <= 20; i++) {
		struct link *l = mmalloc(md, sizeof(*l));

		l->n = i;
		l->next = list;
		list = l;
	}
	mmalloc_setkey(md, 3, list);
	assert_null(mmalloc_detach(md));
	assert_int_equal(in_child(count_links, &fd), 210);
	close(fd);
}

static void
M9_keys_are_kept(void **state)
{
	int fd;
	char *md = heap_new(&fd);

	(void)state;
	for (int i = 0; i < 16; i++)
		assert_int_equal(mmalloc_setkey(md, i, md + 100 * i), 1);
	assert_null(mmalloc_detach(md));
	assert_ptr_equal(mmalloc_attach(fd, NULL), md);
	for (int i = 0; i < 16; i++)
		assert_ptr_equal(mmalloc_getkey(md, i), md + 100 * i);
	heap_end(md, fd);
}

static void
M10_setkey_is_1_or_0(void **state)
{
	int fd;
	void *md = heap_new(&fd);

	(void)state;
	assert_int_equal(mmalloc_setkey(md, 0, md), 1);
	assert_int_equal(mmalloc_setkey(md, 15, md), 1);
	assert_int_equal(mmalloc_setkey(md, -1, md), 0);
	assert_int_equal(mmalloc_setkey(md, 16, md), 0);
	assert_int_equal(mmalloc_setkey(NULL, 0, md), 0);
	heap_end(md, fd);
}

static void
M11_getkey_is_NULL_where_there_is_none(void **state)
{
	int fd;
	void *md = heap_new(&fd);

	(void)state;
	assert_null(mmalloc_getkey(md, 0));
	assert_null(mmalloc_getkey(md, -1));
	assert_null(mmalloc_getkey(md, 16));
	assert_null(mmalloc_getkey(NULL, 0));
	heap_end(md, fd);
}

static void
M12_another_file_is_refused_and_left_alone(void **state)
{
	int fd = heap_file();
	char text[10000];

	(void)state;
	memset(text, 'x', sizeof(text));
	heap_poke(fd, 0, text, sizeof(text));
	heap_refused(fd, EILSEQ);
	close(fd);
}

static void
poke_header(size_t off, const void *bytes, size_t size, int error)
{
	int fd = heap_kept();

	heap_poke(fd, off, bytes, size);
	heap_refused(fd, error);
	close(fd);
}

static void
M13_a_header_of_another_size_is_refused(void **state)
{
	uint16_t size = sizeof(struct mmalloc_header) + 8;

	(void)state;
	poke_header(offsetof(struct mmalloc_header, header_size), &size,
	    sizeof(size), EUCLEAN);
}

static void
M14_a_later_version_is_refused(void **state)
{
	uint8_t version = MMALLOC_VERSION + 1, pointer = 4;
	uint32_t order = __builtin_bswap32(MMALLOC_ORDER);

	(void)state;
	poke_header(offsetof(struct mmalloc_header, version), &version, 1,
	    ENOTSUP);
	poke_header(offsetof(struct mmalloc_header, pointer_size), &pointer,
	    1, ENOTSUP);
	poke_header(offsetof(struct mmalloc_header, order), &order,
	    sizeof(order), ENOTSUP);
}

static void
M15_a_file_shorter_than_a_header_is_refused(void **state)
{
	int fd = heap_kept();

	(void)state;
	assert_int_equal(ftruncate(fd, 100), 0);
	heap_refused(fd, EILSEQ);
	close(fd);
}

static void
M16_a_truncated_file_is_refused_without_a_signal(void **state)
{
	static const size_t size[] = { 65536, 131072, 5000000, 4096, 70001 };
	int fd;
	char *md, *p;

	(void)state;
	for (int crashed = 0; crashed < 2; crashed++)
		for (int i = 0; i < 5; i++) {
			md = heap_new(&fd);
			p = mmalloc(md, 10000000);
			memset(p, 1, 10000000);
			assert_null(mmalloc_detach(md));
			if (crashed)
				heap_poke(fd, offsetof(struct mmalloc_header,
				    state), "open\0\0\0", 8);
			assert_int_equal(ftruncate(fd, (off_t)size[i]), 0);
			heap_refused(fd, EUCLEAN);
			close(fd);
		}
}

static void
M17_a_new_heap_goes_where_it_is_told(void **state)
{
	char *at = mmap(NULL, 1 << 24, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = heap_file();

	(void)state;
	munmap(at, 1 << 24);
	assert_ptr_equal(mmalloc_attach(fd, at), at);
	memset(mmalloc(at, 100000), 1, 100000);
	heap_end(at, fd);
}

static void
M18_an_old_heap_stays_where_it_was(void **state)
{
	int fd = heap_kept();
	void *md = mmalloc_attach(fd, (void *)0x7ea000000000);

	(void)state;
	assert_non_null(md);
	assert_ptr_not_equal(md, (void *)0x7ea000000000);
	assert_string_equal(mmalloc_getkey(md, 0), "kept");
	heap_end(md, fd);
}

static void
M19_what_is_mapped_already_stays(void **state)
{
	size_t page = (size_t)getpagesize();
	char *at = mmap(NULL, page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = heap_file();
	char *md;

	(void)state;
	strcpy(at, "mine");
	errno = 0;
	assert_null(mmalloc_attach(fd, at));
	assert_int_equal(errno, EEXIST);
	assert_string_equal(at, "mine");
	assert_int_equal(heap_size(fd), 0);
	munmap(at, page);

	md = mmalloc_attach(fd, NULL);
	assert_null(mmalloc_detach(md));
	assert_ptr_equal(mmap(md, page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), md);
	strcpy(md, "mine");
	heap_refused(fd, EEXIST);
	assert_string_equal(md, "mine");
	munmap(md, page);
	assert_ptr_equal(mmalloc_attach(fd, NULL), md);
	heap_end(md, fd);
}

static void
M20_a_base_within_a_page_is_refused(void **state)
{
	int fd = heap_file();

	(void)state;
	errno = 0;
	assert_null(mmalloc_attach(fd, (void *)0x7e8000000100));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(heap_size(fd), 0);
	close(fd);
}

static void
M21_a_closed_descriptor_is_refused(void **state)
{
	int fd = heap_file(), pair[2];

	(void)state;
	close(fd);
	errno = 0;
	assert_null(mmalloc_attach(fd, NULL));
	assert_int_equal(errno, EBADF);
	assert_int_equal(pipe(pair), 0);
	assert_null(mmalloc_attach(pair[0], NULL));
	assert_int_equal(errno, EINVAL);
	close(pair[0]);
	close(pair[1]);
}

static int
reopen(int fd, int flags)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags);
}

static void
M22_a_descriptor_that_cannot_write_is_refused(void **state)
{
	int fd = heap_kept(), reader = reopen(fd, O_RDONLY);
	int writer = reopen(fd, O_WRONLY);

	(void)state;
	errno = 0;
	assert_null(mmalloc_attach(reader, NULL));
	assert_int_equal(errno, EACCES);
	assert_null(mmalloc_attach(writer, NULL));
	assert_int_equal(errno, EACCES);
	close(reader);
	close(writer);
	close(fd);
}

static int
attach_errno(void *arg)
{
	return mmalloc_attach(*(int *)arg, NULL) != NULL ? 0 : errno;
}

/* The child has the parent's open file; it still is another process. */
static void
M48_a_second_writer_is_refused(void **state)
{
	int fd = heap_kept(), again = reopen(fd, O_RDWR);
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
	int fd = heap_kept(), again = reopen(fd, O_RDWR);
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
	int fd = heap_kept(), reader = reopen(fd, O_RDONLY);
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
		cmocka_unit_test(M2_an_empty_file_becomes_a_heap_and_grows),
		cmocka_unit_test(
		    M3_the_descriptor_is_the_base_and_the_file_says_mmalloc),
		cmocka_unit_test(M4_detach_returns_NULL),
		cmocka_unit_test(M5_detach_of_NULL_is_NULL),
		cmocka_unit_test(M6_after_detach_nothing_is_mapped),
		cmocka_unit_test(
		    M7_attached_again_it_is_where_and_what_it_was),
		cmocka_unit_test(M8_pointers_are_good_in_another_process),
		cmocka_unit_test(M9_keys_are_kept),
		cmocka_unit_test(M10_setkey_is_1_or_0),
		cmocka_unit_test(M11_getkey_is_NULL_where_there_is_none),
		cmocka_unit_test(M12_another_file_is_refused_and_left_alone),
		cmocka_unit_test(M13_a_header_of_another_size_is_refused),
		cmocka_unit_test(M14_a_later_version_is_refused),
		cmocka_unit_test(M15_a_file_shorter_than_a_header_is_refused),
		cmocka_unit_test(
		    M16_a_truncated_file_is_refused_without_a_signal),
		cmocka_unit_test(M17_a_new_heap_goes_where_it_is_told),
		cmocka_unit_test(M18_an_old_heap_stays_where_it_was),
		cmocka_unit_test(M19_what_is_mapped_already_stays),
		cmocka_unit_test(M20_a_base_within_a_page_is_refused),
		cmocka_unit_test(M21_a_closed_descriptor_is_refused),
		cmocka_unit_test(
		    M22_a_descriptor_that_cannot_write_is_refused),
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
