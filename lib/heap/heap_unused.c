/*
 * heap_unused.c - bytes that were asked for and never written, by site.
 *
 * The trace has them by stack, for all processes together, at its end.  Where
 * several sites share a stack (a program and its forked children) they go to
 * the first.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heap/heap_impl.h"

static int
unused_index(struct heap *h)
{
	const struct heap_sites *s = &h->sites;

	for (uint32_t i = 0; i < s->n; i++)
		if (map_get(&h->unused_map, s->site[i].stack) == MAP_NONE &&
		    map_add(&h->unused_map, s->site[i].stack, i) != 0)
			return -1;
	h->unused_ready = true;
	return 0;
}

int
heap_apply_unused(struct heap *h, const struct trace_event *ev)
{
	uint32_t at;

	if (!h->unused_ready && unused_index(h) != 0)
		return -1;
	at = map_get(&h->unused_map, ev->stack);
	if (at != MAP_NONE)
		h->sites.site[at].never_written += ev->size;
	return 0;
}
