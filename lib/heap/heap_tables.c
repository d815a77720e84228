/*
 * heap_tables.c - the processes, threads, sites and notes of a replay.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "heap/heap_impl.h"
#include "trace/session.h"

int
heap_room(void **array, size_t n, size_t *size, size_t each)
{
	size_t want = *size < 16 ? 16 : *size + *size / 2;
	void *more;

	if (n < *size)
		return 0;
	more = reallocarray(*array, want, each);
	if (more == NULL)
		return -1;
	*array = more;
	*size = want;
	return 0;
}

static void
heap_begin(struct heap *h)
{
	h->profile = trace_info(h->reader)->mode == SESSION_PROFILE;
	h->thread_value = MAP_NONE;
	heap_apply_pause(h, 0, trace_info(h->reader)->paused);
}

struct heap *
heap_create(struct trace_reader *reader)
{
	struct heap *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->reader = reader;
	heap_begin(h);
	return h;
}

static void
proc_free(struct heap_proc *p)
{
	blocks_free(&p->blocks);
	ranges_free(&p->ranges);
	free(p);
}

static void
sites_free(struct heap_sites *s)
{
	map_free(&s->index);
	free(s->site);
}

static void
heap_free_all(struct heap *h)
{
	for (size_t i = 0; i < h->nprocs; i++)
		if (h->procs[i] != NULL)
			proc_free(h->procs[i]);
	for (size_t i = 0; i < h->nthreads; i++) {
		heap_free_unmappings(h->threads[i].unmappings);
		free(h->threads[i].name);
	}
	for (size_t i = 0; i < h->nmarks; i++)
		free(h->marks[i].name);
	free(h->marks);
	for (size_t i = 0; i < h->nnotes; i++)
		free(h->notes[i].text);
	sites_free(&h->sites);
	sites_free(&h->mapping_sites);
	map_free(&h->thread_map);
	map_free(&h->error_map);
	map_free(&h->unused_map);
	free(h->procs);
	free(h->running);
	free(h->threads);
	free(h->errors);
	free(h->notes);
}

void
heap_empty(struct heap *h)
{
	struct trace_reader *reader = h->reader;
	bool keeps_freed = h->keeps_freed;

	heap_free_all(h);
	memset(h, 0, sizeof *h);
	h->reader = reader;
	h->keeps_freed = keeps_freed;
	heap_begin(h);
}

void
heap_destroy(struct heap *h)
{
	if (h == NULL)
		return;
	heap_free_all(h);
	free(h);
}

static struct heap_proc *
heap_new_proc(struct heap *h, uint32_t index)
{
	const struct trace_process *tp = trace_process(h->reader, index);
	struct heap_proc *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->parent = tp ? tp->parent : ~0u;
	p->start = tp ? tp->start : 0;
	h->procs[index] = p;
	return p;
}

int
heap_no_proc(struct heap *h, uint32_t index)
{
	size_t n = (size_t)index + 1;
	void *more;

	if (index < h->nprocs)
		return 0;
	more = reallocarray(h->procs, n, sizeof *h->procs);
	if (more == NULL)
		return -1;
	h->procs = more;
	memset(h->procs + h->nprocs, 0, (n - h->nprocs) * sizeof *h->procs);
	h->nprocs = n;
	return 0;
}

struct heap_proc *
heap_proc(struct heap *h, uint32_t index)
{
	if (heap_no_proc(h, index) != 0)
		return NULL;
	return h->procs[index] ? h->procs[index] : heap_new_proc(h, index);
}

static uint64_t
thread_key(uint32_t proc, uint32_t tid)
{
	return (uint64_t)proc << 32 | tid;
}

struct heap_thread *
heap_thread(struct heap *h, uint32_t proc, uint32_t tid)
{
	uint64_t key = thread_key(proc, tid);
	uint32_t at;

	if (h->thread_value != MAP_NONE && h->thread_key == key)
		return &h->threads[h->thread_value];
	at = map_get(&h->thread_map, key);
	if (at == MAP_NONE) {
		at = (uint32_t)h->nthreads;
		if (heap_room((void **)&h->threads, h->nthreads,
		    &h->threads_size, sizeof *h->threads) != 0 ||
		    map_add(&h->thread_map, key, at) != 0)
			return NULL;
		h->threads[h->nthreads++] = (struct heap_thread){ .last = 0 };
	}
	h->thread_key = key;
	h->thread_value = at;
	return &h->threads[at];
}

const char *
heap_thread_name(const struct heap *h, uint32_t proc, uint32_t tid)
{
	uint32_t at = map_get(&h->thread_map, thread_key(proc, tid));

	return at == MAP_NONE ? NULL : h->threads[at].name;
}

/* stack 32 bits, process 24 (a session has 18 bits of slots), call 8. */
static uint64_t
site_key(uint32_t stack, uint32_t proc, uint8_t call)
{
	return stack | (uint64_t)(proc & 0xffffff) << 32 |
	    (uint64_t)call << 56;
}

int
heap_index_site(struct heap_sites *s, size_t i)
{
	const struct heap_site *x = &s->site[i];
	uint64_t key = site_key(x->stack, x->proc, x->call);

	return i < 1u << 30 && map_get(&s->index, key) == MAP_NONE ?
	    map_add(&s->index, key, (uint32_t)i) : -1;
}

uint32_t
heap_find_site(struct heap_sites *s, const struct trace_event *ev)
{
	uint64_t key = site_key(ev->stack, ev->proc, ev->call);
	uint32_t at = map_get(&s->index, key);

	if (at != MAP_NONE)
		return at;
	at = (uint32_t)s->n;
	if (at >= 1u << 30 || heap_room((void **)&s->site, s->n, &s->size,
	    sizeof *s->site) != 0 || map_add(&s->index, key, at) != 0)
		return MAP_NONE;
	s->site[s->n++] = (struct heap_site){
		.stack = ev->stack, .proc = ev->proc, .call = ev->call,
		.first = ev->time, .last = ev->time,
	};
	return at;
}

size_t
heap_nsites(const struct heap *h)
{
	return h->sites.n;
}

const struct heap_site *
heap_site(const struct heap *h, size_t index)
{
	return index < h->sites.n ? &h->sites.site[index] : NULL;
}

size_t
heap_nnotes(const struct heap *h)
{
	return h->nnotes;
}

const char *
heap_note(const struct heap *h, size_t index, uint32_t *proc)
{
	if (index >= h->nnotes)
		return NULL;
	if (proc != NULL)
		*proc = h->notes[index].proc;
	return h->notes[index].text;
}

const struct heap_totals *
heap_totals(const struct heap *h)
{
	return &h->totals;
}

const struct heap_totals *
heap_process_totals(const struct heap *h, unsigned proc)
{
	static const struct heap_totals none;

	return proc < h->nprocs && h->procs[proc] ? &h->procs[proc]->totals :
	    &none;
}

const struct heap_figures *
heap_process_figures(const struct heap *h, unsigned proc, int which)
{
	static const struct heap_figures none;

	return proc < h->nprocs && h->procs[proc] ?
	    &h->procs[proc]->figures[which != 0] : &none;
}

int
heap_walk(const struct heap *h,
    int (*fn)(const struct heap_block *, void *arg), void *arg)
{
	for (size_t i = 0; i < h->nprocs; i++) {
		const struct blocks *t = h->procs[i] ? &h->procs[i]->blocks :
		    &(struct blocks){ .n = 0 };

		for (uint32_t e = 0; e < t->n; e++) {
			const struct block *b = &t->entries[e];
			int r;

			struct heap_weight w;

			if (b->state != BLOCK_LIVE)
				continue;
			w = heap_weigh(h, b);
			r = fn(&(struct heap_block){ b->addr, b->size, b->time,
			    (uint32_t)i, b->tid, b->site, w.blocks, w.bytes },
			    arg);
			if (r != 0)
				return r;
		}
	}
	return 0;
}
