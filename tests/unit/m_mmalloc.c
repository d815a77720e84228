/*
 * m_mmalloc.c - a heap in a file against a plain table of what it must hold.
 *
 *	m_mmalloc [-t threads] [-n operations] [seed]
 *
 * The table has, for each live block, its interval, its contents and its
 * alignment.  Random calls go to the region and to the table; after each the
 * region's answer is held against the table: nothing overlaps, nothing is lost
 * or changed, and mmcheck and mmstats agree.  Every now and then the region is
 * detached and attached again, or made to look as if its program had died, and
 * everything must be there still.  With -t the threads share a region, each
 * with a table of its own, and stop for that; mmcheck waits for it too, since
 * it reads words that hold the last bytes of other threads' blocks.
 *
 * It is one program with the sources of lib/alloc and lib/base, so that it can
 * be built with any sanitizer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc/mmalloc.h"
#include "alloc/mmalloc_layout.h"
#include "base/check.h"

#define SLOTS		200u
#define ROUND		4000u	/* calls between two attaches */
#ifdef PW_DEBUG
#define CHECK_EVERY	8u
#else
#define CHECK_EVERY	256u
#endif

struct slot {
	unsigned char *v;	/* NULL: none */
	size_t n;
	unsigned char first;	/* of the contents, which count on from it */
};

struct model {
	void *md;
	uint64_t random;
	unsigned long step;
	unsigned long n;	/* calls in this round */
	bool alone;
	struct slot slot[SLOTS];
};

static unsigned long seed;

static _Noreturn void
wrong(const struct model *m, const char *what)
{
	fprintf(stderr, "m_mmalloc: seed %lu, step %lu: %s\n", seed, m->step,
	    what);
	abort();
}

void
check_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

static void
on_damage(void)
{
	fprintf(stderr, "m_mmalloc: seed %lu: damage\n", seed);
	abort();
}

static uint64_t
next(struct model *m)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random >> 8;
}

static size_t
random_size(struct model *m)
{
	uint64_t r = next(m);

	if (r % 64 == 0)
		return 1 + (r >> 6) % 600000;
	return 1 + (r >> 6) % (r % 8 == 0 ? 20000 : 300);
}

static void
fill(struct slot *s, size_t from)
{
	for (size_t i = from; i < s->n; i++)
		s->v[i] = (unsigned char)(s->first + i);
}

static void
check_contents(const struct model *m, const struct slot *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s->v[i] != (unsigned char)(s->first + i))
			wrong(m, "contents have changed");
}

/* Two tables' blocks cannot overlap unseen: contents would change. */
static void
check_alone(const struct model *m, const struct slot *s)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		const struct slot *o = &m->slot[i];

		if (o != s && o->v != NULL && o->v < s->v + s->n &&
		    s->v < o->v + o->n)
			wrong(m, "two blocks overlap");
	}
	if ((uintptr_t)s->v % 16 != 0)
		wrong(m, "not aligned");
}

static void
op_alloc(struct model *m, struct slot *s)
{
	uint64_t how = next(m) % 8;
	size_t align = 16;

	s->n = random_size(m);
	s->first = (unsigned char)next(m);
	if (how == 0) {
		align = (size_t)1 << next(m) % 17;
		s->v = mmemalign(m->md, align, s->n);
	} else if (how == 1) {
		align = (size_t)getpagesize();
		s->v = mvalloc(m->md, s->n);
	} else if (how == 2) {
		s->v = mcalloc(m->md, s->n, 1);
		for (size_t i = 0; s->v != NULL && i < s->n; i++)
			if (s->v[i] != 0)
				wrong(m, "mcalloc is not zero");
	} else
		s->v = mmalloc(m->md, s->n);
	if (s->v == NULL)
		wrong(m, "no memory");
	if ((uintptr_t)s->v % align != 0)
		wrong(m, "not aligned as asked");
	check_alone(m, s);
	fill(s, 0);
}

static void
op_realloc(struct model *m, struct slot *s)
{
	size_t size = random_size(m), kept = size < s->n ? size : s->n;
	unsigned char *v = mrealloc(m->md, s->v, size);

	if (v == NULL)
		wrong(m, "no memory");
	s->v = v;
	check_contents(m, s, kept);
	s->n = size;
	check_alone(m, s);
	fill(s, kept);
}

static void
op_free(struct model *m, struct slot *s)
{
	check_contents(m, s, s->n);
	mfree(m->md, s->v);
	s->v = NULL;
}

static void
check_all(struct model *m)
{
	size_t n = 0;

	mmcheck(m->md, on_damage);
	for (unsigned i = 0; i < SLOTS; i++)
		n += m->slot[i].v != NULL;
	if (m->alone && mmstats(m->md).chunks_used != n)
		wrong(m, "mmstats and the table differ");
}

static void
step(struct model *m)
{
	uint64_t r = next(m);
	struct slot *s = &m->slot[r % SLOTS];

	if (s->v == NULL)
		op_alloc(m, s);
	else if ((r >> 20) % 3 == 0)
		op_realloc(m, s);
	else
		op_free(m, s);
	m->step++;
	if (m->alone && m->step % CHECK_EVERY == 0)
		check_all(m);
}

static void *
run_round(void *arg)
{
	struct model *m = arg;

	for (unsigned long i = 0; i < m->n; i++)
		step(m);
	return NULL;
}

/* As if the program had died: the file says OPEN, its derived part is gone. */
static void
crash(int fd)
{
	uint64_t state = MMALLOC_OPEN;
	char junk[sizeof(struct mmalloc_saved)];

	memset(junk, 0xee, sizeof(junk));
	if (pwrite(fd, &state, sizeof(state), offsetof(struct mmalloc_header,
	    state)) != sizeof(state) || pwrite(fd, junk, sizeof(junk),
	    offsetof(struct mmalloc_header, saved)) != sizeof(junk))
		abort();
}

static void
attach(struct model *m, unsigned nthreads, int fd, bool died)
{
	void *md;

	if (m->md != NULL && mmalloc_detach(m->md) != NULL)
		wrong(m, "detach failed");
	if (died)
		crash(fd);
	md = mmalloc_attach(fd, NULL);
	if (md == NULL || (m->md != NULL && md != m->md))
		wrong(m, "attach failed");
	for (unsigned i = 0; i < nthreads; i++) {
		m[i].md = md;
		for (unsigned j = 0; j < SLOTS; j++)
			if (m[i].slot[j].v != NULL)
				check_contents(&m[i], &m[i].slot[j],
				    m[i].slot[j].n);
	}
	check_all(m);
}

static void
run_rounds(struct model *m, unsigned nthreads, unsigned long n, int fd)
{
	pthread_t thread[64];

	for (unsigned round = 0; n > 0; round++) {
		unsigned long each = n < ROUND ? n : ROUND;

		attach(m, nthreads, fd, round % 3 == 2);
		for (unsigned i = 0; i < nthreads; i++)
			m[i].n = each / nthreads + 1;
		for (unsigned i = 1; i < nthreads; i++)
			pthread_create(&thread[i], NULL, run_round, &m[i]);
		run_round(m);
		for (unsigned i = 1; i < nthreads; i++)
			pthread_join(thread[i], NULL);
		n -= each;
	}
	attach(m, nthreads, fd, false);
	if (mmalloc_detach(m->md) != NULL)
		wrong(m, "detach failed");
}

int
main(int argc, char **argv)
{
	const char *word = getenv("SEED");
	unsigned long n = 200000;
	unsigned nthreads = 1;
	struct model *m;
	int c;

	while ((c = getopt(argc, argv, "n:t:")) != -1)
		if (c == 'n')
			n = strtoul(optarg, NULL, 0);
		else if (c == 't')
			nthreads = (unsigned)atoi(optarg);
		else
			return 2;
	word = optind < argc ? argv[optind] : word;
	seed = word != NULL ? strtoul(word, NULL, 0) :
	    (unsigned long)time(NULL);
	printf("seed %lu, %u threads, %lu operations\n", seed, nthreads, n);
	fflush(stdout);
	if (nthreads == 0 || nthreads > 64)
		return 2;
	m = calloc(nthreads, sizeof(*m));
	for (unsigned i = 0; i < nthreads; i++) {
		m[i].random = (seed + i + 1) * 0x9e3779b97f4a7c15ull | 1;
		m[i].alone = nthreads == 1;
	}
	run_rounds(m, nthreads, n, fileno(tmpfile()));
	free(m);
	return 0;
}
