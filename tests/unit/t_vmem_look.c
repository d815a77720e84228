/*
 * t_vmem_look.c - tests of vmem: looking at an arena, waiting, giving it up.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "vmem_fixture.h"

/* What is waited for, and by whom. */
struct wait {
	vmem_t *vm;
	vmem_addr_t at;
	int error;
	bool over;
};

static void *
wait_for_one(void *arg)
{
	struct wait *w = arg;

	w->error = vmem_alloc(w->vm, Q, VMEM_WAITOK | VMEM_FIRSTFIT, &w->at);
	__atomic_store_n(&w->over, true, __ATOMIC_RELEASE);
	return NULL;
}

static void
pause_ms(long ms)
{
	struct timespec t = { 0, ms * 1000000 };

	nanosleep(&t, NULL);
}

/* A thread waits for a quantum of a full arena. */
static pthread_t
start_waiting(struct wait *w, vmem_t *vm)
{
	pthread_t thread;

	memset(w, 0, sizeof(*w));
	w->vm = vm;
	assert_int_equal(pthread_create(&thread, NULL, wait_for_one, w), 0);
	pause_ms(50);
	assert_false(__atomic_load_n(&w->over, __ATOMIC_ACQUIRE));
	alarm(20);
	return thread;
}

static void
stop_waiting(pthread_t thread)
{
	pthread_join(thread, NULL);
	alarm(0);
}

static void
V64_a_waiting_alloc_returns_when_another_thread_frees(void **state)
{
	vmem_t *vm = arena(state, Q, 4 * Q);
	struct wait w;
	pthread_t thread;

	for (int round = 0; round < 3; round++) {
		take(vm, 4 * Q, FIRST);
		thread = start_waiting(&w, vm);
		vmem_free(vm, Q, 4 * Q);
		stop_waiting(thread);
		assert_int_equal(w.error, 0);
		vmem_free(vm, w.at, Q);
	}
	done(vm);
}

static void
V65_vmem_add_wakes_it_too(void **state)
{
	vmem_t *vm = arena(state, Q, 4 * Q);
	struct wait w;
	pthread_t thread;

	take(vm, 4 * Q, FIRST);
	thread = start_waiting(&w, vm);
	assert_int_equal(vmem_add(vm, 16 * Q, Q, VMEM_NOWAIT), 0);
	stop_waiting(thread);
	assert_int_equal(w.error, 0);
	assert_int_equal(w.at, 16 * Q);
	vmem_free(vm, 16 * Q, Q);
	vmem_free(vm, Q, 4 * Q);
	done(vm);
}

static void
V66_allocated_and_free_add_up(void **state)
{
	vmem_t *vm = arena(state, Q, 64 * Q);
	vmem_addr_t a[8];

	assert_int_equal(vmem_add(vm, 128 * Q, 7 * Q, VMEM_NOWAIT), 0);
	for (size_t i = 0; i < 8; i++) {
		a[i] = take(vm, (i + 1) * Q, i % 2 ? FIRST : BEST);
		assert_int_equal(vmem_size(vm, VMEM_ALLOC) +
		    vmem_size(vm, VMEM_FREE), 71 * Q);
		assert_int_equal(total(vm), 71 * Q);
	}
	assert_int_equal(vmem_size(vm, VMEM_ALLOC), 36 * Q);
	for (size_t i = 0; i < 8; i++)
		vmem_free(vm, a[i], (i + 1) * Q);
	done(vm);
}

static void
V67_MAXFREE_is_the_largest_hole_and_0_when_full(void **state)
{
	vmem_t *vm = arena(state, Q, 64 * Q);
	vmem_addr_t a = take(vm, 17 * Q, FIRST), b;

	assert_int_equal(vmem_size(vm, VMEM_MAXFREE), 47 * Q);
	b = take(vm, 47 * Q, BEST);
	assert_int_equal(vmem_size(vm, VMEM_MAXFREE), 0);
	vmem_free(vm, a, 17 * Q);
	assert_int_equal(vmem_size(vm, VMEM_MAXFREE), 17 * Q);
	assert_int_equal(vmem_add(vm, 128 * Q, 30 * Q, VMEM_NOWAIT), 0);
	assert_int_equal(vmem_size(vm, VMEM_MAXFREE), 30 * Q);
	vmem_free(vm, b, 47 * Q);
	assert_int_equal(vmem_size(vm, VMEM_MAXFREE), 64 * Q);
	done(vm);
}

static void
V68_an_unknown_mask_is_0(void **state)
{
	vmem_t *vm = arena(state, Q, 4 * Q);

	assert_int_equal(vmem_size(vm, 0), 0);
	assert_int_equal(vmem_size(vm, 4), 0);
	assert_int_equal(vmem_size(vm, VMEM_FREE | VMEM_MAXFREE), 0);
	assert_int_equal(vmem_size(vm, -1), 0);
	done(vm);
}

static void
V69_roundup_size(void **state)
{
	vmem_t *vm = arena(state, Q, 4 * Q);

	assert_int_equal(vmem_roundup_size(vm, 1), Q);
	assert_int_equal(vmem_roundup_size(vm, Q), Q);
	assert_int_equal(vmem_roundup_size(vm, Q + 1), 2 * Q);
	assert_int_equal(vmem_roundup_size(vm, 0), 0);
	assert_int_equal(vmem_roundup_size(vm, SIZE_MAX), 0);
	done(vm);
}

static void
V70_destroying_an_empty_arena_a_busy_one_and_NULL(void **state)
{
	vmem_t *vm = arena(state, Q, 8 * Q);

	complaints = 0;
	vmem_destroy(NULL);
	vmem_complain(vm, hear);
	vmem_destroy(vm);
	vm = arena(state, Q, 8 * Q);
	vmem_complain(vm, hear);
	/* One in a magazine is not leaked. */
	vmem_free(vm, take(vm, 2 * Q, FIRST), 2 * Q);
	vmem_destroy(vm);
	assert_int_equal(complaints, 0);
	vm = arena(state, Q, 8 * Q);
	vmem_complain(vm, hear);
	take(vm, 3 * Q - 1, FIRST);
	vmem_destroy(vm);
	assert_string_equal(heard, "leaked 12288 bytes");
	assert_int_equal(complaints, 1);
}

struct tour {
	vmem_t *vm;
	bool frees;		/* what it visits */
	unsigned n;
	vmem_addr_t at[64];
	vmem_size_t size[64];
	int kind[64];
};

static void
visit(void *arg, vmem_addr_t at, vmem_size_t size, int kind)
{
	struct tour *t = arg;

	assert_true(t->n < 64);
	t->at[t->n] = at;
	t->size[t->n] = size;
	t->kind[t->n++] = kind;
	if (t->frees)
		vmem_free(t->vm, at, size);
}

/* Two spans, Q to 33Q and 64Q to 80Q, with three segments in the first. */
static vmem_t *
landscape(void **state)
{
	vmem_t *vm = arena(state, Q, 32 * Q);

	assert_int_equal(vmem_add(vm, 64 * Q, 16 * Q, VMEM_NOWAIT), 0);
	for (vmem_addr_t at = 4; at <= 20; at += 8)
		assert_int_equal(vmem_xalloc(vm, 3 * Q, 0, 0, 0, at * Q,
		    33 * Q - 1, BEST, NULL), 0);
	return vm;
}

static void
level(vmem_t *vm)
{
	for (vmem_addr_t at = 4; at <= 20; at += 8)
		vmem_free(vm, at * Q, 3 * Q);
	done(vm);
}

static void
V72_walk_is_sorted_contiguous_and_complete(void **state)
{
	static const vmem_addr_t at[] = { 1, 4, 7, 12, 15, 20, 23, 64 };
	vmem_t *vm = landscape(state);
	struct tour t = { .vm = vm };

	for (int again = 0; again < 2; again++) {
		t.n = 0;
		vmem_walk(vm, VMEM_ALLOC | VMEM_FREE |
		    (again ? VMEM_REENTRANT : 0), visit, &t);
		assert_int_equal(t.n, 8);
		for (unsigned i = 0; i < 8; i++) {
			assert_int_equal(t.at[i], at[i] * Q);
			assert_int_equal(t.at[i] + t.size[i], (i == 7 ? 80 :
			    i == 6 ? 33 : at[i + 1]) * Q);
			assert_int_equal(t.kind[i], i % 2 && i < 7 ?
			    VMEM_ALLOC : VMEM_FREE);
		}
	}
	level(vm);
}

static void
V73_walk_of_the_allocated_lists_the_live_set(void **state)
{
	vmem_t *vm = landscape(state);
	struct tour t = { .vm = vm };

	/* Freed, perhaps into a magazine: no longer live. */
	vmem_free(vm, take(vm, 2 * Q, FIRST), 2 * Q);
	vmem_walk(vm, VMEM_ALLOC, visit, &t);
	assert_int_equal(t.n, 3);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(t.at[i], (4 + 8 * i) * Q);
		assert_int_equal(t.size[i], 3 * Q);
	}
	level(vm);
}

static void
V74_a_reentrant_walk_may_free_what_it_visits(void **state)
{
	vmem_t *vm = arena(state, Q, 64 * Q);
	struct tour t = { .vm = vm, .frees = true };

	for (int i = 0; i < 30; i++)
		take(vm, i % 3 ? Q : 2 * Q, FIRST);
	alarm(20);
	vmem_walk(vm, VMEM_ALLOC | VMEM_REENTRANT, visit, &t);
	alarm(0);
	assert_int_equal(t.n, 30);
	assert_int_equal(allocated(vm), 0);
	assert_int_equal(take(vm, 64 * Q, FIRST), Q);
	vmem_free(vm, Q, 64 * Q);
	done(vm);
}

static void
V75_contains(void **state)
{
	vmem_t *vm = arena(state, 4 * Q, 4 * Q);

	assert_int_equal(vmem_add(vm, 8 * Q, 4 * Q, VMEM_NOWAIT), 0);
	assert_int_equal(vmem_contains(vm, 4 * Q, 4 * Q), 1);
	assert_int_equal(vmem_contains(vm, 5 * Q + 1, 7), 1);
	assert_int_equal(vmem_contains(vm, 12 * Q - 1, 1), 1);
	assert_int_equal(vmem_contains(vm, 7 * Q, 2 * Q), 0);
	assert_int_equal(vmem_contains(vm, 4 * Q - 1, 2), 0);
	assert_int_equal(vmem_contains(vm, 12 * Q, 1), 0);
	assert_int_equal(vmem_contains(vm, 5 * Q, SIZE_MAX), 0);
	assert_int_equal(vmem_contains(vm, 5 * Q, 0), 0);
	done(vm);
}

static char said[4096];

static void
say(void *arg, const char *line)
{
	(void)arg;
	strncat(said, line, sizeof(said) - strlen(said) - 2);
	strcat(said, "\n");
}

static void
V76_whatis_says_start_offset_arena_and_state(void **state)
{
	vmem_t *vm = landscape(state);

	said[0] = '\0';
	assert_int_equal(vmem_whatis(vm, 5 * Q + 1, say, NULL), 1);
	assert_int_equal(vmem_whatis(vm, 8 * Q, say, NULL), 1);
	vmem_free(vm, 4 * Q, 3 * Q);
	assert_int_equal(vmem_whatis(vm, 4 * Q, say, NULL), 1);
	assert_string_equal(said,
	    "0x5001 is 0x4000+4097 in VMEM 'test' (allocated)\n"
	    "0x8000 is 0x7000+4096 in VMEM 'test' (free)\n"
	    "0x4000 is 0x1000+12288 in VMEM 'test' (free)\n");
	said[0] = '\0';
	assert_int_equal(vmem_whatis(vm, 50 * Q, say, NULL), 0);
	assert_string_equal(said, "");
	assert_int_equal(vmem_alloc(vm, 3 * Q, FIRST, NULL), 0);
	vmem_complain(vm, hear);
	vmem_destroy(vm);
}

static void
V77_dump_prints_a_line_for_each_tag(void **state)
{
	vmem_t *from = arena(state, 0x100000, 64 * Q);
	vmem_t *vm = arena(state, 0, 0);
	vmem_addr_t a;

	vmem_set_import(vm, vmem_import_arena, vmem_release_arena, from, 0);
	assert_int_equal(vmem_add(vm, Q, 2 * Q, VMEM_NOWAIT), 0);
	a = take(vm, 20 * Q, FIRST);
	said[0] = '\0';
	vmem_dump(vm, say, NULL);
	assert_string_equal(said,
	    "vmem 'test' quantum 4096 busy 81920 free 8192\n"
	    "\t0x1000 8192 span\n\t0x1000 8192 free\n"
	    "\t0x100000 81920 imported span\n\t0x100000 81920 busy\n");
	vmem_free(vm, a, 20 * Q);
	done(vm);
	done(from);
}

static void
V78_injected_failures_hit_NOWAIT_only(void **state)
{
	vmem_t *vm = arena(state, Q, 16 * Q);
	unsigned failed = 0;
	vmem_addr_t a;

	/* There is one in a magazine: it is refused all the same. */
	vmem_free(vm, take(vm, Q, FIRST), Q);
	vmem_set_mtbf(vm, 1);
	assert_int_equal(vmem_alloc(vm, Q, FIRST, NULL), ENOMEM);
	assert_int_equal(vmem_xalloc(vm, Q, 0, 0, 0, 0, TOP, BEST, NULL),
	    ENOMEM);
	assert_int_equal(vmem_alloc(vm, Q, VMEM_WAITOK, &a), 0);
	vmem_free(vm, a, Q);
	vmem_set_mtbf(vm, 4);
	for (int i = 0; i < 4000; i++)
		if (vmem_alloc(vm, Q, FIRST, &a) == 0)
			vmem_free(vm, a, Q);
		else
			failed++;
	assert_in_range(failed, 500, 2000);
	vmem_set_mtbf(vm, 0);
	vmem_free(vm, take(vm, Q, FIRST), Q);
	done(vm);
}

static void
V82_a_long_name_is_cut(void **state)
{
	vmem_t *vm = vmem_create("sixteen letters! and more of them", Q, Q, Q,
	    *(size_t *)*state * Q, VMEM_NOWAIT);

	assert_non_null(vm);
	said[0] = '\0';
	vmem_whatis(vm, Q, say, NULL);
	assert_string_equal(said,
	    "0x1000 is 0x1000+0 in VMEM 'sixteen letters!' (free)\n");
	done(vm);
}

static void
an_arena_lives_in_storage_of_the_callers(void **state)
{
	static char storage[VMEM_STORAGE + 64] __attribute__((aligned(64)));
	vmem_t *vm = vmem_init((vmem_t *)storage, "mine", Q, 4 * Q, Q,
	    *(size_t *)*state * Q, VMEM_NOWAIT);

	assert_ptr_equal(vm, storage);
	vmem_free(vm, take(vm, Q, FIRST), Q);
	done(vm);
	for (int i = 0; i < 64; i++)
		assert_int_equal(storage[VMEM_STORAGE + i], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(V64_a_waiting_alloc_returns_when_another_thread_frees),
		BOTH(V65_vmem_add_wakes_it_too),
		BOTH(V66_allocated_and_free_add_up),
		BOTH(V67_MAXFREE_is_the_largest_hole_and_0_when_full),
		BOTH(V68_an_unknown_mask_is_0),
		BOTH(V69_roundup_size),
		BOTH(V70_destroying_an_empty_arena_a_busy_one_and_NULL),
		BOTH(V72_walk_is_sorted_contiguous_and_complete),
		BOTH(V73_walk_of_the_allocated_lists_the_live_set),
		BOTH(V74_a_reentrant_walk_may_free_what_it_visits),
		BOTH(V75_contains),
		BOTH(V76_whatis_says_start_offset_arena_and_state),
		BOTH(V77_dump_prints_a_line_for_each_tag),
		BOTH(V78_injected_failures_hit_NOWAIT_only),
		BOTH(V82_a_long_name_is_cut),
		BOTH(an_arena_lives_in_storage_of_the_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
