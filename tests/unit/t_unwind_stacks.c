/*
 * t_unwind_stacks.c - captures on all kinds of stacks, also broken ones.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/compiler.h"
#include "tests/unwind/oracle.h"
#include "trace/session.h"
#include "unwind/unwind.h"

#define NOINLINE	__attribute__((noinline))
#define KEEP(x)		__asm__ volatile("" : "+r"(x) : : "memory")
#define PAGE		4096u

static struct unwind_thread thread;

static NOINLINE int
recurse(struct unwind_thread *th, int depth)
{
	int n = depth == 0 ? oracle_check(th) : recurse(th, depth - 1);

	KEEP(n);
	return n;
}

/* A capture alone: libunwind's own stack use is too much for small stacks. */
static NOINLINE size_t
capture_here(struct unwind_thread *th, uintptr_t *ips, size_t max)
{
	struct unwind_start start = UNWIND_CALLER();

	return unwind_capture(th, &start, ips, max);
}

static bool
is_mark(uintptr_t ip)
{
	return (ip & SESSION_NODE_MARK) != 0;
}

/* --- threads ---------------------------------------------------------- */

static void *
thread_main(void *arg)
{
	struct unwind_thread *th = calloc(1, sizeof *th);
	int *worst = arg;
	int i;

	*worst = INT_MAX;
	for (i = 0; i < 60; i++) {
		int n = recurse(th, i);

		if (n < *worst)
			*worst = n;
	}
	free(th);
	return NULL;
}

static void
threads_are_captured_up_to_their_start(void **state)
{
	pthread_t t[8];
	int worst[8];
	unsigned i;

	(void)state;
	for (i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&t[i], NULL, thread_main,
		    &worst[i]), 0);
	for (i = 0; i < 8; i++) {
		pthread_join(t[i], NULL);
		assert_true(worst[i] > 2);
	}
}

static uintptr_t small_ips[64];
static size_t small_n;

static void *
small_thread_main(void *arg)
{
	small_n = capture_here(arg, small_ips, 64);
	return NULL;
}

static void
the_smallest_threads_are_captured(void **state)
{
	pthread_attr_t attr;
	pthread_t t;

	(void)state;
	memset(&thread, 0, sizeof thread);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN);
	assert_int_equal(pthread_create(&t, &attr, small_thread_main, &thread),
	    0);
	pthread_join(t, NULL);
	pthread_attr_destroy(&attr);
	memset(&thread, 0, sizeof thread);
	assert_true(small_n >= 3);
	assert_false(is_mark(small_ips[small_n - 1]));
}

/* --- coroutines ------------------------------------------------------- */

static ucontext_t back;
static ucontext_t coroutine;
static size_t main_n;

static void
coroutine_main(void)
{
	int i;

	for (i = 0; i < 4; i++) {
		small_n = capture_here(&thread, small_ips, 64);
		swapcontext(&coroutine, &back);
	}
}

/* A stack of 8 KiB with nothing mapped on either side of it. */
static char *
lonely_stack(size_t size)
{
	char *p = mmap(NULL, size + 2 * PAGE, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + PAGE, size, PROT_READ | PROT_WRITE), 0);
	return p + PAGE;
}

static void
coroutines_on_stacks_of_8_KiB_are_captured(void **state)
{
	uintptr_t ips[64];
	char *stack = lonely_stack(8192);
	int i;

	(void)state;
	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = stack;
	coroutine.uc_stack.ss_size = 8192;
	coroutine.uc_link = &back;
	makecontext(&coroutine, coroutine_main, 0);
	for (i = 0; i < 4; i++) {
		swapcontext(&back, &coroutine);
		main_n = capture_here(&thread, ips, 64);
		assert_true(main_n > 3);
		assert_false(is_mark(ips[main_n - 1]));
		/* coroutine_main and libc's __start_context. */
		assert_int_equal(small_n, 2);
		assert_false(is_mark(small_ips[1]));
	}
	swapcontext(&back, &coroutine);
	munmap(stack - PAGE, 8192 + 2 * PAGE);
}

static void
big_coroutine_main(void)
{
	small_n = (size_t)recurse(&thread, 200);
}

static void
a_large_coroutine_is_captured_like_libunwind_does(void **state)
{
	char *stack = lonely_stack(1u << 20);

	(void)state;
	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = stack;
	coroutine.uc_stack.ss_size = 1u << 20;
	coroutine.uc_link = &back;
	makecontext(&coroutine, big_coroutine_main, 0);
	swapcontext(&back, &coroutine);
	assert_true((int)small_n > 200);
	munmap(stack - PAGE, (1u << 20) + 2 * PAGE);
}

/* --- locked in -------------------------------------------------------- */

#define ALLOW(nr)							\
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1),		\
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* From here on, only what malloc needs anyway, and swapcontext. */
static int
lock_in(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		ALLOW(SYS_futex),
		ALLOW(SYS_mmap),
		ALLOW(SYS_munmap),
		ALLOW(SYS_madvise),
		ALLOW(SYS_brk),
		ALLOW(SYS_rt_sigprocmask),
		ALLOW(SYS_exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog prog = { sizeof code / sizeof code[0], code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

static NOINLINE size_t
recurse_alone(int depth, uintptr_t *ips)
{
	char hole[500];
	size_t n;

	__asm__ volatile("" : : "r"(hole) : "memory");
	n = depth == 0 ? capture_here(&thread, ips, 64) :
	    recurse_alone(depth - 1, ips);
	KEEP(n);
	return n;
}

static int
locked_in_child(char *stack)
{
	uintptr_t ips[64];
	size_t n;

	if (lock_in() != 0)
		return 77;
	n = recurse_alone(2000, ips);
	if (n != 64 || is_mark(ips[63]))
		return 1;
	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = stack;
	coroutine.uc_stack.ss_size = 8192;
	coroutine.uc_link = &back;
	makecontext(&coroutine, coroutine_main, 0);
	swapcontext(&back, &coroutine);
	return small_n == 2 ? 0 : 2;
}

static void
a_process_that_may_call_next_to_nothing_is_captured(void **state)
{
	char *stack = lonely_stack(8192);
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(locked_in_child(stack));
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	munmap(stack - PAGE, 8192 + 2 * PAGE);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();		/* no seccomp here */
	assert_int_equal(status, 0);
}

/* --- broken stacks ---------------------------------------------------- */

static uint64_t seed = 88172645463325252ull;

static uint64_t
random64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

/* Words that look like what is on stacks: code, stack, small, anything. */
static uintptr_t
garbage(uintptr_t *area, size_t words)
{
	static const uintptr_t code[] = {
		(uintptr_t)recurse, (uintptr_t)thread_main,
		(uintptr_t)oracle_check, (uintptr_t)coroutine_main,
	};
	uint64_t r = random64();

	switch (r >> 60 & 7) {
	case 0: case 1: case 2:
		return code[r & 3] + (r >> 8 & 63);
	case 3:
		return (uintptr_t)qsort + (r & 0xfff);
	case 4: case 5:
		return (uintptr_t)(area + (r & 0xffff) % (words + 64));
	case 6:
		return r & 0xffff;
	default:
		return r;
	}
}

static void
garbage_for_a_stack_never_crashes(void **state)
{
	size_t words = 2 * PAGE / sizeof(uintptr_t);
	uintptr_t *area = (uintptr_t *)lonely_stack(2 * PAGE);
	struct unwind_start start;
	uintptr_t ips[64];
	unsigned long steps = 0;
	size_t i;
	int round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		if (round % 16 == 0)
			for (i = 0; i < words; i++)
				area[i] = garbage(area, words);
		start.pc = garbage(area, words);
		start.sp = (uintptr_t)(area + random64() % words);
		start.bp = garbage(area, words);
		steps += unwind_capture(&thread, &start, ips, 64);
	}
	assert_true(steps > 40000);
	munmap((char *)area - PAGE, 4 * PAGE);
}

static void
a_stack_pointer_to_nowhere_ends_the_stack(void **state)
{
	static const uintptr_t sp[] = { 0, 8, 4095, PAGE, 0x7fffffffeff8,
	    0x7ffffffff000, (uintptr_t)1 << 63, (uintptr_t)-8, (uintptr_t)-1 };
	struct unwind_start start = { .pc = (uintptr_t)qsort + 20 };
	uintptr_t ips[8];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof sp / sizeof sp[0]; i++) {
		start.sp = sp[i];
		start.bp = sp[i];
		assert_int_equal(unwind_capture(&thread, &start, ips, 8), 2);
		assert_true(ips[1] == SESSION_MARK(SESSION_MARK_END, 0));
	}
}

static void
a_stack_that_ends_at_a_guard_page_is_not_read_beyond(void **state)
{
	uintptr_t *area = (uintptr_t *)lonely_stack(PAGE);
	size_t words = PAGE / sizeof *area;
	struct unwind_start start;
	uintptr_t ips[600];
	uintptr_t here[16];
	size_t i;

	(void)state;
	/* A return address of this very test, over and over. */
	assert_true(capture_here(&thread, here, 16) > 2);
	for (i = 0; i < words; i++)
		area[i] = here[0];
	start = (struct unwind_start){ here[0], (uintptr_t)area,
	    (uintptr_t)area };
	i = unwind_capture(&thread, &start, ips, 600);
	assert_true(i >= 2 && is_mark(ips[i - 1]));
	munmap((char *)area - PAGE, 3 * PAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_are_captured_up_to_their_start),
		cmocka_unit_test(the_smallest_threads_are_captured),
		cmocka_unit_test(coroutines_on_stacks_of_8_KiB_are_captured),
		cmocka_unit_test(
		    a_large_coroutine_is_captured_like_libunwind_does),
		cmocka_unit_test(
		    a_process_that_may_call_next_to_nothing_is_captured),
		cmocka_unit_test(garbage_for_a_stack_never_crashes),
		cmocka_unit_test(a_stack_pointer_to_nowhere_ends_the_stack),
		cmocka_unit_test(
		    a_stack_that_ends_at_a_guard_page_is_not_read_beyond),
	};

	if (oracle_init() != 0 || unwind_init() != 0)
		return 99;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
