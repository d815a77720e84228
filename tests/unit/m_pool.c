/*
 * m_pool.c - a pool against a plain table of what it must hold.
 *
 *	m_pool [-t threads] [-n operations] [seed]
 *
 * The table has, for each live block, its interval, its contents and what its
 * address must satisfy.  Random operations go to the pool and to the table;
 * after each the pool's answer is held against the table: nothing overlaps,
 * nothing is lost or changed, no constraint is broken, and the pool's own check
 * finds nothing.  Each round is another pool, its flags and sizes by the seed.
 *
 * With -t the threads share one pool of poolcreate's, each with a table of its
 * own; blocks are not moved then, since nobody can hold a moving block.
 *
 * It is one program with the sources of lib/alloc and lib/base, so that it can
 * be built with any sanitizer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "alloc/pool.h"
#include "base/check.h"

#define SLOTS		256
#define AREA		((size_t)512 << 20)
#define AREA_SPARE	((size_t)32 << 20)
#ifdef PW_DEBUG
#define CHECK_EVERY	1
#else
#define CHECK_EVERY	64
#endif

struct slot {
	unsigned char *v;	/* nil: none */
	size_t n;
	unsigned char first;	/* of the contents, which count on from it */
	size_t align;		/* 0: not placed */
	size_t offset;
	size_t span;
};

struct model {
	Pool *pool;
	unsigned random;
	unsigned long step;
	bool alone;		/* one thread: exact sums, moves, resets */
	size_t enough;		/* bytes of arenas to start over at: the dead are
				 * never gone, and looked at often */
	struct slot slot[SLOTS];
};

static unsigned seed;
static unsigned char *area, *bump;
static unsigned arena_random;
static struct model *moving;	/* whose table move keeps up to date */
static pthread_mutex_t said = PTHREAD_MUTEX_INITIALIZER;

static _Noreturn void
wrong(const struct model *m, const char *fmt, ...)
{
	va_list args;

	pthread_mutex_lock(&said);
	fprintf(stderr, "m_pool: seed %u step %lu flags %#x: ", seed,
	    m != NULL ? m->step : 0, m != NULL ? (unsigned)m->pool->flags : 0);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

void
check_failed(const char *what, const char *file, int line)
{
	wrong(NULL, "%s:%d: %s", file, line, what);
}

static unsigned
dice(struct model *m, unsigned n)
{
	return (unsigned)rand_r(&m->random) % n;
}

/* Hooks. */

static void
on_panic(Pool *p, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	fprintf(stderr, "m_pool: seed %u step %lu flags %#x: panic: %s\n", seed,
	    moving != NULL ? moving->step : 0, (unsigned)p->flags, text);
	abort();
}

static void
on_print(Pool *p, const char *fmt, ...)
{
	(void)p;
	(void)fmt;
}

static void *
on_alloc(size_t size)
{
	unsigned char *at = bump;

	if (rand_r(&arena_random) % 3 == 0 || at + size > area + AREA)
		return NULL;
	bump += (size + 15) / 16 * 16;
	if (rand_r(&arena_random) % 4 == 0)
		bump += (size_t)(rand_r(&arena_random) % 64) * 16;
	return at;
}

static void
on_release(void *at, size_t size)
{
	memset(at, 0x5a, size < 4096 ? size : 4096);
}

static int
on_merge(void *low, void *high)
{
	if (low >= high)
		wrong(moving, "merge got %p before %p", low, high);
	return rand_r(&arena_random) % 2;
}

static void
on_move(void *from, void *to)
{
	for (int i = 0; i < SLOTS; i++)
		if (moving->slot[i].v == from) {
			moving->slot[i].v = to;
			return;
		}
	wrong(moving, "move of %p, which nobody has", from);
}

/* The table. */

static void
write_contents(struct model *m, struct slot *s, size_t from)
{
	if (from == 0)
		s->first = (unsigned char)dice(m, 256);
	for (size_t i = from; i < s->n; i++)
		s->v[i] = (unsigned char)(s->first + i);
}

static void
read_contents(struct model *m, const struct slot *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s->v[i] != (unsigned char)(s->first + i))
			wrong(m, "block %p of %zu: byte %zu has changed",
			    (void *)s->v, s->n, i);
}

static void
judge_address(struct model *m, const struct slot *s)
{
	uintptr_t at = (uintptr_t)s->v;

	if (s->align != 0 ? at % s->align != s->offset : at % 16 != 0)
		wrong(m, "%p is not %zu modulo %zu", (void *)s->v, s->offset,
		    s->align);
	if (s->span != 0 && s->n != 0 &&
	    at / s->span != (at + s->n - 1) / s->span)
		wrong(m, "%p of %zu spans %zu", (void *)s->v, s->n, s->span);
}

static void
judge_interval(struct model *m, const struct slot *s)
{
	for (const struct slot *o = m->slot; o < m->slot + SLOTS; o++)
		if (o != s && o->v != NULL && s->v < o->v + o->n + 1 &&
		    o->v < s->v + s->n + 1)
			wrong(m, "%p of %zu overlaps %p of %zu", (void *)s->v,
			    s->n, (void *)o->v, o->n);
	judge_address(m, s);
}

static size_t
pick_size(struct model *m)
{
	switch (dice(m, 8)) {
	case 0:
		return dice(m, 4);
	case 1:
		return dice(m, 20000);
	case 2:
		return 16 * (size_t)dice(m, 70) + 8;
	default:
		return dice(m, 600);
	}
}

static void
take(struct model *m, struct slot *s)
{
	size_t n = pick_size(m);
	unsigned char *v = poolalloc(m->pool, n);

	if (v == NULL) {
		if (errno != ENOMEM)
			wrong(m, "errno %d", errno);
		return;
	}
	*s = (struct slot){ .v = v, .n = n };
	judge_interval(m, s);
	write_contents(m, s, 0);
}

static void
take_align(struct model *m, struct slot *s)
{
	static const size_t aligns[] = { 1, 2, 8, 16, 32, 48, 64, 100, 256,
	    4096, 16384 };
	struct slot want = { .n = pick_size(m) };
	long offset;

	want.align = aligns[dice(m, 11)];
	want.offset = dice(m, 2) ? 0 : dice(m, (unsigned)want.align);
	want.span = dice(m, 4) ? 0 : want.n + dice(m, 5000) + 1;
	offset = dice(m, 4) ? (long)want.offset :
	    (long)want.offset - (long)want.align;
	want.v = poolallocalign(m->pool, want.n, want.align, offset, want.span);
	if (want.v == NULL) {
		if (errno != ENOMEM)
			wrong(m, "errno %d", errno);
		return;
	}
	*s = want;
	judge_interval(m, s);
	write_contents(m, s, 0);
}

static void
give(struct model *m, struct slot *s)
{
	read_contents(m, s, s->n);
	poolfree(m->pool, s->v);
	s->v = NULL;
}

static void
resize(struct model *m, struct slot *s)
{
	size_t n = pick_size(m) + 1, kept = n < s->n ? n : s->n;
	unsigned char *v = poolrealloc(m->pool, s->v, n);

	if (v == NULL) {
		if (errno != ENOMEM)
			wrong(m, "errno %d", errno);
		read_contents(m, s, s->n);
		return;
	}
	s->v = v;
	s->n = n;
	judge_interval(m, s);
	read_contents(m, s, kept);
	write_contents(m, s, kept == 0 ? 0 : kept);
}

static void
measure(struct model *m, struct slot *s)
{
	size_t n = poolmsize(m->pool, s->v), old = s->n;

	if (n < old)
		wrong(m, "msize %zu of a block of %zu", n, old);
	if (s->span != 0)
		return;	/* what was got beyond n may lie in another window */
	s->n = n;
	judge_interval(m, s);
	read_contents(m, s, old);
	write_contents(m, s, old);
}

static void
judge_all(struct model *m)
{
	for (struct slot *s = m->slot; s < m->slot + SLOTS; s++)
		if (s->v != NULL) {
			judge_address(m, s);
			read_contents(m, s, s->n);
		}
}

static void
start_over(struct model *m)
{
	for (struct slot *s = m->slot; s < m->slot + SLOTS; s++)
		if (s->v != NULL)
			give(m, s);
	if (!(m->pool->flags & POOL_NOREUSE) && m->pool->curalloc != 0)
		wrong(m, "%zu bytes stay allocated", m->pool->curalloc);
	poolcheck(m->pool);
	poolreset(m->pool);
	bump = area;
}

static void
step_alone(struct model *m)
{
	switch (dice(m, 200)) {
	case 0:
		poolcompact(m->pool);
		judge_all(m);
		break;
	case 1:
		pooltrim(m->pool);
		break;
	case 2:
		poolfree(m->pool, NULL);
		break;
	default:
		break;
	}
	if (m->step % CHECK_EVERY == 0)
		poolcheck(m->pool);
	if (bump > area + AREA - AREA_SPARE || m->pool->cursize > m->enough)
		start_over(m);
}

static void
step(struct model *m)
{
	struct slot *s = &m->slot[dice(m, SLOTS)];

	m->step++;
	if (s->v == NULL) {
		if (dice(m, 4) == 0)
			take_align(m, s);
		else
			take(m, s);
	} else if (dice(m, 3) == 0)
		resize(m, s);
	else if (dice(m, 8) == 0)
		measure(m, s);
	else
		give(m, s);
	if (m->alone)
		step_alone(m);
}

static void
prepare(struct model *m, Pool *p)
{
	static const size_t quanta[] = { 0, 8, 16, 16, 32, 64 };

	bool often;

	memset(p, 0, sizeof(*p));
	memset(m->slot, 0, sizeof(m->slot));
	p->name = "model";
	p->flags = (int)dice(m, 2 * POOL_NOREUSE);
	p->quantum = quanta[dice(m, 6)];
	p->minblock = dice(m, 3) ? 0 : dice(m, 200);
	often = CHECK_EVERY == 1 ||
	    (p->flags & (POOL_PARANOIA | POOL_VERBOSITY));
	m->enough = often ? 256u << 10 : 8u << 20;
	p->minarena = (size_t)dice(m, 8) << (often ? 13 : 15);
	p->maxsize = dice(m, 3) ? 0 : 1u << 20;
	p->alloc = on_alloc;
	p->release = dice(m, 2) ? on_release : NULL;
	p->merge = dice(m, 2) ? on_merge : NULL;
	p->move = dice(m, 2) ? on_move : NULL;
	p->print = on_print;
	p->panic = on_panic;
	m->pool = p;
	bump = area;
}

/*
 * Steps with one pool.  Some flags look at every block in each call, and dead
 * blocks become ever more.
 */
static unsigned long
round_length(const Pool *p)
{
	if (!(p->flags & (POOL_PARANOIA | POOL_VERBOSITY)))
		return 5000;
	return p->flags & POOL_NOREUSE ? 100 : 400;
}

static void
run_alone(unsigned long n)
{
	static struct model m;
	static Pool pool;

	m.random = seed;
	m.alone = true;
	arena_random = seed ^ 0x5eed;
	moving = &m;
	area = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		wrong(NULL, "no memory");
	for (unsigned long done = 0, i; done < n; done += i) {
		prepare(&m, &pool);
		for (i = 0; i < round_length(&pool) && done + i < n; i++)
			step(&m);
		judge_all(&m);
		start_over(&m);
	}
	munmap(area, AREA);
}

static unsigned long each;

static void *
worker(void *arg)
{
	struct model *m = arg;

	for (unsigned long i = 0; i < each; i++)
		step(m);
	judge_all(m);
	for (struct slot *s = m->slot; s < m->slot + SLOTS; s++)
		if (s->v != NULL)
			give(m, s);
	return NULL;
}

static void
run_threads(unsigned long n, int threads)
{
	Pool *p = poolcreate("threads", NULL, seed % 2 ? POOL_ANTAGONISM : 0);
	struct model *m = calloc((size_t)threads, sizeof(*m));
	pthread_t *id = calloc((size_t)threads, sizeof(*id));

	if (p == NULL || m == NULL || id == NULL)
		wrong(NULL, "no memory");
	p->panic = on_panic;
	each = n / (unsigned long)threads;
	for (int i = 0; i < threads; i++) {
		m[i].pool = p;
		m[i].random = seed + (unsigned)i;
		if (pthread_create(&id[i], NULL, worker, &m[i]) != 0)
			wrong(NULL, "no thread");
	}
	for (int i = 0; i < threads; i++)
		pthread_join(id[i], NULL);
	poolcheck(p);
	if (p->curalloc != 0)
		wrong(NULL, "%zu bytes stay allocated", p->curalloc);
	pooldestroy(p);
	free(m);
	free(id);
}

int
main(int argc, char **argv)
{
	const char *word = getenv("SEED");
	unsigned long n = 200000;
	int threads = 0, c;

	while ((c = getopt(argc, argv, "n:t:")) != -1)
		if (c == 'n')
			n = strtoul(optarg, NULL, 0);
		else if (c == 't')
			threads = atoi(optarg);
		else
			return 2;
	if (optind < argc)
		word = argv[optind];
	seed = word != NULL ? (unsigned)strtoul(word, NULL, 0) :
	    (unsigned)time(NULL) ^ (unsigned)getpid();
	printf("seed %u\n", seed);
	fflush(stdout);
	if (threads > 0)
		run_threads(n, threads);
	else
		run_alone(n);
	return 0;
}
