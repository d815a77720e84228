/*
 * sample.c - a program that knows what it allocates, and how far an estimate
 * of it may be off.
 *
 * sample INTERVAL	four threads make blocks, main frees and resizes some of
 *			them, a child of fork frees what it inherited and makes
 *			its own.  Prints, for what make() and remake() did:
 *			NAME TRUE SIGMA
 *
 * A block of size bytes is drawn with p = 1 - exp(-size / INTERVAL) and then
 * stands for 1 / p blocks, rounded: its variance is (1 - p) / p + 1 / 4, that
 * of its bytes size * size * (1 - p) / p.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NTHREADS	4
#define EACH		15000
#define NBLOCKS		(NTHREADS * EACH)
#define NCHILD		10000

struct sum {
	const char *name;
	double truth, var;
};

static struct sum allocations = { "allocations", 0, 0 };
static struct sum reallocations = { "reallocations", 0, 0 };
static struct sum live_blocks = { "live_blocks", 0, 0 };
static struct sum live_bytes = { "live_bytes", 0, 0 };

static char *blocks[NBLOCKS];
static size_t sizes[NBLOCKS];
static double interval;

static double
chance(size_t size)
{
	return interval <= 1 ? 1 : -expm1(-(double)(size ? size : 1) /
	    interval);
}

static void
add(struct sum *s, size_t size, double value)
{
	double p = chance(size);

	s->truth += value;
	s->var += value * value * (1 - p) / p + (s != &live_bytes) * 0.25;
}

static void
add_live(size_t size)
{
	add(&live_blocks, size, 1);
	add(&live_bytes, size, (double)size);
}

static __attribute__((noinline)) char *
make(size_t size)
{
	char *p = malloc(size);

	if (p == NULL)
		abort();
	memset(p, 1, size < 16 ? size : 16);
	return p;
}

static __attribute__((noinline)) char *
remake(char *old, size_t size)
{
	char *p = realloc(old, size);

	if (p == NULL || p[0] != 1)
		abort();
	return p;
}

/* Mostly small; some as large as many intervals. */
static size_t
size_of(int i)
{
	unsigned x = (unsigned)i * 2654435761u;

	x ^= x >> 15;
	return 1 + (x % 100 == 0 ? x % 70001 : x % 10 == 0 ? x % 4001 :
	    x % 257);
}

static void *
thread(void *arg)
{
	int first = (int)(intptr_t)arg * EACH;

	for (int i = first; i < first + EACH; i++)
		blocks[i] = make(sizes[i]);
	return NULL;
}

static void
threads(void)
{
	pthread_t t[NTHREADS];

	for (int i = 0; i < NBLOCKS; i++) {
		sizes[i] = size_of(i);
		add(&allocations, sizes[i], 1);
	}
	for (int i = 0; i < NTHREADS; i++)
		if (pthread_create(&t[i], NULL, thread, (void *)(intptr_t)i))
			abort();
	for (int i = 0; i < NTHREADS; i++)
		pthread_join(t[i], NULL);
}

/* In another thread than the one that made them. */
static void
change(void)
{
	for (int i = 0; i < NBLOCKS; i += 3) {
		free(blocks[i]);
		blocks[i] = NULL;
	}
	for (int i = 1; i < NBLOCKS; i += 3) {
		if (realloc(blocks[i], PTRDIFF_MAX - 100) != NULL)
			abort();
		sizes[i] = size_of(i + NBLOCKS);
		blocks[i] = remake(blocks[i], sizes[i]);
		add(&reallocations, sizes[i], 1);
	}
	for (int i = 0; i < NBLOCKS; i++)
		if (blocks[i] != NULL)
			add_live(sizes[i]);
}

/* What it inherited is its parent's; what it makes and keeps is its own. */
static void
child(void)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		for (int i = 0; i < NBLOCKS; i++)
			free(blocks[i]);
		for (int i = 0; i < NCHILD; i++)
			if (i % 2 == 0)
				blocks[i] = make(size_of(i));
			else
				free(make(size_of(i)));
		_exit(0);
	}
	for (int i = 0; i < NCHILD; i++) {
		add(&allocations, size_of(i), 1);
		if (i % 2 == 0)
			add_live(size_of(i));
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		abort();
}

int
main(int argc, char **argv)
{
	const struct sum *sums[] = { &allocations, &reallocations,
		&live_blocks, &live_bytes };

	interval = argc > 1 ? atof(argv[1]) : 1;
	threads();
	change();
	child();
	for (int i = 0; i < 4; i++)
		printf("%s %.0f %.1f\n", sums[i]->name, sums[i]->truth,
		    sqrt(sums[i]->var));
	return 0;
}
