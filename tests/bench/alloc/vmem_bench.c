/*
 * vmem_bench.c - what a segment costs, beside glibc's malloc and free.
 *
 * N pieces of 1 to 16 quanta of 16 live at a time.  Two kinds of step:
 *
 *	random	free a random one and take another of random size
 *	pair	take one more and free it, above the N that stay
 *
 * The same steps are done by an arena with magazines, by one without, by glibc,
 * and by nobody (the loop with its own memory traffic, which a figure has taken
 * off it), in turns; a figure is the median of the rounds' thread CPU time.
 * Bars: 1.5 times glibc at 100,000 pieces; growth below 1.5 from 1,000 to
 * 1,000,000.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "alloc/vmem.h"

#define ROUNDS	9
#define QUANTUM	16u
#define MOST	1000000u

enum { NOBODY, GLIBC, MAGAZINES, PLAIN, NSUBJECTS };

struct piece {
	uintptr_t at;
	size_t size;
};

struct subject {
	int who;
	vmem_t *arena;
	struct piece *piece;
	double random[ROUNDS];
	double pair[ROUNDS];
};

static struct step {
	uint32_t slot;
	uint32_t size;
} *steps;
static size_t nsteps;

static void *(*volatile libc_take)(size_t) = malloc;
static void (*volatile libc_give)(void *) = free;

static void
take(struct subject *s, struct piece *p, size_t size)
{
	vmem_addr_t addr = size;

	if (s->who == GLIBC)
		addr = (uintptr_t)libc_take(size);
	else if (s->who != NOBODY &&
	    vmem_alloc(s->arena, size, VMEM_NOWAIT, &addr) != 0)
		abort();
	p->at = addr;
	p->size = size;
}

static volatile uintptr_t sink;

static void
give(struct subject *s, struct piece *p)
{
	if (s->who == GLIBC)
		libc_give((void *)p->at);
	else if (s->who == NOBODY)
		sink = p->at + p->size;
	else
		vmem_free(s->arena, p->at, p->size);
}

static uint32_t
draw(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*x >> 33);
}

static void
draw_steps(uint32_t n, uint64_t seed)
{
	for (size_t i = 0; i < nsteps; i++) {
		steps[i].slot = draw(&seed) % n;
		steps[i].size = (1 + draw(&seed) % 16) * QUANTUM;
	}
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double
run_random(struct subject *s)
{
	double began = now();

	for (size_t i = 0; i < nsteps; i++) {
		give(s, &s->piece[steps[i].slot]);
		take(s, &s->piece[steps[i].slot], steps[i].size);
	}
	return (now() - began) / (double)nsteps;
}

static double
run_pairs(struct subject *s)
{
	double began = now();
	struct piece p;

	for (size_t i = 0; i < nsteps; i++) {
		take(s, &p, steps[i].size);
		give(s, &p);
	}
	return (now() - began) / (double)nsteps;
}

static int
rising(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *ns)
{
	qsort(ns, ROUNDS, sizeof(*ns), rising);
	return ns[ROUNDS / 2];
}

static void
begin(struct subject *s, int who, uint32_t n)
{
	static const size_t cached[NSUBJECTS] = { [MAGAZINES] = 16 * QUANTUM };

	s->who = who;
	s->piece = calloc(n, sizeof(*s->piece));
	if (who == MAGAZINES || who == PLAIN)
		s->arena = vmem_create("bench", 0x100000, (size_t)1 << 40,
		    QUANTUM, cached[who], VMEM_NOWAIT);
	for (uint32_t i = 0; i < n; i++)
		take(s, &s->piece[i], (1 + i * 7 % 16) * QUANTUM);
}

static void
end(struct subject *s, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		give(s, &s->piece[i]);
	vmem_destroy(s->arena);
	free(s->piece);
}

struct figures {
	double random[NSUBJECTS];
	double pair[NSUBJECTS];
};

static void
print(const char *what, uint32_t n, const double *ns)
{
	printf("vmem %-6s %8u pieces  glibc %6.1f ns  magazines %6.1f ns "
	    "%5.2fx  plain %6.1f ns %5.2fx\n", what, n, ns[GLIBC],
	    ns[MAGAZINES], ns[MAGAZINES] / ns[GLIBC], ns[PLAIN],
	    ns[PLAIN] / ns[GLIBC]);
}

static void
measure(uint32_t n, struct figures *f)
{
	struct subject s[NSUBJECTS] = { 0 };

	nsteps = n < 200000 ? 400000 : 2 * (size_t)n;
	for (int i = 0; i < NSUBJECTS; i++)
		begin(&s[i], i, n);
	for (int r = 0; r < ROUNDS; r++) {
		draw_steps(n, 1 + (uint64_t)r);
		for (int i = 0; i < NSUBJECTS; i++) {
			s[i].random[r] = run_random(&s[i]);
			s[i].pair[r] = run_pairs(&s[i]);
		}
	}
	for (int i = 0; i < NSUBJECTS; i++) {
		f->random[i] = median(s[i].random) - f->random[NOBODY];
		f->pair[i] = median(s[i].pair) - f->pair[NOBODY];
		end(&s[i], n);
	}
	print("random", n, f->random);
	print("pair", n, f->pair);
}

int
main(void)
{
	struct figures few = { 0 }, some = { 0 }, many = { 0 };

	steps = malloc(2 * (size_t)MOST * sizeof(*steps));
	if (steps == NULL)
		return 1;
	measure(1000, &few);
	measure(100000, &some);
	measure(MOST, &many);
	printf("at 100,000 pieces, random: %.2fx glibc (bar 1.50)\n",
	    some.random[MAGAZINES] / some.random[GLIBC]);
	printf("growth from 1,000 to 1,000,000 (bar 1.50): pair %.2f, glibc "
	    "%.2f; random %.2f, glibc %.2f\n",
	    many.pair[MAGAZINES] / few.pair[MAGAZINES],
	    many.pair[GLIBC] / few.pair[GLIBC],
	    many.random[MAGAZINES] / few.random[MAGAZINES],
	    many.random[GLIBC] / few.random[GLIBC]);
	free(steps);
	return 0;
}
