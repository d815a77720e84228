/*
 * t_file_thin.c - a thinned trace says of leaks, errors and counts what the
 * whole one would.
 *
 * Threads take and give blocks of a tiny heap, whose addresses come round at
 * once and are handed from thread to thread; the recorder's rounds, thinning,
 * run beside them.  What the model of the heap makes of the trace is held
 * against what the threads counted themselves.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "heap/heap.h"
#include "trace_fixture.h"

#define THREADS		3u
#define EVENTS		150000u		/* of each thread */
#define ADDRESSES	64u
#define KEPT		8u

static struct fixture fix;

/* The tiny heap: a stack of addresses that are free. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t free_addr[ADDRESSES];
static unsigned nfree;
/* A block on its way from one thread to another. */
static uint64_t passed;

struct counts {
	uint64_t allocations, frees, reallocations, bytes;
	uint64_t live[ADDRESSES];	/* sizes, by address */
};
static struct counts counts;		/* under lock */

static uint64_t
address(unsigned i)
{
	return 0x10000 + 32 * (uint64_t)i;
}

static unsigned
index_of(uint64_t addr)
{
	return (unsigned)((addr - 0x10000) / 32);
}

static uint64_t
take(void)
{
	uint64_t addr = 0;

	pthread_mutex_lock(&lock);
	if (nfree > 0)
		addr = free_addr[--nfree];
	pthread_mutex_unlock(&lock);
	return addr;
}

static void
give(uint64_t addr)
{
	pthread_mutex_lock(&lock);
	free_addr[nfree++] = addr;
	pthread_mutex_unlock(&lock);
}

static void
count(uint64_t addr, uint64_t size, int allocations, int frees, int reallocs)
{
	pthread_mutex_lock(&lock);
	counts.allocations += (uint64_t)allocations;
	counts.frees += (uint64_t)frees;
	counts.reallocations += (uint64_t)reallocs;
	counts.bytes += allocations ? size : 0;
	counts.live[index_of(addr)] = frees ? 0 : size;
	pthread_mutex_unlock(&lock);
}

static void
born(struct writer *w, uint64_t addr, uint64_t size)
{
	count(addr, size, 1, 0, 0);
	writer_alloc(w, session_now_after(fix.h), TRACE_CALL_MALLOC, addr,
	    size, size % 7 ? 0 : 64, 1 + (uint32_t)size % 5);
}

static void
died(struct writer *w, uint64_t addr)
{
	count(addr, 0, 0, 1, 0);
	writer_free(w, session_now_after(fix.h), TRACE_CALL_FREE_CALL, addr, 0);
	give(addr);
}

static void
moved(struct writer *w, uint64_t *at, uint64_t size)
{
	uint64_t to = take();

	if (to == 0)
		return;
	pthread_mutex_lock(&lock);
	counts.live[index_of(*at)] = 0;
	counts.live[index_of(to)] = size;
	counts.reallocations++;
	pthread_mutex_unlock(&lock);
	writer_free(w, session_now_after(fix.h), TRACE_CALL_REALLOC |
	    TRACE_BY_REALLOC, *at, 0);
	give(*at);
	writer_alloc(w, session_now_after(fix.h), TRACE_CALL_REALLOC |
	    TRACE_BY_REALLOC, to, size, 0, 3);
	*at = to;
}

static uint64_t
random_of(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return *x >> 33;
}

static void
step(struct writer *w, uint64_t *at, uint64_t *x)
{
	uint64_t what = random_of(x) % 16, size = random_of(x) % 300;

	if (*at == 0) {
		*at = take();
		if (*at != 0)
			born(w, *at, size);
	} else if (what == 0) {
		moved(w, at, size);
	} else if (what == 1) {
		writer_resize(w, session_now_after(fix.h), TRACE_CALL_REALLOC,
		    *at, size, 2);
		count(*at, size, 0, 0, 1);
	} else if (what < 6) {
		*at = __atomic_exchange_n(&passed, *at, __ATOMIC_ACQ_REL);
	} else if (what == 6) {
		writer_heap(w, session_now_after(fix.h), size, 1, 2, 3);
	} else {
		died(w, *at);
		*at = 0;
	}
}

static void *
work(void *number)
{
	uint64_t x = (uintptr_t)number * 77777, kept[KEPT] = { 0 };
	struct writer w = { 0 };

	writer_start(&w, fix.h, 0, (uint32_t)(uintptr_t)number, 0);
	for (unsigned i = 0; i < EVENTS; i++)
		step(&w, &kept[random_of(&x) % KEPT], &x);
	writer_finish(&w);
	__atomic_add_fetch((unsigned *)&fix.h->root_status, 1,
	    __ATOMIC_RELEASE);
	return NULL;
}

/* The fixture's trace again, of that mode. */
static void
begin(uint32_t mode)
{
	fixture_open(&fix, 1024, 64);
	trace_file_close(fix.file, fix.h);
	unlink(fix.trace_path);
	fix.h->mode = mode;
	fix.file = trace_file_create(open(fix.trace_path,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), fix.h,
	    fix.session_path);
	session_hello(fix.h, 1, 0, ~0u, true);
	memset(&counts, 0, sizeof counts);
	passed = 0;
	for (nfree = 0; nfree < ADDRESSES; nfree++)
		free_addr[nfree] = address(nfree);
}

static void
run_threads(bool thin)
{
	const struct timespec nap = { 0, 300000 };
	pthread_t t[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, work, (void *)(i + 1));
	trace_file_thin(fix.file, thin);
	while (__atomic_load_n(&fix.h->root_status, __ATOMIC_ACQUIRE) !=
	    THREADS) {
		assert_true(trace_file_round(fix.file, fix.h) >= 0);
		nanosleep(&nap, NULL);
	}
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	fix.h->root_status = 0;
	assert_int_equal(fix.h->lost, 0);
	fixture_finish(&fix);
}

static uint64_t wrong;

static int
compare(const struct heap_block *b, void *arg)
{
	uint64_t *live = arg;

	wrong += live[index_of(b->addr)] != b->size;
	live[index_of(b->addr)] = ~0ull;
	return 0;
}

static void
holds_what_was_counted(uint64_t *left_out)
{
	struct trace_reader *r = fixture_read(&fix, 0);
	struct heap *h = heap_create(r);
	struct trace_status st;
	const struct heap_totals *t;
	uint64_t by_site = 0;
	bool no_memory;

	assert_int_equal(heap_replay(h, &st, &no_memory), 0);
	assert_false(no_memory);
	assert_true(trace_info(r)->complete);
	assert_int_equal(trace_counts(r)->damaged, 0);
	t = heap_totals(h);
	assert_int_equal(heap_nerrors(h), 0);
	assert_int_equal(t->allocations, counts.allocations);
	assert_int_equal(t->frees, counts.frees);
	assert_int_equal(t->reallocations, counts.reallocations);
	for (size_t i = 0; i < heap_nsites(h); i++)
		by_site += heap_site(h, i)->allocations;
	assert_int_equal(by_site, counts.allocations);
	wrong = 0;
	heap_walk(h, compare, counts.live);
	assert_int_equal(wrong, 0);
	for (unsigned i = 0; i < ADDRESSES; i++)
		assert_true(counts.live[i] == 0 || counts.live[i] == ~0ull);
	*left_out = trace_info(r)->pairs;
	heap_destroy(h);
	trace_close(r);
}

static void
threads_that_hand_blocks_on(uint32_t mode)
{
	uint64_t whole, thin, none, some;
	unsigned tries = 0;
	struct stat st;

	begin(mode);
	run_threads(false);
	holds_what_was_counted(&none);
	assert_int_equal(none, 0);
	stat(fix.trace_path, &st);
	whole = (uint64_t)st.st_size;
	fixture_close(&fix);

	/* On a busy machine a round may hold all of it, shared by all. */
	for (some = 0; some < 100 && tries < 20; tries++) {
		begin(mode);
		run_threads(true);
		holds_what_was_counted(&some);
		stat(fix.trace_path, &st);
		thin = (uint64_t)st.st_size;
		fixture_close(&fix);
		printf("%llu pairs left out; %llu bytes, %llu without that\n",
		    (unsigned long long)some, (unsigned long long)thin,
		    (unsigned long long)whole);
	}
	assert_true(some >= 100);
}

static void
in_check_mode_threads_that_hand_blocks_on_are_told_as_they_are(void **state)
{
	(void)state;
	threads_that_hand_blocks_on(SESSION_CHECK);
}

static void
in_profile_mode_threads_that_hand_blocks_on_are_not_accused(void **state)
{
	(void)state;
	threads_that_hand_blocks_on(SESSION_PROFILE);
}

/* A block taken and given n times, then given once more. */
static void
one_thread(bool thin, uint64_t n, struct heap_totals *t, unsigned *kind)
{
	struct writer w = { 0 };
	struct trace_reader *r;
	struct heap *h;
	struct trace_status st;
	bool no_memory;

	begin(SESSION_PROFILE);
	trace_file_thin(fix.file, thin);
	writer_start(&w, fix.h, 0, 1, 0);
	for (uint64_t i = 0; i < n; i++) {
		born(&w, address(1), i % 100);
		died(&w, address(1));
		nfree = 0;
	}
	writer_free(&w, session_now(fix.h), TRACE_CALL_FREE_CALL, address(1),
	    0);
	writer_finish(&w);
	trace_file_round(fix.file, fix.h);
	fixture_finish(&fix);
	r = fixture_read(&fix, 0);
	h = heap_create(r);
	assert_int_equal(heap_replay(h, &st, &no_memory), 0);
	*t = *heap_totals(h);
	assert_int_equal(heap_nerrors(h), 1);
	*kind = heap_error(h, 0)->error.kind;
	assert_int_equal(trace_info(r)->pairs > n / 2, thin);
	heap_destroy(h);
	trace_close(r);
	fixture_close(&fix);
}

static void
a_double_free_behind_pairs_left_out_is_still_one(void **state)
{
	struct heap_totals whole, thin;
	unsigned kind;

	(void)state;
	one_thread(false, 50000, &whole, &kind);
	assert_int_equal(kind, TRACE_ERROR_DOUBLE_FREE);
	one_thread(true, 50000, &thin, &kind);
	assert_int_equal(kind, TRACE_ERROR_DOUBLE_FREE);
	assert_int_equal(thin.allocations, whole.allocations);
	assert_int_equal(thin.frees, whole.frees);
	assert_int_equal(thin.bytes_allocated, whole.bytes_allocated);
	/* Told by site, as near as pairs tell it. */
	assert_in_range(thin.temporary, whole.temporary / 100 * 99,
	    whole.temporary);
	assert_int_equal(thin.live_blocks, whole.live_blocks);
}

/* Left in the session file by a recorder that was killed behind a thin slice. */
static void
what_a_dead_recorder_left_fits_behind_a_thinned_slice(void **state)
{
	struct writer w = { 0 };
	char cmd[600];
	uint64_t out;

	(void)state;
	begin(SESSION_PROFILE);
	trace_file_thin(fix.file, true);
	writer_start(&w, fix.h, 0, 1, 0);
	for (int part = 0; part < 2; part++) {
		for (int i = 0; i < 600; i++) {
			born(&w, address(1), 10);
			died(&w, address(1));
			nfree = 0;
		}
		born(&w, address(2 + (unsigned)part), 20);
		if (part == 0)
			assert_true(trace_file_round(fix.file, fix.h) > 0);
	}
	/* Another file of that name is locked by nobody. */
	snprintf(cmd, sizeof cmd, "cp %s %s.copy && mv %s.copy %s",
	    fix.trace_path, fix.trace_path, fix.trace_path, fix.trace_path);
	assert_int_equal(system(cmd), 0);
	{
		struct trace_reader *r = fixture_read(&fix, 0);
		struct heap *h = heap_create(r);
		struct trace_status st;
		bool no_memory;

		assert_int_equal(heap_replay(h, &st, &no_memory), 0);
		assert_int_equal(heap_totals(h)->allocations,
		    counts.allocations);
		assert_int_equal(heap_totals(h)->live_blocks, 2);
		assert_int_equal(trace_counts(r)->damaged, 0);
		out = trace_info(r)->pairs;
		heap_destroy(h);
		trace_close(r);
	}
	assert_in_range(out, 500, 600);
	fixture_close(&fix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    in_check_mode_threads_that_hand_blocks_on_are_told_as_they_are),
		cmocka_unit_test(
		    in_profile_mode_threads_that_hand_blocks_on_are_not_accused),
		cmocka_unit_test(
		    a_double_free_behind_pairs_left_out_is_still_one),
		cmocka_unit_test(
		    what_a_dead_recorder_left_fits_behind_a_thinned_slice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
