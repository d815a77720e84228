/*
 * heap_marks.c - words in the trace: notes for the user, and the user's own marks
 * and pauses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "heap/heap_impl.h"

int
heap_apply_note(struct heap *h, const struct trace_event *ev)
{
	char *text = strdup(ev->text ? ev->text : "");

	if (text == NULL || heap_room((void **)&h->notes, h->nnotes,
	    &h->notes_size, sizeof *h->notes) != 0) {
		free(text);
		return -1;
	}
	h->notes[h->nnotes++] = (struct heap_note){ text, ev->proc };
	return 0;
}

int
heap_apply_mark(struct heap *h, const struct trace_event *ev)
{
	char *name = strdup(ev->text ? ev->text : "");

	if (name == NULL || heap_room((void **)&h->marks, h->nmarks,
	    &h->marks_size, sizeof *h->marks) != 0) {
		free(name);
		return -1;
	}
	h->marks[h->nmarks++] = (struct heap_mark){ name, ev->time };
	return 0;
}

void
heap_apply_pause(struct heap *h, uint64_t time, bool paused)
{
	struct heap_pauses *p = &h->pauses;

	if (paused == p->paused)
		return;
	h->gaps = true;
	p->paused = paused;
	if (paused) {
		p->count++;
		p->since = time;
	} else {
		p->ticks += time - p->since;
	}
}

size_t
heap_nmarks(const struct heap *h)
{
	return h->nmarks;
}

const struct heap_mark *
heap_mark(const struct heap *h, size_t index)
{
	return index < h->nmarks ? &h->marks[index] : NULL;
}

const struct heap_pauses *
heap_pauses(const struct heap *h)
{
	return &h->pauses;
}
