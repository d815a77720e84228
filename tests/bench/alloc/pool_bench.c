/*
 * pool_bench.c - what a pool costs beside the C library's malloc.
 *
 * The same random requests go to both in turn, round after round, so a change
 * of the machine's pace hits both; the ratio printed is the median of the
 * rounds' ratios, in time of this thread.  A round replaces blocks at random among those that live: one free, one
 * allocation, and the first and last byte are written.
 *
 *	mixed	100,000 live blocks of 16 to 2,048 bytes, half of them below
 *		128, no checks but those that are always there
 *	guarded	100,000 live blocks of 1 to 256 bytes, POOL_ANTAGONISM
 *	overhead	block size less what was asked for, as rounded to 16
 *	obtained	arenas against what the C library has from the system
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
#define STEPS	100000
#define ROUNDS	31

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

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
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

static const char *
kept(double figure, double bar)
{
	return figure <= bar ? "<=" : "!>";
}

static void
compare(const char *name, int flags, uint64_t seed,
    uint32_t (*size)(uint64_t), double bar)
{
	double ratio[ROUNDS], a, b;

	pool.flags = flags;
	fill(&libc, seed, size);
	fill(&ours, seed, size);
	for (int i = 0; i < ROUNDS; i++) {
		libc.ns[i] = run(&libc, size);
		ours.ns[i] = run(&ours, size);
		ratio[i] = ours.ns[i] / libc.ns[i];
	}
	a = median(libc.ns);
	b = median(ours.ns);
	printf("%-9s libc %6.1f ns  pool %6.1f ns  %5.2fx %s%g\n", name, a, b,
	    median(ratio), kept(median(ratio), bar), bar);
}

/* Both hold the same requests now. */
static void
sizes(double bar)
{
	struct mallinfo2 m = mallinfo2();
	double asked = 0, over, more;

	for (uint32_t i = 0; i < LIVE; i++)
		asked += (double)((ours.size[i] + 15u) & ~15u);
	over = ((double)pool.curalloc - asked) / LIVE;
	more = (double)pool.cursize / (double)(m.arena + m.hblkhd);
	printf("%-9s %.1f bytes a block %s%g\n", "overhead", over,
	    kept(over, bar), bar);
	printf("%-9s libc %zu  pool %zu  %.2fx %s%g\n", "obtained",
	    m.arena + m.hblkhd, pool.cursize, more, kept(more, 1.1), 1.1);
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) :
	    (uint64_t)time(NULL);

	printf("seed %llu\n", (unsigned long long)seed);
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	compare("mixed", 0, seed, size_mixed, 3.0);
	sizes(20);
	drain(&libc);
	drain(&ours);
	compare("guarded", POOL_ANTAGONISM, seed, size_small, 5.0);
	drain(&libc);
	drain(&ours);
	poolcheck(&pool);
	return 0;
}
