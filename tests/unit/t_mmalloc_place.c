/*
 * t_mmalloc_place.c - tests of where regions lie.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "tests/unit/heap_fixture.h"

#include <sys/personality.h>
#include <sys/resource.h>

#include "alloc/mmalloc_layout.h"

static char *self;

/* What this program, run anew, answers to "kept FD" and "new FD". */
static int
run_self(unsigned long persona, const char *what, int fd)
{
	char number[20];
	int status;
	pid_t pid;

	snprintf(number, sizeof(number), "%d", fd);
	pid = fork();
	if (pid == 0) {
		personality(persona);
		execl(self, self, what, number, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int
attach_kept(int fd)
{
	void *md = mmalloc_attach(fd, NULL);
	char *p = mmalloc_getkey(md, 0);

	if (md == NULL)
		return errno;
	if (strcmp(p, "kept") != 0 || mmalloc(md, 100000) == NULL)
		return 200;
	return mmalloc_detach(md) == NULL ? 0 : 201;
}

static int
attach_new(int fd)
{
	void *md = mmalloc_attach(fd, NULL);
	char *p = mmalloc(md, 100);

	if (p == NULL)
		return errno;
	strcpy(p, "kept");
	mmalloc_setkey(md, 0, p);
	return mmalloc_detach(md) == NULL ? 0 : 201;
}

static void
a_heap_is_found_with_random_addresses_and_without(void **state)
{
	unsigned long now = (unsigned long)personality(0xffffffff);
	unsigned long fixed = now | ADDR_NO_RANDOMIZE;

	(void)state;
	for (int i = 0; i < 20; i++) {
		int fd = heap_file();

		assert_int_equal(run_self(i & 1 ? now : fixed, "new", fd), 0);
		for (int j = 0; j < 4; j++)
			assert_int_equal(run_self(j & 1 ? now : fixed, "kept",
			    fd), 0);
		close(fd);
	}
}

static void
a_new_region_is_clear_of_sanitizers_and_of_mmap(void **state)
{
	int fd;
	char *md = heap_new(&fd);
	uint64_t window = ((struct mmalloc_header *)md)->window;

	(void)state;
	if (sizeof(void *) != 8)
		skip();
	assert_int_equal(window, (uint64_t)64 << 30);
	assert_true((uintptr_t)md >= 0x7e8000000000);
	assert_true((uintptr_t)md + window <= 0x7f0000000000);
	heap_end(md, fd);
}

static void
where_all_slots_are_taken_the_kernel_chooses(void **state)
{
	enum { N = 12 };
	void *md[N];

	(void)state;
	for (int i = 0; i < N; i++) {
		char *p;

		md[i] = mmalloc_attach(-1, NULL);
		assert_non_null(md[i]);
		p = mmalloc(md[i], 100000);
		assert_non_null(p);
		memset(p, i, 100000);
	}
	for (int i = 0; i < N; i++)
		assert_null(mmalloc_detach(md[i]));
}

static int
attach_rationed(void *arg)
{
	struct rlimit lim = { (rlim_t)4 << 30, (rlim_t)4 << 30 };
	int fd = *(int *)arg;
	void *md;
	char *p;

	setrlimit(RLIMIT_AS, &lim);
	md = mmalloc_attach(fd, NULL);
	if (md == NULL)
		return errno;
	p = mmalloc(md, 100 << 20);
	if (p == NULL || ((struct mmalloc_header *)md)->base != (uintptr_t)md)
		return 1;
	mfree(md, p);
	if (mmalloc(md, (size_t)3 << 30) != NULL ||
	    mmalloc_errno(md) != ENOMEM)
		return 2;
	return mmalloc_detach(md) == NULL ? 0 : 3;
}

static void
a_process_with_few_addresses_has_a_small_window(void **state)
{
	int fd = heap_file(), kept = heap_kept();
	void *md;

	(void)state;
	assert_int_equal(in_child(attach_rationed, &fd), 0);
	assert_int_equal(in_child(attach_rationed, &kept), 0);
	md = mmalloc_attach(fd, NULL);
	assert_non_null(md);
	assert_true(((struct mmalloc_header *)md)->window < (uint64_t)4 << 30);
	heap_end(md, fd);
	close(kept);
}

static void
a_window_that_runs_into_something_is_shorter(void **state)
{
	char *at = mmap(NULL, 64 << 20, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *md;
	int fd = heap_file();

	(void)state;
	munmap(at, 32 << 20);
	md = mmalloc_attach(fd, at);
	assert_ptr_equal(md, at);
	assert_non_null(mmalloc(md, 10 << 20));
	assert_null(mmalloc(md, 40 << 20));
	assert_int_equal(mmalloc_errno(md), ENOMEM);
	heap_end(md, fd);
	munmap(at + (32 << 20), 32 << 20);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_heap_is_found_with_random_addresses_and_without),
		cmocka_unit_test(
		    a_new_region_is_clear_of_sanitizers_and_of_mmap),
		cmocka_unit_test(where_all_slots_are_taken_the_kernel_chooses),
		cmocka_unit_test(
		    a_process_with_few_addresses_has_a_small_window),
		cmocka_unit_test(a_window_that_runs_into_something_is_shorter),
	};

	self = argv[0];
	if (argc == 3)
		return strcmp(argv[1], "new") == 0 ? attach_new(atoi(argv[2])) :
		    attach_kept(atoi(argv[2]));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
