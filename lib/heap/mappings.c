/*
 * mappings.c - MAP and UNMAP into the ranges of a process.
 *
 * A MAP replaces whatever was there: MAP_FIXED does, and so does an UNMAP that
 * was lost.  An UNMAP comes before its call, and once more if the call failed;
 * so what it took is kept with its thread for a while and put back where nobody
 * has mapped meanwhile.  mremap is UNMAP of the old range and MAP of the new
 * one, in the manner of realloc; its mapping is new, at the site of mremap.
 *
 * A child of fork unmaps what it inherited: that is its parent's, so it counts
 * as an unmap and changes nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "heap/heap_impl.h"

/* Whose ranges change, and when. */
struct change {
	struct heap *heap;
	struct heap_proc *proc;
	uint64_t time;
	struct heap_unmapping *keep;	/* what goes is added here; or NULL */
	bool no_memory;
};

static void
mapped_note_peak(struct heap_mapped *m, uint64_t bytes, uint64_t live,
    uint64_t time)
{
	if (bytes <= m->peak_bytes)
		return;
	m->peak_bytes = bytes;
	m->peak_live = live;
	m->peak_time = time;
}

/* What came is positive, what went the complement: sums are modulo 2^64. */
static void
change_count(const struct change *c, uint32_t site, uint64_t bytes, int count)
{
	struct heap_site *s = &c->heap->mapping_sites.site[site];
	uint64_t n = (uint64_t)(int64_t)count;

	s->live_blocks += n;
	s->live_bytes += bytes;
	c->proc->mapped.live += n;
	c->proc->mapped.live_bytes += bytes;
	c->heap->mapped.live += n;
	c->heap->mapped.live_bytes += bytes;
	if (c->proc->ended)
		return;
	c->heap->running_mappings += n;
	c->heap->running_mapped_bytes += bytes;
}

static void
change_came(const struct range *piece, int count, void *arg)
{
	const struct change *c = arg;
	struct heap *h = c->heap;
	struct heap_mapped *m = &c->proc->mapped;
	struct heap_site *s = &h->mapping_sites.site[piece->site];

	change_count(c, piece->site, piece->end - piece->start, count);
	if (s->live_bytes > s->peak_bytes)
		s->peak_bytes = s->live_bytes;
	mapped_note_peak(m, m->live_bytes, m->live, c->time);
	mapped_note_peak(&h->mapped, h->running_mapped_bytes,
	    h->running_mappings, c->time);
}

static void
change_gone(const struct range *piece, int count, void *arg)
{
	struct change *c = arg;
	struct heap_unmapping *u = c->keep;

	change_count(c, piece->site, piece->start - piece->end, count);
	if (u == NULL)
		return;
	if (heap_room((void **)&u->pieces, u->npieces, &u->pieces_size,
	    sizeof *u->pieces) != 0)
		c->no_memory = true;
	else
		u->pieces[u->npieces++] = *piece;
}

/* A piece back into the holes where it was. */
static int
change_restore(struct change *c, const struct range *piece)
{
	struct range part = *piece;

	while (part.start < piece->end) {
		const struct range *next = ranges_next(&c->proc->ranges,
		    part.start);
		uint64_t behind = piece->end;

		part.end = piece->end;
		if (next != NULL && next->start < piece->end) {
			part.end = next->start;
			behind = next->end;
		}
		if (part.start < part.end && ranges_put(&c->proc->ranges,
		    &part, change_came, c) != 0)
			return -1;
		part.start = behind;
	}
	return 0;
}

/* Room for one more; the oldest is forgotten.  NULL without memory. */
static struct heap_unmapping *
unmapping_push(struct heap_thread *t, const struct trace_event *ev)
{
	struct heap_unmappings *all = t->unmappings;
	struct heap_unmapping *u;

	if (all == NULL)
		all = t->unmappings = calloc(1, sizeof *all);
	if (all == NULL)
		return NULL;
	if (all->n == HEAP_PENDING_MAX) {
		struct heap_unmapping oldest = all->at[0];

		memmove(all->at, all->at + 1,
		    (HEAP_PENDING_MAX - 1) * sizeof all->at[0]);
		all->at[--all->n] = oldest;
	}
	u = &all->at[all->n++];
	u->call = ev->call;
	u->addr = ev->addr;
	u->length = ev->size;
	u->npieces = 0;
	return u;
}

/* Out of the list, the newest of its kind; valid until the next push. */
static struct heap_unmapping *
unmapping_pop(struct heap_thread *t, const struct trace_event *ev)
{
	struct heap_unmappings *all = t->unmappings;

	for (unsigned i = all != NULL ? all->n : 0; i-- > 0;) {
		struct heap_unmapping u = all->at[i];

		/* mremap's MAP tells of another place. */
		if (u.call != ev->call || (ev->kind == TRACE_UNMAP &&
		    (u.addr != ev->addr || u.length != ev->size)))
			continue;
		all->n--;
		memmove(all->at + i, all->at + i + 1,
		    (all->n - i) * sizeof all->at[0]);
		all->at[all->n] = u;
		return &all->at[all->n];
	}
	return NULL;
}

void
heap_free_unmappings(struct heap_unmappings *all)
{
	if (all == NULL)
		return;
	for (size_t i = 0; i < HEAP_PENDING_MAX; i++)
		free(all->at[i].pieces);
	free(all);
}

static uint64_t
event_end(const struct trace_event *ev)
{
	return ev->addr + ev->size < ev->addr ? UINT64_MAX :
	    ev->addr + ev->size;
}

static void
count_map(struct heap *h, struct heap_proc *p, struct heap_site *s,
    const struct trace_event *ev, uint64_t grown)
{
	if (ev->call == TRACE_CALL_MREMAP) {
		h->mapped.remaps++;
		p->mapped.remaps++;
		s->reallocations++;
	} else {
		h->mapped.maps++;
		p->mapped.maps++;
		s->allocations++;
	}
	h->mapped.bytes_mapped += grown;
	p->mapped.bytes_mapped += grown;
	s->bytes_allocated += grown;
	s->last = ev->time;
}

int
heap_apply_map(struct heap *h, struct heap_proc *p,
    const struct trace_event *ev)
{
	struct change c = { .heap = h, .proc = p, .time = ev->time };
	struct heap_thread *t = heap_thread(h, ev->proc, ev->tid);
	struct heap_unmapping *was = NULL;
	struct range new = { .start = ev->addr, .end = event_end(ev),
		.first = ev->addr, .last = event_end(ev), .time = ev->time,
		.tid = ev->tid, .flags = ev->flags };
	uint64_t old = 0;

	if (ev->failed != 0)
		return 0;
	new.site = heap_find_site(&h->mapping_sites, ev);
	if (t == NULL || new.site == MAP_NONE)
		return -1;
	if (ev->call == TRACE_CALL_MREMAP && ev->flags == 0)
		was = unmapping_pop(t, ev);
	if (was != NULL && was->npieces > 0)
		new.flags = was->pieces[0].flags;
	if (was != NULL)
		old = was->length;
	if (ev->call == TRACE_CALL_SHMAT && ev->size > p->longest_segment)
		p->longest_segment = ev->size;
	count_map(h, p, &h->mapping_sites.site[new.site], ev,
	    ev->size > old ? ev->size - old : 0);
	if (ranges_cut(&p->ranges, new.start, new.end, change_gone, &c) != 0)
		return -1;
	return new.start == new.end ? 0 :
	    ranges_put(&p->ranges, &new, change_came, &c);
}

/*
 * What one shmat mapped at ev->addr, as far as it is there.  Its head may be
 * gone; the longest segment tells where none of it can be.
 */
static int
unmap_segment(struct change *c, const struct trace_event *ev)
{
	struct ranges *ranges = &c->proc->ranges;
	const struct heap_sites *sites = &c->heap->mapping_sites;
	uint64_t at = ev->addr, last = at + c->proc->longest_segment;
	const struct range *r;

	while ((r = ranges_next(ranges, at)) != NULL && r->start < last) {
		uint64_t start = r->start;

		at = r->end;
		if (r->first == ev->addr &&
		    sites->site[r->site].call == TRACE_CALL_SHMAT &&
		    ranges_cut(ranges, start, at, change_gone, c) != 0)
			return -1;
	}
	return 0;
}

static int
unmap_failed(struct heap *h, struct heap_proc *p, struct heap_thread *t,
    const struct trace_event *ev)
{
	struct change c = { .heap = h, .proc = p, .time = ev->time };
	struct heap_unmapping *was = unmapping_pop(t, ev);

	/* Nothing was announced: the call could not be meant. */
	if (was == NULL)
		return 0;
	if (ev->call != TRACE_CALL_MREMAP) {
		h->mapped.unmaps--;
		p->mapped.unmaps--;
	}
	for (size_t i = 0; i < was->npieces; i++)
		if (change_restore(&c, &was->pieces[i]) != 0)
			return -1;
	return 0;
}

int
heap_apply_unmap(struct heap *h, struct heap_proc *p,
    const struct trace_event *ev)
{
	struct change c = { .heap = h, .proc = p, .time = ev->time };
	struct heap_thread *t = heap_thread(h, ev->proc, ev->tid);
	int r;

	if (t == NULL)
		return -1;
	if (ev->failed != 0)
		return unmap_failed(h, p, t, ev);
	if (ev->call != TRACE_CALL_MREMAP) {
		h->mapped.unmaps++;
		p->mapped.unmaps++;
	}
	c.keep = unmapping_push(t, ev);
	if (c.keep == NULL)
		return -1;
	if (ev->call == TRACE_CALL_SHMDT)
		r = unmap_segment(&c, ev);
	else
		r = ranges_cut(&p->ranges, ev->addr, event_end(ev),
		    change_gone, &c);
	return c.no_memory ? -1 : r;
}

const struct heap_mapped *
heap_mapped(const struct heap *h)
{
	return &h->mapped;
}

const struct heap_mapped *
heap_process_mapped(const struct heap *h, unsigned proc)
{
	static const struct heap_mapped none;

	return proc < h->nprocs && h->procs[proc] ? &h->procs[proc]->mapped :
	    &none;
}

size_t
heap_nmapping_sites(const struct heap *h)
{
	return h->mapping_sites.n;
}

const struct heap_site *
heap_mapping_site(const struct heap *h, size_t index)
{
	return index < h->mapping_sites.n ? &h->mapping_sites.site[index] :
	    NULL;
}

int
heap_walk_mappings(const struct heap *h,
    int (*fn)(const struct heap_block *, void *arg), void *arg)
{
	for (size_t i = 0; i < h->nprocs; i++) {
		const struct range *r;
		uint64_t at = 0;

		for (; h->procs[i] != NULL &&
		    (r = ranges_next(&h->procs[i]->ranges, at)) != NULL;
		    at = r->end) {
			int stop = fn(&(struct heap_block){ r->start,
			    r->end - r->start, r->time, (uint32_t)i, r->tid,
			    r->site, 1, r->end - r->start }, arg);

			if (stop != 0)
				return stop;
		}
	}
	return 0;
}
