/*
 * t_mmalloc_limits.c - tests of heaps that grow, shrink and meet a limit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "tests/unit/heap_fixture.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "alloc/mmalloc_layout.h"

#define MIB	((size_t)1 << 20)

static void
limit(int what, rlim_t n)
{
	struct rlimit lim;

	getrlimit(what, &lim);
	lim.rlim_cur = n;
	setrlimit(what, &lim);
}

static void
M35_a_resize_that_fails_leaves_the_block(void **state)
{
	int fd;
	void *md = heap_new(&fd);
	unsigned char *p = mmalloc(md, 50000);

	(void)state;
	for (int i = 0; i < 50000; i++)
		p[i] = (unsigned char)(i * 7);
	limit(RLIMIT_FSIZE, MIB);
	assert_null(mrealloc(md, p, 10 * MIB));
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	assert_int_equal(mmalloc_errno(md), EFBIG);
	for (int i = 0; i < 50000; i++)
		assert_int_equal(p[i], (unsigned char)(i * 7));
	assert_null(mrealloc(md, p, SIZE_MAX / 8));
	assert_int_equal(mmalloc_errno(md), ENOMEM);
	assert_ptr_equal(mrealloc(md, p, 50001), p);
	heap_end(md, fd);
}

static void
M37_a_free_end_is_given_back(void **state)
{
	int fd;
	char *md = heap_new(&fd), *small = mmalloc(md, 100);
	char *p = mmalloc(md, 4 * MIB);
	size_t large = mmstats(md).bytes_total;

	(void)state;
	assert_non_null(small);
	mfree(md, p);
	assert_true(mmstats(md).bytes_total < large - 4 * MIB + 2 * 65536);
	errno = 0;
	assert_false(is_mapped(p + 4 * MIB - 1) &&
	    write(fd, p + 4 * MIB - 1, 1) == 1);
	p = mmalloc(md, 4 * MIB);
	memset(p, 1, 4 * MIB);
	heap_end(md, fd);
}

static void
M38_the_file_shrinks_too(void **state)
{
	int fd;
	void *md = heap_new(&fd), *p = mmalloc(md, 4 * MIB);

	(void)state;
	assert_true(heap_size(fd) > 4 * MIB);
	mfree(md, p);
	assert_true(heap_size(fd) < MIB);
	assert_int_equal(heap_size(fd), mmstats(md).bytes_total);
	p = mmalloc(md, 200000);
	assert_true(heap_size(fd) > 200000);
	mfree(md, p);
	assert_null(mmalloc_detach(md));
	assert_int_equal(heap_size(fd), MMALLOC_UNIT);
	close(fd);
}

/* After it failed to grow, what is there can be used. */
static void
still_usable(void *md)
{
	char *p = mmalloc(md, 1000);

	assert_non_null(p);
	assert_int_equal(mmalloc_errno(md), 0);
	memset(p, 1, 1000);
	mfree(md, p);
	assert_int_equal(mmcheck(md, NULL), 1);
}

static void
M42_mmalloc_errno_says_why_it_does_not_grow(void **state)
{
	int fd;
	void *md = heap_new(&fd);

	(void)state;
	assert_int_equal(mmalloc_errno(md), 0);
	limit(RLIMIT_FSIZE, MIB);
	errno = 0;
	assert_null(mmalloc(md, 2 * MIB));
	assert_int_equal(errno, EFBIG);
	assert_int_equal(mmalloc_errno(md), EFBIG);
	still_usable(md);
	while (mmalloc(md, 10000) != NULL)
		;
	assert_int_equal(mmalloc_errno(md), EFBIG);
	assert_true(heap_size(fd) > MIB - MMALLOC_UNIT);
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	assert_non_null(mmalloc(md, 2 * MIB));
	heap_end(md, fd);
}

static void
a_new_heap_that_gets_no_room_leaves_the_file_empty(void **state)
{
	int fd = heap_file();

	(void)state;
	limit(RLIMIT_FSIZE, 10000);
	errno = 0;
	assert_null(mmalloc_attach(fd, NULL));
	assert_int_equal(errno, EFBIG);
	limit(RLIMIT_FSIZE, RLIM_INFINITY);
	assert_int_equal(heap_size(fd), 0);
	assert_non_null(mmalloc_attach(fd, NULL));
	close(fd);
}

/* In a mount namespace of its own, if this one may have it: a disk of 2 MiB. */
static int
fill_disk(void *arg)
{
	void *md, *p;
	int fd, n = 0;

	(void)arg;
	if (unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", "/tmp", "tmpfs", 0, "size=2m") != 0)
		return 77;
	fd = heap_file();
	md = mmalloc_attach(fd, NULL);
	while ((p = mmalloc(md, 100000)) != NULL)
		memset(p, n++, 100000);
	if (mmalloc_errno(md) != ENOSPC || errno != ENOSPC || n < 15)
		return 1;
	p = mmalloc(md, 100);
	if (p == NULL || mmalloc_errno(md) != 0 || mmalloc_detach(md) != NULL)
		return 2;
	return mmalloc_attach(fd, NULL) == NULL ? 3 : 0;
}

static void
a_full_disk_is_ENOSPC_and_no_signal(void **state)
{
	int status = in_child(fill_disk, NULL);

	(void)state;
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

/* From now on this system call fails so, in this process. */
static int
refuse_call(int nr, int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, code };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0) != 0;
}

static int
grow_unmapped(void *arg)
{
	int fd = *(int *)arg;
	void *md = mmalloc_attach(fd, NULL);
	size_t size = heap_size(fd);

	if (refuse_call(SYS_mmap, ENOMEM))
		return 77;
	if (mmalloc(md, MIB) != NULL || mmalloc_errno(md) != ENOMEM)
		return 1;
	if (heap_size(fd) != size || mmalloc(md, 1000) == NULL)
		return 2;
	return mmalloc_detach(md) != NULL;
}

static void
a_map_that_is_refused_is_ENOMEM(void **state)
{
	int fd = heap_kept(), status = in_child(grow_unmapped, &fd);

	(void)state;
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
	close(fd);
}

static int
without_fallocate(void *arg)
{
	int fd = heap_file();
	void *md;
	char *p;

	(void)arg;
	if (refuse_call(SYS_fallocate, EOPNOTSUPP))
		return 77;
	md = mmalloc_attach(fd, NULL);
	p = md == NULL ? NULL : mmalloc(md, 3 * MIB);
	if (p == NULL)
		return 1;
	memset(p, 1, 3 * MIB);
	mmalloc_setkey(md, 0, p);
	if (mmalloc_detach(md) != NULL || mmalloc_attach(fd, NULL) != md)
		return 2;
	return mmalloc_getkey(md, 0) != p || p[3 * MIB - 1] != 1;
}

static void
a_file_system_without_fallocate_will_do(void **state)
{
	int status = in_child(without_fallocate, NULL);

	(void)state;
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

static void
M50_a_region_grows_past_4_GiB(void **state)
{
	enum { N = 5 };
	struct statvfs fs;
	char *p[N];
	void *md;
	int fd;

	(void)state;
	assert_int_equal(statvfs("/tmp", &fs), 0);
	md = heap_new(&fd);
	errno = 0;
	p[0] = mmalloc(md, (size_t)3 << 30);
	if (p[0] == NULL && (errno == ENOSPC || errno == EFBIG ||
	    errno == EDQUOT))
		skip();
	assert_non_null(p[0]);
	for (int i = 1; i < N; i++) {
		p[i] = mmalloc(md, (size_t)512 << 20);
		if (p[i] == NULL && errno == ENOSPC)
			skip();
		assert_non_null(p[i]);
		p[i][((size_t)512 << 20) - 1] = (char)i;
	}
	p[0][((size_t)3 << 30) - 1] = 42;
	assert_true(heap_size(fd) > (size_t)5 << 30);
	assert_null(mmalloc_detach(md));
	assert_ptr_equal(mmalloc_attach(fd, NULL), md);
	assert_int_equal(p[0][((size_t)3 << 30) - 1], 42);
	for (int i = 1; i < N; i++)
		assert_int_equal(p[i][((size_t)512 << 20) - 1], i);
	heap_end(md, fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(M35_a_resize_that_fails_leaves_the_block),
		cmocka_unit_test(M37_a_free_end_is_given_back),
		cmocka_unit_test(M38_the_file_shrinks_too),
		cmocka_unit_test(M42_mmalloc_errno_says_why_it_does_not_grow),
		cmocka_unit_test(
		    a_new_heap_that_gets_no_room_leaves_the_file_empty),
		cmocka_unit_test(a_full_disk_is_ENOSPC_and_no_signal),
		cmocka_unit_test(a_map_that_is_refused_is_ENOMEM),
		cmocka_unit_test(a_file_system_without_fallocate_will_do),
		cmocka_unit_test(M50_a_region_grows_past_4_GiB),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
