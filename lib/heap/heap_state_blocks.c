/*
 * heap_state_blocks.c - processes, their blocks and mappings, as bytes and back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <string.h>

#include "heap/heap_state.h"

static void
state_site(struct state *s, struct heap_site *site)
{
	uint32_t call = site->call;

	state_u32(s, &site->stack);
	site->proc = state_index(s, site->proc, s->heap->nprocs);
	call = state_index(s, call, TRACE_NCALLS);
	site->call = (uint8_t)call;
	state_words(s, &site->allocations, sizeof *site -
	    offsetof(struct heap_site, allocations));
}

void
state_sites(struct state *s, struct heap_sites *t)
{
	size_t n = state_count(s, t->n);

	for (size_t i = 0; i < n; i++) {
		if (!state_room(s, (void **)&t->site, i, &t->size,
		    sizeof *t->site))
			return;
		if (s->out == NULL)
			memset(&t->site[i], 0, sizeof t->site[i]);
		state_site(s, &t->site[i]);
		if (s->out != NULL)
			continue;
		if (s->in.bad || heap_index_site(t, i) != 0)
			s->in.bad = true;
		if (s->in.bad)
			return;
		t->n = i + 1;
	}
}

static void
state_block(struct state *s, struct block *b)
{
	uint32_t dead = b->state == BLOCK_DEAD;

	state_u(s, &b->size);
	state_u(s, &b->time);
	state_u32(s, &b->tid);
	b->site = state_index(s, b->site, s->heap->sites.n) & 0x3fffffff;
	dead = state_index(s, dead, 2);
	b->state = dead ? BLOCK_DEAD : BLOCK_LIVE;
}

static void
state_put_blocks(struct state *s, struct blocks *t)
{
	s->before = 0;
	for (uint32_t e = 0; e < t->n; e++) {
		struct block b = t->entries[e];

		if (b.state == BLOCK_NONE)
			continue;
		state_near(s, &b.addr);
		state_block(s, &b);
	}
}

static void
state_get_blocks(struct state *s, struct blocks *t, size_t n)
{
	s->before = 0;
	for (size_t i = 0; i < n && !s->in.bad; i++) {
		struct block b = { .addr = 0 }, *to;

		state_near(s, &b.addr);
		state_block(s, &b);
		if (s->in.bad || blocks_find(t, b.addr) != NULL ||
		    (to = blocks_add(t, b.addr)) == NULL) {
			s->in.bad = true;
			return;
		}
		to->size = b.size;
		to->time = b.time;
		to->tid = b.tid;
		to->site = b.site;
		if (b.state == BLOCK_DEAD)
			blocks_bury(t, to);
	}
}

static void
state_blocks(struct state *s, struct blocks *t)
{
	size_t n = state_count(s, (size_t)t->nlive + t->ndead);

	if (s->out != NULL)
		state_put_blocks(s, t);
	else
		state_get_blocks(s, t, n);
	t->dropped = state_bool(s, t->dropped);
}

void
state_range(struct state *s, struct range *x)
{
	state_near(s, &x->start);
	state_near(s, &x->end);
	state_near(s, &x->first);
	state_near(s, &x->last);
	state_u(s, &x->time);
	state_u32(s, &x->tid);
	x->site = state_index(s, x->site, s->heap->mapping_sites.n);
	state_u32(s, &x->flags);
}

static void
nothing_came(const struct range *piece, int count, void *arg)
{
	(void)piece;
	(void)count;
	(void)arg;
}

static void
state_ranges(struct state *s, struct ranges *t)
{
	size_t n = state_count(s, (size_t)t->n);
	const struct range *next = ranges_next(t, 0);

	s->before = 0;
	for (size_t i = 0; i < n && !s->in.bad; i++) {
		struct range x = { .start = 0 };

		if (s->out != NULL)
			x = *next;
		state_range(s, &x);
		if (s->out != NULL) {
			next = ranges_next(t, next->end);
			continue;
		}
		next = ranges_next(t, x.start);
		if (s->in.bad || x.start >= x.end ||
		    (next != NULL && next->start < x.end) ||
		    ranges_put(t, &x, nothing_came, NULL) != 0)
			s->in.bad = true;
	}
}

static void
state_figures(struct state *s, struct heap_figures *f)
{
	state_words(s, f, offsetof(struct heap_figures, known));
	f->known = state_bool(s, f->known);
}

static void
state_proc(struct state *s, struct heap_proc *p)
{
	state_words(s, &p->totals, sizeof p->totals);
	state_words(s, &p->mapped, sizeof p->mapped);
	state_u(s, &p->longest_segment);
	state_figures(s, &p->figures[0]);
	state_figures(s, &p->figures[1]);
	state_u32(s, &p->parent);
	state_u(s, &p->start);
	p->ended = state_bool(s, p->ended);
	p->execed = state_bool(s, p->execed);
	p->lossy = state_bool(s, p->lossy);
}

/* Sites name processes, blocks name sites: so in this order. */
void
state_procs(struct state *s)
{
	struct heap *h = s->heap;
	size_t n = state_count(s, h->nprocs);

	if (n > trace_nprocesses(h->reader))
		s->in.bad = true;
	for (size_t i = 0; i < n && !s->in.bad; i++) {
		bool is = state_bool(s, s->out != NULL && h->procs[i] != NULL);
		struct heap_proc *p = !is ? NULL :
		    heap_proc(h, (uint32_t)i);

		if (p != NULL)
			state_proc(s, p);
		else if (is)
			s->in.bad = true;
		else if (s->out == NULL && heap_no_proc(h, (uint32_t)i) != 0)
			s->in.bad = true;
	}
}

void
state_holdings(struct state *s)
{
	struct heap *h = s->heap;

	for (size_t i = 0; i < h->nprocs && !s->in.bad; i++) {
		if (h->procs[i] == NULL)
			continue;
		state_blocks(s, &h->procs[i]->blocks);
		state_ranges(s, &h->procs[i]->ranges);
	}
}
