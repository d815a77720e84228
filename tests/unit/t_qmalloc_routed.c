/*
 * t_qmalloc_routed.c - a program whose malloc is quickfit: libc, cmocka and
 * threads all live on it, and nothing in it may call malloc on its way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/qmalloc.h"
#include "base/check.h"

static unsigned routed;

void
check_failed(const char *what, const char *file, int line)
{
	(void)what;
	(void)file;
	(void)line;
	abort();
}

void *
malloc(size_t size)
{
	__atomic_fetch_add(&routed, 1, __ATOMIC_RELAXED);
	qmallocinit();
	return qmalloc(size);
}

void *
calloc(size_t n, size_t size)
{
	qmallocinit();
	return qcalloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	qmallocinit();
	return qrealloc(p, size);
}

void
free(void *p)
{
	qfree(p);
}

void *
memalign(size_t align, size_t size)
{
	qmallocinit();
	return qmallocalign(size, align, 0, 0);
}

void *
aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

int
posix_memalign(void **p, size_t align, size_t size)
{
	*p = memalign(align, size);
	return *p == NULL ? ENOMEM : 0;
}

static void *
use_libc(void *arg)
{
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	for (unsigned i = 0; i < 200; i++) {
		f = tmpfile();
		assert_non_null(f);
		fprintf(f, "%0300d\n", (int)i);
		rewind(f);
		assert_int_equal(getline(&line, &size, f), 301);
		fclose(f);
	}
	free(line);
	return arg;
}

static void
a_program_lives_on_it(void **state)
{
	pthread_t t[8];

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&t[i], NULL, use_libc, NULL),
		    0);
	for (unsigned i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	assert_true(routed > 8 * 200);
}

/* The first 32 keys need no memory; the next ones have calloc called. */
static void
a_key_of_a_thread_may_need_memory(void **state)
{
	pthread_key_t key;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(pthread_key_create(&key, free), 0);
	assert_int_equal(pthread_setspecific(key, malloc(10)), 0);
	a_program_lives_on_it(state);
}

static void
a_child_lives_on_it(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		pid = fork();
		if (pid == 0) {
			use_libc(NULL);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_lives_on_it),
		cmocka_unit_test(a_key_of_a_thread_may_need_memory),
		cmocka_unit_test(a_child_lives_on_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
