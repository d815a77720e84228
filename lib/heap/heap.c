/*
 * heap.c - events, one after the other, into the model.
 *
 * Counting (poolleak(1), JSON): allocations are calls that gave a block,
 * frees calls that took one, reallocations realloc of a block and neither of
 * the two.  bytes_allocated adds what was asked for, for realloc the growth.
 * temporary: freed by the thread that allocated it, before that thread's next
 * allocation.
 *
 * A realloc that moves is FREE and ALLOC, both marked by_realloc; between them
 * the old block waits as pending of its thread.  A handler may interrupt
 * that and realloc too, so pendings are a small stack.
 *
 * A child of fork frees blocks it never allocated: they are its parent's, and
 * such a free counts as a free and changes nothing else.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "heap/heap_impl.h"
#include "trace/session.h"

static void
totals_note_peak(struct heap_totals *t, uint64_t bytes, uint64_t blocks,
    uint64_t time)
{
	if (bytes <= t->peak_bytes)
		return;
	t->peak_bytes = bytes;
	t->peak_blocks = blocks;
	t->peak_time = time;
}

/* b is live from now on. */
static void
heap_count_live(struct heap *h, struct heap_proc *p, const struct block *b)
{
	struct heap_site *s = &h->sites.site[b->site];
	struct heap_weight w = heap_weigh(h, b);

	s->live_blocks += w.blocks;
	s->live_bytes += w.bytes;
	if (s->live_bytes > s->peak_bytes)
		s->peak_bytes = s->live_bytes;
	p->totals.live_blocks += w.blocks;
	p->totals.live_bytes += w.bytes;
	totals_note_peak(&p->totals, p->totals.live_bytes,
	    p->totals.live_blocks, b->time);
	h->totals.live_blocks += w.blocks;
	h->totals.live_bytes += w.bytes;
	if (p->ended)
		return;
	h->running_blocks += w.blocks;
	h->running_bytes += w.bytes;
	totals_note_peak(&h->totals, h->running_bytes, h->running_blocks,
	    b->time);
}

static void
heap_count_gone(struct heap *h, struct heap_proc *p, const struct block *b)
{
	struct heap_weight w = heap_weigh(h, b);

	h->sites.site[b->site].live_blocks -= w.blocks;
	h->sites.site[b->site].live_bytes -= w.bytes;
	p->totals.live_blocks -= w.blocks;
	p->totals.live_bytes -= w.bytes;
	h->totals.live_blocks -= w.blocks;
	h->totals.live_bytes -= w.bytes;
	if (p->ended)
		return;
	h->running_blocks -= w.blocks;
	h->running_bytes -= w.bytes;
}

/*
 * A live block with these fields, whatever stood at addr before.  One that is
 * still live there lost its free with other events.
 */
static int
heap_place(struct heap *h, struct heap_proc *p, uint64_t addr,
    const struct block *as)
{
	struct block *b = blocks_find(&p->blocks, addr);

	if (b != NULL && b->state == BLOCK_DEAD)
		blocks_revive(&p->blocks, b);
	else if (b != NULL)
		heap_count_gone(h, p, b);
	else
		b = blocks_add(&p->blocks, addr);
	if (b == NULL)
		return -1;
	b->size = as->size;
	b->time = as->time;
	b->tid = as->tid;
	b->site = as->site;
	heap_count_live(h, p, b);
	return 0;
}

static void
heap_count_growth(struct heap *h, struct heap_proc *p, uint32_t site,
    uint64_t n, uint64_t growth)
{
	h->totals.reallocations += n;
	p->totals.reallocations += n;
	h->totals.bytes_allocated += growth;
	p->totals.bytes_allocated += growth;
	h->sites.site[site].reallocations += n;
	h->sites.site[site].bytes_allocated += growth;
}

/* A block that p inherited: what the nearest ancestor holds from before. */
static const struct block *
heap_inherited(struct heap *h, const struct heap_proc *p, uint64_t addr)
{
	/* A parent's index is smaller than its child's; so this ends. */
	for (unsigned depth = 0; depth < 64; depth++) {
		const struct block *b;
		uint64_t forked = p->start;

		if (p->parent >= h->nprocs || h->procs[p->parent] == NULL)
			break;
		p = h->procs[p->parent];
		b = blocks_find(&p->blocks, addr);
		if (b != NULL && b->state == BLOCK_LIVE && b->time <= forked)
			return b;
	}
	return NULL;
}

/* size if nobody knows, so that nothing has grown. */
static uint64_t
heap_inherited_size(struct heap *h, const struct heap_proc *p, uint64_t addr,
    uint64_t size)
{
	const struct block *b = heap_inherited(h, p, addr);

	return b != NULL ? b->size : size;
}

static uint64_t
heap_growth(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static int
heap_apply_moved(struct heap *h, struct heap_proc *p, struct heap_thread *t,
    const struct trace_event *ev, const struct block *as)
{
	struct heap_pending was = { .known = false, .addr = 0 };
	uint64_t from = ev->size;

	if (t->npending > 0)
		was = t->pending[--t->npending];
	if (was.known)
		from = was.size;
	else if (was.addr != 0)
		from = heap_inherited_size(h, p, was.addr, ev->size);
	if (h->sample == 0)
		heap_count_growth(h, p, as->site, 1,
		    heap_growth(from, ev->size));
	else
		heap_count_growth(h, p, as->site, heap_weigh(h, as).blocks,
		    was.known ? heap_weigh_growth(h, from, ev->size) : 0);
	if (was.known && was.addr == t->last)
		t->last = ev->addr;
	return heap_place(h, p, ev->addr, as);
}

static int
heap_apply_alloc(struct heap *h, struct heap_proc *p,
    const struct trace_event *ev)
{
	struct heap_thread *t = heap_thread(h, ev->proc, ev->tid);
	uint32_t site = heap_find_site(&h->sites, ev);
	struct block as = { .addr = ev->addr, .size = ev->size,
		.time = ev->time, .tid = ev->tid, .site = site };
	struct heap_weight w = heap_weigh(h, &as);

	if (t == NULL || site == MAP_NONE)
		return -1;
	h->sites.site[site].last = ev->time;
	if (ev->by_realloc)
		return heap_apply_moved(h, p, t, ev, &as);
	h->totals.allocations += w.blocks;
	p->totals.allocations += w.blocks;
	h->sites.site[site].allocations += w.blocks;
	h->totals.bytes_allocated += w.bytes;
	p->totals.bytes_allocated += w.bytes;
	h->sites.site[site].bytes_allocated += w.bytes;
	t->last = ev->addr;
	return heap_place(h, p, ev->addr, &as);
}

static void
heap_end_block(struct heap *h, struct heap_proc *p, struct block *b,
    const struct trace_event *ev)
{
	heap_count_gone(h, p, b);
	if (!h->profile && !h->keeps_freed) {
		blocks_remove(&p->blocks, b);
		return;
	}
	b->time = ev->time;
	b->tid = ev->tid;
	blocks_bury(&p->blocks, b);
}

static void
heap_push_pending(struct heap_thread *t, uint64_t addr, const struct block *b)
{
	if (t->npending == HEAP_PENDING_MAX) {
		memmove(t->pending, t->pending + 1,
		    (HEAP_PENDING_MAX - 1) * sizeof t->pending[0]);
		t->npending--;
	}
	t->pending[t->npending++] = b == NULL ?
	    (struct heap_pending){ .addr = addr } :
	    (struct heap_pending){ addr, b->size, b->time, b->tid, b->site,
		true };
}

/* b: what is freed, NULL where nobody knows. */
static void
heap_count_free(struct heap *h, struct heap_proc *p, const struct block *b)
{
	uint64_t n = b != NULL ? heap_weigh(h, b).blocks : 1;

	h->totals.frees += n;
	p->totals.frees += n;
}

static int
heap_apply_free(struct heap *h, struct heap_proc *p,
    const struct trace_event *ev)
{
	struct heap_thread *t = heap_thread(h, ev->proc, ev->tid);
	struct block *b = blocks_find(&p->blocks, ev->addr);
	bool live = b != NULL && b->state == BLOCK_LIVE;
	int result;

	if (t == NULL)
		return -1;
	result = heap_judge_free(h, p, ev, b);
	if (ev->by_realloc)
		heap_push_pending(t, ev->addr, live ? b : NULL);
	else if (live || (!h->gaps && (p->parent != ~0u || p->lossy)))
		heap_count_free(h, p, live ? b :
		    heap_inherited(h, p, ev->addr));
	if (!live)
		return result;
	/* What came between the two may not be in the sample. */
	if (h->sample == 0 && !ev->by_realloc && b->addr == t->last &&
	    b->tid == ev->tid) {
		h->totals.temporary++;
		p->totals.temporary++;
		h->sites.site[b->site].temporary++;
	}
	heap_end_block(h, p, b, ev);
	return result;
}

static int
heap_apply_cancel(struct heap *h, struct heap_proc *p,
    const struct trace_event *ev)
{
	struct heap_thread *t = heap_thread(h, ev->proc, ev->tid);
	struct heap_pending was;

	if (t == NULL)
		return -1;
	if (t->npending == 0)
		return 0;
	was = t->pending[--t->npending];
	if (!was.known)
		return 0;
	return heap_place(h, p, was.addr, &(struct block){ .size = was.size,
	    .time = was.time, .tid = was.tid, .site = was.site });
}

/* The realloc went well, and what it gave is not in the sample. */
static int
heap_apply_unsampled(struct heap *h, const struct trace_event *ev)
{
	struct heap_thread *t = heap_thread(h, ev->proc, ev->tid);

	if (t == NULL)
		return -1;
	if (t->npending > 0)
		t->npending--;
	return 0;
}

static int
heap_apply_resize(struct heap *h, struct heap_proc *p,
    const struct trace_event *ev)
{
	struct block *b = blocks_find(&p->blocks, ev->addr);
	uint32_t site = heap_find_site(&h->sites, ev);
	struct block as = { .size = ev->size, .time = ev->time,
		.tid = ev->tid, .site = site };
	uint64_t from;

	if (site == MAP_NONE)
		return -1;
	h->sites.site[site].last = ev->time;
	if (b == NULL || b->state != BLOCK_LIVE) {
		from = heap_inherited_size(h, p, ev->addr, ev->size);
		heap_count_growth(h, p, site, 1, heap_growth(from, ev->size));
		return 0;
	}
	heap_count_growth(h, p, site, 1, heap_growth(b->size, ev->size));
	return heap_place(h, p, ev->addr, &as);
}

static int
heap_apply_thread(struct heap *h, const struct trace_event *ev)
{
	struct heap_thread *t = heap_thread(h, ev->proc, ev->tid);

	if (t == NULL)
		return -1;
	/* A thread id may be used again, by a thread of another name. */
	free(t->name);
	t->name = ev->text && *ev->text ? strdup(ev->text) : NULL;
	t->last = 0;
	t->npending = 0;
	if (t->unmappings != NULL)
		t->unmappings->n = 0;
	return 0;
}

static void
heap_apply_figures(struct heap_proc *p, const struct trace_event *ev)
{
	struct heap_figures f = {
		.time = ev->time, .footprint = ev->footprint,
		.free = ev->free, .largest = ev->largest,
		.overhead = ev->overhead, .live = p->totals.live_bytes,
		.known = true,
	};

	p->figures[0] = f;
	if (!p->figures[1].known || f.footprint > p->figures[1].footprint)
		p->figures[1] = f;
}

static int
heap_apply_block(struct heap *h, struct heap_proc *p,
    const struct trace_event *ev)
{
	if (p->execed && heap_go_on(h, p, ev->proc) != 0)
		return -1;
	switch (ev->kind) {
	case TRACE_ALLOC:
		return heap_apply_alloc(h, p, ev);
	case TRACE_FREE:
		return heap_apply_free(h, p, ev);
	case TRACE_RESIZE:
		return heap_apply_resize(h, p, ev);
	case TRACE_MAP:
		return heap_apply_map(h, p, ev);
	case TRACE_UNMAP:
		return heap_apply_unmap(h, p, ev);
	default:
		return heap_apply_cancel(h, p, ev);
	}
}

int
heap_apply(struct heap *h, const struct trace_event *ev)
{
	struct heap_proc *p;

	if (PW_UNLIKELY(ev->kind >= TRACE_KEYFRAME))
		return ev->kind == TRACE_KEY_DUE ? 0 :
		    heap_restore(h, ev->state, ev->state_size);
	p = heap_proc(h, ev->proc);
	if (p == NULL)
		return -1;
	h->totals.events++;
	p->totals.events++;
	if (ev->time > h->totals.last_time)
		h->totals.last_time = ev->time;
	p->totals.last_time = ev->time;
	switch (ev->kind) {
	case TRACE_ALLOC:
	case TRACE_FREE:
	case TRACE_RESIZE:
	case TRACE_CANCEL:
	case TRACE_MAP:
	case TRACE_UNMAP:
		return heap_apply_block(h, p, ev);
	case TRACE_PROCESS:
		return heap_apply_process(h, ev);
	case TRACE_THREAD:
		return heap_apply_thread(h, ev);
	case TRACE_EXIT:
		/* how of an exec: the image may live on if it fails. */
		heap_end_proc(h, p, ev->call == HEAP_EXIT_EXEC);
		return 0;
	case TRACE_ERROR:
		return heap_add_error(h, ev, ev->error);
	case TRACE_HEAP:
		heap_apply_figures(p, ev);
		return 0;
	case TRACE_LOST:
		p->lossy = true;
		return 0;
	case TRACE_SAMPLE:
		h->sample = ev->size > 1 ? ev->size : 0;
		return 0;
	case TRACE_UNSAMPLED:
		return heap_apply_unsampled(h, ev);
	case TRACE_NOTE:
		return heap_apply_note(h, ev);
	case TRACE_PAIRS:
		return heap_apply_pairs(h, p, ev);
	case TRACE_UNUSED:
		return heap_apply_unused(h, ev);
	case TRACE_MARK:
		return heap_apply_mark(h, ev);
	case TRACE_PAUSE:
		heap_apply_pause(h, ev->time, ev->status != 0);
		return 0;
	default:
		return 0;
	}
}

int
heap_apply_meta(struct heap *h, const struct trace_event *ev)
{
	switch (ev->kind) {
	case TRACE_ALLOC:
	case TRACE_FREE:
	case TRACE_RESIZE:
	case TRACE_CANCEL:
		return 0;
	default:
		return heap_apply(h, ev);
	}
}
