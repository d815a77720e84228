/*
 * heap_pairs.c - blocks that came and went between two events of a thread.
 *
 * Near its bound a trace counts them instead of telling each.  They are counted
 * where they were born; peaks may have been higher with them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heap/heap_impl.h"

static void
totals_add_pairs(struct heap_totals *t, const struct trace_event *ev)
{
	t->allocations += ev->pairs;
	t->frees += ev->pairs;
	t->bytes_allocated += ev->size;
	t->temporary += ev->temporary;
}

int
heap_apply_pairs(struct heap *h, struct heap_proc *p,
    const struct trace_event *ev)
{
	struct heap_thread *t = heap_thread(h, ev->proc, ev->tid);
	uint32_t at = heap_find_site(&h->sites, ev);
	struct heap_site *s;

	if (t == NULL || at == MAP_NONE)
		return -1;
	s = &h->sites.site[at];
	s->last = ev->time;
	s->allocations += ev->pairs;
	s->bytes_allocated += ev->size;
	s->temporary += ev->temporary;
	totals_add_pairs(&h->totals, ev);
	totals_add_pairs(&p->totals, ev);
	t->last = 0;
	return 0;
}
