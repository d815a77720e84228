/*
 * reader_key.c - where a reader stands, as bytes, and back.
 *
 * A keyframe's moment is the beginning of a round, scan: the heap has seen all
 * events before it and none after.  Reading goes on at that round's first
 * block, so of each chunk that is still open is kept how many of its bytes are
 * in earlier rounds, and what their deltas have come to.  Events of earlier
 * rounds are older than scan; if a clock shows one that is not, the keyframe
 * waits for another round.  Events of that round that are older than scan are
 * in the heap's state already: after a seek the reader leaves them out.
 *
 * So at each mark chunks are noted, and at the next, which ends the round behind
 * it, that round's scan is a horizon: a keyframe is due when all events before it
 * have been delivered, until another block is read.  (Not until an event behind
 * it is delivered: one that was stamped before scan and published behind it may
 * come first, in a later round, and is not left out after a seek.)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "trace/keyframe.h"
#include "trace/reader_impl.h"

/* What deltas come to behind all that is queued.  false: it is damaged. */
static bool
key_state(struct key_note *k, const struct source *s,
    struct coding_state *st)
{
	struct record rec;
	const struct piece *piece = s->first;
	const unsigned char *p = s->p, *end = s->end;

	*st = s->state;
	if (s->waiting && s->record.time > k->latest)
		k->latest = s->record.time;
	while (piece != NULL) {
		while (p < end) {
			p = reader_decode(st, &rec, p, end);
			if (p == NULL)
				return false;
			if (rec.time > k->latest)
				k->latest = rec.time;
		}
		piece = piece->next;
		p = piece ? piece->p : NULL;
		end = piece ? piece->end : NULL;
	}
	return true;
}

static void
key_put_source(struct key_note *k, const struct source *s)
{
	struct coding_state st;
	bool broken = s->broken || !key_state(k, s, &st);

	if (broken)
		st = (struct coding_state){ .time = 0 };
	bytes_put_u(&k->sources, s->seq);
	bytes_put_u(&k->sources, s->proc);
	bytes_put_u(&k->sources, s->tid);
	bytes_put_u(&k->sources, s->received);
	bytes_put_u(&k->sources, broken);
	bytes_put_u(&k->sources, st.time);
	bytes_put_u(&k->sources, st.addr);
	bytes_put_u(&k->sources, st.stack);
	k->nsources++;
}

static void
key_note(struct trace_reader *r, struct key_note *k, uint64_t pos)
{
	k->pos = pos;
	k->round = r->round;
	k->latest = 0;
	k->nsources = 0;
	k->sources.size = 0;
	for (unsigned i = 0; i < READER_BUCKETS; i++)
		for (struct source *s = r->buckets[i]; s; s = s->next) {
			struct coding_state st;

			/* Nothing more comes: its events are before scan. */
			if (s->last)
				key_state(k, s, &st);
			else
				key_put_source(k, s);
		}
	k->valid = !k->sources.failed;
}

void
reader_key_mark(struct trace_reader *r, uint64_t pos)
{
	struct reader_key *k = r->key;
	struct key_note was;

	if (k == NULL)
		return;
	was = k->due;
	k->due = k->noted;
	k->noted = was;
	k->due.valid = k->due.valid && k->due.latest < r->scan;
	k->time = r->scan;
	k->told = false;
	key_note(r, &k->noted, pos);
}

void
reader_key_forget(struct trace_reader *r)
{
	if (r->key != NULL)
		r->key->noted.valid = r->key->due.valid = false;
}

void
reader_key_free(struct trace_reader *r)
{
	if (r->key == NULL)
		return;
	bytes_free(&r->key->noted.sources);
	bytes_free(&r->key->due.sources);
	free(r->key);
}

uint64_t
trace_position(const struct trace_reader *r)
{
	return r->pos;
}

void
reader_key_pass(struct trace_reader *r)
{
	if (r->key != NULL)
		r->key->due.valid = false;
}

bool
reader_key_event(struct trace_reader *r, struct trace_event *ev)
{
	if (r->key == NULL || !r->key->due.valid || r->key->told)
		return false;
	r->key->told = true;
	*ev = (struct trace_event){ .kind = TRACE_KEY_DUE, .time = r->time };
	return true;
}

bool
trace_key_due(const struct trace_reader *r)
{
	return r->key != NULL && r->key->due.valid;
}

static void
key_put_procs(const struct trace_reader *r, struct bytes *out)
{
	bytes_put_u(out, r->nprocs);
	for (uint32_t i = 0; i < r->nprocs; i++) {
		bytes_put_u(out, r->procs[i]->pub.recorded);
		bytes_put_u(out, r->procs[i]->last);
	}
}

int
trace_key_take(struct trace_reader *r, struct bytes *out)
{
	struct key_note *k = &r->key->due;
	struct format_keyframe head = {
		.time = r->key->time, .pos = k->pos, .round = k->round,
	};

	k->valid = false;
	bytes_put(out, &head, sizeof head);
	bytes_put_u(out, r->info.pairs);
	bytes_put_u(out, r->info.sample);
	bytes_put_u(out, r->counts.events);
	bytes_put_u(out, r->counts.records);
	key_put_procs(r, out);
	bytes_put_u(out, k->nsources);
	bytes_put(out, k->sources.data, k->sources.size);
	if (out->failed || k->sources.failed)
		return -1;
	head.reader_size = out->size - sizeof head;
	memcpy(out->data, &head, sizeof head);
	return 0;
}

static void
key_get_procs(struct trace_reader *r, struct bytes_in *in)
{
	uint64_t n = bytes_get_u(in);

	for (uint64_t i = 0; i < n && !in->bad; i++) {
		struct proc *p = i < SESSION_PROCS_MAX ?
		    reader_proc(r, (uint32_t)i) : NULL;
		bool recorded = bytes_get_u(in) != 0;
		uint64_t last = bytes_get_u(in);

		if (p == NULL) {
			in->bad = true;
			break;
		}
		p->pub.recorded = recorded;
		p->last = last;
	}
}

static void
key_get_source(struct trace_reader *r, struct bytes_in *in)
{
	struct format_slice slice = { .seq = bytes_get_u(in) };
	struct source *s;
	uint64_t received;

	slice.proc = (uint32_t)bytes_get_u(in);
	slice.tid = (uint32_t)bytes_get_u(in);
	received = bytes_get_u(in);
	in->bad |= received > SESSION_CHUNK_DATA ||
	    reader_proc(r, slice.proc) == NULL ||
	    reader_source_find(r, slice.seq) != NULL;
	s = in->bad ? NULL : reader_source_create(r, &slice, r->pos);
	if (s == NULL) {
		in->bad = true;
		return;
	}
	s->received = (uint32_t)received;
	s->broken = bytes_get_u(in) != 0;
	s->state.time = bytes_get_u(in);
	s->state.addr = bytes_get_u(in);
	s->state.stack = (uint32_t)bytes_get_u(in);
}

int
reader_key_load(struct trace_reader *r, const struct format_keyframe *head,
    const unsigned char *p)
{
	struct bytes_in in = { .p = p, .end = p + head->reader_size };
	uint64_t n;

	r->info.pairs = bytes_get_u(&in);
	r->info.sample = bytes_get_u(&in);
	r->counts.events = bytes_get_u(&in);
	r->counts.records = bytes_get_u(&in);
	key_get_procs(r, &in);
	n = bytes_get_u(&in);
	for (uint64_t i = 0; i < n && !in.bad; i++)
		key_get_source(r, &in);
	return in.bad || in.p != in.end ? -1 : 0;
}
