/*
 * heap_state.c - the whole of a heap as bytes, and back.
 *
 * A keyframe of a trace holds these bytes, so that a reader can begin there.
 * One function for each table goes both ways: it writes what is, or reads what
 * was.  Bytes may come from anywhere: whatever is an index is held against its
 * table, a count never asks for memory before its elements are there, and
 * sums that lie make figures wrong and nothing else.
 *
 * STATE_VERSION comes first.  A change of what follows raises it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "heap/heap_state.h"
#include "trace/coding.h"

#define STATE_VERSION	1u

void
state_u(struct state *s, uint64_t *v)
{
	if (s->out != NULL)
		bytes_put_u(s->out, *v);
	else
		*v = bytes_get_u(&s->in);
}

void
state_words(struct state *s, void *words, size_t size)
{
	for (uint64_t *w = words; size >= sizeof *w; size -= sizeof *w)
		state_u(s, w++);
}

void
state_u32(struct state *s, uint32_t *v)
{
	uint64_t wide = *v;

	state_u(s, &wide);
	*v = (uint32_t)wide;
}

bool
state_bool(struct state *s, bool v)
{
	uint64_t wide = v;

	state_u(s, &wide);
	return wide != 0;
}

void
state_near(struct state *s, uint64_t *v)
{
	uint64_t d = zigzag((int64_t)(*v - s->before));

	state_u(s, &d);
	if (s->out == NULL)
		*v = s->before + (uint64_t)zigzag_back(d);
	s->before = *v;
}

uint32_t
state_index(struct state *s, uint32_t v, uint64_t limit)
{
	state_u32(s, &v);
	if (s->out == NULL && v >= limit)
		s->in.bad = true;
	return s->in.bad ? 0 : v;
}

char *
state_text(struct state *s, char *text)
{
	uint64_t n = text ? strlen(text) + 1 : 0;
	const unsigned char *p;
	char *copy;

	state_u(s, &n);
	if (s->out != NULL) {
		bytes_put(s->out, text, (size_t)n);
		return text;
	}
	if (n == 0 || n > CODING_PATH_MAX + 1 ||
	    (p = bytes_get(&s->in, (size_t)n)) == NULL)
		return NULL;
	copy = strndup((const char *)p, (size_t)n - 1);
	s->in.bad |= copy == NULL;
	return copy;
}

size_t
state_count(struct state *s, size_t n)
{
	uint64_t wide = n;

	state_u(s, &wide);
	/* Each takes a byte at least. */
	if (s->out == NULL && wide > (uint64_t)(s->in.end - s->in.p))
		s->in.bad = true;
	return s->in.bad ? 0 : (size_t)wide;
}

bool
state_room(struct state *s, void **array, size_t n, size_t *size, size_t each)
{
	if (s->out == NULL && heap_room(array, n, size, each) != 0)
		s->in.bad = true;
	return !s->in.bad;
}

static void
state_pending(struct state *s, struct heap_pending *p)
{
	state_u(s, &p->addr);
	state_u(s, &p->size);
	state_u(s, &p->time);
	state_u32(s, &p->tid);
	p->known = state_bool(s, p->known);
	p->site = state_index(s, p->site, p->known ? s->heap->sites.n :
	    ~0ull);
}

static void
state_unmapping(struct state *s, struct heap_unmapping *u)
{
	size_t n;

	u->call = state_index(s, u->call, TRACE_NCALLS);
	state_u(s, &u->addr);
	state_u(s, &u->length);
	n = state_count(s, u->npieces);
	s->before = 0;
	for (size_t i = 0; i < n; i++) {
		if (!state_room(s, (void **)&u->pieces, i, &u->pieces_size,
		    sizeof *u->pieces))
			return;
		if (s->out == NULL)
			memset(&u->pieces[i], 0, sizeof u->pieces[i]);
		state_range(s, &u->pieces[i]);
		if (s->in.bad || u->pieces[i].start >= u->pieces[i].end)
			return;
		u->npieces = i + 1;
	}
}

static void
state_unmappings(struct state *s, struct heap_thread *t)
{
	uint32_t n = t->unmappings ? t->unmappings->n : 0;

	n = state_index(s, n, HEAP_PENDING_MAX + 1);
	if (n == 0)
		return;
	if (t->unmappings == NULL)
		t->unmappings = calloc(1, sizeof *t->unmappings);
	if (t->unmappings == NULL) {
		s->in.bad = true;
		return;
	}
	for (uint32_t i = 0; i < n && !s->in.bad; i++) {
		state_unmapping(s, &t->unmappings->at[i]);
		t->unmappings->n = i + 1;
	}
}

static void
state_thread(struct state *s, struct heap_thread *t)
{
	state_u(s, &t->last);
	t->name = state_text(s, t->name);
	t->npending = state_index(s, t->npending, HEAP_PENDING_MAX + 1);
	for (unsigned i = 0; i < t->npending; i++)
		state_pending(s, &t->pending[i]);
	state_unmappings(s, t);
}

static void
state_put_threads(struct state *s)
{
	const struct map *m = &s->heap->thread_map;

	for (size_t i = 0; i < m->size; i++) {
		uint64_t key = m->slots[i].key;

		if (m->slots[i].value == MAP_NONE)
			continue;
		state_u(s, &key);
		state_thread(s, &s->heap->threads[m->slots[i].value]);
	}
}

static void
state_threads(struct state *s)
{
	struct heap *h = s->heap;
	size_t n = state_count(s, h->nthreads);

	if (s->out != NULL) {
		state_put_threads(s);
		return;
	}
	for (size_t i = 0; i < n && !s->in.bad; i++) {
		struct heap_thread *t;
		uint64_t key = 0;

		state_u(s, &key);
		t = heap_thread(h, (uint32_t)(key >> 32), (uint32_t)key);
		if (t == NULL || h->nthreads != i + 1)
			s->in.bad = true;
		else
			state_thread(s, t);
	}
}

static void
state_error(struct state *s, struct trace_error *e)
{
#define ANY(field) { \
		uint64_t wide = (uint64_t)e->field; \
		state_u(s, &wide); \
		e->field = (__typeof__(e->field))wide; \
	}
#define BYTES(field) for (unsigned i = 0; i < TRACE_ERROR_BYTES; i++) { \
		uint64_t wide = e->field[i]; \
		state_u(s, &wide); \
		e->field[i] = (uint8_t)wide; \
	}
#define STATE_u(field)		ANY(field)
#define STATE_i(field)		ANY(field)
#define STATE_call(field) \
	e->field = state_index(s, e->field, TRACE_NCALLS + 1);
#define STATE_checked(field) \
	e->field = state_index(s, e->field, TRACE_CHECKED_END);
#define STATE_count(field) \
	e->field = state_index(s, e->field, TRACE_ERROR_BYTES + 1);
#define STATE_bytes(field)	BYTES(field)
#define STATE(field, type, ctype)	STATE_##type(field)
	TRACE_ERROR_FIELDS(STATE)
	if (s->out == NULL && e->kind >= TRACE_NERRORS)
		s->in.bad = true;
}

static void
state_errors(struct state *s)
{
	struct heap *h = s->heap;
	size_t n = state_count(s, h->nerrors);

	for (size_t i = 0; i < n && !s->in.bad; i++) {
		struct heap_error e = { .count = 0 };

		if (s->out != NULL)
			e = h->errors[i];
		state_error(s, &e.error);
		state_u(s, &e.time);
		e.proc = state_index(s, e.proc, h->nprocs);
		state_u32(s, &e.tid);
		state_u(s, &e.count);
		if (s->out != NULL || s->in.bad)
			continue;
		if (heap_add_error(h, &(struct trace_event){ .time = e.time,
		    .proc = e.proc, .tid = e.tid }, &e.error) != 0 ||
		    h->nerrors != i + 1)
			s->in.bad = true;
		else
			h->errors[i].count = e.count;
	}
}

static void
state_words_of_users(struct state *s)
{
	struct heap *h = s->heap;
	size_t n = state_count(s, h->nnotes);

	for (size_t i = 0; i < n && state_room(s, (void **)&h->notes, i,
	    &h->notes_size, sizeof *h->notes); i++) {
		if (s->out == NULL)
			h->notes[i] = (struct heap_note){ NULL, 0 };
		h->nnotes = i + 1;
		h->notes[i].text = state_text(s, h->notes[i].text);
		state_u32(s, &h->notes[i].proc);
		s->in.bad |= h->notes[i].text == NULL;
	}
	n = state_count(s, h->nmarks);
	for (size_t i = 0; i < n && state_room(s, (void **)&h->marks, i,
	    &h->marks_size, sizeof *h->marks); i++) {
		if (s->out == NULL)
			h->marks[i] = (struct heap_mark){ NULL, 0 };
		h->nmarks = i + 1;
		h->marks[i].name = state_text(s, h->marks[i].name);
		state_u(s, &h->marks[i].time);
		s->in.bad |= h->marks[i].name == NULL;
	}
}

static void
state_sums(struct state *s)
{
	struct heap *h = s->heap;

	state_words(s, &h->totals, sizeof h->totals);
	state_words(s, &h->mapped, sizeof h->mapped);
	state_u(s, &h->running_bytes);
	state_u(s, &h->running_blocks);
	state_u(s, &h->running_mapped_bytes);
	state_u(s, &h->running_mappings);
	state_u(s, &h->sample);
	h->gaps = state_bool(s, h->gaps);
	state_u(s, &h->pauses.count);
	state_u(s, &h->pauses.ticks);
	state_u(s, &h->pauses.since);
	h->pauses.paused = state_bool(s, h->pauses.paused);
}

static void
state_all(struct state *s)
{
	uint64_t version = STATE_VERSION;

	state_u(s, &version);
	if (version != STATE_VERSION)
		s->in.bad = true;
	state_sums(s);
	state_procs(s);
	state_sites(s, &s->heap->sites);
	state_sites(s, &s->heap->mapping_sites);
	state_holdings(s);
	state_threads(s);
	state_errors(s);
	state_words_of_users(s);
}

int
heap_save(const struct heap *h, struct bytes *out)
{
	/* Nothing is changed where there is an out. */
	struct state s = { .heap = (struct heap *)h, .out = out };

	state_all(&s);
	return out->failed ? -1 : 0;
}

int
heap_restore(struct heap *h, const void *bytes, size_t size)
{
	struct state s = { .heap = h };

	heap_empty(h);
	s.in.p = bytes;
	s.in.end = s.in.p + size;
	state_all(&s);
	if (!s.in.bad && s.in.p == s.in.end)
		return 0;
	heap_empty(h);
	return -1;
}
