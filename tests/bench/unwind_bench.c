/*
 * unwind_bench.c - a capture of the call stack, ours and libunwind's.
 *
 * Both walk the same real stacks in one run, alternating, and the least time
 * of many batches counts, so that other load on the machine falls out.
 * Printed: ns a capture at 9, 24 and 64 frames, and the ratio.
 *
 * The functions of the chain differ in frame size and registers; each depth is
 * measured from a call through all of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <alloca.h>
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "unwind/unwind.h"

#define NOINLINE	__attribute__((noinline))
#define KEEP(x)		__asm__ volatile("" : "+r"(x) : : "memory")
#define MAX		256
#define BATCH		2000
#define BATCHES		40

static struct unwind_thread thread;
static int (*oracle)(void **, int);

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static NOINLINE double
batch_ours(size_t *n)
{
	uintptr_t ips[MAX];
	double begin = now_ns();
	int i;

	for (i = 0; i < BATCH; i++) {
		struct unwind_start start = {
			.pc = (uintptr_t)__builtin_return_address(0),
			.sp = (uintptr_t)__builtin_frame_address(0) + 16,
			.bp = *(uintptr_t *)__builtin_frame_address(0),
		};

		*n = unwind_capture(&thread, &start, ips, MAX);
	}
	return (now_ns() - begin) / BATCH;
}

static NOINLINE double
batch_libunwind(size_t *n)
{
	void *ips[MAX];
	double begin = now_ns();
	int i;

	for (i = 0; i < BATCH; i++)
		*n = (size_t)oracle(ips, MAX);
	return (now_ns() - begin) / BATCH;
}

static NOINLINE int
measure(void)
{
	double ours = 1e18;
	double theirs = 1e18;
	double t;
	size_t n = 0;
	size_t m = 0;
	int i;

	for (i = 0; i < BATCHES; i++) {
		t = batch_ours(&n);
		ours = t < ours ? t : ours;
		t = batch_libunwind(&m);
		theirs = t < theirs ? t : theirs;
	}
	printf("%3zu frames %7.1f ns, %4.2f a frame; unw_backtrace %3zu frames "
	    "%7.1f ns; ratio %.2f\n", n, ours, ours / (double)n, m, theirs,
	    theirs / ours);
	return 0;
}

static int chain(unsigned depth);

static NOINLINE int
link_small(unsigned depth)
{
	int n = chain(depth);

	KEEP(n);
	return n;
}

static NOINLINE int
link_registers(unsigned depth, int a, int b, int c)
{
	int n;

	KEEP(a);
	KEEP(b);
	KEEP(c);
	n = chain(depth);
	KEEP(n);
	return n + a + b + c;
}

static NOINLINE int
link_buffer(unsigned depth)
{
	char buf[200];
	int n;

	memset(buf, 1, sizeof buf);
	__asm__ volatile("" : : "r"(buf) : "memory");
	n = chain(depth);
	__asm__ volatile("" : : "r"(buf) : "memory");
	return n;
}

static NOINLINE int
link_alloca(unsigned depth)
{
	char *buf = alloca(16 + depth);
	int n;

	__asm__ volatile("" : : "r"(buf) : "memory");
	n = chain(depth);
	KEEP(n);
	return n;
}

static NOINLINE int
chain(unsigned depth)
{
	int n;

	if (depth == 0)
		n = measure();
	else if (depth % 8 == 3)
		n = link_alloca(depth - 1);
	else if (depth % 4 == 1)
		n = link_buffer(depth - 1);
	else if (depth % 4 == 2)
		n = link_registers(depth - 1, 1, 2, 3);
	else
		n = link_small(depth - 1);
	KEEP(n);
	return n;
}

int
main(void)
{
	static const unsigned depth[] = { 9, 24, 64 };
	void *lib = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	unsigned i;

	if (lib == NULL || unwind_init() != 0)
		return 1;
	*(void **)&oracle = dlsym(lib, "unw_backtrace");
	if (oracle == NULL)
		return 1;
	for (i = 0; i < sizeof depth / sizeof depth[0]; i++)
		/* measure, main and three of libc; two frames a link. */
		chain((depth[i] - 5) / 2);
	return 0;
}
