/*
 * m_vmem.c - a vmem arena against a plain bitmap of what it must hold.
 *
 *	m_vmem [-t threads] [-n operations] [seed]
 *
 * Random operations go to the arena and to a table: a byte for each quantum,
 * what it belongs to.  Whether a constrained request can be served the table
 * knows by trying each address; the arena must say the same, and its own check
 * must find nothing.  Each round is another arena, its quantum, base and
 * magazines by the seed.
 *
 * With -t the threads share one arena, each with pieces of its own; a shared
 * byte for each quantum says whose it is, so that nothing is handed out twice.
 * At the end all pieces are given back and the arena is one hole again.
 *
 * It is one program with the sources of lib/alloc and lib/base, so that it can
 * be built with any sanitizer.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc/vmem_impl.h"
#include "base/check.h"

#define UNITS		512u	/* of one thread's arena */
#define SHARED		16384u	/* of the threads' */
#define SLOTS		96u
#define ROUNDS		40
#define CHECK_EVERY	16
#define NOBODY		0
#define ABSENT		255	/* in no span */

struct piece {
	vmem_addr_t at;
	size_t n;		/* quanta; 0: none */
	size_t size;		/* as it was asked for */
	bool constrained;
};

struct model {
	vmem_t *vm;
	uint64_t random;
	unsigned long step;
	size_t quantum;
	vmem_addr_t base;
	size_t added;		/* units there are, absent ones with them */
	unsigned char self;
	unsigned char *owner;
	struct piece piece[SLOTS];
};

static unsigned seed;

static void __attribute__((noreturn))
wrong(const char *what, unsigned long step)
{
	printf("seed %u, operation %lu: %s\n", seed, step, what);
	fflush(stdout);
	abort();
}

void
check_failed(const char *what, const char *file, int line)
{
	printf("%s:%d: %s\n", file, line, what);
	wrong("an assertion", 0);
}

static void
hold(const struct model *m, bool good, const char *what)
{
	if (!good)
		wrong(what, m->step);
}

static size_t
dice(struct model *m, size_t n)
{
	m->random = m->random * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(m->random >> 33) % n;
}

static void
complain(vmem_t *vm, vmem_addr_t addr, vmem_size_t size, const char *text)
{
	(void)vm;
	(void)addr;
	(void)size;
	wrong(text, 0);
}

/* Every unit of the piece goes from one owner to the other. */
static void
change(struct model *m, const struct piece *p, unsigned char from,
    unsigned char to)
{
	size_t first = (p->at - m->base) / m->quantum;

	for (size_t i = 0; i < p->n; i++)
		hold(m, __atomic_exchange_n(&m->owner[first + i], to,
		    __ATOMIC_RELAXED) == from, "a unit has two owners");
}

static void
got(struct model *m, struct piece *p, size_t size, bool constrained)
{
	p->size = size;
	p->n = (size + m->quantum - 1) / m->quantum;
	p->constrained = constrained;
	hold(m, p->at % m->quantum == 0, "an address between two quanta");
	change(m, p, NOBODY, m->self);
}

static void
give(struct model *m, struct piece *p)
{
	size_t size = dice(m, 2) ? p->size : p->n * m->quantum;

	change(m, p, m->self, NOBODY);
	if (p->constrained)
		vmem_xfree(m->vm, p->at, size);
	else
		vmem_free(m->vm, p->at, size);
	p->n = 0;
}

static int
any_flags(struct model *m, bool bounded)
{
	static const int fit[] = {
		0, VMEM_FIRSTFIT, VMEM_BESTFIT, VMEM_NEXTFIT,
	};

	return VMEM_NOWAIT | fit[dice(m, bounded ? 3 : 4)];
}

struct ask {
	size_t n, align, phase, nocross;	/* units */
	vmem_addr_t min, max;			/* addresses */
};

static bool
oracle_fits(const struct model *m, const struct ask *q, size_t unit)
{
	vmem_addr_t at = m->base + unit * m->quantum;
	vmem_addr_t last = at + q->n * m->quantum - 1;
	size_t u = at / m->quantum;

	if (unit + q->n > m->added || at < q->min || last > q->max ||
	    u % q->align != q->phase || (q->nocross != 0 &&
	    u / q->nocross != (u + q->n - 1) / q->nocross))
		return false;
	for (size_t i = 0; i < q->n; i++)
		if (m->owner[unit + i] != NOBODY)
			return false;
	return true;
}

static int
oracle_judge(const struct model *m, const struct ask *q)
{
	/* At phase, and so anywhere: it would always cross. */
	if (q->nocross != 0 && (q->n > q->nocross ||
	    q->phase / q->nocross != (q->phase + q->n - 1) / q->nocross))
		return EINVAL;
	for (size_t unit = 0; unit < m->added; unit++)
		if (oracle_fits(m, q, unit))
			return 0;
	return ENOMEM;
}

static void
take_plain(struct model *m, struct piece *p)
{
	size_t size = 1 + dice(m, (dice(m, 4) ? 4 : 40) * m->quantum);
	struct ask q = {
		.n = (size + m->quantum - 1) / m->quantum, .align = 1,
		.max = VMEM_ADDR_MAX,
	};
	int error = vmem_alloc(m->vm, size, any_flags(m, false), &p->at);

	hold(m, error == 0 || error == ENOMEM, "an odd error");
	if (m->added != 0)
		hold(m, error == oracle_judge(m, &q), "alloc and the bitmap");
	if (error == 0)
		got(m, p, size, false);
}

static struct ask
any_ask(struct model *m)
{
	size_t align = (size_t)1 << dice(m, 6);
	vmem_addr_t min = m->base + dice(m, UNITS * m->quantum);

	return (struct ask){
		.n = 1 + dice(m, 12), .align = align,
		.phase = dice(m, align),
		.nocross = dice(m, 2) ? 0 : (size_t)8 << dice(m, 4),
		.min = min, .max = min + dice(m, UNITS * m->quantum),
	};
}

static void
take_constrained(struct model *m, struct piece *p)
{
	size_t q = m->quantum;
	struct ask a = any_ask(m);
	bool bounded = dice(m, 2);
	int error;

	if (!bounded) {
		a.min = VMEM_ADDR_MIN;
		a.max = VMEM_ADDR_MAX;
	}
	error = vmem_xalloc(m->vm, a.n * q, a.align * q, a.phase * q,
	    a.nocross * q, a.min, a.max, any_flags(m, bounded), &p->at);
	if (m->added != 0) {
		hold(m, error == oracle_judge(m, &a), "xalloc and the bitmap");
		hold(m, error != 0 || oracle_fits(m, &a,
		    (p->at - m->base) / q), "a constraint is broken");
	}
	if (error == 0)
		got(m, p, a.n * q, true);
}

/* Another span, which does not adjoin the last: spans do not join. */
static void
add(struct model *m)
{
	size_t n = 16 + dice(m, 48);

	if (m->added + 1 + n > UNITS)
		return;
	hold(m, vmem_add(m->vm, m->base + (m->added + 1) * m->quantum,
	    n * m->quantum, VMEM_NOWAIT) == 0, "a span is refused");
	memset(&m->owner[m->added + 1], NOBODY, n);
	m->added += 1 + n;
}

struct tour {
	const struct model *m;
	vmem_addr_t at;		/* nothing before it comes any more */
	size_t units[3];
};

static void
visit(void *arg, vmem_addr_t at, vmem_size_t size, int kind)
{
	struct tour *t = arg;
	const struct model *m = t->m;

	hold(m, at >= t->at, "a walk goes back");
	t->at = at + size;
	t->units[kind] += size / m->quantum;
	for (size_t i = 0; i < size / m->quantum; i++)
		hold(m, m->owner[(at - m->base) / m->quantum + i] ==
		    (kind == VMEM_ALLOC ? m->self : NOBODY),
		    "a walk and the bitmap");
}

static void
walk(struct model *m)
{
	struct tour t = { .m = m };
	size_t live = 0;

	vmem_walk(m->vm, VMEM_ALLOC | VMEM_FREE |
	    (dice(m, 2) ? VMEM_REENTRANT : 0), visit, &t);
	for (size_t i = 0; i < SLOTS; i++)
		live += m->piece[i].n;
	hold(m, t.units[VMEM_ALLOC] == live, "a walk and the pieces");
	hold(m, vmem_size(m->vm, VMEM_ALLOC) == live * m->quantum &&
	    vmem_size(m->vm, VMEM_FREE) == t.units[VMEM_FREE] * m->quantum,
	    "a size and the pieces");
}

static void
check(const struct model *m)
{
	const char *bad = vmem_check(m->vm);

	if (bad != NULL)
		wrong(bad, m->step);
}

static void
one_piece(struct model *m)
{
	struct piece *p = &m->piece[dice(m, SLOTS)];

	if (p->n != 0)
		give(m, p);
	else if (dice(m, 2))
		take_plain(m, p);
	else
		take_constrained(m, p);
}

static void
give_all(struct model *m)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (m->piece[i].n != 0)
			give(m, &m->piece[i]);
}

static vmem_t *
arena(struct model *m, size_t units)
{
	size_t kept = dice(m, 3) ? dice(m, 17) : 0;
	vmem_t *vm = vmem_create("model", m->base, units * m->quantum,
	    m->quantum, kept * m->quantum, VMEM_NOWAIT);

	if (vm == NULL)
		wrong("no arena", 0);
	vmem_complain(vm, complain);
	return vm;
}

static void
one_round(struct model *m, unsigned long n)
{
	m->quantum = (size_t)1 << dice(m, 13);
	m->base = dice(m, 2) ? 0 : (1 + dice(m, 1000)) * m->quantum;
	m->added = 64;
	memset(m->owner, ABSENT, UNITS);
	memset(m->owner, NOBODY, 64);
	m->vm = arena(m, 64);
	for (unsigned long i = 0; i < n; i++, m->step++) {
		size_t what = dice(m, 1000);

		if (what == 0)
			add(m);
		else if (what < 10)
			walk(m);
		else
			one_piece(m);
		if (m->step % CHECK_EVERY == 0)
			check(m);
	}
	give_all(m);
	walk(m);
	check(m);
	vmem_destroy(m->vm);
}

static void
run_alone(unsigned long n)
{
	static unsigned char owner[UNITS];
	static struct model m;

	m.random = seed;
	m.self = 1;
	m.owner = owner;
	for (int i = 0; i < ROUNDS; i++)
		one_round(&m, n / ROUNDS);
}

static void
nothing(void *arg, vmem_addr_t at, vmem_size_t size, int kind)
{
	(void)at;
	*(size_t *)arg += kind == VMEM_ALLOC ? size : 0;
}

static unsigned long per_thread;

static void *
work(void *arg)
{
	struct model *m = arg;
	size_t sum = 0;

	for (; m->step < per_thread; m->step++) {
		one_piece(m);
		if (dice(m, 1000) == 0)
			vmem_walk(m->vm, VMEM_ALLOC | VMEM_FREE |
			    (dice(m, 2) ? VMEM_REENTRANT : 0), nothing, &sum);
		if (dice(m, 1000) == 0)
			check(m);
	}
	give_all(m);
	return NULL;
}

static void
one_herd(uint64_t random, int threads)
{
	static unsigned char owner[SHARED];
	struct model *m = calloc((size_t)threads, sizeof(*m));
	pthread_t *thread = calloc((size_t)threads, sizeof(*thread));
	size_t sum = 0;

	if (m == NULL || thread == NULL)
		wrong("no memory", 0);
	for (int i = 0; i < threads; i++) {
		m[i].random = random + (uint64_t)i * 0x9e3779b97f4a7c15u;
		m[i].quantum = 4096;
		m[i].self = (unsigned char)(i + 1);
		m[i].owner = owner;
		m[i].vm = i == 0 ? arena(&m[0], SHARED) : m[0].vm;
	}
	for (int i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, work, &m[i]) != 0)
			wrong("no thread", 0);
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	check(&m[0]);
	vmem_walk(m[0].vm, VMEM_ALLOC | VMEM_FREE, nothing, &sum);
	hold(&m[0], sum == 0 && vmem_size(m[0].vm, VMEM_MAXFREE) ==
	    (size_t)SHARED * 4096, "the arena is no longer whole");
	vmem_destroy(m[0].vm);
	free(thread);
	free(m);
}

static void
run_threads(unsigned long n, int threads)
{
	per_thread = n / (unsigned long)threads / 4;
	for (unsigned i = 0; i < 4; i++)
		one_herd(seed + (uint64_t)i * 1000003, threads);
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
	if (threads < 0 || threads > 250)
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
