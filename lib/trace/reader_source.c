/*
 * reader_source.c - one source of records for each chunk of the recording.
 *
 * A chunk's bytes come in slices, in blocks of several rounds; what counts is
 * (seq, offset), so that a slice met twice is taken once.  A gap breaks the
 * source: the records behind it count from what is missing.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_impl.h"

#include <stdlib.h>

#include "base/bits.h"

struct buffer *
reader_buffer_take(struct trace_reader *r, size_t room)
{
	struct buffer *b = r->spare;
	size_t least;

	if (b != NULL && b->room >= room) {
		r->spare = b->next;
	} else {
		least = r->direct != NULL ? SESSION_CHUNK_DATA :
		    FORMAT_RAW_MAX + 65536;
		if (room < least)
			room = least;
		b = malloc(sizeof *b + room);
		if (b == NULL) {
			r->no_memory = true;
			return NULL;
		}
		b->room = room;
	}
	b->refs = 1;
	r->held += b->room;
	return b;
}

void
reader_buffer_give(struct trace_reader *r, struct buffer *b)
{
	if (--b->refs > 0)
		return;
	r->held -= b->room;
	b->next = r->spare;
	r->spare = b;
}

static struct source **
source_bucket(struct trace_reader *r, uint64_t seq)
{
	return &r->buckets[bits_mix64(seq) % READER_BUCKETS];
}

struct source *
reader_source_find(struct trace_reader *r, uint64_t seq)
{
	struct source *s = *source_bucket(r, seq);

	while (s != NULL && s->seq != seq)
		s = s->next;
	return s;
}

struct source *
reader_source_create(struct trace_reader *r, const struct format_slice *slice,
    uint64_t offset)
{
	struct source **bucket = source_bucket(r, slice->seq);
	struct source *s;

	if (r->nsources >= READER_SOURCES_MAX) {
		reader_missing(r, offset, "too many chunks are open at once");
		return NULL;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL) {
		r->no_memory = true;
		return NULL;
	}
	s->seq = slice->seq;
	s->proc = slice->proc;
	s->tid = slice->tid;
	s->state.time = slice->base;
	s->next = *bucket;
	*bucket = s;
	r->nsources++;
	return s;
}

static void
source_drop_piece(struct trace_reader *r, struct source *s)
{
	struct piece *piece = s->first;

	s->first = piece->next;
	reader_buffer_give(r, piece->buffer);
	free(piece);
	s->p = s->first ? s->first->p : NULL;
	s->end = s->first ? s->first->end : NULL;
}

static void
source_break(struct trace_reader *r, struct source *s)
{
	s->broken = true;
	while (s->first != NULL)
		source_drop_piece(r, s);
}

static void
source_destroy(struct trace_reader *r, struct source *s)
{
	struct source **link = source_bucket(r, s->seq);

	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	source_break(r, s);
	r->nsources--;
	free(s);
}

/* Nothing of it is waiting: away with it if nothing more will come. */
void
reader_source_settle(struct trace_reader *r, struct source *s)
{
	if (s->last && !s->waiting && s->first == NULL)
		source_destroy(r, s);
}

static int
source_append(struct trace_reader *r, struct source *s, struct buffer *b,
    const unsigned char *p, const unsigned char *end)
{
	struct piece *piece = malloc(sizeof *piece);

	if (piece == NULL) {
		r->no_memory = true;
		return -1;
	}
	*piece = (struct piece){ .buffer = b, .p = p, .end = end,
	    .seen = r->seen };
	b->refs++;
	if (s->first == NULL) {
		s->first = piece;
		s->p = p;
		s->end = end;
	} else {
		s->final->next = piece;
	}
	s->final = piece;
	return 0;
}

/* offset: of the block, for messages. */
void
reader_source_add(struct trace_reader *r, const struct format_slice *slice,
    struct buffer *b, const unsigned char *bytes, uint64_t offset)
{
	struct source *s = reader_source_find(r, slice->seq);
	uint32_t less = FORMAT_SLICE_LESS(slice->flags);
	uint32_t end = slice->offset + slice->size + less;

	if (s == NULL && slice->size == 0)
		return;
	if (s == NULL && (s = reader_source_create(r, slice, offset)) == NULL)
		return;
	/* Of a slice that was thinned no part can be told from another. */
	if ((slice->offset > s->received || (less != 0 && end > s->received &&
	    slice->offset < s->received)) && !s->broken) {
		reader_missing(r, offset, "records of thread %u before this "
		    "are missing, and those behind them unreadable", s->tid);
		source_break(r, s);
	}
	if (end > s->received) {
		if (!s->broken && source_append(r, s, b,
		    bytes + (s->received - slice->offset),
		    bytes + slice->size) != 0)
			return;
		s->received = end;
	}
	if (slice->flags & FORMAT_SLICE_LAST)
		s->last = true;
	if (!s->waiting && s->first != NULL)
		reader_queue(r, s);
	reader_source_settle(r, s);
}

bool
reader_source_next(struct trace_reader *r, struct source *s)
{
	const unsigned char *p;

	while (s->p == s->end) {
		if (s->first == NULL)
			return false;
		source_drop_piece(r, s);
	}
	p = reader_decode(&s->state, &s->record, s->p, s->end);
	if (PW_LIKELY(p != NULL)) {
		s->p = p;
		return true;
	}
	reader_missing(r, r->pos, "a record of thread %u is damaged, and those "
	    "behind it unreadable", s->tid);
	source_break(r, s);
	return false;
}

void
reader_sources_drop(struct trace_reader *r)
{
	for (unsigned i = 0; i < READER_BUCKETS; i++)
		while (r->buckets[i] != NULL)
			source_destroy(r, r->buckets[i]);
	r->nheap = 0;
}

void
reader_sources_free(struct trace_reader *r)
{
	struct buffer *b;

	reader_sources_drop(r);
	while ((b = r->spare) != NULL) {
		r->spare = b->next;
		free(b);
	}
}
