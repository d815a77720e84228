/*
 * t_unwind.c - captures of all kinds of frames, held against libunwind.
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
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

#include "tests/unwind/oracle.h"
#include "unwind/unwind.h"

#define NOINLINE	__attribute__((noinline))
#define KEEP(x)		__asm__ volatile("" : "+r"(x) : : "memory")
#define USE(p)		__asm__ volatile("" : : "r"(p) : "memory")

static struct unwind_thread thread;

static NOINLINE int
leaf(void)
{
	int n = oracle_check(&thread);

	KEEP(n);
	return n;
}

static void
a_plain_call_is_captured_like_libunwind_does(void **state)
{
	(void)state;
	assert_true(leaf() > 3);
}

static NOINLINE int
recurse(int depth)
{
	int n = depth == 0 ? leaf() : recurse(depth - 1);

	KEEP(n);
	return n;
}

static void
a_recursion_shows_every_level(void **state)
{
	int flat = recurse(0);

	(void)state;
	assert_true(flat > 0);
	assert_int_equal(recurse(100), flat + 100);
}

static int callbacks;

static int
compare_ints(const void *a, const void *b)
{
	if (leaf() > 0)
		callbacks++;
	return *(const int *)a - *(const int *)b;
}

static void
frames_of_libc_are_walked_through(void **state)
{
	int v[3] = { 3, 1, 2 };

	(void)state;
	callbacks = 0;
	qsort(v, 3, sizeof v[0], compare_ints);
	assert_true(callbacks >= 2);
}

static NOINLINE int
with_alloca(size_t size)
{
	char *p = alloca(size);
	int n;

	memset(p, 1, size);
	USE(p);
	n = leaf();
	KEEP(n);
	return n;
}

static NOINLINE int
with_array(size_t size)
{
	char a[size];
	int n;

	memset(a, 1, size);
	USE(a);
	n = leaf();
	USE(a);
	KEEP(n);
	return n;
}

static void
frames_of_variable_size_are_walked(void **state)
{
	size_t size;

	(void)state;
	for (size = 1; size < 100000; size *= 3) {
		assert_true(with_alloca(size) > 0);
		assert_true(with_array(size) > 0);
	}
}

static NOINLINE int
many_registers(int a, int b, int c, int d, int e, int f)
{
	int n;

	KEEP(a);
	KEEP(b);
	KEEP(c);
	KEEP(d);
	KEEP(e);
	KEEP(f);
	n = with_alloca(100);
	KEEP(a);
	KEEP(b);
	KEEP(c);
	KEEP(d);
	KEEP(e);
	KEEP(f);
	return n == 0 ? a + b + c + d + e + f : n;
}

static void
a_frame_without_frame_pointer_that_uses_it_for_data_is_walked(void **state)
{
	(void)state;
	assert_true(many_registers(1, 2, 3, 4, 5, 6) > 0);
}

/* gcc makes a DRAP of it: the CFA is known only through a slot at rbp. */
__attribute__((noinline, force_align_arg_pointer)) static int
realigned(size_t size)
{
	char a[64] __attribute__((aligned(64)));
	char *p = alloca(size);
	int n;

	memset(a, 2, sizeof a);
	memset(p, 3, size);
	USE(a);
	USE(p);
	n = leaf();
	USE(a);
	KEEP(n);
	return n;
}

static void
a_realigned_stack_is_walked_through_its_saved_argument_pointer(void **state)
{
	(void)state;
	assert_true(realigned(10) > 0);
	assert_true(realigned(1000) > 0);
	assert_true(with_alloca(3) > 0);
}

/*
 * The trap of reuse: X calls F or Y at one site, Y calls F, F uses alloca.
 * Only a saved rbp tells the two apart.
 */
static NOINLINE int
y_between(size_t size)
{
	int n = with_alloca(size);

	KEEP(n);
	return n;
}

static NOINLINE int
x_calls(int (*fn)(size_t), size_t size)
{
	int n;

	KEEP(fn);	/* or each callee gets a copy of us */
	n = fn(size);
	KEEP(n);
	return n;
}

static void
one_call_site_with_two_callees_gives_two_stacks(void **state)
{
	int (*callee[2])(size_t) = { with_alloca, y_between };
	int frames[2];

	(void)state;
	for (size_t i = 0; i < 32; i++) {
		/* Once F's stack pointer is the same on both ways. */
		size_t size[2] = { 64 + 16 * i, 64 };

		for (int k = 0; k < 2; k++) {
			KEEP(k);	/* one site for both */
			frames[k] = x_calls(callee[k], size[k]);
		}
		assert_true(frames[0] > 0);
		assert_int_equal(frames[1], frames[0] + 1);
	}
}

__attribute__((noinline)) static int
tail(void)
{
	return leaf();
}

static void
a_tail_call_leaves_no_frame(void **state)
{
	(void)state;
	assert_true(tail() > 0);
}

/* --- signals ---------------------------------------------------------- */

static volatile int handled;

static void
handler(int sig)
{
	(void)sig;
	handled = leaf();
}

static void
raise_with(int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };
	int i;

	assert_int_equal(sigaction(SIGUSR1, &sa, NULL), 0);
	for (i = 0; i < 2; i++) {
		handled = 0;
		raise(SIGUSR1);
		assert_true(handled > 5);
	}
}

static void
a_signal_handler_shows_what_it_interrupted(void **state)
{
	(void)state;
	raise_with(0);
}

static void
a_handler_on_an_alternate_stack_shows_the_normal_one(void **state)
{
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
	stack_t off = { .ss_flags = SS_DISABLE };

	(void)state;
	assert_int_equal(sigaltstack(&alt, NULL), 0);
	raise_with(SA_ONSTACK);
	raise_with(0);
	raise_with(SA_ONSTACK);
	sigaltstack(&off, NULL);
}

static void
an_alternate_stack_within_the_normal_one_is_walked(void **state)
{
	char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
	stack_t off = { .ss_flags = SS_DISABLE };

	(void)state;
	assert_int_equal(sigaltstack(&alt, NULL), 0);
	raise_with(SA_ONSTACK);
	sigaltstack(&off, NULL);
}

/*
 * A timer interrupts at any instruction: prologues, epilogues, PLT entries,
 * the vdso.  libunwind and we may differ only where it is wrong; each such
 * place must be listed here.
 */
struct difference {
	uintptr_t ours[ORACLE_MAX];
	uintptr_t theirs[ORACLE_MAX];
	size_t n;
	size_t m;
};

static struct difference differences[4];
static volatile unsigned ndifferences;
static volatile unsigned nticks;

static void
tick(int sig)
{
	struct difference *d = &differences[ndifferences & 3];

	(void)sig;
	nticks++;
	if (oracle_check_quietly(&thread, d->ours, d->theirs, &d->n, &d->m) < 0)
		ndifferences++;
}

static NOINLINE int
busy(unsigned round)
{
	char text[64];
	struct timespec now;
	int v[16];
	int i;

	for (i = 0; i < 16; i++)
		v[i] = (int)(round * 2654435761u >> (i & 15));
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof text, "%d %ld %g", v[3], now.tv_nsec,
	    (double)round / 3);
	USE(text);
	return recurse((int)(round % 3)) > 0 ? many_registers(1, 2, 3, 4, 5, 6) : 0;
}

static volatile unsigned nvdso;

static void
tick_in_vdso(int sig)
{
	struct difference *d = &differences[0];
	uintptr_t vdso = getauxval(AT_SYSINFO_EHDR);
	size_t i;

	tick(sig);
	for (i = 0; vdso != 0 && ndifferences == 0 && i < d->n && i < 4; i++)
		if (d->ours[i] - vdso < 0x2000)
			nvdso++;
}

static void
print_difference(const struct difference *d)
{
	size_t i;

	for (i = 0; i < d->n || i < d->m; i++)
		print_message("  #%zu %lx %lx\n", i, i < d->n ? d->ours[i] : 0,
		    i < d->m ? d->theirs[i] : 0);
}

static void
the_vdso_is_walked_through(void **state)
{
	struct sigaction sa = { .sa_handler = tick_in_vdso,
	    .sa_flags = SA_RESTART };
	struct itimerval every = { { 0, 500 }, { 0, 500 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct timespec now;
	unsigned i;

	(void)state;
	nticks = 0;
	sigaction(SIGPROF, &sa, NULL);
	setitimer(ITIMER_PROF, &every, NULL);
	for (i = 0; i < 20000000 && nvdso < 10; i++)
		clock_gettime(CLOCK_MONOTONIC, &now);
	setitimer(ITIMER_PROF, &never, NULL);
	assert_int_equal(ndifferences, 0);
	if (nvdso == 0)
		skip();		/* clock_gettime is a system call here */
}

static volatile unsigned nlibc;
static uintptr_t libc_start;

static void
tick_in_libc(int sig)
{
	struct difference *d = &differences[0];

	tick(sig);
	/* Behind the handler, the trampoline and this. */
	for (size_t i = 0; ndifferences == 0 && i < d->n && i < 4; i++)
		if (d->ours[i] - libc_start < 0x400000 &&
		    d->ours[i] != (uintptr_t)__builtin_return_address(0))
			nlibc++;
}

/* memset and its kin are written by hand, for each kind of processor. */
static void
the_assembly_of_libc_is_walked_through(void **state)
{
	static char a[1 << 20], b[1 << 20];
	struct sigaction sa = { .sa_handler = tick_in_libc,
	    .sa_flags = SA_RESTART };
	struct itimerval every = { { 0, 500 }, { 0, 500 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };
	Dl_info info;

	(void)state;
	assert_true(dladdr(dlsym(RTLD_DEFAULT, "qsort"), &info) != 0);
	libc_start = (uintptr_t)info.dli_fbase;
	nticks = 0;
	sigaction(SIGPROF, &sa, NULL);
	setitimer(ITIMER_PROF, &every, NULL);
	for (unsigned i = 0; i < 1000000 && nlibc < 50; i++) {
		memset(a, 1 + (int)i % 100, sizeof a - 1);
		memmove(b + i % 64, a, sizeof b - 64);
		memcpy(b, a, sizeof b);
		USE(a);
		nvdso += strlen(a) + (size_t)strcmp(a, b) +
		    (memchr(b, 0, sizeof b) != NULL);
	}
	setitimer(ITIMER_PROF, &never, NULL);
	for (unsigned i = 0; i < ndifferences && i < 4; i++)
		print_difference(&differences[i]);
	assert_int_equal(ndifferences, 0);
	assert_true(nlibc >= 50);
}

static void
a_timer_that_interrupts_anywhere_finds_the_same_stacks(void **state)
{
	struct sigaction sa = { .sa_handler = tick, .sa_flags = SA_RESTART };
	struct itimerval every = { { 0, 500 }, { 0, 500 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };
	unsigned round;
	unsigned i;

	(void)state;
	nticks = 0;
	sigaction(SIGPROF, &sa, NULL);
	setitimer(ITIMER_PROF, &every, NULL);
	for (round = 0; round < 2000000 && nticks < 300; round++)
		assert_true(busy(round) > 0);
	setitimer(ITIMER_PROF, &never, NULL);
	print_message("%u ticks, %u differ\n", nticks, ndifferences);
	for (i = 0; i < ndifferences && i < 4; i++)
		print_difference(&differences[i]);
	assert_true(nticks >= 20);
	assert_int_equal(ndifferences, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_call_is_captured_like_libunwind_does),
		cmocka_unit_test(a_recursion_shows_every_level),
		cmocka_unit_test(frames_of_libc_are_walked_through),
		cmocka_unit_test(frames_of_variable_size_are_walked),
		cmocka_unit_test(
		    a_frame_without_frame_pointer_that_uses_it_for_data_is_walked),
		cmocka_unit_test(
		    a_realigned_stack_is_walked_through_its_saved_argument_pointer),
		cmocka_unit_test(
		    one_call_site_with_two_callees_gives_two_stacks),
		cmocka_unit_test(a_tail_call_leaves_no_frame),
		cmocka_unit_test(a_signal_handler_shows_what_it_interrupted),
		cmocka_unit_test(
		    a_handler_on_an_alternate_stack_shows_the_normal_one),
		cmocka_unit_test(
		    an_alternate_stack_within_the_normal_one_is_walked),
		cmocka_unit_test(the_vdso_is_walked_through),
		cmocka_unit_test(the_assembly_of_libc_is_walked_through),
		cmocka_unit_test(
		    a_timer_that_interrupts_anywhere_finds_the_same_stacks),
	};

	if (oracle_init() != 0 || unwind_init() != 0)
		return 99;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
