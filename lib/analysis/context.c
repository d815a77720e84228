/*
 * context.c - see context.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "analysis/context.h"

#include <stdlib.h>
#include <string.h>

#include "trace/reader.h"

#define SUSPECTS	32u		/* remembered of a window */
#define ADDRESS_LEAST	0x10000u	/* nothing is mapped below */
#define ADDRESS_MAX	0x7fffffffffffull

/* One finding as the trace goes by. */
struct watch {
	const struct heap_error *found;
	struct context *out;
	uint64_t from;		/* its window, ticks */
	uint64_t least;		/* bytes of a block that would have done */
	bool done;
	struct context_site suspects[SUSPECTS];
	unsigned n;
};

struct pass {
	struct trace_reader *reader;
	struct heap *heap;
	struct watch *watch;
	size_t n;
	size_t first;		/* the first that is not done */
};

unsigned
context_first_word(const struct trace_error *te)
{
	return (unsigned)(-te->bytes_at & 7);
}

uint64_t
context_word(const struct trace_error *te, unsigned at)
{
	uint64_t word;

	memcpy(&word, te->bytes + at, sizeof word);
	return word;
}

static bool
is_damage(const struct trace_error *te)
{
	return te->access == TRACE_ACCESS_WRITE && te->block != 0 &&
	    te->length != 0 && te->nbytes <= TRACE_ERROR_BYTES;
}

static void
watch_begin(struct watch *w, const struct heap_error *found,
    struct context *out)
{
	const struct trace_error *te = &found->error;

	*w = (struct watch){ .found = found, .out = out,
		.done = !is_damage(te) };
	w->from = te->window_from ? te->window_from :
	    te->kind == TRACE_ERROR_USE_AFTER_FREE ? te->free_time :
	    te->alloc_time;
	w->least = te->offset < 0 ? te->size + 1 :
	    (uint64_t)te->offset + te->length;
	memset(out, 0, sizeof *out);
}

/* Where the pointers among the bytes led to. */
static void
look_at_words(struct watch *w, const struct heap *h)
{
	const struct trace_error *te = &w->found->error;
	unsigned k = 0;

	for (unsigned at = context_first_word(te); at + 8 <= te->nbytes &&
	    k < CONTEXT_WORDS; at += 8, k++) {
		uint64_t v = context_word(te, at);

		if (memcmp(te->bytes + at, te->should + at, 8) != 0 &&
		    v >= ADDRESS_LEAST && v <= ADDRESS_MAX)
			w->out->leads[k] = heap_find(h, w->found->proc, v, 0,
			    &w->out->to[k]);
	}
}

/* Of the very size that was missing, else as near as can be to the end. */
static int
by_likelihood(const void *a, const void *b, void *arg)
{
	const struct context_site *x = a, *y = b;
	uint64_t least = *(const uint64_t *)arg;

	if ((x->size == least) != (y->size == least))
		return x->size == least ? -1 : 1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return (x->stack > y->stack) - (x->stack < y->stack);
}

static void
watch_end(struct watch *w, const struct heap *h)
{
	look_at_words(w, h);
	qsort_r(w->suspects, w->n, sizeof w->suspects[0], by_likelihood,
	    &w->least);
	w->out->nsites = w->n < CONTEXT_SITES ? w->n : CONTEXT_SITES;
	memcpy(w->out->sites, w->suspects,
	    w->out->nsites * sizeof w->suspects[0]);
	w->done = true;
}

/* The one that was heard of longest ago has to go. */
static struct context_site *
place_for(struct watch *w, uint32_t stack)
{
	struct context_site *oldest = &w->suspects[0];

	for (unsigned i = 0; i < w->n; i++) {
		if (w->suspects[i].stack == stack)
			return &w->suspects[i];
		if (w->suspects[i].last < oldest->last)
			oldest = &w->suspects[i];
	}
	if (w->n < SUSPECTS)
		oldest = &w->suspects[w->n++];
	*oldest = (struct context_site){ .stack = stack };
	return oldest;
}

/* Was the thread one that had this block in its hands? */
static bool
is_thread(const struct watch *w, uint32_t tid)
{
	const struct trace_error *te = &w->found->error;

	return tid == w->found->tid || tid == te->alloc_tid ||
	    (te->free_tid != 0 && tid == te->free_tid);
}

static void
watch_event(struct watch *w, const struct trace_event *ev)
{
	const struct trace_error *te = &w->found->error;
	struct context_site *s;

	/* The block's own birth says nothing. */
	if (ev->proc != w->found->proc || ev->time <= w->from ||
	    ev->size < w->least || ev->addr == te->block ||
	    ev->stack == te->alloc_stack || ev->stack == 0 ||
	    !is_thread(w, ev->tid))
		return;
	s = place_for(w, ev->stack);
	s->call = ev->call;
	s->size = ev->size;
	s->last = ev->time;
	s->times++;
}

static bool
is_same(const struct heap_error *a, const struct trace_event *ev)
{
	return a->time == ev->time && a->proc == ev->proc &&
	    a->tid == ev->tid && a->error.kind == ev->error->kind &&
	    a->error.address == ev->error->address;
}

static void
pass_event(struct pass *p, const struct trace_event *ev)
{
	for (size_t i = p->first; i < p->n; i++) {
		struct watch *w = &p->watch[i];

		if (w->done)
			continue;
		if (ev->kind == TRACE_ERROR && is_same(w->found, ev))
			watch_end(w, p->heap);
		else if (ev->kind == TRACE_ALLOC || ev->kind == TRACE_RESIZE)
			watch_event(w, ev);
	}
	while (p->first < p->n && p->watch[p->first].done)
		p->first++;
}

static void
pass_run(struct pass *p)
{
	struct trace_status status;
	struct trace_event ev;
	uint64_t begin = ~0ull;

	for (size_t i = 0; i < p->n; i++)
		if (!p->watch[i].done && p->watch[i].from < begin)
			begin = p->watch[i].from;
	trace_seek(p->reader, begin);
	while (p->first < p->n && trace_next(p->reader, &ev, &status) > 0) {
		pass_event(p, &ev);
		if (heap_apply(p->heap, &ev) != 0)
			break;
	}
}

void
context_gather(const char *path, const struct heap_error *const *found,
    size_t n, struct context *out)
{
	struct trace_status status;
	struct pass p = { .n = n };

	memset(out, 0, n * sizeof *out);
	p.watch = calloc(n, sizeof *p.watch);
	if (p.watch == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		watch_begin(&p.watch[i], found[i], &out[i]);
	while (p.first < n && p.watch[p.first].done)
		p.first++;
	p.reader = p.first < n ? trace_open(path, 0, &status) : NULL;
	p.heap = p.reader ? heap_create(p.reader) : NULL;
	if (p.heap != NULL) {
		heap_keep_freed(p.heap);
		pass_run(&p);
	}
	heap_destroy(p.heap);
	trace_close(p.reader);
	free(p.watch);
}
