/*
 * alloc_bench.c - what a block costs in our heap, beside libc's malloc.
 *
 *	alloc_bench [fill]
 *
 * Both serve the same requests in the same process, in turns; a figure is the
 * best of several rounds of thread CPU time, so a busy machine does not spoil
 * it.  One line for each case: nanoseconds for a take and a give, ours and
 * libc's, and the ratio.  `fill` turns the antagonism on.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "base/compiler.h"
#include "base/os.h"
#include "preload/backend.h"

#define ROUNDS	7
#define SLOTS	100000

void
check_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

static _Thread_local struct backend_thread self;

static void *
ours_take(size_t size)
{
	struct backend_request r = { .size = size, .call = TRACE_CALL_MALLOC };
	void *p = backend_pool.take(&self, &r);

	if (p == NULL)
		abort();
	backend_pool.note(p, 1, self.tid, 2);
	return p;
}

static void
ours_give(void *p)
{
	struct backend_claim c;

	c.ptr = p;
	c.call = TRACE_CALL_FREE_CALL;
	c.nested = false;
	c.said_size = c.said_align = 0;
	backend_pool.claim(&self, &c);
	if (c.bad || c.findings)
		abort();
	backend_pool.give(&self, &c, 1, self.tid, 3);
}

/* The calls as a program makes them: not to be seen through. */
static void *(*volatile libc_take)(size_t) = malloc;
static void (*volatile libc_give)(void *) = free;

struct server {
	void *(*take)(size_t);
	void (*give)(void *);
};

static double
cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
pairs(const struct server *s, size_t size, long n)
{
	while (n-- > 0)
		s->give(s->take(size));
}

/* Sizes from 1 to top, up to SLOTS alive, no order in either. */
static void
mixed(const struct server *s, size_t top, long n)
{
	static void *slot[SLOTS];
	uint32_t x = 12345;

	for (long i = 0; i < n; i++) {
		void **p;

		x = x * 1664525 + 1013904223;
		p = &slot[(x >> 8) % SLOTS];
		if (*p != NULL)
			s->give(*p);
		x = x * 1664525 + 1013904223;
		*p = s->take((x >> 8) % top + 1);
	}
	for (size_t i = 0; i < SLOTS; i++)
		if (slot[i] != NULL) {
			s->give(slot[i]);
			slot[i] = NULL;
		}
}

typedef void work_fn(const struct server *, size_t, long);

static double
once(work_fn *work, const struct server *s, size_t size, long n)
{
	double began = cpu_ns();

	work(s, size, n);
	return (cpu_ns() - began) / (double)n;
}

static void
compare(const char *what, work_fn *work, size_t size, long n)
{
	struct server ours = { ours_take, ours_give };
	struct server libc = { libc_take, libc_give };
	double best[2] = { 1e9, 1e9 };

	for (int i = 0; i < ROUNDS; i++) {
		double a = once(work, &ours, size, n);
		double b = once(work, &libc, size, n);

		best[0] = a < best[0] ? a : best[0];
		best[1] = b < best[1] ? b : best[1];
	}
	printf("%-12s %7zu  ours %8.1f ns  libc %7.1f ns  ratio %5.2f\n",
	    what, size, best[0], best[1], best[0] / best[1]);
}

struct worker {
	pthread_t thread;
	double ns;
};

static void *
work_alone(void *arg)
{
	struct worker *w = arg;
	struct server ours = { ours_take, ours_give };

	self.tid = (uint32_t)os_gettid();
	w->ns = once(pairs, &ours, 64, 1000000);
	backend_pool.thread_gone(&self);
	return NULL;
}

static void
threads(int n)
{
	struct worker w[8];
	double sum = 0;

	for (int i = 0; i < n; i++)
		pthread_create(&w[i].thread, NULL, work_alone, &w[i]);
	for (int i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		sum += w[i].ns;
	}
	printf("threads      %7d  ours %8.1f ns CPU a pair of 64 bytes\n", n,
	    sum / n);
}

int
main(int argc, char **argv)
{
	static struct session_header session;

	if (argc > 1 && strcmp(argv[1], "fill") == 0)
		session.flags = SESSION_FILL;
	self.tid = (uint32_t)os_gettid();
	if (backend_pool.start(&session) != 0)
		return 1;
	compare("pairs", pairs, 16, 400000);
	compare("pairs", pairs, 64, 400000);
	compare("pairs", pairs, 256, 400000);
	compare("pairs", pairs, 1000, 200000);
	compare("pairs", pairs, 4000, 100000);
	compare("pairs", pairs, 60000, 20000);
	compare("pairs", pairs, 300000, 2000);
	compare("mixed up to", mixed, 100, 300000);
	compare("mixed up to", mixed, 800, 300000);
	compare("mixed up to", mixed, 4000, 200000);
	threads(1);
	threads(4);
	return 0;
}
