/*
 * heap_replay.c - a whole trace into a heap.
 *
 * A table of many blocks is larger than the caches, and each event needs a
 * word of its index and then an entry somewhere else: to wait for memory is
 * most of what a replay does.  So events are read ahead into a small ring:
 * when one comes in, its word of the index is asked for; half a ring later the
 * entry that the word tells of; and at the end of the ring it is applied.
 *
 * Only events of blocks wait.  What another event carries is borrowed from the
 * reader until it reads on, so that is applied at once, after all before it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "base/compiler.h"
#include "heap/heap_impl.h"

#define AHEAD		16u	/* events in the ring */
#define HALF		(AHEAD / 2)

struct ahead {
	struct heap *heap;
	struct trace_event event[AHEAD];
	unsigned next;		/* ever read */
	unsigned first;		/* ever applied: the oldest that waits */
	bool no_memory;
};

static struct trace_event *
ahead_at(struct ahead *a, unsigned i)
{
	return &a->event[i % AHEAD];
}

static void
ahead_apply(struct ahead *a, unsigned until)
{
	for (; a->first != until; a->first++)
		if (heap_apply(a->heap, ahead_at(a, a->first)) != 0)
			a->no_memory = true;
}

static const struct blocks *
ahead_blocks(const struct heap *h, uint32_t proc)
{
	return proc < h->nprocs && h->procs[proc] ? &h->procs[proc]->blocks :
	    NULL;
}

/* The newest event is of a block. */
static void
ahead_fetch(struct ahead *a)
{
	const struct trace_event *ev = ahead_at(a, a->next - 1);
	const struct blocks *b = ahead_blocks(a->heap, ev->proc);

	if (b != NULL)
		blocks_fetch_index(b, ev->addr);
	if (a->next - a->first <= HALF)
		return;
	ev = ahead_at(a, a->next - 1 - HALF);
	b = ahead_blocks(a->heap, ev->proc);
	if (b != NULL)
		blocks_fetch_entry(b, ev->addr);
}

int
heap_replay(struct heap *h, struct trace_status *status, bool *no_memory)
{
	return heap_replay_until(h, &(struct heap_until){ ~0ull, 0 }, status,
	    no_memory);
}

bool
heap_is_behind(const struct heap *h, const struct heap_until *until,
    const struct trace_event *ev)
{
	return ev->time > until->time || (ev->time == until->time &&
	    until->bytes != 0 && h->running_bytes >= until->bytes);
}

/* The event that was just read: true if it is for the heap. */
static bool
ahead_take(struct ahead *a, const struct heap_until *until)
{
	const struct trace_event *ev = ahead_at(a, a->next);

	if (PW_UNLIKELY(ev->time >= until->time)) {
		ahead_apply(a, a->next);
		if (heap_is_behind(a->heap, until, ev))
			return false;
	}
	a->next++;
	if (PW_UNLIKELY(ev->kind > TRACE_CANCEL)) {
		ahead_apply(a, a->next);
		return true;
	}
	ahead_fetch(a);
	if (a->next - a->first == AHEAD)
		ahead_apply(a, a->first + 1);
	return true;
}

int
heap_replay_until(struct heap *h, const struct heap_until *until,
    struct trace_status *status, bool *no_memory)
{
	struct ahead a;
	int got;

	a.heap = h;
	a.next = a.first = 0;
	a.no_memory = false;
	do {
		got = trace_next(h->reader, ahead_at(&a, a.next), status);
	} while (got > 0 && ahead_take(&a, until));
	ahead_apply(&a, a.next);
	*no_memory = a.no_memory;
	return got < 0 ? got : 0;
}
