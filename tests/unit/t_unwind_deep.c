/*
 * t_unwind_deep.c - stacks of thousands of frames, from what is remembered.
 *
 * A recursion goes in and out at random, through functions whose frames differ,
 * and captures where it turns round, or does not.  What unwind_capture_again makes of the
 * capture before must be what unwind_capture finds, cut at the same depth.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "trace/session.h"
#include "unwind/unwind.h"

#define NOINLINE	__attribute__((noinline, noclone))
#define KEEP(x)		__asm__ volatile("" : "+r"(x) : : "memory")
#define USE(p)		__asm__ volatile("" : : "r"(p) : "memory")
#define ROOM		288	/* as the module has it */
#define ALL		8192	/* so that all frames are seen */

static struct unwind_thread thread;
static struct unwind_memo memo;

static size_t most;		/* places of a capture */
static uintptr_t plain[ALL];
static uintptr_t fresh[ALL];
static uintptr_t kept[ALL];	/* outermost first */
static unsigned long checks;
static unsigned long reused;
static size_t count;		/* frames of the last one */

/* Both ways from the caller on. */
static NOINLINE void
check(void)
{
	struct unwind_start start = UNWIND_CALLER();
	size_t n = unwind_capture(&thread, &start, plain, most), same, m, i;

	m = unwind_capture_again(&thread, &memo, &start, fresh, most, &same);
	for (i = 0; i < m; i++)
		kept[same + i] = fresh[m - 1 - i];
	unwind_keep(&memo);
	checks++;
	reused += same;
	count = n;
	for (i = 0; i < n && same + m == n; i++)
		if (kept[n - 1 - i] != plain[i])
			break;
	if (i < n || same + m != n)
		print_error("at check %lu: frame %zu of %zu, got %zu + %zu\n",
		    checks, i, n, same, m);
	assert_true(i == n && same + m == n);
}

/* --- a recursion at random -------------------------------------------- */

static uint64_t seed;

static unsigned
chance(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static unsigned target;		/* the level to go to */
static unsigned deepest;
static unsigned order;		/* functions of a period; 0: any */
static unsigned long until;	/* checks */
static void turn(unsigned level);

static NOINLINE void
level_small(unsigned level)
{
	turn(level);
	KEEP(level);
}

/* Its frame is of the same size. */
static NOINLINE void
level_twin(unsigned level)
{
	turn(level);
	KEEP(level);
	__asm__ volatile("nop");
}

static NOINLINE void
level_larger(unsigned level)
{
	char room[100];

	USE(room);
	turn(level);
	USE(room);
}

/* Frames on rbp; so that levels of two kinds may have equal sp, not rbp. */
static NOINLINE void
level_alloca(unsigned level)
{
	char *room = alloca(16 + 16 * (level & 1));

	USE(room);
	turn(level);
	USE(room);
}

static NOINLINE void
level_any_size(unsigned level)
{
	char *room = alloca(16 * (1 + chance(4)));

	USE(room);
	turn(level);
	USE(room);
}

__attribute__((optimize("no-omit-frame-pointer"))) static NOINLINE void
level_pointer(unsigned level)
{
	turn(level);
	KEEP(level);
}

static void (*const levels[])(unsigned) = { level_small, level_twin,
	level_larger, level_alloca, level_pointer, level_any_size };

/*
 * Which is called at a level: in order small, alloca, twin, pointer, larger,
 * with a mistake now and then.
 */
static unsigned
kind_at(unsigned level)
{
	static const unsigned kinds[] = { 0, 3, 1, 4, 2 };
	unsigned kind;

	if (order == 0)
		return chance(6);
	kind = kinds[level % order % 5];
	if (kind < 2 && chance(200) == 0)
		return 1 - kind;
	return chance(4000) == 0 ? chance(6) : kind;
}

static unsigned
next_target(unsigned level)
{
	unsigned near[] = { 2, 2, 2, 9, 300, deepest };
	unsigned by = 1 + chance(near[chance(6)]);

	if (chance(2) == 0)
		return level > by ? level - by : 1;
	return level + by < deepest ? level + by : deepest;
}

static NOINLINE void
turn(unsigned level)
{
	while (checks < until) {
		if (target == level) {
			if (chance(2) == 0)
				check();
			target = next_target(level);
		}
		if (target < level)
			return;
		levels[kind_at(level)](level + 1);
	}
}

static void
walk(size_t places, unsigned depth, unsigned period, unsigned long n)
{
	unwind_forget(&memo);
	most = places;
	deepest = depth;
	order = period;
	until = checks + n;
	target = 1;
	reused = 0;
	while (checks < until)
		turn(1);
}

static void
deep_stacks_are_those_of_a_fresh_walk(void **state)
{
	static const size_t places[] = { 8, 34, 72, ROOM, ALL };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		for (unsigned period = 0; period < 11; period++)
			walk(places[i], 3000, period, 400);
	assert_true(memo.deep != NULL);
	assert_true(reused > 400 * 33);
}

static void
stacks_about_as_deep_as_is_kept_are_those_of_a_fresh_walk(void **state)
{
	(void)state;
	for (unsigned period = 0; period < 11; period++)
		walk(ROOM, 300, period, 3000);
}

/* --- what is far out ---------------------------------------------------- */

static unsigned bend;

static NOINLINE unsigned
straight(unsigned depth)
{
	unsigned n = 0;

	if (depth == 0)
		check();
	else if (depth == bend) {
		n = straight(depth - 1);
		__asm__ volatile("nop");	/* or both calls are one */
	} else
		n = straight(depth - 1);
	KEEP(n);
	return n + 1;
}

static void
one_word_that_changed_within_is_seen(void **state)
{
	unsigned bends[] = { 0, 1, 2500, 2499, 4990, 0, 4990, 2500, 2500, 0 };

	(void)state;
	most = ALL;
	for (size_t i = 0; i < 2 * sizeof bends / sizeof bends[0]; i++) {
		bend = bends[i / 2];
		straight(5000);
		if (bend == 2500)
			assert_true(plain[2500] != plain[2501] ||
			    plain[2500] != plain[2499]);
	}
}

/* Two ways to the same place. */
static NOINLINE unsigned
far(unsigned way, unsigned depth)
{
	unsigned n = 0;

	if (way == 0)
		n = straight(depth);
	else
		n = straight(depth) + 1;
	KEEP(n);
	return n;
}

static void
one_word_that_changed_far_out_is_seen(void **state)
{
	static const unsigned ways[] = { 0, 0, 1, 1, 0, 1, 0 };
	uintptr_t outermost[2][32];

	(void)state;
	most = ROOM;
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		far(ways[i], 5000);
		for (size_t k = 0; k < 32; k++)
			outermost[ways[i]][k] = kept[k];
	}
	assert_memory_not_equal(outermost[0], outermost[1],
	    sizeof outermost[0]);
}

/*
 * x calls f, or y that calls f, at one place, with alloca so that f's stack
 * pointer is the same both ways; that, a thousand times, one of them other than
 * all.  Only the rbp that is saved below it tells.
 */
static unsigned odd;

static void x(unsigned depth);

static NOINLINE void
f(unsigned depth, size_t size)
{
	char *room = alloca(size);

	USE(room);
	x(depth - 1);
	USE(room);
}

static NOINLINE void
y(unsigned depth, size_t size)
{
	f(depth, size);
	__asm__ volatile("" : : : "memory");
}

static NOINLINE void
x(unsigned depth)
{
	void (*call)(unsigned, size_t) = depth == odd ? y : f;
	size_t size = depth == odd ? 64 : 80;

	KEEP(call);
	KEEP(size);
	if (depth == 0)
		check();
	else
		call(depth, size);
	__asm__ volatile("" : : : "memory");
}

static void
a_saved_rbp_that_changed_within_is_seen(void **state)
{
	static const unsigned odds[] = { ~0u, 500, 500, ~0u, 501, 2, 999, ~0u };
	size_t n[2] = { 0, 0 };

	(void)state;
	most = ALL;
	for (size_t i = 0; i < sizeof odds / sizeof odds[0]; i++) {
		odd = odds[i];
		x(1000);
		n[odd <= 1000] = count;
	}
	assert_int_equal(n[0] + 1, n[1]);
}

static jmp_buf back;
static unsigned jumps;

static NOINLINE void
into(unsigned depth)
{
	if (depth == 0)
		check();
	if (depth == 0 && jumps != 0)
		longjmp(back, 1);
	if (depth != 0)
		into(depth - 1);
	KEEP(depth);
}

static void
a_jump_out_of_a_deep_stack_and_back_is_seen(void **state)
{
	volatile unsigned depth = 2000;

	(void)state;
	most = ROOM;
	setjmp(back);
	check();
	depth += 3;
	if (jumps++ < 50)
		into(depth);
	assert_int_equal(jumps, 51);
}

static void
a_stack_too_deep_to_remember_is_walked_whole(void **state)
{
	(void)state;
	most = ROOM;
	straight(70000);
	straight(70001);
	straight(100);
	check();
}

static long
pages(void)
{
	long size = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld", &size), 1);
	fclose(f);
	return size;
}

static void
the_memory_is_given_back(void **state)
{
	long before;

	(void)state;
	most = ROOM;
	straight(1000);
	assert_non_null(memo.deep);
	before = pages();
	unwind_drop(&memo);
	assert_null(memo.deep);
	assert_true(before - pages() > 1000);
	check();
	assert_null(memo.deep);
	straight(1000);
	check();
	unwind_drop(&memo);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deep_stacks_are_those_of_a_fresh_walk),
		cmocka_unit_test(
		    stacks_about_as_deep_as_is_kept_are_those_of_a_fresh_walk),
		cmocka_unit_test(one_word_that_changed_within_is_seen),
		cmocka_unit_test(a_saved_rbp_that_changed_within_is_seen),
		cmocka_unit_test(one_word_that_changed_far_out_is_seen),
		cmocka_unit_test(a_jump_out_of_a_deep_stack_and_back_is_seen),
		cmocka_unit_test(a_stack_too_deep_to_remember_is_walked_whole),
		cmocka_unit_test(the_memory_is_given_back),
	};
	struct rlimit stack = { 256u << 20, RLIM_INFINITY };

	/* 70,000 frames, of which sanitizers make large ones. */
	if (getenv("T_UNWIND_DEEP") == NULL) {
		setrlimit(RLIMIT_STACK, &stack);
		setenv("T_UNWIND_DEEP", "1", 1);
		execv("/proc/self/exe", argv);
	}
	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	print_message("seed %llu\n", (unsigned long long)seed);
	if (unwind_init() != 0)
		return 99;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
