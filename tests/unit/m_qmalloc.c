/*
 * m_qmalloc.c - a model test of quickfit: random calls against a table.
 *
 *	m_qmalloc [-t threads] [-n operations] [-g] [seed]
 *
 * The oracle of each thread is a table of its live blocks: address, bytes, and
 * the seed of their contents.  After each call the block it touched is held to
 * the table: aligned, zero where it must be, contents kept.  All live blocks
 * of a thread are compared from time to time, and at the end freed; then
 * nothing is allocated.  A block overlapping another would change its
 * contents.  With several threads a part of the blocks moves to another
 * thread's table, which frees it.  -g: with QMALLOC_GUARD.
 *
 * The seed is printed; it comes from the arguments, or from SEED.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc/qmalloc.h"
#include "base/check.h"

#define NLIVE	1000u
#define NMOVING	64u
#define MAX_THREADS 64u

struct live {
	unsigned char *ptr;
	size_t size;
	unsigned char seed;
};

struct model {
	uint64_t x;		/* random */
	struct live live[NLIVE];
	size_t nops;
};

/* Blocks on their way to another thread. */
static struct moving {
	pthread_mutex_t lock;
	struct live live;
} moving[NMOVING];

static size_t nops = 200000;
static uint64_t seed;
static char told[64];

#define EXPECT(e)	((e) ? (void)0 : failed(#e, __LINE__))

static void
failed(const char *what, int line)
{
	fprintf(stderr, "m_qmalloc.c:%d: %s (seed %llu)\n", line, what,
	    (unsigned long long)seed);
	abort();
}

void
check_failed(const char *what, const char *file, int line)
{
	(void)file;
	failed(what, line);
}

static uint64_t
next(struct model *m)
{
	m->x ^= m->x << 13;
	m->x ^= m->x >> 7;
	m->x ^= m->x << 17;
	return m->x >> 11;
}

/* Mostly small, sometimes on the border of the quick lists, rarely large. */
static size_t
some_size(struct model *m)
{
	uint64_t r = next(m);

	switch (r & 15) {
	case 0:
		return (r >> 4) % 40000;
	case 1:
		return 4040 + (r >> 4) % 100;
	case 2:
	case 3:
		return (r >> 4) % 4096;
	default:
		return (r >> 4) % 200;
	}
}

static void
write_all(struct live *l, struct model *m)
{
	l->seed = (unsigned char)next(m);
	for (size_t i = 0; i < l->size; i++)
		l->ptr[i] = (unsigned char)(l->seed + i * 7);
}

static void
expect_contents(const struct live *l, size_t size)
{
	for (size_t i = 0; i < size; i++)
		EXPECT(l->ptr[i] == (unsigned char)(l->seed + i * 7));
}

static void
expect_zero(const struct live *l, size_t from)
{
	for (size_t i = from; i < l->size; i++)
		EXPECT(l->ptr[i] == 0);
}

static void
take(struct model *m, struct live *l)
{
	l->size = some_size(m);
	switch (next(m) % 8) {
	case 0:
		l->ptr = qmallocz(l->size, 0);
		break;
	case 1:
		l->ptr = qcalloc(l->size, 1);
		break;
	case 2:
		l->ptr = qrealloc(NULL, l->size + (l->size == 0));
		break;
	default:
		l->ptr = qmalloc(l->size);
		expect_zero(l, 0);
		break;
	}
	EXPECT(l->ptr != NULL && (uintptr_t)l->ptr % 16 == 0);
	write_all(l, m);
}

static void
take_align(struct model *m, struct live *l)
{
	size_t align = (size_t)1 << next(m) % 10;
	size_t span = next(m) % 4 == 0 ? 65536 : 0;
	long offset = (long)(next(m) % 64);

	l->size = some_size(m);
	l->ptr = qmallocalign(l->size, align, offset, span);
	EXPECT(l->ptr != NULL);
	EXPECT(((uintptr_t)l->ptr - (uintptr_t)offset) % align == 0);
	EXPECT(span == 0 || l->size == 0 || (uintptr_t)l->ptr / span ==
	    ((uintptr_t)l->ptr + l->size - 1) / span);
	expect_zero(l, 0);
	write_all(l, m);
}

static void
give(struct live *l)
{
	expect_contents(l, l->size);
	qfree(l->ptr);
	l->ptr = NULL;
}

static void
resize(struct model *m, struct live *l)
{
	size_t old = l->size;

	l->size = some_size(m) + 1;
	l->ptr = qrealloc(l->ptr, l->size);
	EXPECT(l->ptr != NULL);
	expect_contents(l, old < l->size ? old : l->size);
	expect_zero(l, old);
	write_all(l, m);
}

static void
grow(struct model *m, struct live *l)
{
	size_t size = qmsize(l->ptr);

	EXPECT(size >= l->size);
	expect_contents(l, l->size);
	l->size = size;
	write_all(l, m);
}

/* Change blocks with whoever left one there. */
static void
move(struct model *m, struct live *l)
{
	struct moving *slot = &moving[next(m) % NMOVING];
	struct live other;

	pthread_mutex_lock(&slot->lock);
	other = slot->live;
	slot->live = *l;
	pthread_mutex_unlock(&slot->lock);
	*l = other;
}

static void
refuse(struct model *m)
{
	EXPECT(qmalloc(SIZE_MAX - next(m) % 64) == NULL && errno == ENOMEM);
	EXPECT(qmallocalign(100, 64, 0, 64) == NULL && errno == EINVAL);
}

static void
step(struct model *m)
{
	struct live *l = &m->live[next(m) % NLIVE];
	uint64_t what = next(m) % 16;

	if (l->ptr == NULL && what < 12)
		take(m, l);
	else if (l->ptr == NULL)
		take_align(m, l);
	else if (what < 9)
		give(l);
	else if (what < 12)
		resize(m, l);
	else if (what < 13)
		grow(m, l);
	else if (what < 15)
		move(m, l);
	else
		refuse(m);
}

static void *
model_run(void *arg)
{
	struct model *m = arg;

	for (size_t n = 1; n <= m->nops; n++) {
		step(m);
		if (n % 5000 != 0)
			continue;
		for (unsigned i = 0; i < NLIVE; i++)
			if (m->live[i].ptr != NULL)
				expect_contents(&m->live[i], m->live[i].size);
		if (n % 50000 == 0)
			qmalloctrim();
	}
	for (unsigned i = 0; i < NLIVE; i++)
		if (m->live[i].ptr != NULL)
			give(&m->live[i]);
	return NULL;
}

static void
on_print(const char *text, size_t size)
{
	(void)size;
	if (strncmp(text, "total ", 6) == 0)
		snprintf(told, sizeof(told), "%s", text);
}

static void
on_panic(const char *text)
{
	fputs(text, stderr);
	failed("no panic", __LINE__);
}

static void
run(unsigned nthreads)
{
	static struct model model[MAX_THREADS];
	pthread_t thread[MAX_THREADS];

	for (unsigned i = 0; i < NMOVING; i++)
		pthread_mutex_init(&moving[i].lock, NULL);
	for (unsigned i = 0; i < nthreads; i++) {
		model[i].x = (seed + i + 1) * 0x9e3779b97f4a7c15u | 1;
		model[i].nops = nops / nthreads;
		EXPECT(pthread_create(&thread[i], NULL, model_run,
		    &model[i]) == 0);
	}
	for (unsigned i = 0; i < nthreads; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < NMOVING; i++)
		if (moving[i].live.ptr != NULL)
			give(&moving[i].live);
	qmallocsummary();
	EXPECT(strncmp(told, "total allocated 0, ", 19) == 0);
}

int
main(int argc, char **argv)
{
	unsigned nthreads = 1;
	int c, flags = 0;

	seed = getenv("SEED") != NULL ? strtoull(getenv("SEED"), NULL, 0) :
	    (uint64_t)time(NULL);
	while ((c = getopt(argc, argv, "gn:t:")) != -1)
		if (c == 'g')
			flags = QMALLOC_GUARD;
		else if (c == 'n')
			nops = strtoul(optarg, NULL, 10);
		else if (c == 't')
			nthreads = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 2;
	if (optind < argc)
		seed = strtoull(argv[optind], NULL, 0);
	if (nthreads == 0 || nthreads > MAX_THREADS)
		return 2;
	printf("seed %llu, %u threads\n", (unsigned long long)seed, nthreads);
	qmallocconf(0, flags);
	qmallochooks(on_print, on_panic);
	qmallocinit();
	run(nthreads);
	return 0;
}
