/*
 * t_unwind_nest.c - captures within captures, and what one takes of the stack.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#include "trace/session.h"
#include "unwind/unwind.h"

#define NOINLINE	__attribute__((noinline))
#define PAGE		4096u

static struct unwind_thread thread;
static uintptr_t painted_ips[64];
static ucontext_t back;

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

/* A stack with nothing mapped on either side of it. */
static char *
lonely_stack(size_t size)
{
	char *p = mmap(NULL, size + 2 * PAGE, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_int_equal(mprotect(p + PAGE, size, PROT_READ | PROT_WRITE), 0);
	return p + PAGE;
}

static volatile unsigned nested;
static volatile unsigned nested_bad;

static void
nested_handler(int sig)
{
	uintptr_t ips[64];
	size_t n = capture_here(&thread, ips, 64);

	(void)sig;
	nested++;
	if (n < 3 || is_mark(ips[n - 1]))
		nested_bad++;
}

static void
handlers_that_interrupt_captures_capture_too(void **state)
{
	struct sigaction sa = { .sa_handler = nested_handler };
	timer_t timer;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGUSR2 };
	struct itimerspec every = { { 0, 200000 }, { 0, 200000 } };
	uintptr_t ips[64];
	unsigned long rounds;
	size_t n;

	(void)state;
	sigaction(SIGUSR2, &sa, NULL);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	timer_settime(timer, 0, &every, NULL);
	for (rounds = 0; nested < 1000 && rounds < 100000000; rounds++) {
		n = capture_here(&thread, ips, 64);
		assert_true(n > 3 && !is_mark(ips[n - 1]));
	}
	timer_delete(timer);
	signal(SIGUSR2, SIG_IGN);
	assert_true(nested >= 100);
	assert_int_equal(nested_bad, 0);
	assert_int_equal(thread.level, 0);
}

#define PAINT	0xa5

static size_t
painted(const unsigned char *lo, size_t size)
{
	size_t i = 0;

	while (i < size && lo[i] == PAINT)
		i++;
	return size - i;
}

static ucontext_t painted_context;
static int painted_warm;

static NOINLINE void
paint_only(struct unwind_start start)
{
	__asm__ volatile("" : : "m"(start) : "memory");
}

static void
painted_main(void)
{
	struct unwind_start start = UNWIND_CALLER();

	if (painted_warm)
		unwind_capture(&thread, &start, painted_ips, 64);
	else
		paint_only(start);
}

/* Bytes of stack used by painted_main, with a capture or without. */
static size_t
stack_use(int warm)
{
	unsigned char *stack = (unsigned char *)lonely_stack(16 * PAGE);
	size_t used;

	painted_warm = warm;
	memset(stack, PAINT, 16 * PAGE);
	getcontext(&painted_context);
	painted_context.uc_stack.ss_sp = stack;
	painted_context.uc_stack.ss_size = 16 * PAGE;
	painted_context.uc_link = &back;
	makecontext(&painted_context, painted_main, 0);
	swapcontext(&back, &painted_context);
	used = painted(stack, 16 * PAGE);
	munmap(stack - PAGE, 18 * PAGE);
	return used;
}

static void
a_capture_uses_little_of_the_caller_s_stack(void **state)
{
	size_t without = stack_use(0);
	size_t cold = stack_use(1);	/* rows of painted_main are new */
	size_t warm = stack_use(1);

	(void)state;
	print_message("stack: cold %zu bytes, warm %zu bytes\n",
	    cold - without, warm - without);
	assert_true(cold > warm);
	assert_true(cold - without <= 640);
	assert_true(warm - without <= 384);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_capture_uses_little_of_the_caller_s_stack),
		cmocka_unit_test(handlers_that_interrupt_captures_capture_too),
	};

	if (unwind_init() != 0)
		return 99;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
