/*
 * t_pool_create.c - pools that poolcreate made.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/pool.h"
#include "base/check.h"
#include "base/os.h"

void
check_failed(const char *what, const char *file, int line)
{
	print_error("%s:%d: %s\n", file, line, what);
	abort();
}

static void
four_lines_are_enough(void **state)
{
	Pool *p = poolcreate("hello", NULL, 0);
	char *v = poolalloc(p, 12);

	(void)state;
	strcpy(v, "hello world");
	assert_string_equal(v, "hello world");
	poolfree(p, v);
	pooldestroy(p);
}

static void
the_name_is_copied(void **state)
{
	char name[] = "borrowed";
	Pool *p = poolcreate(name, NULL, 0);

	(void)state;
	name[0] = 'x';
	assert_string_equal(p->name, "borrowed");
	pooldestroy(p);
	pooldestroy(NULL);
}

static void
unknown_flags_are_refused(void **state)
{
	(void)state;
	errno = 0;
	assert_null(poolcreate("x", NULL, 1 << 20));
	assert_int_equal(errno, EINVAL);
}

static void
chunks_grow_with_the_pool(void **state)
{
	Pool *p = poolcreate("grows", NULL, 0);
	size_t first;

	(void)state;
	poolalloc(p, 10);
	first = p->cursize;
	for (int i = 0; i < 2000; i++)
		assert_non_null(poolalloc(p, 10000));
	assert_true(p->minarena > 8 * first);
	assert_true(p->cursize < (size_t)20000000 * 5 / 4);
	poolcheck(p);
	pooldestroy(p);
}

static void
maxsize_may_be_set_afterwards(void **state)
{
	Pool *p = poolcreate("limited", NULL, 0);
	void *v;
	size_t n = 0;

	(void)state;
	p->maxsize = 10 << 20;
	for (v = poolalloc(p, 10000); v != NULL; v = poolalloc(p, 10000))
		n += 10000;
	assert_int_equal(errno, ENOMEM);
	assert_true(p->cursize <= p->maxsize);
	assert_true(n > (9u << 20));
	poolcheck(p);
	pooldestroy(p);
}

static void
a_vmem_arena_may_be_the_source(void **state)
{
	size_t size = 1 << 20;
	char *area = os_map(size);
	vmem_t *source = vmem_create("s", (uintptr_t)area, size, 4096, 0,
	    VMEM_NOWAIT);
	Pool *p = poolcreate("over vmem", source, POOL_ANTAGONISM);
	char *v = poolalloc(p, 1000);

	(void)state;
	assert_in_range((uintptr_t)v, (uintptr_t)area, (uintptr_t)area + size);
	pooldestroy(p);
	p = poolcreate("over vmem", source, 0);
	for (int i = 0; i < 14; i++)
		assert_non_null(poolalloc(p, 60000));
	pooldestroy(p);
	os_unmap(area, size);
}

/* Runs fn in a child; what it said on descriptor 2, and how it ended. */
static int
in_child(void (*fn)(void), char *said, size_t size)
{
	int fd[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 2);
		close(fd[0]);
		fn();
		_exit(0);
	}
	close(fd[1]);
	while (n < size - 1 && (got = read(fd[0], said + n, size - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = '\0';
	close(fd[0]);
	waitpid(pid, &status, 0);
	return status;
}

static void
double_free(void)
{
	Pool *p = poolcreate("culprit", NULL, 0);
	void *v = poolalloc(p, 10);

	poolfree(p, v);
	poolfree(p, v);
}

static void
panic_says_why_and_aborts(void **state)
{
	char said[4096];
	int status = in_child(double_free, said, sizeof(said));

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(said, "panic: "));
	assert_non_null(strstr(said, "culprit"));
	assert_non_null(strstr(said, "double-free"));
}

static void
dump(void)
{
	Pool *p = poolcreate("dumped", NULL, 0);

	poolalloc(p, 10);
	pooldump(p);
}

static void
print_goes_to_descriptor_2(void **state)
{
	char said[4096];

	(void)state;
	assert_int_equal(in_child(dump, said, sizeof(said)), 0);
	assert_non_null(strstr(said, "dumped\n"));
	assert_non_null(strstr(said, "arena "));
}

static void *
hammer(void *arg)
{
	Pool *p = arg;

	for (int i = 0; i < 20000; i++)
		poolfree(p, poolalloc(p, (size_t)i % 500));
	return NULL;
}

static void
the_lock_serves_eight_threads(void **state)
{
	Pool *p = poolcreate("threads", NULL, 0);
	pthread_t id[8];

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&id[i], NULL, hammer, p), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(id[i], NULL);
	assert_int_equal(p->curalloc, 0);
	assert_int_equal(p->nfree, 8 * 20000);
	assert_int_equal(p->futex, 0);
	poolcheck(p);
	pooldestroy(p);
}

static void
trim_gives_a_closed_document_back(void **state)
{
	Pool *p = poolcreate("documents", NULL, 0);
	void *v[1000], *kept = poolalloc(p, 100);
	size_t before = p->cursize;

	(void)state;
	for (int i = 0; i < 1000; i++)
		v[i] = poolalloc(p, 20000);
	for (int i = 0; i < 1000; i++)
		poolfree(p, v[i]);
	assert_true(p->cursize > 20000000);
	assert_true(pooltrim(p) > 19000000);
	assert_int_equal(p->cursize, before);
	poolfree(p, kept);
	poolcheck(p);
	pooldestroy(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_lines_are_enough),
		cmocka_unit_test(the_name_is_copied),
		cmocka_unit_test(unknown_flags_are_refused),
		cmocka_unit_test(chunks_grow_with_the_pool),
		cmocka_unit_test(maxsize_may_be_set_afterwards),
		cmocka_unit_test(a_vmem_arena_may_be_the_source),
		cmocka_unit_test(panic_says_why_and_aborts),
		cmocka_unit_test(print_goes_to_descriptor_2),
		cmocka_unit_test(the_lock_serves_eight_threads),
		cmocka_unit_test(trim_gives_a_closed_document_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
