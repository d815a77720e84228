/*
 * heap_errors.c - findings: told by the trace, or seen in its events.
 *
 * In check and guard mode the inside tells every finding.  In profile mode it
 * does not know blocks, so a free of what is not live shows here.  Silence
 * when events are missing (of a sample most are), and in a forked child, whose
 * blocks may be its parent's.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <signal.h>
#include <string.h>

#include "base/bits.h"
#include "heap/heap_impl.h"

/* Same kind, same call, same stacks, same process image: the same finding. */
static uint64_t
error_key(uint32_t proc, const struct trace_error *e)
{
	uint64_t key = bits_mix64(((uint64_t)proc << 32) + e->kind);

	key = bits_mix64(key ^ (((uint64_t)e->stack << 32) | e->alloc_stack));
	return bits_mix64(key ^ (((uint64_t)e->call << 32) | e->free_stack));
}

/* The program's own allocator ended it for a free that was told just now. */
static bool
error_is_explained(const struct heap *h, const struct trace_event *ev,
    const struct trace_error *e)
{
	const struct heap_error *last;

	if (!h->profile || e->kind != TRACE_ERROR_CRASH ||
	    e->signal != SIGABRT || h->nerrors == 0)
		return false;
	last = &h->errors[h->nerrors - 1];
	return last->proc == ev->proc && last->tid == ev->tid &&
	    last->error.kind <= TRACE_ERROR_MISMATCHED_FREE;
}

int
heap_add_error(struct heap *h, const struct trace_event *ev,
    const struct trace_error *e)
{
	uint64_t key = error_key(ev->proc, e);
	uint32_t at = map_get(&h->error_map, key);

	if (error_is_explained(h, ev, e))
		return 0;
	if (at != MAP_NONE) {
		h->errors[at].count++;
		return 0;
	}
	if (heap_room((void **)&h->errors, h->nerrors, &h->errors_size,
	    sizeof *h->errors) != 0 ||
	    map_add(&h->error_map, key, (uint32_t)h->nerrors) != 0)
		return -1;
	h->errors[h->nerrors++] = (struct heap_error){
		.error = *e, .time = ev->time, .proc = ev->proc,
		.tid = ev->tid, .count = 1,
	};
	return 0;
}

static void
error_from_block(struct heap *h, struct trace_error *e, const struct block *b)
{
	const struct heap_site *site = &h->sites.site[b->site];

	e->block = b->addr;
	e->size = b->size;
	e->allocated_by = site->call;
	e->alloc_stack = site->stack;
	if (b->state == BLOCK_DEAD) {
		e->free_time = b->time;
		e->free_tid = b->tid;
	} else {
		e->alloc_time = b->time;
		e->alloc_tid = b->tid;
	}
}

int
heap_judge_free(struct heap *h, struct heap_proc *p,
    const struct trace_event *ev, const struct block *b)
{
	struct trace_error e = {
		.access = ev->by_realloc ? TRACE_ACCESS_REALLOC :
		    TRACE_ACCESS_FREE,
		.found = TRACE_FOUND_AT_CALL,
		.call = ev->call,
		.address = ev->addr,
		.stack = ev->stack,
		.allocated_by = TRACE_NCALLS,
		.freed_by = TRACE_NCALLS,
	};

	if (!h->profile || h->gaps || h->sample != 0 || p->lossy ||
	    p->parent != ~0u)
		return 0;
	if (b == NULL && p->blocks.dropped)
		return 0;
	if (b == NULL) {
		e.kind = TRACE_ERROR_INVALID_FREE;
	} else if (b->state == BLOCK_DEAD) {
		e.kind = TRACE_ERROR_DOUBLE_FREE;
	} else {
		/* Whose call was it?  Without the caller nobody knows. */
		if (ev->stack == 0 || trace_call_class(ev->call) ==
		    trace_call_class(h->sites.site[b->site].call))
			return 0;
		e.kind = TRACE_ERROR_MISMATCHED_FREE;
		e.freed_by = ev->call;
	}
	/* Asked last: it costs a system call. */
	if (trace_info(h->reader)->nmissing > 0)
		return 0;
	if (b != NULL)
		error_from_block(h, &e, b);
	return heap_add_error(h, ev, &e);
}

size_t
heap_nerrors(const struct heap *h)
{
	return h->nerrors;
}

const struct heap_error *
heap_error(const struct heap *h, size_t index)
{
	return index < h->nerrors ? &h->errors[index] : NULL;
}
