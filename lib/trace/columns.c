/*
 * columns.c - bodies of blocks into columns and back.
 *
 * Both ways walk the tags: a tag and its call byte tell which fields follow,
 * and each field is a run of bytes with the top bit set and one without.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "trace/format_file.h"
#include "trace/reader_impl.h"

#define FAR_BYTES	8u	/* behind CODING_FAR */

/* A place to read from, and one to write to. */
struct from {
	const unsigned char *p;
	const unsigned char *end;
};

/* Move one number; false: there is no whole one, or to has no room. */
static PW_ALWAYS_INLINE bool
move_number(struct from *f, unsigned char **to, const unsigned char *end)
{
	const unsigned char *p = f->p, *stop = f->end;
	unsigned char *q = *to;

	if (stop - p > VARINT_MAX)
		stop = p + VARINT_MAX;
	if (end - q < stop - p)
		stop = p + (end - q);
	while (p < stop)
		if (((*q++ = *p++) & 0x80) == 0) {
			f->p = p;
			*to = q;
			return true;
		}
	return false;
}

static PW_ALWAYS_INLINE bool
move_bytes(struct from *f, unsigned char **to, const unsigned char *end,
    size_t n)
{
	if ((size_t)(f->end - f->p) < n || (size_t)(end - *to) < n)
		return false;
	memcpy(*to, f->p, n);
	f->p += n;
	*to += n;
	return true;
}

static PW_ALWAYS_INLINE bool
move_addr(struct from *f, unsigned char **to, const unsigned char *end)
{
	const unsigned char *p = f->p;

	return move_number(f, to, end) &&
	    (PW_LIKELY(*p != CODING_FAR) || move_bytes(f, to, end, FAR_BYTES));
}

static PW_ALWAYS_INLINE bool
is_event(unsigned tag)
{
	return (tag & 15) - 1u < TRACE_CANCEL;
}

/* The call byte behind a tag, where there is one. */
static PW_ALWAYS_INLINE bool
has_call(unsigned tag)
{
	return (tag & 15) != TRACE_CANCEL && tag >> 4 == 0;
}

void
columns_free(struct columns *c)
{
	for (unsigned i = 0; i < NCOLUMNS; i++)
		free(c->column[i]);
	memset(c, 0, sizeof *c);
}

/* No column is longer than twice the body: OTHERS adds a length to a record. */
static bool
columns_room(struct columns *c, size_t size)
{
	size_t room = 2 * size + 64;

	if (room <= c->room)
		return true;
	columns_free(c);
	for (unsigned i = 0; i < NCOLUMNS; i++) {
		c->column[i] = malloc(room);
		if (c->column[i] == NULL)
			return false;
	}
	c->room = room;
	return true;
}

/* Where the columns are written to; there is room for all (columns_room). */
struct split {
	unsigned char *to[NCOLUMNS];
	const unsigned char *end[NCOLUMNS];
	struct record record;
};

#define TO(s, name)	&(s)->to[COLUMN_##name], (s)->end[COLUMN_##name]

static PW_ALWAYS_INLINE bool
split_event(struct split *s, struct from *f, unsigned tag)
{
	unsigned kind = tag & 15, call = 0;

	*s->to[COLUMN_TAGS]++ = (unsigned char)tag;
	if (PW_UNLIKELY(has_call(tag))) {
		if (f->p == f->end)
			return false;
		*s->to[COLUMN_TAGS]++ = (unsigned char)(call = *f->p++);
	}
	return move_number(f, TO(s, TIMES)) && move_addr(f, TO(s, ADDRS)) &&
	    (kind == TRACE_FREE || kind == TRACE_CANCEL ||
	    move_number(f, TO(s, SIZES))) &&
	    (PW_LIKELY((call & CODING_ALIGNED) == 0) ||
	    move_number(f, TO(s, SIZES))) &&
	    (kind == TRACE_CANCEL || move_number(f, TO(s, STACKS)));
}

static bool
split_other(struct split *s, struct from *f)
{
	struct coding_state state = { 0 };
	const unsigned char *tag = f->p - 1, *end;
	unsigned char **to = &s->to[COLUMN_OTHERS];

	end = reader_decode(&state, &s->record, tag, f->end);
	if (end == NULL)
		return false;
	*s->to[COLUMN_TAGS]++ = *tag;
	*to = varint_put(*to, (uint64_t)(end - f->p));
	return move_bytes(f, to, s->end[COLUMN_OTHERS], (size_t)(end - f->p));
}

static bool
split_slice(struct split *s, struct from f)
{
	unsigned tag;

	while (f.p < f.end) {
		tag = *f.p++;
		if (!(PW_LIKELY(is_event(tag)) ? split_event(s, &f, tag) :
		    split_other(s, &f)))
			return false;
	}
	return true;
}

bool
columns_split(struct columns *c, const unsigned char *body, size_t size)
{
	struct from f = { body, body + size }, slice;
	struct format_slice head;
	struct split s;

	if (!columns_room(c, size))
		return false;
	for (unsigned i = 0; i < NCOLUMNS; i++) {
		s.to[i] = c->column[i];
		s.end[i] = c->column[i] + c->room;
	}
	while (f.p < f.end) {
		slice.p = f.p + sizeof head;
		if (!move_bytes(&f, TO(&s, HEADS), sizeof head))
			return false;
		memcpy(&head, slice.p - sizeof head, sizeof head);
		if (head.size > (size_t)(f.end - f.p))
			return false;
		slice.end = f.p += head.size;
		if (!split_slice(&s, slice))
			return false;
	}
	c->head.joined = (uint32_t)size;
	for (unsigned i = 0; i < NCOLUMNS; i++)
		c->head.size[i] = (uint32_t)(s.to[i] - c->column[i]);
	return true;
}

static PW_ALWAYS_INLINE bool
join_event(struct from *c, unsigned char **to, const unsigned char *end,
    unsigned tag)
{
	unsigned kind = tag & 15, call = 0;

	if (PW_UNLIKELY(has_call(tag))) {
		if (c[COLUMN_TAGS].p == c[COLUMN_TAGS].end)
			return false;
		call = *c[COLUMN_TAGS].p;
		if (!move_bytes(&c[COLUMN_TAGS], to, end, 1))
			return false;
	}
	return move_number(&c[COLUMN_TIMES], to, end) &&
	    move_addr(&c[COLUMN_ADDRS], to, end) &&
	    (kind == TRACE_FREE || kind == TRACE_CANCEL ||
	    move_number(&c[COLUMN_SIZES], to, end)) &&
	    (PW_LIKELY((call & CODING_ALIGNED) == 0) ||
	    move_number(&c[COLUMN_SIZES], to, end)) &&
	    (kind == TRACE_CANCEL ||
	    move_number(&c[COLUMN_STACKS], to, end));
}

static bool
join_other(struct from *c, unsigned char **to, const unsigned char *end)
{
	uint64_t n;

	c->p = varint_get(c->p, c->end, &n);
	if (c->p == NULL) {
		c->p = c->end;
		return false;
	}
	return n <= (uint64_t)(c->end - c->p) && move_bytes(c, to, end, (size_t)n);
}

static bool
join_slice(struct from *c, unsigned char *to, const unsigned char *end)
{
	struct from *tags = &c[COLUMN_TAGS];
	unsigned tag;

	while (to < end) {
		if (tags->p == tags->end)
			return false;
		*to++ = (unsigned char)(tag = *tags->p++);
		if (!(PW_LIKELY(is_event(tag)) ?
		    join_event(c, &to, end, tag) :
		    join_other(&c[COLUMN_OTHERS], &to, end)))
			return false;
	}
	return true;
}

size_t
columns_joined(const unsigned char *p, size_t size)
{
	struct columns_head head;
	uint64_t sum = sizeof head;

	if (size < sizeof head)
		return 0;
	memcpy(&head, p, sizeof head);
	for (unsigned i = 0; i < NCOLUMNS; i++)
		sum += head.size[i];
	return sum == size && head.joined <= READER_RAW_MAX ? head.joined : 0;
}

bool
columns_join(const unsigned char *p, size_t size, unsigned char *to)
{
	struct from c[NCOLUMNS];
	struct columns_head head;
	struct format_slice slice;
	unsigned char *end;

	if (columns_joined(p, size) == 0)
		return false;
	memcpy(&head, p, sizeof head);
	p += sizeof head;
	for (unsigned i = 0; i < NCOLUMNS; i++) {
		c[i] = (struct from){ p, p + head.size[i] };
		p += head.size[i];
	}
	for (end = to + head.joined; to < end; to += slice.size) {
		if (!move_bytes(&c[COLUMN_HEADS], &to, end, sizeof slice))
			return false;
		memcpy(&slice, to - sizeof slice, sizeof slice);
		if (slice.size > (size_t)(end - to) ||
		    !join_slice(c, to, to + slice.size))
			return false;
	}
	for (unsigned i = 0; i < NCOLUMNS; i++)
		if (c[i].p != c[i].end)
			return false;
	return true;
}
