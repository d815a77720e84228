/*
 * m_vmem.c - a model test of vmem: random calls against a map of quanta.
 *
 *	m_vmem [-t threads] [-n operations] [-q quanta] [seed]
 *
 * With one thread the oracle knows for each quantum the span it belongs to and
 * whether it is taken, and so the answer to every request: whether there is a
 * place, for best fit which one, and what a bad free must be called.  The
 * invariants of the arena hold after each call.  Half of the calls are done
 * without magazines, half with; -q says how large the segments are that they
 * keep.
 *
 * With several threads no answer is known beforehand, but no quantum may have
 * two owners: each is a byte that its owner marks.  A thread uses an arena and
 * a child that imports from it; a part of the segments is freed by another
 * thread.  In the end both arenas are whole.
 *
 * The seed is printed; it comes from the arguments, or from SEED.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "m_vmem.h"

static size_t nops = 200000, quanta = 16;
uint64_t model_seed;
static char told[64];

void
model_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s (seed %llu)\n", file, line, what,
	    (unsigned long long)model_seed);
	abort();
}

void
check_failed(const char *what, const char *file, int line)
{
	model_failed(what, file, line);
}

size_t
model_next(struct model *m, size_t below)
{
	m->x ^= m->x << 13;
	m->x ^= m->x >> 7;
	m->x ^= m->x << 17;
	return (size_t)(m->x >> 11) % below;
}

static void
hear(struct poolwatch_vmem *vm, vmem_addr_t addr, vmem_size_t size,
    const char *text)
{
	(void)vm;
	(void)addr;
	(void)size;
	snprintf(told, sizeof(told), "%s", text);
}

void
model_expect_sound(vmem_t *vm)
{
	const char *wrong = vmem_check(vm);

	if (wrong != NULL)
		model_failed(wrong, __FILE__, __LINE__);
}

/* The oracle: can [at, at + n) be given? */
static bool
may_be_at(const struct model *m, const struct request *r, size_t at)
{
	if (at < r->min || at + r->n - 1 > r->max || at + r->n > UNITS ||
	    at % r->align != r->phase || (r->nocross != 0 &&
	    at / r->nocross != (at + r->n - 1) / r->nocross))
		return false;
	for (size_t i = at; i < at + r->n; i++)
		if (m->taken[i] || m->span[i] == 0 || m->span[i] != m->span[at])
			return false;
	return true;
}

/* The end of the hole that begins at `at`; at itself: none does. */
static size_t
hole_end(const struct model *m, size_t at)
{
	size_t end = at;

	while (end < UNITS && m->span[end] != 0 && !m->taken[end] &&
	    m->span[end] == m->span[at])
		end++;
	return end;
}

/* The place in the smallest hole that has one, the lowest of equals. */
static bool
best_place(const struct model *m, const struct request *r, size_t *place)
{
	size_t best = SIZE_MAX, end;

	for (size_t at = 0; at < UNITS; at = end == at ? at + 1 : end) {
		end = hole_end(m, at);
		for (size_t p = at; end - at < best && p < end; p++)
			if (may_be_at(m, r, p)) {
				best = end - at;
				*place = p;
			}
	}
	return best != SIZE_MAX;
}

static size_t
largest_hole(const struct model *m)
{
	size_t best = 0, end;

	for (size_t at = 0; at < UNITS; at = end == at ? at + 1 : end) {
		end = hole_end(m, at);
		if (end - at > best)
			best = end - at;
	}
	return best;
}

static int
some_strategy(struct model *m)
{
	static const int all[] = {
		0, VMEM_FIRSTFIT, VMEM_FIRSTFIT, VMEM_BESTFIT, VMEM_NEXTFIT,
	};

	return VMEM_NOWAIT | all[model_next(m, 5)];
}

void
model_draw(struct model *m, struct request *r)
{
	*r = (struct request){
		.n = 1 + model_next(m, model_next(m, 8) == 0 ? 40 : 12), .align = 1,
		.max = UNITS, .flags = some_strategy(m),
	};
	if (model_next(m, 2) == 0)
		return;
	r->align = (size_t)1 << model_next(m, 5);
	r->phase = model_next(m, r->align);
	r->nocross = model_next(m, 2) ? 0 : (size_t)16 << model_next(m, 3);
	if (!(r->flags & VMEM_NEXTFIT) && model_next(m, 2)) {
		r->min = model_next(m, UNITS);
		r->max = r->min + model_next(m, UNITS);
	}
}

bool
model_is_wrong(const struct request *r)
{
	return r->nocross != 0 && (r->n > r->nocross ||
	    r->phase / r->nocross != (r->phase + r->n - 1) / r->nocross);
}

bool
model_is_plain(const struct request *r)
{
	return r->align == 1 && r->nocross == 0 && r->min == 0 &&
	    r->max == UNITS;
}

int
model_ask(struct model *m, const struct request *r, vmem_addr_t *addr,
    bool plain)
{
	size_t odd = model_next(m, Q);	/* is rounded up again */

	if (plain)
		return vmem_alloc(m->vm, r->n * Q - odd, r->flags, addr);
	return vmem_xalloc(m->vm, r->n * Q - odd, r->align * Q, r->phase * Q,
	    r->nocross * Q, r->min * Q,
	    r->max >= UNITS ? VMEM_ADDR_MAX : r->max * Q + Q - 1, r->flags,
	    addr);
}

static void
step_take(struct model *m, struct live *l)
{
	struct request r;
	vmem_addr_t addr = 7777;
	size_t best = 0;
	bool can, plain;
	int error;

	model_draw(m, &r);
	plain = model_is_plain(&r) && model_next(m, 8) != 0;
	can = !model_is_wrong(&r) && best_place(m, &r, &best);
	error = model_ask(m, &r, &addr, plain);
	EXPECT(error == (model_is_wrong(&r) ? EINVAL : can ? 0 : ENOMEM));
	if (error != 0) {
		EXPECT(addr == 7777);
		return;
	}
	EXPECT(addr % Q == 0 && may_be_at(m, &r, addr / Q));
	if (r.flags & VMEM_BESTFIT)
		EXPECT(addr / Q == best);
	*l = (struct live){ m->vm, addr / Q, r.n, plain };
	memset(&m->taken[l->at], 1, l->n);
}

static void
step_give(struct model *m, struct live *l)
{
	/* xfree takes those of vmem_alloc as well. */
	if (l->plain && model_next(m, 8) != 0)
		vmem_free(m->vm, l->at * Q, l->n * Q - model_next(m, Q));
	else
		vmem_xfree(m->vm, l->at * Q, l->n * Q);
	memset(&m->taken[l->at], 0, l->n);
	l->n = 0;
}

static const struct live *
live_at(const struct model *m, size_t at)
{
	for (size_t i = 0; i < NLIVE; i++)
		if (m->live[i].n != 0 && m->live[i].at == at)
			return &m->live[i];
	return NULL;
}

static void
step_bad_free(struct model *m)
{
	size_t at = model_next(m, UNITS), n = 1 + model_next(m, 12);
	const struct live *l = live_at(m, at);
	size_t busy = vmem_size(m->vm, VMEM_ALLOC);
	char expect[64] = "bad free";

	if (l != NULL && l->n == n)
		return;
	if (l != NULL)
		snprintf(expect, sizeof(expect), "wrong size (expect %zu)",
		    l->n * Q);
	told[0] = '\0';
	if (model_next(m, 2))
		vmem_free(m->vm, at * Q, n * Q);
	else
		vmem_xfree(m->vm, at * Q, n * Q);
	EXPECT(strcmp(told, expect) == 0);
	EXPECT(vmem_size(m->vm, VMEM_ALLOC) == busy);
}

static void
step_add(struct model *m)
{
	size_t at = model_next(m, UNITS / CHUNK) * CHUNK;
	int expect = m->span[at] ? EINVAL : 0;

	EXPECT(vmem_add(m->vm, at * Q, CHUNK * Q, VMEM_NOWAIT) == expect);
	if (expect == 0)
		memset(&m->span[at], ++m->nspans, CHUNK);
}

struct walked {
	const struct model *m;
	size_t units;
};

static void
hold_segment(void *arg, vmem_addr_t addr, vmem_size_t size, int kind)
{
	struct walked *w = arg;

	for (size_t i = addr / Q; i < (addr + size) / Q; i++)
		EXPECT(w->m->span[i] &&
		    w->m->taken[i] == (kind == VMEM_ALLOC));
	if (kind == VMEM_ALLOC)
		EXPECT(live_at(w->m, addr / Q) != NULL);
	w->units += size / Q;
}

static void
step_look(struct model *m)
{
	struct walked w = { m, 0 };
	size_t at = model_next(m, UNITS), n = 1 + model_next(m, CHUNK);
	size_t units = 0, busy = 0;
	bool within = at + n <= UNITS && m->span[at] != 0 &&
	    m->span[at] == m->span[at + n - 1];

	vmem_walk(m->vm, VMEM_ALLOC | VMEM_FREE, hold_segment, &w);
	for (size_t i = 0; i < UNITS; i++) {
		units += m->span[i] != 0;
		busy += m->taken[i];
	}
	EXPECT(w.units == units);
	/* The walk has emptied the magazines. */
	EXPECT(vmem_size(m->vm, VMEM_ALLOC) == busy * Q);
	EXPECT(vmem_size(m->vm, VMEM_FREE) == (units - busy) * Q);
	EXPECT(vmem_size(m->vm, VMEM_MAXFREE) == largest_hole(m) * Q);
	EXPECT(vmem_contains(m->vm, at * Q, n * Q) == within);
}

static void
step(struct model *m)
{
	struct live *l = &m->live[model_next(m, NLIVE)];

	switch (model_next(m, 32)) {
	case 0:
		step_bad_free(m);
		break;
	case 1:
		step_look(m);
		break;
	case 2:
		step_add(m);
		break;
	default:
		if (l->n == 0)
			step_take(m, l);
		else
			step_give(m, l);
	}
	model_expect_sound(m->vm);
}

/* An arena's life, of a few thousand calls; spans come one by one. */
static void
alone(uint64_t x, size_t qcache_max, size_t n)
{
	static struct model m;
	size_t busy = 0;
	char expect[64];

	memset(&m, 0, sizeof(m));
	m.x = x;
	m.vm = vmem_create("model", 0, 0, Q, qcache_max, VMEM_NOWAIT);
	EXPECT(m.vm != NULL);
	vmem_complain(m.vm, hear);
	while (n-- > 0)
		step(&m);
	for (size_t i = 0; i < UNITS; i++)
		busy += m.taken[i];
	snprintf(expect, sizeof(expect), "leaked %zu bytes", busy * Q);
	told[0] = '\0';
	vmem_destroy(m.vm);
	EXPECT(strcmp(told, busy != 0 ? expect : "") == 0);
}

int
main(int argc, char **argv)
{
	const char *text = getenv("SEED");
	int c, nthreads = 1;

	while ((c = getopt(argc, argv, "n:q:t:")) != -1)
		switch (c) {
		case 'n':
			nops = strtoul(optarg, NULL, 0);
			break;
		case 'q':
			quanta = strtoul(optarg, NULL, 0);
			break;
		case 't':
			nthreads = atoi(optarg);
			break;
		default:
			return 2;
		}
	if (optind < argc)
		text = argv[optind];
	model_seed = text != NULL ? strtoull(text, NULL, 0) :
	    (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
	printf("m_vmem: seed %llu\n", (unsigned long long)model_seed);
	fflush(stdout);
	if (nthreads < 1)
		return 2;
	if (nthreads > 1)
		model_run_threads(nthreads, nops, quanta);
	else
		for (size_t i = 0; i < nops / 5000; i++)
			alone(model_seed * 0x9e3779b97f4a7c15u + i * 2 + 1,
			    i % 2 ? quanta * Q : 0, 5000);
	return 0;
}
