/*
 * m_vmem_threads.c - several threads and two arenas: see m_vmem.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include "m_vmem.h"

#define NMOVING	16u
#define MAX_THREADS 64
#define RANGE	8192u		/* quanta, of them all */

static vmem_t *parent, *child;
static size_t nops;
static unsigned char owned[RANGE];

static struct moving {
	pthread_mutex_t lock;
	struct live live;
} moving[NMOVING];

static void
own(const struct live *l, unsigned char was, unsigned char is)
{
	for (size_t i = l->at; i < l->at + l->n; i++)
		EXPECT(__atomic_exchange_n(&owned[i], is, __ATOMIC_RELAXED) ==
		    was);
}

static void
shared_take(struct model *m, struct live *l)
{
	struct request r;
	vmem_addr_t addr;
	int error;

	model_draw(m, &r);
	r.min = 0;
	r.max = UNITS;
	if (model_is_wrong(&r))
		return;
	m->vm = model_next(m, 2) ? parent : child;
	l->plain = model_is_plain(&r);
	if (l->plain && r.n <= 12 && model_next(m, 4) == 0)
		r.flags ^= VMEM_NOWAIT | VMEM_WAITOK;
	error = model_ask(m, &r, &addr, l->plain);
	EXPECT(error == 0 || (error == ENOMEM && (r.flags & VMEM_NOWAIT)));
	if (error != 0)
		return;
	l->arena = m->vm;
	l->at = addr / Q;
	l->n = r.n;
	own(l, 0, 1);
}

static void
shared_give(struct model *m, struct live *l)
{
	own(l, 1, 0);
	m->vm = l->arena;
	if (l->plain)
		vmem_free(m->vm, l->at * Q, l->n * Q);
	else
		vmem_xfree(m->vm, l->at * Q, l->n * Q);
	l->n = 0;
}

static void
exchange(struct model *m, struct live *l)
{
	struct moving *mv = &moving[model_next(m, NMOVING)];
	struct live had;

	pthread_mutex_lock(&mv->lock);
	had = mv->live;
	mv->live = *l;
	*l = had;
	pthread_mutex_unlock(&mv->lock);
}

static void *
together(void *arg)
{
	struct model *m = arg;

	for (size_t i = 0; i < nops; i++) {
		struct live *l = &m->live[model_next(m, NLIVE)];

		if (l->n == 0)
			shared_take(m, l);
		else if (model_next(m, 8) == 0)
			exchange(m, l);
		else
			shared_give(m, l);
		if (model_next(m, 4096) == 0)
			model_expect_sound(model_next(m, 2) ? parent : child);
	}
	for (size_t i = 0; i < NLIVE; i++)
		if (m->live[i].n != 0)
			shared_give(m, &m->live[i]);
	return NULL;
}

static void
nothing_told(struct poolwatch_vmem *vm, vmem_addr_t addr, vmem_size_t size,
    const char *text)
{
	(void)vm;
	fprintf(stderr, "%s: address %#lx, size %zu\n", text,
	    (unsigned long)addr, size);
	model_failed("nobody complains", __FILE__, __LINE__);
}

static void
arenas_make(size_t quanta)
{
	parent = vmem_create("parent", 0, RANGE * Q, Q, quanta * Q,
	    VMEM_NOWAIT);
	child = vmem_create("child", 0, 0, Q, quanta * Q, VMEM_NOWAIT);
	EXPECT(parent != NULL && child != NULL);
	EXPECT(vmem_set_import(child, vmem_import_arena, vmem_release_arena,
	    parent, CHUNK * Q) == 0);
	vmem_complain(parent, nothing_told);
	vmem_complain(child, nothing_told);
}

static void
arenas_hold_nothing(void)
{
	vmem_cache_drain(child);
	EXPECT(vmem_size(child, VMEM_ALLOC | VMEM_FREE) == 0);
	vmem_cache_drain(parent);
	EXPECT(vmem_size(parent, VMEM_ALLOC) == 0);
	EXPECT(vmem_size(parent, VMEM_MAXFREE) == RANGE * Q);
	model_expect_sound(child);
	model_expect_sound(parent);
	vmem_destroy(child);
	vmem_destroy(parent);
}

void
model_run_threads(int nthreads, size_t n, size_t quanta)
{
	static struct model model[MAX_THREADS];
	pthread_t thread[MAX_THREADS];

	EXPECT(nthreads <= MAX_THREADS);
	arenas_make(quanta);
	for (size_t i = 0; i < NMOVING; i++)
		pthread_mutex_init(&moving[i].lock, NULL);
	nops = n / (size_t)nthreads;
	for (int i = 0; i < nthreads; i++) {
		model[i].x = model_seed * 0x9e3779b97f4a7c15u + (uint64_t)i * 2 + 1;
		EXPECT(pthread_create(&thread[i], NULL, together, &model[i])
		    == 0);
	}
	for (int i = 0; i < nthreads; i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < NMOVING; i++)
		if (moving[i].live.n != 0)
			shared_give(&model[0], &moving[i].live);
	arenas_hold_nothing();
}
