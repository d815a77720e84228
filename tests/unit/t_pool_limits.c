/*
 * t_pool_limits.c - pools that get no memory, very much of it, or are used by
 * many threads; and their sums.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "pool_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

#define P	(&fx.pool)

static unsigned seed;

/*
 * Requests of all kinds against an alloc that fails at its call number n and
 * ever after.  A request is served or nil with ENOMEM, and nothing breaks.
 */
static int
work_until_refused(void)
{
	char *v[64] = { 0 };
	size_t n[64] = { 0 };
	int nils = 0;

	for (int i = 0; i < 400; i++) {
		int k = i % 64;
		size_t want = (size_t)(i * 7919) % 30000;
		char *got;

		errno = 0;
		if (i % 3 == 0) {
			poolfree(P, v[k]);
			n[k] = 0;
			v[k] = got = poolallocalign(P, want, 256, 0, 0);
		} else {
			got = poolrealloc(P, v[k], want + 1);
			if (got != NULL)
				v[k] = got;
		}
		if (got == NULL) {
			assert_int_equal(errno, ENOMEM);
			nils++;
		} else {
			fx_read(v[k], n[k] < want ? n[k] : want, (unsigned)k);
			n[k] = want;
			fx_write(v[k], want, (unsigned)k);
		}
	}
	fx_sound();
	for (int k = 0; k < 64; k++) {
		fx_read(v[k], n[k], (unsigned)k);
		poolfree(P, v[k]);
	}
	return nils;
}

static void
alloc_fails_at_every_call_in_turn(void **state)
{
	int n;

	for (n = 0; n < FX_ARENAS; n++) {
		fx_begin(state);
		fx.pool.move = NULL;
		fx.grants = n;
		if (work_until_refused() == 0)
			break;
		assert_int_equal(fx.pool.curalloc, 0);
		fx_sound();
		assert_int_equal(fx_end(state), 0);
	}
	assert_true(n > 5);
	assert_int_equal(fx.pool.curalloc, 0);
}

static void
every_maxsize_is_kept(void **state)
{
	for (size_t max = 0; max < 1200000; max += 65536 + 4096) {
		fx_begin(state);
		fx.pool.maxsize = max + 1;
		work_until_refused();
		assert_true(fx.asked <= max + 1);
		assert_int_equal(fx.pool.curalloc, 0);
		assert_int_equal(fx_end(state), 0);
	}
	fx_begin(state);
}

static void
a_vmem_source_may_be_exhausted(void **state)
{
	size_t size = 1 << 20;
	void *area = os_map(size);
	vmem_t *source = vmem_create("s", (uintptr_t)area, size, 4096, 0,
	    VMEM_NOWAIT);
	Pool p = { .name = "over vmem", .source = source, .minarena = 16384 };
	void *v;
	int n = 0;

	(void)state;
	for (n = 0; (v = poolalloc(&p, 10000)) != NULL; n++)
		memset(v, 1, 10000);
	assert_true(n >= 50);
	assert_int_equal(errno, ENOMEM);
	poolcheck(&p);
	poolreset(&p);
	for (int i = 0; i < n; i++)
		assert_non_null(poolalloc(&p, 10000));
	poolreset(&p);
	os_unmap(area, size);
}

static void
add_alloc(void *arg, void *data, size_t size, enum pool_kind kind)
{
	(void)data;
	if (kind == POOL_BLOCK_ALLOC)
		*(size_t *)arg += size;
}

/* Slack is at most what rounding and a rest of less than 32 bytes leave. */
static void
P105_curalloc_is_the_sum_of_the_blocks(void **state)
{
	char *v[64] = { 0 };
	size_t users, n;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		int k = rand_r(&seed) % 64;

		poolfree(P, v[k]);
		v[k] = poolalloc(P, (size_t)rand_r(&seed) % 3000);
		fx_sound();
		users = 0;
		poolwalk(P, add_alloc, &users);
		n = fx_tally().nalloc;
		assert_in_range(fx.pool.curalloc - users, 8 * n,
		    (8 + 16 + 32) * n);
		assert_int_equal(fx.pool.curalloc + fx.pool.curfree +
		    48 * (size_t)fx.narenas, fx.pool.cursize);
	}
}

static void *
huge_alloc(size_t size)
{
	return os_map(size);
}

static void
huge_release(void *at, size_t size)
{
	os_unmap(at, size);
}

static void
P108_blocks_of_more_than_2_GiB(void **state)
{
	size_t size = ((size_t)5 << 30) + 12345;
	Pool p = { .name = "huge", .alloc = huge_alloc,
		.release = huge_release, .panic = fx.pool.panic };
	char *v, *w;

	(void)state;
	v = poolalloc(&p, size);
	if (v == NULL)
		skip();
	v[0] = v[size - 1] = 1;
	poolcheck(&p);
	w = poolrealloc(&p, v, ((size_t)3 << 30) + 1);
	assert_ptr_equal(v, w);
	poolcheck(&p);
	assert_true(p.curfree > (size_t)1 << 30);
	poolfree(&p, w);
	poolcheck(&p);
	assert_true(p.curfree > (size_t)5 << 30);
	assert_non_null(poolalloc(&p, (size_t)4 << 30));
	poolcheck(&p);
	fx_no_panic();
	poolreset(&p);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void
thread_lock(Pool *p)
{
	(void)p;
	pthread_mutex_lock(&mutex);
}

static void
thread_unlock(Pool *p)
{
	(void)p;
	pthread_mutex_unlock(&mutex);
}

static Pool shared = { .name = "shared", .alloc = huge_alloc,
	.release = huge_release, .minarena = 1 << 20,
	.lock = thread_lock, .unlock = thread_unlock };

struct worker {
	pthread_t thread;
	unsigned seed;
	int wrong;
};

static void *
work(void *arg)
{
	struct worker *w = arg;
	unsigned char *v[64] = { 0 };
	size_t n[64];

	for (int i = 0; i < 100000; i++) {
		int k = rand_r(&w->seed) % 64;

		if (v[k] == NULL) {
			n[k] = 1 + (size_t)rand_r(&w->seed) % 300;
			v[k] = poolalloc(&shared, n[k]);
			memset(v[k], k, n[k]);
			continue;
		}
		w->wrong += v[k][0] != k || v[k][n[k] - 1] != k;
		if (rand_r(&w->seed) % 8 == 0) {
			n[k] = 1 + (size_t)rand_r(&w->seed) % 600;
			v[k] = poolrealloc(&shared, v[k], n[k]);
			memset(v[k], k, n[k]);
			continue;
		}
		poolfree(&shared, v[k]);
		v[k] = NULL;
	}
	for (int k = 0; k < 64; k++)
		poolfree(&shared, v[k]);
	return NULL;
}

static void
P103_eight_threads_share_a_pool(void **state)
{
	struct worker w[8];

	(void)state;
	for (int i = 0; i < 8; i++) {
		w[i] = (struct worker){ .seed = seed + (unsigned)i };
		assert_int_equal(pthread_create(&w[i].thread, NULL, work,
		    &w[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].wrong, 0);
	}
	poolcheck(&shared);
	assert_int_equal(shared.curalloc, 0);
	poolreset(&shared);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(alloc_fails_at_every_call_in_turn,
		    fx_end),
		cmocka_unit_test_teardown(every_maxsize_is_kept, fx_end),
		FX_TEST(a_vmem_source_may_be_exhausted),
		FX_TEST(P105_curalloc_is_the_sum_of_the_blocks),
		FX_TEST(P108_blocks_of_more_than_2_GiB),
		FX_TEST(P103_eight_threads_share_a_pool),
	};

	seed = fx_seed(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
