/*
 * t_vmem_cache.c - tests of the magazines in front of a vmem arena.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vmem_fixture.h"

static vmem_t *
keeping(size_t size, size_t qcache_max)
{
	vmem_t *vm = vmem_create("kept", 0x10000, size, Q, qcache_max,
	    VMEM_NOWAIT);

	assert_non_null(vm);
	return vm;
}

/* Does a freed segment of that size stay allocated? */
static bool
keeps(vmem_t *vm, size_t size)
{
	vmem_addr_t a = take(vm, size, FIRST);
	bool kept;

	vmem_free(vm, a, size);
	kept = vmem_size(vm, VMEM_ALLOC) != 0;
	settle(vm);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 0);
	return kept;
}

static void
V43_a_quantum_cache_gives_the_freed_one_back(void **state)
{
	vmem_t *vm = keeping(64 * Q, 4 * Q);

	(void)state;
	for (size_t n = 1; n <= 4; n++) {
		vmem_addr_t other = take(vm, n * Q, FIRST);
		vmem_addr_t a = take(vm, n * Q, FIRST);

		vmem_free(vm, a, n * Q);
		assert_int_equal(take(vm, n * Q - 1, FIRST), a);
		vmem_free(vm, a, n * Q);
		vmem_free(vm, other, n * Q);
	}
	done(vm);
}

static void
V44_cached_segments_count_as_allocated_until_drained(void **state)
{
	vmem_t *vm = keeping(64 * Q, 4 * Q);
	vmem_addr_t a = take(vm, 2 * Q, FIRST);

	(void)state;
	vmem_free(vm, a, 2 * Q);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 2 * Q);
	assert_int_equal(vmem_size(vm, VMEM_FREE), 62 * Q);
	settle(vm);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 0);
	/* vmem_xfree gives to the arena at once. */
	a = take(vm, 2 * Q, FIRST);
	vmem_xfree(vm, a, 2 * Q);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 0);
	done(vm);
}

static void
V45_larger_sizes_pass_the_cache_by(void **state)
{
	vmem_t *vm = keeping(64 * Q, 4 * Q);

	(void)state;
	assert_true(keeps(vm, 4 * Q));
	assert_false(keeps(vm, 4 * Q + 1));
	assert_false(keeps(vm, 5 * Q));
	done(vm);
}

static void
V46_address_0_with_a_cache(void **state)
{
	vmem_t *vm = vmem_create("low", 0, 2 * Q, Q, 4 * Q, VMEM_NOWAIT);
	vmem_addr_t a, b;

	(void)state;
	for (int round = 0; round < 3; round++) {
		a = take(vm, Q, FIRST);
		b = take(vm, Q, FIRST);
		assert_int_equal(a + b, Q);
		assert_int_equal(vmem_alloc(vm, Q, FIRST, NULL), ENOMEM);
		vmem_free(vm, a, Q);
		vmem_free(vm, b, Q);
	}
	done(vm);
}

static void
V47_qcache_max_is_clamped_and_rounded_down(void **state)
{
	vmem_t *vm = keeping(64 * Q, 100 * Q);

	(void)state;
	assert_true(keeps(vm, 16 * Q));
	assert_false(keeps(vm, 17 * Q));
	done(vm);
	vm = keeping(64 * Q, 3 * Q - 1);
	assert_true(keeps(vm, 2 * Q));
	assert_false(keeps(vm, 3 * Q - 1));
	done(vm);
	vm = keeping(64 * Q, Q - 1);
	assert_false(keeps(vm, 1));
	done(vm);
}

static void
V48_exhaustion_drains_the_cache(void **state)
{
	vmem_t *vm = keeping(16 * Q, 4 * Q);
	vmem_addr_t a[16];

	(void)state;
	for (int i = 0; i < 16; i++)
		a[i] = take(vm, Q, FIRST);
	for (int i = 0; i < 16; i++)
		vmem_free(vm, a[i], Q);
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 16 * Q);
	assert_int_equal(take(vm, 16 * Q, FIRST), 0x10000);
	vmem_free(vm, 0x10000, 16 * Q);
	done(vm);
}

/* One arena with magazines and one without are asked the same. */
static void
V49_the_cache_changes_no_meaning(void **state)
{
	vmem_t *vm[2] = { keeping(64 * Q, 0), keeping(64 * Q, 16 * Q) };
	struct { vmem_addr_t at; size_t size; } live[32] = { { 0, 0 } };

	(void)state;
	dice_seed();
	for (int step = 0; step < 20000; step++) {
		size_t i = dice(32), size = 1 + dice(9 * Q);
		vmem_addr_t a[2] = { 77, 77 };
		int error[2], flags = dice(4) ? BEST : NEXT;

		if (live[i].size != 0) {
			for (int k = 0; k < 2; k++)
				vmem_free(vm[k], live[i].at, live[i].size);
			live[i].size = 0;
			continue;
		}
		for (int k = 0; k < 2; k++)
			error[k] = vmem_alloc(vm[k], size, flags, &a[k]);
		assert_int_equal(error[0], error[1]);
		assert_int_equal(a[0], a[1]);
		if (error[0] == 0) {
			live[i].at = a[0];
			live[i].size = size;
		}
		if (step % 64 == 0)
			settle(vm[1]);
	}
	for (int i = 0; i < 32; i++)
		for (int k = 0; k < 2; k++)
			if (live[i].size != 0)
				vmem_free(vm[k], live[i].at, live[i].size);
	done(vm[0]);
	done(vm[1]);
}

static void
more_than_the_magazines_hold_goes_to_the_arena(void **state)
{
	enum { N = 20000 };
	vmem_t *vm = vmem_create("many", 0, N * Q, Q, Q, VMEM_NOWAIT);

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < N; i++)
			take(vm, Q, FIRST);
		for (uintptr_t i = 0; i < N; i++)
			vmem_free(vm, i * Q, Q);
		assert_true(vmem_size(vm, VMEM_ALLOC) < N * Q);
	}
	vmem_walk(vm, 0, nobody, NULL);
	assert_int_equal(vmem_size(vm, VMEM_MAXFREE), N * Q);
	vmem_destroy(vm);
}

#define THREADS	8u
#define SHARED	4096u

static unsigned char owner[SHARED];	/* of each quantum; 0: nobody */

struct worker {
	vmem_t *vm;
	unsigned char self;
	uint64_t dice;
};

static size_t
roll(struct worker *w, size_t n)
{
	w->dice = w->dice * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(w->dice >> 33) % n;
}

/* Each quantum that changes hands was nobody's, or ours. */
static void
mark(vmem_addr_t at, size_t n, unsigned char from, unsigned char to)
{
	for (size_t i = 0; i < n; i++)
		if (__atomic_exchange_n(&owner[at / Q + i], to,
		    __ATOMIC_RELAXED) != from)
			abort();
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct { vmem_addr_t at; size_t n; } live[32] = { { 0, 0 } };

	for (int step = 0; step < 40000; step++) {
		size_t i = roll(w, 32), n = 1 + roll(w, 20);

		if (live[i].n != 0) {
			mark(live[i].at, live[i].n, w->self, 0);
			vmem_free(w->vm, live[i].at, live[i].n * Q);
			live[i].n = 0;
		} else if (vmem_alloc(w->vm, n * Q, roll(w, 8) ? FIRST : BEST,
		    &live[i].at) == 0) {
			live[i].n = n;
			mark(live[i].at, n, 0, w->self);
		}
		if (step % 4096 == 0)
			vmem_walk(w->vm, VMEM_ALLOC, nobody, NULL);
	}
	for (int i = 0; i < 32; i++)
		if (live[i].n != 0) {
			mark(live[i].at, live[i].n, w->self, 0);
			vmem_free(w->vm, live[i].at, live[i].n * Q);
		}
	return NULL;
}

static void
V81_eight_threads(void **state)
{
	vmem_t *vm = arena(state, 0, SHARED * Q);
	struct worker w[THREADS];
	pthread_t thread[THREADS];

	dice_seed();
	for (unsigned i = 0; i < THREADS; i++) {
		w[i] = (struct worker){ vm, (unsigned char)(i + 1),
		    dice_state + i };
		assert_int_equal(pthread_create(&thread[i], NULL, work, &w[i]),
		    0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(take(vm, SHARED * Q, FIRST), 0);
	vmem_free(vm, 0, SHARED * Q);
	done(vm);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ALONE(V43_a_quantum_cache_gives_the_freed_one_back),
		ALONE(V44_cached_segments_count_as_allocated_until_drained),
		ALONE(V45_larger_sizes_pass_the_cache_by),
		ALONE(V46_address_0_with_a_cache),
		ALONE(V47_qcache_max_is_clamped_and_rounded_down),
		ALONE(V48_exhaustion_drains_the_cache),
		ALONE(V49_the_cache_changes_no_meaning),
		ALONE(more_than_the_magazines_hold_goes_to_the_arena),
		BOTH(V81_eight_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
