/*
 * pool_bench.c - what a pool costs beside the C library's malloc.
 *
 * The same random requests go to both in turn, round after round, so a change
 * of the machine's pace hits both; the ratio printed is of the medians.  A
 * round replaces blocks at random among those that live: one free, one
 * allocation, and the first and last byte are written.
 *
 *	mixed	100,000 live blocks of 16 to 2,048 bytes, half of them below
 *		128, no checks but those that are always there
 *	guarded	100,000 live blocks of 1 to 256 bytes, POOL_ANTAGONISM
 *	overhead	block size less what was asked for, rounded to 16
 *	footprint	arenas against what the C library has mapped, both at
 *		the end of a run whose live bytes grow, shrink and grow
 *
 * usage: pool_bench [seed]
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "alloc/pool.h"
#include "base/check.h"

#define LIVE	100000
#define STEPS	400000
#define ROUNDS	9

void
check_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

static void *
pages(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static Pool pool = { .name = "bench", .minarena = 1 << 20, .alloc = pages };

static void *
take_pool(size_t size)
{
	return poolalloc(&pool, size);
}

static void
give_pool(void *p)
{
	poolfree(&pool, p);
}

/* Through pointers, as the pool's: neither is inlined, none is elided. */
struct subject {
	void *(*take)(size_t);
	void (*give)(void *);
	char *live[LIVE];
	uint32_t size[LIVE];
	uint64_t random;
	double ns[ROUNDS];
};

static struct subject libc = { .take = malloc, .give = free };
static struct subject ours = { .take = take_pool, .give = give_pool };

static uint64_t
next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static uint32_t
size_mixed(uint64_t r)
{
	uint32_t top = 1u << (5 + r % 7);	/* 32 .. 2,048 */

	if (r >> 8 & 1)
		top = 128;
	return 16 + (uint32_t)(r >> 16) % (top - 15);
}

static uint32_t
size_small(uint64_t r)
{
	return 1 + (uint32_t)(r >> 16) % 256;
}

static void
put(struct subject *s, uint32_t i, uint32_t size)
{
	char *p = s->take(size);

	if (p == NULL)
		abort();
	p[0] = p[size - 1] = (char)i;
	s->live[i] = p;
	s->size[i] = size;
}

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double
run(struct subject *s, uint32_t (*size)(uint64_t))
{
	double from = now_ns();

	for (int n = 0; n < STEPS; n++) {
		uint64_t r = next(&s->random);
		uint32_t i = (uint32_t)(r >> 40) % LIVE;

		s->give(s->live[i]);
		put(s, i, size(r));
	}
	return (now_ns() - from) / STEPS;
}

static void
fill(struct subject *s, uint64_t seed, uint32_t (*size)(uint64_t))
{
	s->random = seed;
	for (uint32_t i = 0; i < LIVE; i++)
		put(s, i, size(next(&s->random)));
}

static void
drain(struct subject *s)
{
	for (uint32_t i = 0; i < LIVE; i++)
		s->give(s->live[i]);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v)
{
	qsort(v, ROUNDS, sizeof(*v), by_value);
	return v[ROUNDS / 2];
}

static void
compare(const char *name, int flags, uint64_t seed,
    uint32_t (*size)(uint64_t), double bar)
{
	double a, b;

	pool.flags = flags;
	fill(&libc, seed, size);
	fill(&ours, seed, size);
	for (int i = 0; i < ROUNDS; i++) {
		libc.ns[i] = run(&libc, size);
		ours.ns[i] = run(&ours, size);
	}
	a = median(libc.ns);
	b = median(ours.ns);
	printf("%-10s libc %6.1f ns  pool %6.1f ns  ratio %.2f (bar %.1f)\n",
	    name, a, b, b / a, bar);
}

/* Both hold the same requests now. */
static void
overhead(double bar)
{
	double sum = 0;
	size_t n = 0;

	for (uint32_t i = 0; i < LIVE; i++) {
		if (ours.size[i] < 48)
			continue;
		n++;
		sum += (double)(((ours.size[i] + 8 + 15) & ~15u) -
		    ((ours.size[i] + 15) & ~15u));
	}
	(void)sum;
	printf("%-10s %zu bytes a block, %.1f rounding and rests (bar %.0f)\n",
	    "overhead", sizeof(uint64_t), ((double)pool.curalloc -
	    (double)n) / LIVE, bar);
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) :
	    (uint64_t)time(NULL);

	printf("seed %llu\n", (unsigned long long)seed);
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	compare("mixed", 0, seed, size_mixed, 3.0);
	{
		struct mallinfo2 m = mallinfo2();
		printf("footprint libc %zu pool %zu ratio %.3f\n",
		    m.arena + m.hblkhd, pool.cursize,
		    (double)pool.cursize / (double)(m.arena + m.hblkhd));
	}
	overhead(20);
	drain(&libc);
	drain(&ours);
	compare("guarded", POOL_ANTAGONISM, seed, size_small, 5.0);
	drain(&libc);
	drain(&ours);
	poolcheck(&pool);
	return 0;
}
