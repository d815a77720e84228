/*
 * t_qmalloc_threads.c - quickfit between threads, at their end, across fork.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <pthread.h>
#include <time.h>

#include "quick_child.h"

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
run(void *(*fn)(void *), void *arg)
{
	pthread_t t;

	CHECK(pthread_create(&t, NULL, fn, arg) == 0);
	CHECK(pthread_join(t, NULL) == 0);
}

static void *held[100000];
static size_t nheld;
static int served;		/* qsmalloc has returned */

static void *
free_some_later(void *arg)
{
	size_t n = *(size_t *)arg;

	qfree(qmalloc(8));		/* so it has lists of its own */
	usleep(300000);
	for (size_t i = 0; i < n; i++)
		qfree(held[--nheld]);
	/* It does not end before: its lists would go to the centre then. */
	for (unsigned i = 0; !__atomic_load_n(&served, __ATOMIC_RELAXED); i++) {
		CHECK(i < 3000);
		usleep(10000);
	}
	return NULL;
}

static void
smalloc_waits(size_t size, size_t freed)
{
	pthread_t t;
	uint64_t begin;
	char *p;

	for (nheld = 0; (p = qmalloc(size)) != NULL; nheld++) {
		memset(p, 0xa5, size);
		held[nheld] = p;
	}
	while ((p = qmalloc(1)) != NULL)
		continue;
	CHECK(pthread_create(&t, NULL, free_some_later, &freed) == 0);
	begin = now_ms();
	p = qsmalloc(size);
	__atomic_store_n(&served, 1, __ATOMIC_RELAXED);
	CHECK(p != NULL && is_zero(p, size));
	CHECK(now_ms() - begin >= 200);
	CHECK(qmalloccount("smallocwait") >= 2);
	pthread_join(t, NULL);
	child_end();
}

static void
Q24_smalloc_waits_until_another_thread_frees(void **state)
{
	(void)state;
	if (child_begin(MIB, 0))
		smalloc_waits(100, 1);
	if (child_begin(MIB, 0))
		smalloc_waits(10000, 1);
	if (child_begin(MIB, QMALLOC_GUARD))
		smalloc_waits(1000, 1);
	if (child_begin(MIB, POOL_ANTAGONISM))
		smalloc_waits(1000, 1);
}

/* Slots that all threads take from and put to. */
#define NSLOTS	256u
static unsigned char *slot[NSLOTS];

static void
stress_one(uint64_t *x)
{
	unsigned char *p, *old;
	size_t size;

	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	size = *x >> 20 & ((*x & 7) == 0 ? 16383 : 511);
	p = *x & 8 ? qmalloc(size + 4) : qmallocalign(size + 4, 64, 0, 0);
	CHECK(p != NULL && is_zero(p, size + 4));
	memset(p, (int)(*x >> 40) | 1, size + 4);
	if (*x & 16) {
		p = qrealloc(p, size / 2 + 4);
		CHECK(p != NULL);
		size /= 2;
	}
	memcpy(p, &(uint16_t){ (uint16_t)size }, 2);
	old = __atomic_exchange_n(&slot[*x >> 50 & (NSLOTS - 1)], p,
	    __ATOMIC_ACQ_REL);
	if (old == NULL)
		return;
	size = (size_t)old[0] | (size_t)old[1] << 8;
	for (size_t i = 3; i < size + 4; i++)
		CHECK(old[i] == old[2]);
	qfree(old);
}

static void *
stress(void *arg)
{
	uint64_t x = (uintptr_t)arg * 0x9e3779b97f4a7c15u + 1;

	for (unsigned i = 0; i < 50000; i++)
		stress_one(&x);
	return NULL;
}

static void
Q33_eight_threads_do_not_disturb_each_other(void **state)
{
	static const int flags[] = { 0, QMALLOC_GUARD, POOL_ANTAGONISM };
	pthread_t t[8];

	(void)state;
	for (unsigned f = 0; f < PW_ARRAY_LEN(flags); f++) {
		if (!child_begin(0, flags[f]))
			continue;
		for (uintptr_t i = 0; i < 8; i++)
			CHECK(pthread_create(&t[i], NULL, stress,
			    (void *)(i + 1)) == 0);
		for (unsigned i = 0; i < 8; i++)
			pthread_join(t[i], NULL);
		for (unsigned i = 0; i < NSLOTS; i++)
			qfree(slot[i]);
		CHECK(summary_find("total allocated ") == 0);
		CHECK(qmalloccount("malloc") + qmalloccount("malignpool") >=
		    8 * 50000);
		child_end();
	}
}

static void *
take_and_free(void *arg)
{
	void *p[100];

	for (unsigned i = 0; i < 100; i++)
		p[i] = qmalloc(*(size_t *)arg);
	for (unsigned i = 0; i < 100; i++)
		qfree(p[i]);
	return p[0];
}

static void
an_ended_thread_leaves_blocks_and_counts(void **state)
{
	uint64_t pool;
	size_t size = 200;

	(void)state;
	if (!child_begin(0, 0))
		return;
	run(take_and_free, &size);
	CHECK(qmalloccount("malloc") == 100);
	pool = qmalloccount("mallocpool");
	for (unsigned i = 0; i < 100; i++)
		run(take_and_free, &size);
	CHECK(qmalloccount("malloc") == 101 * 100);
	CHECK(qmalloccount("mallocpool") < pool + 100);
	CHECK(summary_find("total allocated ") == 0);
	child_end();
}

static pthread_key_t late_key;

static void
late_free(void *arg)
{
	qfree(arg);
	CHECK((arg = qmalloc(100)) != NULL);
	qfree(arg);
}

static void *
free_at_the_end(void *arg)
{
	(void)arg;
	pthread_setspecific(late_key, qmalloc(100));
	return NULL;
}

/* A destructor that runs after ours. */
static void
a_thread_may_free_while_it_ends(void **state)
{
	(void)state;
	if (!child_begin(0, 0))
		return;
	CHECK(pthread_key_create(&late_key, late_free) == 0);
	for (unsigned i = 0; i < 100; i++)
		run(free_at_the_end, NULL);
	CHECK(qmalloccount("malloc") == 200 && qmalloccount("free") == 200);
	CHECK(summary_find("total allocated ") == 0);
	child_end();
}

static int stop;

static void *
churn(void *arg)
{
	uint64_t x = (uintptr_t)arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		stress_one(&x);
	return NULL;
}

static void
a_child_of_fork_may_allocate(void **state)
{
	pthread_t t[3];
	int status;
	pid_t pid;

	(void)state;
	if (!child_begin(0, 0))
		return;
	for (uintptr_t i = 0; i < 3; i++)
		CHECK(pthread_create(&t[i], NULL, churn, (void *)(i + 1)) == 0);
	for (unsigned n = 0; n < 100; n++) {
		void *p = qmalloc(100);

		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			alarm(20);
			qfree(p);
			for (unsigned i = 0; i < 500; i++)
				qfree(qmalloc(i * 20));
			size_t size = 64;
			run(take_and_free, &size);
			_exit(npanic == 0 ? 0 : 1);
		}
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		qfree(p);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	child_end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(Q24_smalloc_waits_until_another_thread_frees),
		cmocka_unit_test(Q33_eight_threads_do_not_disturb_each_other),
		cmocka_unit_test(an_ended_thread_leaves_blocks_and_counts),
		cmocka_unit_test(a_thread_may_free_while_it_ends),
		cmocka_unit_test(a_child_of_fork_may_allocate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
