/*
 * history.c - see history.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "analysis/history.h"

#include <string.h>

#include "trace/reader.h"

static bool
is_there(const struct history *h, uint64_t addr, uint64_t size)
{
	uint64_t past = (h->address & h->mask) - (addr & h->mask);

	if (h->starts)
		return h->before == 0 ? ((h->address ^ addr) & h->mask) == 0 :
		    (past & h->mask) <= h->before;
	if (addr > h->address)
		return addr - h->address <= h->before;
	return h->address - addr < size + h->behind || h->address == addr;
}

/* The one at addr that lives, if it is remembered. */
static struct history_block *
living(struct history *h, uint32_t proc, uint64_t addr)
{
	for (unsigned i = h->n; i-- > 0;) {
		struct history_block *b = &h->blocks[i];

		if (b->addr == addr && b->proc == proc && b->free_time == 0)
			return b;
	}
	return NULL;
}

static void
block_begins(struct history *h, const struct trace_event *ev)
{
	if (!is_there(h, ev->addr, ev->size))
		return;
	if (h->n == HISTORY_BLOCKS) {
		memmove(h->blocks, h->blocks + 1,
		    (HISTORY_BLOCKS - 1) * sizeof h->blocks[0]);
		h->n--;
		h->left_out++;
	}
	h->blocks[h->n++] = (struct history_block){ .addr = ev->addr,
		.size = ev->size, .proc = ev->proc, .alloc_tid = ev->tid,
		.alloc_stack = ev->stack, .alloc_call = ev->call,
		.alloc_time = ev->time };
}

static void
block_ends(struct history *h, const struct trace_event *ev)
{
	struct history_block *b = living(h, ev->proc, ev->addr);

	if (b == NULL)
		return;
	b->free_time = ev->time ? ev->time : 1;
	b->free_tid = ev->tid;
	b->free_stack = ev->stack;
	b->free_call = ev->call;
}

/* The realloc failed: what was freed for it lives on. */
static void
block_lives_on(struct history *h, const struct trace_event *ev)
{
	for (unsigned i = h->n; i-- > 0;) {
		struct history_block *b = &h->blocks[i];

		if (b->addr != ev->addr || b->proc != ev->proc)
			continue;
		b->free_time = 0;
		return;
	}
}

/* In place; it may come to reach the address only now. */
static void
block_resized(struct history *h, const struct trace_event *ev)
{
	struct history_block *b = living(h, ev->proc, ev->addr);

	if (b == NULL) {
		block_begins(h, ev);
		return;
	}
	b->size = ev->size;
}

static void
history_event(struct history *h, const struct trace_event *ev)
{
	switch (ev->kind) {
	case TRACE_ALLOC:
		block_begins(h, ev);
		break;
	case TRACE_FREE:
		block_ends(h, ev);
		break;
	case TRACE_RESIZE:
		block_resized(h, ev);
		break;
	case TRACE_CANCEL:
		block_lives_on(h, ev);
		break;
	default:
		break;
	}
}

int
history_gather(const char *path, uint32_t pid, struct history *places,
    size_t n)
{
	struct trace_status status;
	struct trace_reader *r = trace_open(path, 0, &status);
	struct trace_event ev;
	int got;

	if (r == NULL)
		return -1;
	while ((got = trace_next(r, &ev, &status)) > 0) {
		const struct trace_process *p;

		if (ev.kind > TRACE_CANCEL)
			continue;
		p = pid ? trace_process(r, ev.proc) : NULL;
		if (pid && (p == NULL || p->pid != pid))
			continue;
		for (size_t i = 0; i < n; i++)
			history_event(&places[i], &ev);
	}
	trace_close(r);
	return got;
}
