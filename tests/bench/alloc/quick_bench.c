/*
 * quick_bench.c - qmalloc and qfree against libc's malloc and free.
 *
 *	quick_bench [-t threads] [-r rounds] [-n operations] [pattern]
 *
 * Each pattern is run in rounds that alternate between the two, with the same
 * random numbers.  A line is: pattern, nanoseconds of a pair in the best round
 * of each, by the processors' time, and the medians of the rounds' ratios, by
 * that time and by the clock.  Without -t, for one thread and for four.
 * Both are called through pointers that the compiler cannot see through, as a
 * program calls a shared library.
 *
 * Patterns, each in every thread at once:
 *	pairs		malloc, write a word, free: one size
 *	cleared		the same against calloc, since qmalloc clears
 *	lifo, fifo	1,000 blocks, freed in one order or the other
 *	random		10,000 live blocks of 1 to 512 bytes, one replaced
 *	small		the same with 1 to 128 bytes
 *	handover	a ring of threads: each frees what the one before took
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc/qmalloc.h"

#define NLIVE	10000u
#define NBATCH	1000u
#define MAX_THREADS 64u
#define MAX_ROUNDS 99u

struct allocator {
	void	*(*take)(size_t);
	void	(*give)(void *);
};

static struct allocator ours, libc, libc_clears;
static unsigned nthreads, nrounds = 9;
static size_t nops = 1000000;
static pthread_barrier_t barrier;

static void *
calloc_one(size_t size)
{
	return calloc(1, size);
}

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t
next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

typedef void	pattern_fn(const struct allocator *, unsigned self,
		    size_t arg);

static void
pairs(const struct allocator *a, unsigned self, size_t size)
{
	(void)self;
	for (size_t i = 0; i < nops; i++) {
		uint64_t *p = a->take(size);

		*(volatile uint64_t *)p = i;
		a->give(p);
	}
}

static void
batch(const struct allocator *a, size_t size, int fifo)
{
	void *p[NBATCH];

	for (size_t n = 0; n < nops / NBATCH; n++) {
		for (unsigned i = 0; i < NBATCH; i++) {
			p[i] = a->take(size);
			*(volatile char *)p[i] = 1;
		}
		for (unsigned i = 0; i < NBATCH; i++)
			a->give(p[fifo ? i : NBATCH - 1 - i]);
	}
}

static void
lifo(const struct allocator *a, unsigned self, size_t size)
{
	(void)self;
	batch(a, size, 0);
}

static void
fifo(const struct allocator *a, unsigned self, size_t size)
{
	(void)self;
	batch(a, size, 1);
}

static void
replaced(const struct allocator *a, unsigned self, size_t most)
{
	static __thread void *live[NLIVE];
	uint64_t x = 88172645463325252u + self;

	for (unsigned i = 0; i < NLIVE; i++)
		live[i] = a->take(1 + next(&x) % most);
	for (size_t n = 0; n < nops; n++) {
		uint64_t r = next(&x);
		unsigned i = (unsigned)(r >> 32) % NLIVE;

		a->give(live[i]);
		live[i] = a->take(1 + (r & 0xffffffff) % most);
		*(volatile char *)live[i] = 1;
	}
	for (unsigned i = 0; i < NLIVE; i++)
		a->give(live[i]);
}

/* slot[n]: from thread n to its successor; NULL: empty. */
#define NSLOTS	512u
static struct ring {
	void *slot[NSLOTS];
	char pad[64];
} ring[MAX_THREADS];

static int
put(struct ring *r, size_t at, void *p)
{
	void **s = &r->slot[at % NSLOTS];

	if (__atomic_load_n(s, __ATOMIC_ACQUIRE) != NULL)
		return 0;
	__atomic_store_n(s, p, __ATOMIC_RELEASE);
	return 1;
}

static void *
get(struct ring *r, size_t at)
{
	void **s = &r->slot[at % NSLOTS], *p;

	p = __atomic_load_n(s, __ATOMIC_ACQUIRE);
	if (p != NULL)
		__atomic_store_n(s, NULL, __ATOMIC_RELEASE);
	return p;
}

static void
hand_over(const struct allocator *a, unsigned self, size_t size)
{
	struct ring *to = &ring[self];
	struct ring *from = &ring[(self + nthreads - 1) % nthreads];
	size_t sent = 0, got = 0;
	void *p = NULL;

	while (sent < nops || got < nops) {
		if (sent < nops && p == NULL) {
			p = a->take(size);
			*(volatile char *)p = 1;
		}
		if (p != NULL && put(to, sent, p)) {
			sent++;
			p = NULL;
		}
		for (void *q; got < nops && (q = get(from, got)) != NULL; got++)
			a->give(q);
		if (p != NULL)
			sched_yield();
	}
}

struct job {
	pattern_fn *fn;
	const struct allocator *a;
	unsigned self;
	size_t arg;
};

static void *
job_run(void *arg)
{
	struct job *j = arg;

	pthread_barrier_wait(&barrier);
	j->fn(j->a, j->self, j->arg);
	pthread_barrier_wait(&barrier);
	return NULL;
}

struct cost {
	double cpu;		/* nanoseconds of a pair, all threads' time */
	double wall;
};

static struct cost
round_cost(pattern_fn *fn, const struct allocator *a, size_t arg)
{
	double pairs_made = (double)nops * nthreads;
	pthread_t thread[MAX_THREADS];
	struct job job[MAX_THREADS];
	uint64_t cpu, wall;

	pthread_barrier_init(&barrier, NULL, nthreads + 1);
	for (unsigned i = 0; i < nthreads; i++) {
		job[i] = (struct job){ fn, a, i, arg };
		if (pthread_create(&thread[i], NULL, job_run, &job[i]) != 0)
			abort();
	}
	wall = now_ns(CLOCK_MONOTONIC);
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	wall = now_ns(CLOCK_MONOTONIC) - wall;
	cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	for (unsigned i = 0; i < nthreads; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&barrier);
	return (struct cost){ (double)cpu / pairs_made,
		(double)wall / pairs_made };
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
compare(const char *name, pattern_fn *fn, size_t arg,
    const struct allocator *rival)
{
	double best[2] = { 1e9, 1e9 }, cpu[MAX_ROUNDS], wall[MAX_ROUNDS];
	struct cost cost[2];

	for (unsigned i = 0; i < nrounds; i++) {
		for (int side = 0; side < 2; side++) {
			cost[side] = round_cost(fn, side == 0 ? &ours : rival,
			    arg);
			if (cost[side].cpu < best[side])
				best[side] = cost[side].cpu;
		}
		cpu[i] = cost[0].cpu / cost[1].cpu;
		wall[i] = cost[0].wall / cost[1].wall;
	}
	qsort(cpu, nrounds, sizeof(cpu[0]), by_value);
	qsort(wall, nrounds, sizeof(wall[0]), by_value);
	printf("%-9s %4zu  threads %u  ours %6.2f ns  libc %6.2f ns  "
	    "ratio %.2f  clock %.2f\n", name, arg, nthreads, best[0], best[1],
	    cpu[nrounds / 2], wall[nrounds / 2]);
	fflush(stdout);
}

static const struct {
	const char *name;
	pattern_fn *fn;
	size_t arg;
	unsigned least;		/* threads */
	const struct allocator *rival;
} patterns[] = {
	{ "pairs", pairs, 16, 1, &libc },
	{ "pairs", pairs, 64, 1, &libc },
	{ "pairs", pairs, 200, 1, &libc },
	{ "pairs", pairs, 1000, 1, &libc },
	{ "cleared", pairs, 1000, 1, &libc_clears },
	{ "lifo", lifo, 40, 1, &libc },
	{ "fifo", fifo, 40, 1, &libc },
	{ "lifo", lifo, 200, 1, &libc },
	{ "small", replaced, 128, 1, &libc },
	{ "random", replaced, 512, 1, &libc },
	{ "handover", hand_over, 64, 2, &libc },
};

static void
options(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:r:t:")) != -1)
		switch (c) {
		case 'n':
			nops = strtoul(optarg, NULL, 10);
			break;
		case 'r':
			nrounds = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 't':
			nthreads = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			exit(2);
		}
	if (nthreads > MAX_THREADS || nrounds == 0 || nrounds > MAX_ROUNDS)
		exit(2);
}

static void
run(unsigned n, const char *wanted)
{
	nthreads = n;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (nthreads < patterns[i].least || (wanted != NULL &&
		    strcmp(wanted, patterns[i].name) != 0))
			continue;
		compare(patterns[i].name, patterns[i].fn, patterns[i].arg,
		    patterns[i].rival);
	}
}

int
main(int argc, char **argv)
{
	const char *wanted;

	options(argc, argv);
	wanted = optind < argc ? argv[optind] : NULL;
	qmallocinit();
	ours = (struct allocator){ qmalloc, qfree };
	libc = (struct allocator){ malloc, free };
	libc_clears = (struct allocator){ calloc_one, free };
	if (nthreads != 0)
		run(nthreads, wanted);
	else {
		run(1, wanted);
		run(4, wanted);
	}
	return 0;
}
