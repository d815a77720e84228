/*
 * t_backend_pool.c - tests of the heap of check mode, through its contract.
 *
 * The heap is one for the process, so each test works on what the others have
 * left; that is how a program meets it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/os.h"
#include "preload/backend_pool_impl.h"

void
check_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

static const struct backend *const heap = &backend_pool;
static _Thread_local struct backend_thread self;

static struct backend_thread *
me(void)
{
	if (self.tid == 0)
		self.tid = (uint32_t)os_gettid();
	return &self;
}

static void *
take_as(size_t size, size_t align, unsigned call, bool nested)
{
	struct backend_request r = {
		.size = size, .align = align, .call = call,
		.zero = call == TRACE_CALL_CALLOC, .nested = nested,
	};
	void *p = heap->take(me(), &r);

	if (p != NULL)
		heap->note(p, 11, 12, 13);
	return p;
}

static void *
take(size_t size)
{
	return take_as(size, 0, TRACE_CALL_MALLOC, false);
}

static struct backend_claim
free_as(void *p, unsigned call, size_t said, bool nested)
{
	struct backend_claim c = {
		.ptr = p, .call = call, .said_size = said, .nested = nested,
	};

	heap->claim(me(), &c);
	if (!c.bad)
		heap->give(me(), &c, 21, 22, 23);
	return c;
}

static struct backend_claim
give(void *p)
{
	return free_as(p, TRACE_CALL_FREE_CALL, 0, false);
}

static bool
is_clean(struct backend_claim c)
{
	return !c.bad && !c.findings;
}

static void
sound(void)
{
	lock_take(&bp_heap.main.lock, me()->tid);
	assert_true(pool_check_l(&bp_heap.main.pool));
	assert_null(vmem_check(&bp_heap.main.vmem));
	lock_give(&bp_heap.main.lock);
	assert_true(pool_check_l(&bp_heap.nested.pool));
	assert_false(bp_heap.main.damaged);
}

static const size_t sizes[] = {
	0, 1, 7, 8, 9, 15, 16, 24, 100, 1000, 1016, 1017, 4000, 70000,
	131071, 131072, 300000,
};

static void
every_size_is_writable_freed_and_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(sizes); i++) {
		unsigned char *p = take(sizes[i]);
		struct backend_claim c;

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 16, 0);
		assert_int_equal(heap->usable(me(), p, false), sizes[i]);
		memset(p, 0xff, sizes[i]);
		c = give(p);
		assert_true(is_clean(c));
		assert_int_equal(c.size, sizes[i]);
		assert_int_equal(c.allocated_by, TRACE_CALL_MALLOC);
		assert_int_equal(heap->usable(me(), p, false), 0);
		sound();
	}
}

static void
a_damaged_guard_is_told_with_its_bytes(void **state)
{
	static const size_t reach[] = { 0, 7 };

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(sizes); i++)
		for (size_t j = 0; j < PW_ARRAY_LEN(reach); j++) {
			unsigned char *p = take(sizes[i]), *bad, was;
			struct backend_claim c;
			size_t at;

			bad = p + sizes[i] + reach[j];
			was = *bad;
			*bad = 0;
			c = give(p);
			assert_true(c.findings && !c.bad);
			assert_int_equal(c.error.kind, TRACE_ERROR_HEAP_OVERRUN);
			assert_int_equal(c.error.address, (uintptr_t)bad);
			assert_int_equal(c.error.offset, sizes[i] + reach[j]);
			assert_int_equal(c.error.length, 1);
			at = (uintptr_t)bad - c.error.bytes_at;
			assert_true(at < c.error.nbytes);
			assert_int_equal(c.error.bytes[at], 0);
			assert_int_equal(c.error.should[at], was);
			assert_int_equal(c.error.size, sizes[i]);
			assert_int_equal(c.error.alloc_stack, 11);
			assert_int_equal(c.error.alloc_tid, 12);
			assert_int_equal(c.error.alloc_time, 13);
		}
	sound();
}

/* NUL, small numbers and text: what programs write one byte too far. */
static void
no_usual_byte_hides_behind_an_equal_guard(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 0x80; byte++)
		for (size_t i = 0; i < 16; i++) {
			unsigned char *p = take(32 + i);

			p[32 + i] = (unsigned char)byte;
			assert_true(give(p).findings);
		}
	sound();
}

static void
the_last_byte_of_the_guard_counts_too(void **state)
{
	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(sizes); i++) {
		unsigned char *p = take(sizes[i]);

		p[bp_cap(p) - 1] ^= 0x10;
		assert_true(give(p).findings);
	}
	sound();
}

static void
bytes_before_a_block_are_guarded(void **state)
{
	(void)state;
	for (int back = 1; back <= 8; back += 7)
		for (size_t i = 0; i < PW_ARRAY_LEN(sizes); i++) {
			unsigned char *p = take(sizes[i]);
			struct backend_claim c;

			p[-back] = 0;
			c = give(p);
			assert_true(c.findings && !c.bad);
			assert_int_equal(c.error.kind,
			    TRACE_ERROR_HEAP_UNDERRUN);
			assert_int_equal(c.error.offset, -back);
		}
	sound();
}

static void
a_smashed_header_is_told_and_not_believed(void **state)
{
	unsigned char *p = take(40);
	struct backend_claim c;

	(void)state;
	memset(p - 64, 'A', 64);
	c = give(p);
	assert_true(c.bad);
	assert_int_equal(c.error.kind, TRACE_ERROR_HEAP_UNDERRUN);
}

static void
assert_both_stacks(const struct trace_error *e)
{
	assert_int_equal(e->kind, TRACE_ERROR_DOUBLE_FREE);
	assert_int_equal(e->alloc_stack, 11);
	assert_int_equal(e->free_stack, 21);
	assert_int_equal(e->allocated_by, TRACE_CALL_MALLOC);
	assert_int_equal(e->freed_by, TRACE_CALL_FREE_CALL);
}

static void
a_double_free_knows_both_stacks(void **state)
{
	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(sizes); i++) {
		void *p = take(sizes[i]);
		struct backend_claim c;

		assert_true(is_clean(give(p)));
		c = give(p);
		assert_true(c.bad);
		assert_both_stacks(&c.error);
		assert_int_equal(c.error.size, sizes[i]);
		assert_int_equal(c.error.block, (uintptr_t)p);
	}
	sound();
}

static void
a_double_free_is_known_long_after(void **state)
{
	enum { N = 500 };
	static void *p[N];

	(void)state;
	for (int i = 0; i < N; i++)
		p[i] = take(200);
	for (int i = 0; i < N; i++)
		assert_true(is_clean(give(p[i])));
	for (int i = 0; i < N; i++) {
		struct backend_claim c = give(p[i]);

		assert_true(c.bad);
		assert_both_stacks(&c.error);
		assert_int_equal(c.error.size, 200);
	}
	sound();
}

static void
a_foreign_pointer_is_never_followed(void **state)
{
	static char data[64];
	char stack[64];
	void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
	    -1, 0);
	uintptr_t bad[] = {
		(uintptr_t)data, (uintptr_t)stack, (uintptr_t)none, 1, 16,
		UINTPTR_MAX, UINTPTR_MAX - 15, bp_heap.base, bp_heap.end,
		bp_heap.end - 16, bp_heap.main.start, bp_heap.main.limit,
		(uintptr_t)bp_heap.state, 0x7ull << 60,
	};

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(bad); i++) {
		struct backend_claim c = give((void *)bad[i]);

		assert_true(c.bad);
		assert_int_equal(c.error.kind, TRACE_ERROR_INVALID_FREE);
		assert_int_equal(c.error.address, bad[i]);
		assert_int_equal(heap->usable(me(), (void *)bad[i], false), 0);
	}
}

static void
an_interior_pointer_names_its_block(void **state)
{
	static const size_t big[] = { 100, 5000, 100000, 4000000 };

	(void)state;
	for (size_t i = 0; i < PW_ARRAY_LEN(big); i++) {
		char *p = take(big[i]);
		size_t off[] = { 1, 16, big[i] - 1 };

		for (int j = 0; j < 3; j++) {
			struct backend_claim c = give(p + off[j]);

			assert_true(c.bad);
			assert_int_equal(c.error.kind,
			    TRACE_ERROR_INVALID_FREE);
			assert_int_equal(c.error.block, (uintptr_t)p);
			assert_int_equal(c.error.offset, off[j]);
			assert_int_equal(c.error.size, big[i]);
		}
		assert_true(is_clean(give(p)));
	}
}

static void
a_call_that_does_not_match_goes_on_and_is_told(void **state)
{
	struct backend_claim c;

	(void)state;
	c = free_as(take(10), TRACE_CALL_DELETE, 0, false);
	assert_true(c.findings && !c.bad);
	assert_int_equal(c.error.kind, TRACE_ERROR_MISMATCHED_FREE);
	c = free_as(take_as(10, 0, TRACE_CALL_NEW_ARRAY, false),
	    TRACE_CALL_DELETE, 0, false);
	assert_true(c.findings);
	c = free_as(take_as(10, 0, TRACE_CALL_NEW, false), TRACE_CALL_DELETE,
	    11, false);
	assert_true(c.findings);
	assert_int_equal(c.error.requested, 11);
	c = free_as(take_as(10, 0, TRACE_CALL_NEW, false), TRACE_CALL_DELETE,
	    10, false);
	assert_true(is_clean(c));
}

static void
every_alignment_is_kept(void **state)
{
	(void)state;
	for (size_t align = 8; align <= 4u << 20; align *= 2)
		for (size_t i = 0; i < PW_ARRAY_LEN(sizes); i++) {
			char *p = take_as(sizes[i], align, TRACE_CALL_MEMALIGN,
			    false);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % align, 0);
			memset(p, 1, sizes[i]);
			assert_true(is_clean(give(p)));
		}
	sound();
}

static void
calloc_is_zero_on_used_memory_too(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < PW_ARRAY_LEN(sizes); i++) {
			unsigned char *p = take_as(sizes[i], 0,
			    TRACE_CALL_CALLOC, false);

			for (size_t j = 0; j < sizes[i]; j++)
				assert_int_equal(p[j], 0);
			memset(p, 0xa5, sizes[i]);
			assert_true(is_clean(give(p)));
		}
}

static size_t
resident(void)
{
	unsigned long all, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_int_equal(fscanf(f, "%lu %lu", &all, &pages), 2);
	fclose(f);
	return pages * os_page_size();
}

static void
memory_nobody_touched_stays_with_the_system(void **state)
{
	enum { N = 1000 };
	static void *p[N];
	size_t before = resident();
	void *huge = take((size_t)8 << 30);

	(void)state;
	assert_non_null(huge);
	for (int i = 0; i < N; i++)
		p[i] = take_as(100000, 0, i % 2 ? TRACE_CALL_CALLOC :
		    TRACE_CALL_MALLOC, false);
	/* Two pages for each block at most, and tables. */
	assert_true(resident() - before < N * 3 * 4096 + (4u << 20));
	for (int i = 0; i < N; i++)
		assert_true(is_clean(give(p[i])));
	assert_true(is_clean(give(huge)));
	assert_true(resident() - before < N * 3 * 4096 + (4u << 20));
	heap->trim(me(), 0);
	sound();
}

static bool
resize(void *p, size_t size)
{
	struct backend_claim c = { .ptr = p, .call = TRACE_CALL_REALLOC };
	struct backend_request r = { .size = size, .call = TRACE_CALL_REALLOC };

	heap->claim(me(), &c);
	assert_true(is_clean(c));
	if (heap->resize(me(), &c, &r))
		return true;
	heap->unclaim(me(), &c);
	return false;
}

static void
a_resized_block_keeps_its_bytes_and_gets_new_guards(void **state)
{
	static const size_t from[] = { 17, 2000, 500000 };
	static const size_t to[] = { 23, 1500, 400000 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		unsigned char *p = take(from[i]);

		memset(p, 'k', from[i] < to[i] ? from[i] : to[i]);
		assert_true(resize(p, to[i]));
		assert_int_equal(heap->usable(me(), p, false), to[i]);
		assert_int_equal(p[0], 'k');
		p[to[i]] ^= 1;
		assert_true(give(p).findings);
	}
	assert_false(resize(take(2000), 4000000));
	sound();
}

static void
a_growing_big_block_is_not_copied_each_time(void **state)
{
	char *p = take_as(400000, 0, TRACE_CALL_REALLOC, false);

	(void)state;
	for (size_t size = 404096; size < 590000; size += 4096) {
		assert_true(resize(p, size));
		p[size - 1] = 'x';
	}
	assert_true(is_clean(give(p)));
	sound();
}

static void
a_freed_block_is_not_handed_out_at_once(void **state)
{
	void *warm[20], *p;

	(void)state;
	for (int i = 0; i < 20; i++)
		warm[i] = take(48);
	for (int i = 0; i < 20; i++)
		give(warm[i]);
	p = take(48);
	give(p);
	assert_ptr_not_equal(take(48), p);
}

static void
fill_names_the_block_and_its_state(void **state)
{
	(void)state;
	bp_heap.flags |= SESSION_FILL;
	for (size_t i = 0; i < PW_ARRAY_LEN(sizes); i++) {
		unsigned char *p = take(sizes[i]);
		uint64_t word = bp_word(POOL_FILL_ALLOC, p), seen;

		if (sizes[i] >= 8) {
			memcpy(&seen, p, 8);
			assert_true(seen == word);
			assert_int_equal(seen >> 24 & 0xff, 0xF9);
			assert_int_equal(seen & 0xffffff,
			    (uintptr_t)p & 0xffffff);
		}
		assert_true(is_clean(give(p)));
		if (sizes[i] >= 8 && sizes[i] <= 100)
			assert_int_equal(p[3], 0xF7);
	}
	bp_heap.flags &= ~(unsigned)SESSION_FILL;
	sound();
}

static void
a_handler_is_served_in_the_midst_of_our_work(void **state)
{
	void *main_block = take(100), *p, *q;

	(void)state;
	/* As if the handler had interrupted a refill. */
	lock_take(&bp_heap.main.lock, me()->tid);
	p = take_as(100, 0, TRACE_CALL_MALLOC, true);
	q = take_as(200000, 64, TRACE_CALL_CALLOC, true);
	assert_non_null(p);
	assert_non_null(q);
	assert_int_equal(((char *)q)[199999], 0);
	assert_true(is_clean(free_as(main_block, TRACE_CALL_FREE_CALL, 0,
	    true)));
	assert_true(is_clean(free_as(p, TRACE_CALL_FREE_CALL, 0, true)));
	assert_true(free_as(p, TRACE_CALL_FREE_CALL, 0, true).bad);
	assert_true(free_as(main_block, TRACE_CALL_FREE_CALL, 0, true).bad);
	lock_give(&bp_heap.main.lock);
	assert_true(is_clean(give(q)));
	assert_true(give(main_block).bad);
	heap->trim(me(), 0);
	assert_null(bp_heap.deferred);
	sound();
}

static volatile sig_atomic_t busy, ticks;

static void
on_tick(int sig)
{
	void *p = take_as(64, 0, TRACE_CALL_MALLOC, busy != 0);

	(void)sig;
	ticks++;
	if (p == NULL || !is_clean(free_as(p, TRACE_CALL_FREE_CALL, 0,
	    busy != 0)))
		abort();
}

static void
a_timer_that_allocates_interrupts_at_any_instruction(void **state)
{
	struct sigaction sa = { .sa_handler = on_tick };
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } }, off = { 0 };
	void *p[64] = { NULL };

	(void)state;
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	for (unsigned i = 0; ticks < 300; i++) {
		void **s = &p[i * 7 % 64];

		busy = 1;
		if (*s != NULL)
			assert_true(is_clean(give(*s)));
		*s = take(i % 3000);
		busy = 0;
	}
	setitimer(ITIMER_REAL, &off, NULL);
	for (int i = 0; i < 64; i++)
		give(p[i]);
	sound();
}

enum { RACES = 20000, RACERS = 3 };
static void *race[RACES];
static int won[RACERS];
static pthread_barrier_t start_line;

static void *
racer(void *arg)
{
	int *wins = arg;

	pthread_barrier_wait(&start_line);
	for (int i = 0; i < RACES; i++)
		*wins += !give(race[i]).bad;
	pthread_barrier_wait(&start_line);
	heap->thread_gone(&self);
	return NULL;
}

static void
of_racing_frees_exactly_one_wins(void **state)
{
	pthread_t t[RACERS];
	int sum = 0;

	(void)state;
	for (int i = 0; i < RACES; i++)
		race[i] = take((size_t)i % 1500);
	pthread_barrier_init(&start_line, NULL, RACERS);
	for (int i = 0; i < RACERS; i++)
		pthread_create(&t[i], NULL, racer, &won[i]);
	for (int i = 0; i < RACERS; i++) {
		pthread_join(t[i], NULL);
		sum += won[i];
	}
	assert_int_equal(sum, RACES);
	sound();
}

enum { SHARED = 512, WORKERS = 4, WORK = 30000 };
static unsigned char *shared[SHARED];

static void
fill_pattern(unsigned char *p, size_t size)
{
	memset(p, (int)((uintptr_t)p >> 4 & 0xff), size);
}

static bool
has_pattern(const unsigned char *p, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != ((uintptr_t)p >> 4 & 0xff))
			return false;
	return true;
}

/* Blocks wander between threads: whoever swaps one out frees it. */
static void *
worker(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < WORK; i++) {
		size_t size = (size_t)rand_r(&seed) %
		    (rand_r(&seed) % 64 == 0 ? 200000 : 700);
		unsigned char *p = take(size), *old;

		fill_pattern(p, size);
		old = __atomic_exchange_n(&shared[rand_r(&seed) % SHARED], p,
		    __ATOMIC_ACQ_REL);
		if (old == NULL)
			continue;
		if (!has_pattern(old, heap->usable(me(), old, false)) ||
		    !is_clean(give(old)))
			abort();
	}
	heap->thread_gone(&self);
	return NULL;
}

static void
blocks_wander_between_threads_unharmed(void **state)
{
	struct backend_figures before, after;
	unsigned seed = (unsigned)time(NULL);
	pthread_t t[WORKERS];

	(void)state;
	print_message("seed %u\n", seed);
	assert_true(heap->figures(&before));
	for (uintptr_t i = 0; i < WORKERS; i++)
		pthread_create(&t[i], NULL, worker, (void *)(seed + i));
	for (int i = 0; i < WORKERS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < SHARED; i++)
		if (shared[i] != NULL)
			assert_true(is_clean(give(shared[i])));
	sound();
	assert_true(heap->figures(&after));
	assert_int_equal(after.live, before.live);
	assert_int_equal(after.overhead, before.overhead);
}

static void
a_random_run_agrees_with_a_table(void **state)
{
	enum { SLOTS = 100, STEPS = 4000 };
	static struct { unsigned char *p; size_t size; } slot[SLOTS];
	struct backend_figures a, b;
	unsigned seed = (unsigned)time(NULL);
	size_t live = 0;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	assert_true(heap->figures(&a));
	for (int step = 0; step < STEPS; step++) {
		int i = rand() % SLOTS;
		size_t size = (size_t)rand() %
		    (rand() % 8 == 0 ? 400000 : 1200);

		if (slot[i].p != NULL && rand() % 3 == 0 &&
		    resize(slot[i].p, size)) {
			assert_true(has_pattern(slot[i].p, size < slot[i].size
			    ? size : slot[i].size));
			live += size - slot[i].size;
		} else if (slot[i].p != NULL) {
			assert_true(has_pattern(slot[i].p, slot[i].size));
			assert_true(is_clean(give(slot[i].p)));
			live -= slot[i].size;
			slot[i].p = NULL;
			continue;
		} else {
			slot[i].p = take_as(size, rand() % 8 ? 0 :
			    (size_t)8 << rand() % 14, TRACE_CALL_MALLOC, false);
			live += size;
		}
		slot[i].size = size;
		fill_pattern(slot[i].p, size);
		sound();
		assert_true(heap->figures(&b));
		assert_int_equal(b.live - a.live, live);
	}
	for (int i = 0; i < SLOTS; i++)
		if (slot[i].p != NULL)
			give(slot[i].p);
	assert_true(heap->figures(&b));
	assert_int_equal(b.live, a.live);
	assert_true(b.footprint >= b.live + b.overhead + b.free);
}

static int
child_of(bool prepared)
{
	pid_t pid;
	int status;

	if (prepared)
		heap->fork_prepare(me()->tid);
	pid = fork();
	if (pid == 0) {
		void *p;

		self.tid = (uint32_t)os_gettid();
		heap->fork_child(self.tid);
		p = take(5000);
		if (p == NULL || !is_clean(give(p)))
			_exit(1);
		p = take_as(50, 0, TRACE_CALL_MALLOC, true);
		if (p == NULL || !is_clean(give(p)))
			_exit(2);
		_exit(0);
	}
	if (prepared)
		heap->fork_parent(me()->tid);
	waitpid(pid, &status, 0);
	return status;
}

static void
a_child_can_go_on_after_fork(void **state)
{
	(void)state;
	assert_int_equal(child_of(true), 0);
	assert_true(is_clean(give(take(10))));
	assert_int_equal(child_of(false), 0);
	sound();
}

static void
a_child_torn_out_of_the_midst_starts_afresh(void **state)
{
	(void)state;
	/* Another thread was in the main zone when _Fork came. */
	lock_take(&bp_heap.main.lock, 1);
	assert_int_equal(child_of(false), 0);
	lock_give(&bp_heap.main.lock);
	sound();
}

/* More than there are holes of old tests. */
enum { MANY = 2000 };

/* Of n blocks, the one that another one follows immediately. */
static int
with_neighbour(char **p, int n)
{
	for (int i = 0; i < n; i++)
		for (int j = i + 1; j < n; j++)
			if (p[j] == p[i] + bp_cap(p[i]) + BP_LEAD)
				return i;
	fail_msg("no two blocks side by side");
	return -1;
}

static void
an_overrun_over_the_next_block_does_not_bring_us_down(void **state)
{
	static char *p[MANY];
	int told = 0;

	(void)state;
	for (int i = 0; i < MANY; i++)
		p[i] = take(2000);
	memset(p[with_neighbour(p, MANY)], 'Z', 2300);
	for (int i = 0; i < MANY; i++) {
		struct backend_claim c = give(p[i]);

		told += c.findings || c.bad;
	}
	assert_int_equal(told, 2);
	for (int i = 0; i < MANY; i++)
		p[i] = take(2000);
	for (int i = 0; i < MANY; i++)
		assert_true(is_clean(give(p[i])));
}

static void
a_smashed_free_block_does_not_end_the_service(void **state)
{
	static char *p[MANY];
	int i;

	(void)state;
	for (i = 0; i < MANY; i++)
		p[i] = take(3000);
	i = with_neighbour(p, MANY);
	give(p[i] + bp_cap(p[i]) + BP_LEAD);
	/* Guard, the free block's header, and what is behind it. */
	memset(p[i] + 3000, 'Z', bp_cap(p[i]) - 3000 + 24);
	for (int k = 0; k < 2000; k++)
		assert_non_null(take(3000));
}

/* What waits for its turn goes to the pool. */
static void
settle(void)
{
	bp_enter_main(me()->tid);
	bp_quarantine_flush_l(me()->tid);
	bp_leave_main();
}

/* From the end of the data over the next header and all of a free block. */
static size_t
reach(char *p, size_t size)
{
	struct pool_header *right = pool_right(bp_block(p));
	size_t n = bp_cap(p) - size + POOL_OVERHEAD;

	return pool_word_kind(pool_word(right)) == POOL_KIND_FREE ?
	    n + pool_size(right) - POOL_OVERHEAD : n + 16;
}

/*
 * As above, but the links of the tree are gone too; and then the pages inside
 * free blocks are asked for, whatever their headers say.
 */
static void
smashed_links_do_not_lead_us_astray(void **state)
{
	static char *p[MANY];

	(void)state;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++)
			p[i] = take(3000 + 16 * (size_t)i);
		for (int i = 0; i < MANY; i += 2)
			give(p[i]);
		settle();
		for (int i = 1; i < MANY; i += 2)
			memset(p[i] + 3000 + 16 * (size_t)i, 'Z',
			    reach(p[i], 3000 + 16 * (size_t)i));
		if (round == 1)
			heap->trim(me(), 0);
		for (int k = 0; k < 2000; k++)
			assert_non_null(take(1500 + 16 * (size_t)(k % 700)));
	}
}

/* Written through a stale pointer: one link only, and nothing beside it. */
static void
a_single_wrong_link_is_not_followed(void **state)
{
	static const uintptr_t wrong[] = { 8, 0x4141414141414141, 24 };

	(void)state;
	for (size_t w = 0; w < PW_ARRAY_LEN(wrong); w++)
		for (unsigned link = 0; link < 4; link++) {
			char *a = take(5000 + 160 * link), *b = take(100);
			struct pool_header *h = bp_block(a);
			struct pool_links *l;

			take(2000);
			give(a);
			settle();
			assert_int_equal(pool_word_kind(pool_word(h)),
			    POOL_KIND_FREE);
			l = pool_links(h, pool_size(h));
			(&l->left)[link] = (struct pool_links *)wrong[w];
			give(b);
			for (int k = 0; k < 600; k++) {
				assert_non_null(take(1100 + 32 *
				    (size_t)(k % 200)));
				if (k % 3 == 0)
					give(take(2000 + (size_t)k));
			}
		}
}

static int
begin(void **state)
{
	static struct session_header session;

	(void)state;
	return heap->start(&session);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_is_writable_freed_and_known),
		cmocka_unit_test(a_damaged_guard_is_told_with_its_bytes),
		cmocka_unit_test(no_usual_byte_hides_behind_an_equal_guard),
		cmocka_unit_test(the_last_byte_of_the_guard_counts_too),
		cmocka_unit_test(bytes_before_a_block_are_guarded),
		cmocka_unit_test(a_double_free_knows_both_stacks),
		cmocka_unit_test(a_double_free_is_known_long_after),
		cmocka_unit_test(a_foreign_pointer_is_never_followed),
		cmocka_unit_test(an_interior_pointer_names_its_block),
		cmocka_unit_test(
		    a_call_that_does_not_match_goes_on_and_is_told),
		cmocka_unit_test(every_alignment_is_kept),
		cmocka_unit_test(calloc_is_zero_on_used_memory_too),
		cmocka_unit_test(memory_nobody_touched_stays_with_the_system),
		cmocka_unit_test(
		    a_resized_block_keeps_its_bytes_and_gets_new_guards),
		cmocka_unit_test(a_growing_big_block_is_not_copied_each_time),
		cmocka_unit_test(a_freed_block_is_not_handed_out_at_once),
		cmocka_unit_test(fill_names_the_block_and_its_state),
		cmocka_unit_test(a_handler_is_served_in_the_midst_of_our_work),
		cmocka_unit_test(
		    a_timer_that_allocates_interrupts_at_any_instruction),
		cmocka_unit_test(of_racing_frees_exactly_one_wins),
		cmocka_unit_test(blocks_wander_between_threads_unharmed),
		cmocka_unit_test(a_random_run_agrees_with_a_table),
		cmocka_unit_test(a_child_can_go_on_after_fork),
		cmocka_unit_test(a_child_torn_out_of_the_midst_starts_afresh),
		/* These damage the heap: last. */
		cmocka_unit_test(a_smashed_header_is_told_and_not_believed),
		cmocka_unit_test(
		    an_overrun_over_the_next_block_does_not_bring_us_down),
		cmocka_unit_test(a_smashed_free_block_does_not_end_the_service),
		cmocka_unit_test(smashed_links_do_not_lead_us_astray),
		cmocka_unit_test(a_single_wrong_link_is_not_followed),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
