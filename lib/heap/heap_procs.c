/*
 * heap_procs.c - processes begin and end.
 *
 * An image that begins ends the one that had its pid, and is an occasion to end
 * those of which the reader knows that they are gone.  Of a hundred thousand
 * processes a few run at a time: those are kept in a list.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heap/heap_impl.h"

void
heap_end_proc(struct heap *h, struct heap_proc *p, bool execed)
{
	if (p->ended)
		return;
	p->ended = true;
	p->execed = execed;
	h->running_bytes -= p->totals.live_bytes;
	h->running_blocks -= p->totals.live_blocks;
	h->running_mapped_bytes -= p->mapped.live_bytes;
	h->running_mappings -= p->mapped.live;
}

static int
heap_list_running(struct heap *h, uint32_t index)
{
	if (heap_room((void **)&h->running, h->nrunning, &h->running_size,
	    sizeof *h->running) != 0)
		return -1;
	h->running[h->nrunning++] = index;
	return 0;
}

/* An exec that failed: the image it was to replace goes on. */
int
heap_go_on(struct heap *h, struct heap_proc *p, uint32_t index)
{
	if (index < h->listed && heap_list_running(h, index) != 0)
		return -1;
	p->ended = p->execed = false;
	h->running_bytes += p->totals.live_bytes;
	h->running_blocks += p->totals.live_blocks;
	h->running_mapped_bytes += p->mapped.live_bytes;
	h->running_mappings += p->mapped.live;
	return 0;
}

/* Is it over by what the reader knows when the image of ev begins? */
static bool
heap_is_over(struct heap *h, uint32_t i, const struct trace_event *ev)
{
	const struct trace_process *self = trace_process(h->reader, ev->proc);
	const struct trace_process *tp = trace_process(h->reader, i);

	if (i == ev->proc || tp == NULL)
		return false;
	return (self != NULL && i < ev->proc && tp->pid == self->pid) ||
	    (tp->ended != TRACE_RUNNING && tp->end <= ev->time);
}

/*
 * A new image: the one that had its pid before is over, and so is whoever
 * ended without saying so.  Few run at a time, of many.
 */
int
heap_apply_process(struct heap *h, const struct trace_event *ev)
{
	size_t kept = 0;

	for (; h->listed < h->nprocs; h->listed++)
		if (heap_list_running(h, (uint32_t)h->listed) != 0)
			return -1;
	for (size_t k = 0; k < h->nrunning; k++) {
		uint32_t i = h->running[k];

		if (h->procs[i] != NULL && heap_is_over(h, i, ev))
			heap_end_proc(h, h->procs[i], false);
		if (h->procs[i] == NULL || !h->procs[i]->ended)
			h->running[kept++] = i;
	}
	h->nrunning = kept;
	return 0;
}
