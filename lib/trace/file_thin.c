/*
 * file_thin.c - near its bound a trace keeps what leak and error reports need.
 *
 * That is every block that outlives a round, every change of one, and all
 * records that are not events.  What can go is a pair: ALLOC and FREE of one
 * block, both by one writer in one slice, neither part of a realloc.  What went
 * is told by site in PAIRS records at the end of the slice, so allocations,
 * frees and bytes stay exact; peak and temporary may not.
 *
 * When a pair may go.  Between its two events nothing else may have happened to
 * the address that readers will see.  (Another thread's FREE and ALLOC of it can
 * stand there: then the pair is no pair.)  So no other writer of the process
 * may name the address in this round; and the pair must lie between the end of
 * the last round's noting and the beginning of this one, or what others did
 * meanwhile may be in another round: whoever got the block from us did so after
 * our ALLOC was published, and we got it back after his events were.
 *
 * In profile mode the reader judges frees by the block that was last at the
 * address, so the last pair of each address stays.  In check mode the inside
 * does, and tells.
 *
 * What is left is coded anew, and its end brings the state of coding to what it
 * was in the chunk: bytes behind it, in later slices or left in the session
 * file, need not know.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/file_thin.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

/* Stamps of two cores, and a stamp raised by a tick, may differ by so much. */
#define THIN_SLACK	64u	/* ticks */
#define THIN_RECORD	(CODING_EVENT_MAX + 6 * VARINT_MAX)

#define THIN_SHORT_CALL(code, name, by) \
	[TRACE_CALL_##name | (by)] = (code) << 4,
static const uint8_t thin_short[64] = { CODING_SHORT_CALLS(THIN_SHORT_CALL) };

struct file_thin *
file_thin_create(void)
{
	struct file_thin *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	t->mask = THIN_NAMES_FIRST - 1;
	t->names = calloc(THIN_NAMES_FIRST, sizeof *t->names);
	if (t->names != NULL)
		return t;
	free(t);
	return NULL;
}

void
file_thin_destroy(struct file_thin *t)
{
	if (t == NULL)
		return;
	free(t->names);
	free(t);
}

/* Records [from, to) of a chunk whose bytes are in t->in.  false: damaged. */
static bool
thin_read(struct file_thin *t, uint64_t base, uint32_t from, uint32_t to)
{
	struct coding_state st = { .time = base };
	const unsigned char *p = t->in, *end = t->in + to;

	t->nrecords = 0;
	t->start = st;
	while (p < end && t->nrecords < THIN_RECORDS) {
		struct thin_record *r = &t->records[t->nrecords];

		*r = (struct thin_record){ .p = p, .before = st };
		if (p <= t->in + from)
			t->start = st;
		p = reader_decode(&st, &t->record, p, end);
		if (p == NULL)
			return false;
		r->end = p;
		r->kind = t->record.kind;
		r->call = t->record.call;
		r->by_realloc = t->record.by_realloc;
		r->time = t->record.time;
		r->addr = t->record.addr;
		r->size = t->record.size;
		r->align = t->record.align;
		r->stack = t->record.stack;
		t->nrecords += r->p >= t->in + from;
	}
	t->last = st;
	return p == end;
}

static bool
thin_load(struct file_thin *t, const struct session_chunk *c, uint32_t from,
    uint32_t to)
{
	/* A program may write where it likes: judged is what was copied. */
	memcpy(t->in, c->data, to);
	return thin_read(t, c->base, from, to);
}

static struct thin_name *
names_slot(const struct file_thin *t, uint32_t proc, uint64_t addr)
{
	uint32_t i = (uint32_t)bits_mix64(addr ^ (uint64_t)proc << 48);

	for (;; i++) {
		struct thin_name *name = &t->names[i & t->mask];

		if (name->writer == 0 ||
		    (name->addr == addr && name->proc == proc))
			return name;
	}
}

static bool
names_grow(struct file_thin *t)
{
	struct thin_name *old = t->names;
	uint32_t n = t->mask + 1;

	t->names = n < THIN_NAMES_LAST ? calloc(2 * (size_t)n, sizeof *old) :
	    NULL;
	if (t->names == NULL) {
		t->names = old;
		return false;
	}
	t->mask = 2 * n - 1;
	for (uint32_t i = 0; i < n; i++)
		if (old[i].writer != 0)
			*names_slot(t, old[i].proc, old[i].addr) = old[i];
	free(old);
	return true;
}

static bool
names_enter(struct file_thin *t, uint32_t proc, uint64_t addr, uint32_t writer)
{
	struct thin_name *name = names_slot(t, proc, addr);

	if (name->writer == 0) {
		*name = (struct thin_name){ addr, proc, writer };
		if (++t->nnames > t->mask / 2)
			return names_grow(t);
	} else if (name->writer != writer) {
		name->writer = THIN_SHARED;
	}
	return true;
}

/* A chunk's writer: its thread's id, and lane; never 0 or THIN_SHARED. */
static uint32_t
thin_writer(const struct session_chunk *c)
{
	return (c->tid & 0x3fffffff) << 1 | (c->lane & 1) | 1u << 31;
}

void
file_thin_round(struct file_thin *t, struct session_header *h,
    const struct file_note *notes, uint32_t n)
{
	memset(t->names, 0, (t->mask + (size_t)1) * sizeof *t->names);
	t->nnames = 0;
	t->usable = false;
	for (uint32_t i = 0; i < n; i++) {
		struct session_chunk *c = session_chunk(h, notes[i].chunk);

		if (!thin_load(t, c, notes[i].from, notes[i].to))
			return;
		for (uint32_t k = 0; k < t->nrecords; k++)
			if (t->records[k].kind <= TRACE_CANCEL &&
			    !names_enter(t, c->proc, t->records[k].addr,
			    thin_writer(c)))
				return;
	}
	t->usable = true;
}

/* The site's counts, or NULL: too many of them in this slice. */
static struct thin_site *
thin_site(struct file_thin *t, const struct thin_record *r)
{
	struct thin_site *s = t->sites;

	while (s < t->sites + t->nsites &&
	    (s->stack != r->stack || s->call != r->call))
		s++;
	if (s == t->sites + THIN_SITES)
		return NULL;
	if (s == t->sites + t->nsites) {
		*s = (struct thin_site){ .stack = r->stack, .call = r->call };
		t->nsites++;
	}
	return s;
}

/* The pair that a place in the slice's table stands for goes. */
static void
thin_drop(struct file_thin *t, const struct thin_place *place)
{
	struct thin_record *born = &t->records[place->born];
	struct thin_site *s = thin_site(t, born);

	if (s == NULL)
		return;
	s->pairs++;
	s->bytes += born->size;
	s->temporary += place->temporary;
	born->dropped = t->records[place->died].dropped = true;
}

static struct thin_place *
thin_place(struct file_thin *t, uint64_t addr)
{
	uint32_t i = (uint32_t)bits_mix64(addr);

	for (;; i++) {
		struct thin_place *p = &t->places[i % THIN_PLACES];

		if (p->state == THIN_NEW)
			p->addr = addr;
		if (p->addr == addr)
			return p;
	}
}

static void
thin_free(struct file_thin *t, struct thin_place *place, uint32_t i)
{
	const struct thin_record *born = &t->records[place->born];
	const struct thin_record *r = &t->records[i];

	if (place->state != THIN_LIVE || r->time + THIN_SLACK >= t->until ||
	    trace_call_class(r->call) != trace_call_class(born->call)) {
		place->state = THIN_UNKNOWN;
		return;
	}
	place->state = THIN_DEAD;
	place->died = i;
	place->temporary = t->newest == place->born;
	if (t->keep_last)
		return;
	thin_drop(t, place);
	place->state = THIN_UNKNOWN;
}

static void
thin_alloc(struct file_thin *t, struct thin_place *place, uint32_t i,
    const struct thin_name *name, uint32_t writer)
{
	if (place->state == THIN_DEAD)
		thin_drop(t, place);
	t->newest = i;
	place->state = t->records[i].time > t->since + THIN_SLACK &&
	    name->writer == writer ? THIN_LIVE : THIN_UNKNOWN;
	place->born = i;
}

static void
thin_match(struct file_thin *t, const struct session_chunk *c)
{
	t->nsites = 0;
	t->newest = THIN_RECORDS;
	memset(t->places, 0, sizeof t->places);
	for (uint32_t i = 0; i < t->nrecords; i++) {
		const struct thin_record *r = &t->records[i];
		struct thin_place *place;

		if (r->kind > TRACE_CANCEL)
			continue;
		place = thin_place(t, r->addr);
		if (r->kind == TRACE_ALLOC && !r->by_realloc)
			thin_alloc(t, place, i, names_slot(t, c->proc,
			    r->addr), thin_writer(c));
		else if (r->kind == TRACE_FREE && !r->by_realloc)
			thin_free(t, place, i);
		else
			place->state = THIN_UNKNOWN;
	}
}

static unsigned char *
thin_put_time(unsigned char *p, struct coding_state *st, uint64_t time)
{
	p = varint_put(p, time - st->time);
	st->time = time;
	return p;
}

static unsigned char *
thin_put_event(unsigned char *p, struct coding_state *st,
    const struct thin_record *r)
{
	unsigned call = r->call | (r->by_realloc ? TRACE_BY_REALLOC : 0);
	unsigned code = r->align != 0 ? 0 : thin_short[call & 63];

	if (r->kind == TRACE_CANCEL) {
		*p++ = TRACE_CANCEL;
	} else {
		*p++ = (unsigned char)(r->kind | code);
		if (code == 0)
			*p++ = (unsigned char)(call |
			    (r->align != 0 ? CODING_ALIGNED : 0));
	}
	p = thin_put_time(p, st, r->time);
	p = coding_put_addr(p, &st->addr, r->addr);
	if (r->kind == TRACE_CANCEL)
		return p;
	if (r->kind != TRACE_FREE)
		p = varint_put(p, r->size);
	if (r->align != 0)
		p = varint_put(p, r->align);
	return coding_put_stack(p, &st->stack, r->stack);
}

/* PAIRS; with none it only brings the state to what *to says. */
static unsigned char *
thin_put_pairs(unsigned char *p, struct coding_state *st,
    const struct coding_state *to, const struct thin_site *s)
{
	*p++ = CODING_TAG(TRACE_PAIRS);
	p = thin_put_time(p, st, to->time);
	p = coding_put_addr(p, &st->addr, to->addr);
	p = coding_put_stack(p, &st->stack, s->stack);
	p = varint_put(p, s->call);
	p = varint_put(p, s->pairs);
	p = varint_put(p, s->bytes);
	return varint_put(p, s->temporary);
}

static unsigned char *
thin_sync(unsigned char *p, struct coding_state *st,
    const struct coding_state *to)
{
	const struct thin_site none = { .stack = to->stack };

	if (st->time == to->time && st->addr == to->addr &&
	    st->stack == to->stack)
		return p;
	return thin_put_pairs(p, st, to, &none);
}

/* NULL: no room, so nothing would be won. */
static unsigned char *
thin_put_record(struct file_thin *t, unsigned char *p,
    struct coding_state *st, uint32_t i)
{
	const struct thin_record *r = &t->records[i];
	size_t n = (size_t)(r->end - r->p);

	if (p + n + 2 * THIN_RECORD > t->out + sizeof t->out)
		return NULL;
	if (r->kind <= TRACE_CANCEL)
		return thin_put_event(p, st, r);
	p = thin_sync(p, st, &r->before);
	memcpy(p, r->p, n);
	*st = i + 1 < t->nrecords ? t->records[i + 1].before : t->last;
	return p + n;
}

static size_t
thin_write(struct file_thin *t)
{
	struct coding_state st = t->start;
	unsigned char *p = t->out;

	for (uint32_t i = 0; i < t->nrecords && p != NULL; i++)
		if (!t->records[i].dropped)
			p = thin_put_record(t, p, &st, i);
	for (uint32_t i = 0; i < t->nsites && p != NULL; i++)
		p = p + 2 * THIN_RECORD > t->out + sizeof t->out ? NULL :
		    thin_put_pairs(p, &st, &t->last, &t->sites[i]);
	if (p == NULL)
		return 0;
	p = thin_sync(p, &st, &t->last);
	return (size_t)(p - t->out);
}

size_t
file_thin_slice(struct file_thin *t, const struct session_chunk *c,
    const struct file_note *n, bool keep_last)
{
	size_t size;

	if (!t->usable || n->meta || !thin_load(t, c, n->from, n->to))
		return 0;
	t->keep_last = keep_last;
	thin_match(t, c);
	if (t->nsites == 0)
		return 0;
	size = thin_write(t);
	return size < n->to - n->from ? size : 0;
}
