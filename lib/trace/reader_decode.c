/*
 * reader_decode.c - bytes of a chunk to records.
 *
 * Events, which are nearly all there is, are decoded by hand.  The fields of
 * all other kinds are walked by shapes made from TRACE_RECORDS and
 * CODING_FIELDS: numbers and strings in the order they come.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_impl.h"

#include <string.h>

/* Types of fields; 0 ends a shape. */
enum { TYPE_none, TYPE_time, TYPE_call, TYPE_addr, TYPE_u, TYPE_i, TYPE_align,
	TYPE_stack, TYPE_str, TYPE_error };
#define FIELD_TYPE(name, type, what)	FIELD_##name = TYPE_##type,
enum { CODING_FIELDS(FIELD_TYPE) };

#define SHAPE_1(a)	FIELD_##a
#define SHAPE_2(a, ...)	FIELD_##a, SHAPE_1(__VA_ARGS__)
#define SHAPE_3(a, ...)	FIELD_##a, SHAPE_2(__VA_ARGS__)
#define SHAPE_4(a, ...)	FIELD_##a, SHAPE_3(__VA_ARGS__)
#define SHAPE_5(a, ...)	FIELD_##a, SHAPE_4(__VA_ARGS__)
#define SHAPE_6(a, ...)	FIELD_##a, SHAPE_5(__VA_ARGS__)
#define SHAPE_7(a, ...)	FIELD_##a, SHAPE_6(__VA_ARGS__)
#define SHAPE_8(a, ...)	FIELD_##a, SHAPE_7(__VA_ARGS__)
#define SHAPE_PICK(a, b, c, d, e, f, g, h, n, ...)	SHAPE_##n
#define SHAPE(...) \
	SHAPE_PICK(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1)(__VA_ARGS__)
#define SHAPE_ROW(name, tag, fields, what) \
	[TRACE_##name] = { SHAPE fields },
static const uint8_t shapes[CODING_KINDS][READER_FIELDS_MAX] = {
	TRACE_RECORDS(SHAPE_ROW)
};

#define SHORT_ROW(code, name, by)	[code] = TRACE_CALL_##name | (by),
static const uint8_t short_calls[16] = { CODING_SHORT_CALLS(SHORT_ROW) };

#define SHORT_KNOWN(code, name, by)	| 1u << (code)
static const unsigned short_known = 0 CODING_SHORT_CALLS(SHORT_KNOWN);

static PW_ALWAYS_INLINE const unsigned char *
decode_time(struct coding_state *st, struct record *r, const unsigned char *p,
    const unsigned char *end)
{
	uint64_t delta;

	p = varint_get(p, end, &delta);
	if (p == NULL || st->time + delta < st->time)
		return NULL;
	r->time = st->time += delta;
	return p;
}

/* Tag and call byte. */
static PW_ALWAYS_INLINE const unsigned char *
decode_call(struct record *r, unsigned tag, const unsigned char *p,
    const unsigned char *end, bool *aligned)
{
	unsigned call = short_calls[CODING_SHORT(tag)];

	*aligned = false;
	if (CODING_SHORT(tag) == 0) {
		if (p >= end)
			return NULL;
		call = *p++;
		*aligned = call & CODING_ALIGNED;
	} else if (!(short_known >> CODING_SHORT(tag) & 1)) {
		return NULL;
	}
	r->call = call & CODING_CALL_MASK;
	r->by_realloc = call & TRACE_BY_REALLOC;
	return r->call < TRACE_NCALLS ? p : NULL;
}

static const unsigned char *
decode_event(struct coding_state *st, struct record *r, unsigned tag,
    const unsigned char *p, const unsigned char *end)
{
	bool aligned;

	p = decode_call(r, tag, p, end, &aligned);
	if (p == NULL || (p = decode_time(st, r, p, end)) == NULL ||
	    (p = coding_get_addr(p, end, &st->addr)) == NULL)
		return NULL;
	r->addr = st->addr;
	r->size = 0;
	r->align = 0;
	if (r->kind != TRACE_FREE && (p = varint_get(p, end, &r->size)) == NULL)
		return NULL;
	if (aligned && (r->kind != TRACE_ALLOC ||
	    (p = varint_get(p, end, &r->align)) == NULL))
		return NULL;
	return coding_get_stack(p, end, &st->stack, &r->stack);
}

static const unsigned char *
decode_string(struct reader_string *s, const unsigned char *p,
    const unsigned char *end)
{
	uint64_t size;

	p = varint_get(p, end, &size);
	if (p == NULL || size > (uint64_t)(end - p))
		return NULL;
	s->p = p;
	s->size = (size_t)size;
	return p + size;
}

static const unsigned char *
decode_shape(struct coding_state *st, struct record *r,
    const unsigned char *p, const unsigned char *end)
{
	unsigned nnum = 0, nstr = 0;
	struct trace_error scratch;

	for (const uint8_t *type = shapes[r->kind];
	    type < shapes[r->kind] + READER_FIELDS_MAX && *type != TYPE_none &&
	    p != NULL; type++) {
		switch (*type) {
		case TYPE_time:
			p = decode_time(st, r, p, end);
			break;
		case TYPE_addr:
			p = coding_get_addr(p, end, &st->addr);
			r->addr = st->addr;
			break;
		case TYPE_stack:
			p = coding_get_stack(p, end, &st->stack, &r->stack);
			break;
		case TYPE_str:
			p = decode_string(&r->str[nstr++], p, end);
			break;
		case TYPE_error:
			r->body = p;
			p = reader_decode_error(&scratch, p, end);
			break;
		default:
			p = varint_get(p, end, &r->num[nnum++]);
		}
	}
	return p;
}

const unsigned char *
reader_decode(struct coding_state *st, struct record *r,
    const unsigned char *p, const unsigned char *end)
{
	unsigned tag = *p++;

	r->kind = CODING_KIND(tag);
	if (PW_LIKELY(r->kind == TRACE_ALLOC || r->kind == TRACE_FREE ||
	    r->kind == TRACE_RESIZE))
		return decode_event(st, r, tag, p, end);
	if (CODING_SHORT(tag) != 0 || shapes[r->kind][0] == TYPE_none)
		return NULL;
	return decode_shape(st, r, p, end);
}

static const unsigned char *
error_bytes(uint8_t *to, uint32_t n, const unsigned char *p,
    const unsigned char *end)
{
	if (n > TRACE_ERROR_BYTES || n > (size_t)(end - p))
		return NULL;
	memcpy(to, p, n);
	return p + n;
}

const unsigned char *
reader_decode_error(struct trace_error *e, const unsigned char *p,
    const unsigned char *end)
{
	uint64_t v;

	memset(e, 0, sizeof *e);
#define GET_u(name, ctype) \
	if ((p = varint_get(p, end, &v)) == NULL) \
		return NULL; \
	e->name = (ctype)v;
#define GET_i(name, ctype) \
	if ((p = varint_get(p, end, &v)) == NULL) \
		return NULL; \
	e->name = (ctype)zigzag_back(v);
#define GET_call(name, ctype) \
	GET_u(name, ctype) \
	if (v >= TRACE_NCALLS && v != CODING_NO_CALL) \
		return NULL; \
	e->name = v < TRACE_NCALLS ? (ctype)v : TRACE_NCALLS;
#define GET_checked(name, ctype) \
	GET_u(name, ctype) \
	if (v >= TRACE_NCALLS && v != CODING_NO_CALL && \
	    !coding_call_is_checked(v)) \
		return NULL; \
	if (v == CODING_NO_CALL) \
		e->name = TRACE_NCALLS;
#define GET_count(name, ctype)	GET_u(name, ctype)
#define GET_bytes(name, ctype) \
	if ((p = error_bytes(e->name, e->nbytes, p, end)) == NULL) \
		return NULL;
#define GET(name, type, ctype)	GET_##type(name, ctype)
	TRACE_ERROR_FIELDS(GET)
#undef GET
	return e->kind < TRACE_NERRORS ? p : NULL;
}
