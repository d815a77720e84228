/*
 * t_pool.c - tests of pools; a table of contents is the oracle of the random
 * one, and poolcheck is called after every step.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "alloc/pool.h"
#include "alloc/pool_impl.h"
#include "alloc/pool_layout.h"
#include "base/check.h"
#include "base/os.h"

void
check_failed(const char *what, const char *file, int line)
{
	print_error("%s:%d: %s\n", file, line, what);
	abort();
}

static int npanic, nprint;
static char said[256];

static void
on_panic(Pool *p, const char *fmt, ...)
{
	va_list args;

	(void)p;
	npanic++;
	va_start(args, fmt);
	vsnprintf(said, sizeof(said), fmt, args);
	va_end(args);
}

static void
on_print(Pool *p, const char *fmt, ...)
{
	(void)p;
	(void)fmt;
	nprint++;
}

static Pool pool;
static vmem_t *source;

/* A pool over 64 MiB of its own; no call here may panic unless it is told. */
static int
begin(void **state)
{
	(void)state;
	memset(&pool, 0, sizeof(pool));
	source = vmem_create("source", (uintptr_t)os_map(64u << 20), 64u << 20,
	    4096, 0, VMEM_NOWAIT);
	pool.name = "test";
	pool.source = source;
	pool.minarena = 65536;
	pool.panic = on_panic;
	pool.print = on_print;
	npanic = nprint = 0;
	return 0;
}

static int
end(void **state)
{
	(void)state;
	return npanic == 0 ? 0 : -1;
}

static int
end_after_panic(void **state)
{
	(void)state;
	return npanic == 1 && pool.poisoned ? 0 : -1;
}

static void
sound(void)
{
	poolcheck(&pool);
	if (npanic != 0)
		fail_msg("%s", said);
}

struct tally {
	size_t blocks[4];
	size_t bytes[4];
};

static void
add_up(void *arg, void *data, size_t size, enum pool_kind kind)
{
	struct tally *t = arg;

	(void)data;
	t->blocks[kind]++;
	t->bytes[kind] += size;
}

static size_t
count_blocks(enum pool_kind kind)
{
	struct tally t = { { 0 }, { 0 } };

	poolwalk(&pool, add_up, &t);
	return t.blocks[kind];
}

static void
size_zero_gives_unique_addresses(void **state)
{
	void *a = poolalloc(&pool, 0), *b = poolalloc(&pool, 0);

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_ptr_not_equal(a, b);
	poolfree(&pool, a);
	poolfree(&pool, b);
	poolfree(&pool, NULL);
	sound();
	assert_int_equal(pool.curalloc, 0);
}

static void
freeing_the_middle_block_joins_both_neighbours(void **state)
{
	char *a = poolalloc(&pool, 64), *b = poolalloc(&pool, 64);
	char *c = poolalloc(&pool, 64), *wall = poolalloc(&pool, 64);

	(void)state;
	poolfree(&pool, a);
	poolfree(&pool, c);
	sound();
	assert_int_equal(count_blocks(POOL_BLOCK_FREE), 3);
	poolfree(&pool, b);
	sound();
	assert_int_equal(count_blocks(POOL_BLOCK_FREE), 2);
	assert_ptr_equal(poolalloc(&pool, 3 * pool_size(pool_block(wall)) -
	    POOL_OVERHEAD), a);
	poolfree(&pool, wall);
	poolfree(&pool, a);
	sound();
	assert_int_equal(count_blocks(POOL_BLOCK_FREE), 1);
}

static void
the_smallest_hole_that_fits_is_taken(void **state)
{
	static const size_t size[] = { 512, 128, 256 };
	void *hole[3], *wall;

	(void)state;
	for (int i = 0; i < 3; i++) {
		hole[i] = poolalloc(&pool, size[i]);
		wall = poolalloc(&pool, 1);
	}
	for (int i = 0; i < 3; i++)
		poolfree(&pool, hole[i]);
	assert_non_null(wall);
	assert_ptr_equal(poolalloc(&pool, 240), hole[2]);
	assert_ptr_equal(poolalloc(&pool, 120), hole[1]);
	sound();
}

static void
one_byte_too_many_panics_at_free(void **state)
{
	char *a = poolalloc(&pool, 100);

	(void)state;
	a[100] = 'x';
	poolfree(&pool, a);
	assert_int_equal(npanic, 1);
	assert_non_null(strstr(said, "overflow"));
	errno = 0;
	assert_null(poolalloc(&pool, 1));
	assert_int_equal(errno, EUCLEAN);
}

static void
the_last_byte_of_the_slack_is_guarded(void **state)
{
	char *a = poolalloc(&pool, 97);

	(void)state;
	((char *)pool_right(pool_block(a)))[-1] ^= 1;
	poolblockcheck(&pool, a);
}

static void
an_overrun_without_slack_meets_the_fence(void **state)
{
	char *a = poolalloc(&pool, 104);

	(void)state;
	assert_int_equal(pool_room(pool_block(a)), 104);
	a[104] = 0;
	poolcheck(&pool);
	assert_non_null(strstr(said, "byte 104 of it"));
	assert_non_null(strstr(said, "should be be, is 00"));
}

static void
an_underrun_panics_at_free(void **state)
{
	char *a = poolalloc(&pool, 40);

	(void)state;
	memset(a - 8, 'u', 4);
	poolfree(&pool, a);
}

static void
a_block_is_freed_once(void **state)
{
	char *a = poolalloc(&pool, 40);

	(void)state;
	poolfree(&pool, a);
	assert_int_equal(npanic, 0);
	poolfree(&pool, a);
	assert_non_null(strstr(said, "double-free"));
}

static void
an_interior_pointer_panics(void **state)
{
	char *a = poolalloc(&pool, 400);

	(void)state;
	memset(a, 0, 400);
	poolfree(&pool, a + 32);
}

static void
a_single_nul_is_tolerated_when_asked_for(void **state)
{
	char *a, *b;

	(void)state;
	pool.flags = POOL_TOLERANCE;
	a = poolalloc(&pool, 97);
	b = poolalloc(&pool, 104);
	a[97] = 0;
	poolfree(&pool, a);
	b[104] = 0;
	poolfree(&pool, b);
	assert_int_equal(nprint, 2);
	sound();
}

static void
two_nuls_are_not_tolerated(void **state)
{
	char *a;

	(void)state;
	pool.flags = POOL_TOLERANCE;
	a = poolalloc(&pool, 97);
	a[97] = a[98] = 0;
	poolfree(&pool, a);
}

static uint32_t
word_at(const void *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static void
antagonism_fills_with_words_that_name_the_block(void **state)
{
	uint32_t name;
	char *a, *wall;

	(void)state;
	pool.flags = POOL_ANTAGONISM;
	a = poolalloc(&pool, 402);
	wall = poolalloc(&pool, 16);
	name = (uintptr_t)a & 0xffffff;
	for (int i = 0; i < 400; i += 4)
		assert_int_equal(word_at(a + i), 0xF9000000u | name);
	assert_memory_equal(a + 400, &name, 2);
	poolfree(&pool, a);
	assert_int_equal(word_at(a + 64), 0xF7000000u | name);
	sound();
	poolfree(&pool, wall);
	sound();
}

static void
a_dead_block_is_never_reused_and_watched(void **state)
{
	char *a;

	(void)state;
	pool.flags = POOL_NOREUSE;
	a = poolalloc(&pool, 100);
	poolfree(&pool, a);
	for (int i = 0; i < 1000; i++)
		assert_ptr_not_equal(poolalloc(&pool, 100), a);
	sound();
	assert_int_equal(count_blocks(POOL_BLOCK_DEAD), 1);
	a[50] = 1;
	poolcheck(&pool);
	assert_non_null(strstr(said, "dangling"));
}

static void
a_quantum_that_is_no_power_of_two_is_refused(void **state)
{
	(void)state;
	pool.quantum = 24;
	assert_null(poolalloc(&pool, 1));
	assert_int_equal(errno, EINVAL);
}

static void
a_failing_realloc_leaves_the_block_alone(void **state)
{
	char *a, *wall;

	(void)state;
	pool.maxsize = 65536;
	a = poolalloc(&pool, 100);
	wall = poolalloc(&pool, 1);
	memset(a, 'a', 100);
	errno = 0;
	assert_null(poolrealloc(&pool, a, 100000));
	assert_int_equal(errno, ENOMEM);
	assert_null(poolalloc(&pool, SIZE_MAX - 8));
	for (int i = 0; i < 100; i++)
		assert_int_equal(a[i], 'a');
	poolfree(&pool, a);
	poolfree(&pool, wall);
	sound();
}

static void
realloc_grows_into_its_right_neighbour(void **state)
{
	char *a = poolalloc(&pool, 100), *b = poolalloc(&pool, 200);
	char *wall = poolalloc(&pool, 1);

	(void)state;
	assert_non_null(wall);
	memset(a, 'a', 100);
	poolfree(&pool, b);
	assert_ptr_equal(poolrealloc(&pool, a, 250), a);
	assert_int_equal(a[99], 'a');
	sound();
	assert_ptr_equal(poolrealloc(&pool, a, 10), a);
	assert_int_equal(poolmsize(&pool, a) % 16, 8);
	assert_null(poolrealloc(&pool, a, 0));
	sound();
}

static void
aligned_blocks_are_aligned_and_leave_no_gap(void **state)
{
	(void)state;
	for (size_t align = 16; align <= 65536; align *= 2) {
		void *pad = poolalloc(&pool, 24);
		char *a = poolallocalign(&pool, 100, align, 48, 0);

		assert_non_null(a);
		assert_int_equal((uintptr_t)a % align, 48 % align);
		memset(a, 1, 100);
		sound();
		poolfree(&pool, pad);
		poolfree(&pool, a);
		sound();
	}
	assert_int_equal(pool.curalloc, 0);
}

static void
any_alignment_and_offset_is_kept_by_realloc(void **state)
{
	(void)state;
	for (size_t align = 1; align < 100; align += 7) {
		char *wall, *a = poolallocalign(&pool, 100, align, -5, 0);

		assert_int_equal(((uintptr_t)a + 5) % align, 0);
		memset(a, 'a', 100);
		wall = poolalloc(&pool, 1);
		a = poolrealloc(&pool, a, 5000);
		assert_int_equal(((uintptr_t)a + 5) % align, 0);
		assert_int_equal(a[0] + a[99], 2 * 'a');
		assert_true(poolmsize(&pool, a) >= 5000);
		sound();
		poolfree(&pool, wall);
		poolfree(&pool, a);
		sound();
	}
	assert_int_equal(pool.curalloc, 0);
}

static void
a_byte_behind_an_ordinary_block_is_no_block(void **state)
{
	char *a = poolalloc(&pool, 100);

	(void)state;
	poolfree(&pool, a + 1);
}

static void
a_foreign_pointer_panics(void **state)
{
	long stack[4] = { 0 };

	(void)state;
	poolfree(&pool, &stack[2]);
	pool.poisoned = false;
	poolfree(&pool, (void *)(uintptr_t)0x123456789abcdef0u);
	npanic--;
}

static void
realloc_grows_into_its_left_neighbour(void **state)
{
	char *left = poolalloc(&pool, 200), *a = poolalloc(&pool, 300);
	char *wall = poolalloc(&pool, 1);

	(void)state;
	assert_non_null(wall);
	memset(a, 'a', 300);
	poolfree(&pool, left);
	assert_ptr_equal(poolrealloc(&pool, a, 450), left);
	for (int i = 0; i < 300; i++)
		assert_int_equal(left[i], 'a');
	sound();
}

static void
a_pool_is_rebuilt_from_its_headers_alone(void **state)
{
	void *a[64], *where;
	size_t alloc, nfree;

	(void)state;
	for (int i = 0; i < 64; i++)
		a[i] = poolalloc(&pool, (size_t)i * 40);
	for (int i = 0; i < 64; i += 3)
		poolfree(&pool, a[i]);
	alloc = pool.curalloc;
	nfree = pool.curfree;
	pool.curalloc = pool.curfree = 7;
	memset(pool.bin, 0x55, sizeof(pool.bin));
	pool.binmap = 12345;
	assert_null(pool_rebuild_l(&pool, &where));
	sound();
	assert_int_equal(pool.curalloc, alloc);
	assert_int_equal(pool.curfree, nfree);
	memset(pool_block(a[1]), 'x', 8);
	assert_non_null(pool_rebuild_l(&pool, &where));
	assert_ptr_equal(where, pool_block(a[1]));
}

static void
a_span_is_not_crossed(void **state)
{
	(void)state;
	srand(7);
	for (int i = 0; i < 500; i++) {
		size_t size = (size_t)rand() % 4096 + 1;
		uintptr_t a = (uintptr_t)poolallocalign(&pool, size, 0, 0,
		    4096);

		assert_int_not_equal(a, 0);
		assert_int_equal(a / 4096, (a + size - 1) / 4096);
	}
	sound();
	assert_null(poolallocalign(&pool, 4097, 0, 0, 4096));
}

static void
an_idle_arena_goes_back_to_its_source(void **state)
{
	void *a[40];

	(void)state;
	for (int i = 0; i < 40; i++)
		a[i] = poolalloc(&pool, 16000);
	assert_true(vmem_size(source, VMEM_ALLOC) > 600000);
	for (int i = 0; i < 40; i++)
		poolfree(&pool, a[i]);
	assert_true(pooltrim(&pool) > 600000);
	assert_int_equal(vmem_size(source, VMEM_ALLOC), 0);
	assert_int_equal(pool.cursize, 0);
	sound();
	assert_non_null(poolalloc(&pool, 1));
}

static void
cutting_many_at_once_makes_ordinary_blocks(void **state)
{
	struct pool_header *h[8];
	size_t n = pool_take_many_l(&pool, 64, 8, h);

	(void)state;
	assert_int_equal(n, 8);
	sound();
	for (size_t i = 0; i < n; i++) {
		pool_give_l(&pool, h[i]);
		sound();
	}
	assert_int_equal(count_blocks(POOL_BLOCK_FREE), 1);
}

#define SLOTS	200
#define STEPS	6000

struct slot {
	unsigned char *p;
	size_t size;
	unsigned char fill;
};

static void
slot_intact(const struct slot *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s->p[i] != s->fill)
			fail_msg("byte %zu of %zu changed", i, s->size);
}

static void
slot_set(struct slot *s, void *p, size_t size)
{
	s->p = p;
	s->size = size;
	s->fill = (unsigned char)rand();
	assert_non_null(p);
	memset(p, s->fill, size);
}

static void
random_step(struct slot *s)
{
	size_t size = (size_t)rand() % (rand() % 10 == 0 ? 20000 : 300);
	void *p;

	if (s->p == NULL && rand() % 4 == 0)
		slot_set(s, poolallocalign(&pool, size, (size_t)rand() % 300,
		    rand() % 99 - 50, rand() % 2 ? 0 : 32768), size);
	else if (s->p == NULL)
		slot_set(s, poolalloc(&pool, size), size);
	else if (rand() % 2) {
		slot_intact(s, s->size);
		poolfree(&pool, s->p);
		s->p = NULL;
	} else {
		p = poolrealloc(&pool, s->p, size + 1);
		assert_non_null(p);
		s->p = p;
		slot_intact(s, s->size < size + 1 ? s->size : size + 1);
		slot_set(s, p, size + 1);
	}
}

static void
random_operations_keep_contents_and_invariants(void **state)
{
	static struct slot slot[SLOTS];
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	memset(slot, 0, sizeof(slot));
	for (int step = 0; step < STEPS; step++) {
		if (step == STEPS / 2)
			pool.flags = POOL_ANTAGONISM;
		random_step(&slot[rand() % SLOTS]);
		sound();
	}
	for (int i = 0; i < SLOTS; i++)
		poolfree(&pool, slot[i].p);
	sound();
	assert_int_equal(pool.curalloc, 0);
}

#define CALM(f)		cmocka_unit_test_setup_teardown(f, begin, end)
#define PANICS(f)	cmocka_unit_test_setup_teardown(f, begin, \
			    end_after_panic)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CALM(size_zero_gives_unique_addresses),
		CALM(freeing_the_middle_block_joins_both_neighbours),
		CALM(the_smallest_hole_that_fits_is_taken),
		PANICS(one_byte_too_many_panics_at_free),
		PANICS(the_last_byte_of_the_slack_is_guarded),
		PANICS(an_overrun_without_slack_meets_the_fence),
		PANICS(an_underrun_panics_at_free),
		PANICS(a_block_is_freed_once),
		PANICS(an_interior_pointer_panics),
		CALM(a_single_nul_is_tolerated_when_asked_for),
		PANICS(two_nuls_are_not_tolerated),
		CALM(antagonism_fills_with_words_that_name_the_block),
		PANICS(a_dead_block_is_never_reused_and_watched),
		CALM(a_quantum_that_is_no_power_of_two_is_refused),
		CALM(a_failing_realloc_leaves_the_block_alone),
		CALM(realloc_grows_into_its_right_neighbour),
		CALM(aligned_blocks_are_aligned_and_leave_no_gap),
		CALM(any_alignment_and_offset_is_kept_by_realloc),
		PANICS(a_byte_behind_an_ordinary_block_is_no_block),
		PANICS(a_foreign_pointer_panics),
		CALM(realloc_grows_into_its_left_neighbour),
		CALM(a_pool_is_rebuilt_from_its_headers_alone),
		CALM(a_span_is_not_crossed),
		CALM(an_idle_arena_goes_back_to_its_source),
		CALM(cutting_many_at_once_makes_ordinary_blocks),
		CALM(random_operations_keep_contents_and_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
