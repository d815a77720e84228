/*
 * t_unwind_cut.c - stacks deeper than what is kept, and stacks that just end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/mman.h>

#include "trace/session.h"
#include "unwind/unwind.h"

#define NOINLINE	__attribute__((noinline))
#define KEEP(x)		__asm__ volatile("" : "+r"(x) : : "memory")
#define ALL_MAX		512

static struct unwind_thread thread;

static uintptr_t cut_ips[ALL_MAX];
static uintptr_t cut_all[ALL_MAX];

__attribute__((noinline)) static size_t
capture_both(size_t max, size_t *all)
{
	struct unwind_start start = UNWIND_CALLER();

	*all = unwind_capture(&thread, &start, cut_all, ALL_MAX);
	return unwind_capture(&thread, &start, cut_ips, max);
}

static NOINLINE size_t
deep_cut(int depth, size_t max, size_t *all)
{
	size_t n = depth == 0 ? capture_both(max, all) :
	    deep_cut(depth - 1, max, all);

	KEEP(n);
	return n;
}

static void
check_cut(int depth, size_t max)
{
	size_t all;
	size_t n = deep_cut(depth, max, &all);
	size_t outer = max > 33 ? 32 : 0;
	size_t step = max >= UNWIND_CUT_MIN ? 32 : 1;
	size_t left = (all - (max - 1) + step - 1) / step * step;
	size_t inner = all - left - outer;

	if (all <= max) {
		assert_int_equal(n, all);
		assert_memory_equal(cut_ips, cut_all, n * sizeof cut_ips[0]);
		return;
	}
	assert_int_equal(n, inner + 1 + outer);
	assert_true(n <= max && n > max - step);
	assert_memory_equal(cut_ips, cut_all, inner * sizeof cut_ips[0]);
	assert_true(cut_ips[inner] ==
	    SESSION_MARK(SESSION_MARK_CUT, left));
	assert_memory_equal(cut_ips + inner + 1, cut_all + all - outer,
	    outer * sizeof cut_ips[0]);
}

static void
a_stack_deeper_than_max_keeps_both_ends(void **state)
{
	static const size_t max[] = { 1, 2, 8, 33, 34, 35, 64, 65,
	    100, 256 };
	size_t i;
	int depth;

	(void)state;
	for (i = 0; i < sizeof max / sizeof max[0]; i++)
		for (depth = 0; depth < 200; depth += depth < 130 ? 1 : 31)
			check_cut(depth, max[i]);
}

static void
a_very_deep_stack_is_cut_too(void **state)
{
	size_t all;
	size_t n = deep_cut(20000, 64, &all);	/* no steps */

	(void)state;
	assert_int_equal(n, 64);
	assert_true(cut_ips[31] >> 48 == (0x8000 | SESSION_MARK_CUT));
	assert_true((cut_ips[31] & 0xffffff) > 19900);
	assert_memory_equal(cut_ips + 32, cut_all + all - 32,
	    32 * sizeof cut_ips[0]);
}

static void
code_without_unwind_information_ends_the_stack_with_a_mark(void **state)
{
	uintptr_t frame[4] = { 0 };
	struct unwind_start start = { .pc = (uintptr_t)frame,
	    .sp = (uintptr_t)frame };
	uintptr_t ips[8];

	(void)state;
	assert_int_equal(unwind_capture(&thread, &start, ips, 8), 2);
	assert_true(ips[1] == SESSION_MARK(SESSION_MARK_END, 0));
}

static size_t ncode;

static void
capture_in_code(void)
{
	struct unwind_start start = UNWIND_CALLER();

	ncode = unwind_capture(&thread, &start, cut_ips, ALL_MAX);
}

/* Made while running: push %rbp; mov %rsp, %rbp; call *%rdi; pop %rbp; ret */
static void
made_code_ends_the_stack_behind_its_own_frame(void **state)
{
	static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5,
	    0xff, 0xd7, 0x5d, 0xc3 };
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void (*made)(void (*)(void));

	(void)state;
	if (page == MAP_FAILED)
		skip();
	memcpy(page, code, sizeof code);
	*(void **)&made = page;
	for (int i = 0; i < 3; i++) {
		made(capture_in_code);
		assert_int_equal(ncode, 2);
		assert_true(cut_ips[0] == (uintptr_t)page + 6);
		assert_true(cut_ips[1] == SESSION_MARK(SESSION_MARK_END, 0));
	}
	munmap(page, 4096);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stack_deeper_than_max_keeps_both_ends),
		cmocka_unit_test(a_very_deep_stack_is_cut_too),
		cmocka_unit_test(
		    code_without_unwind_information_ends_the_stack_with_a_mark),
		cmocka_unit_test(made_code_ends_the_stack_behind_its_own_frame),
	};

	if (unwind_init() != 0)
		return 99;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
