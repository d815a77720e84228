/*
 * reader_index.c - where the blocks of a trace stand.
 *
 * The closing record stands at the very end and names the last INDEX block,
 * and each INDEX the one before it.  A trace that has none of these (it is
 * being written, was broken off, or is small) is walked from block to block,
 * by their headers: 64 bytes are read of each.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/bytes.h"
#include "trace/reader_impl.h"

/* The closing record of 16,384 processes is about as long as this. */
#define TAIL	(1u << 20)

static bool
index_add(struct reader_index *x, uint32_t type, uint64_t offset,
    uint64_t time)
{
	struct reader_entry *more;

	if (x->n == x->room) {
		size_t room = x->room ? 2 * x->room : 256;

		more = realloc(x->entry, room * sizeof *more);
		if (more == NULL)
			return false;
		x->entry = more;
		x->room = room;
	}
	x->entry[x->n++] = (struct reader_entry){ offset, time, type };
	return true;
}

/* The last good header in a tail of the file, if its block ends the file. */
static bool
closing_in(const unsigned char *tail, size_t size, struct format_block *b,
    size_t *at)
{
	for (size_t i = size < sizeof *b ? 0 : size - sizeof *b + 1; i-- > 0;) {
		if (tail[i] != (unsigned char)FORMAT_BLOCK_MAGIC[0])
			continue;
		memcpy(b, tail + i, sizeof *b);
		if (!reader_block_ok(b))
			continue;
		*at = i;
		return b->type == FORMAT_CLOSING &&
		    i + sizeof *b + b->stored == size;
	}
	return false;
}

bool
reader_closing(struct trace_reader *r, struct format_block *b, uint64_t *pos)
{
	unsigned char *tail;
	struct stat st;
	size_t size, at;
	bool found;

	if (r->direct != NULL || fstat(r->fd, &st) != 0)
		return false;
	size = (uint64_t)st.st_size < TAIL ? (size_t)st.st_size : TAIL;
	tail = malloc(size + 1);
	if (tail == NULL)
		return false;
	found = reader_pread(r->fd, tail, size,
	    (uint64_t)st.st_size - size) > 0 && closing_in(tail, size, b, &at);
	if (found)
		*pos = (uint64_t)st.st_size - size + at;
	free(tail);
	return found;
}

static bool
index_read(struct trace_reader *r, struct reader_index *x, uint64_t pos,
    struct format_block *b)
{
	struct buffer *buf = reader_body_at(r, pos, b);
	struct bytes_in in;
	uint64_t offset = 0;
	bool ok = buf != NULL && b->type == FORMAT_INDEX;

	if (ok) {
		in = (struct bytes_in){ .p = buf->data,
		    .end = buf->data + b->raw };
		while (ok && in.p < in.end) {
			uint32_t type = (uint32_t)bytes_get_u(&in);
			uint64_t time;

			offset += bytes_get_u(&in);
			time = bytes_get_u(&in);
			ok = !in.bad && offset < pos &&
			    index_add(x, type, offset, time);
		}
	}
	if (buf != NULL)
		reader_buffer_give(r, buf);
	return ok;
}

/* The chain of INDEX blocks that begins at pos, each before the one that
 * names it. */
static bool
index_chain(struct trace_reader *r, struct reader_index *x, uint64_t pos)
{
	struct format_block b;

	while (pos != 0) {
		uint64_t before = pos;

		if (!index_read(r, x, pos, &b))
			return false;
		pos = b.first;
		if (pos >= before)
			return false;
	}
	return true;
}

/* From header to header, as far as they are good. */
static bool
index_walk(struct trace_reader *r, struct reader_index *x)
{
	uint64_t pos = r->head.header_size;
	struct format_keyframe head;
	struct format_block b;

	x->n = 0;
	while (reader_pread(r->fd, &b, sizeof b, pos) > 0 &&
	    reader_block_ok(&b)) {
		head.time = 0;
		if (b.type == FORMAT_KEYFRAME && b.count == 0 &&
		    !reader_keyframe_head(r, pos, &head))
			b.type = FORMAT_EVENTS;		/* of no use */
		if (b.type != FORMAT_EVENTS && b.type != FORMAT_MARK &&
		    !index_add(x, b.type, pos, head.time))
			return false;
		pos += sizeof b + b.stored;
	}
	return true;
}

static int
index_compare(const void *a, const void *b)
{
	const struct reader_entry *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

bool
reader_index(struct trace_reader *r, struct reader_index *x)
{
	struct format_block b;
	uint64_t pos;

	*x = (struct reader_index){ .n = 0 };
	if (!(reader_closing(r, &b, &pos) && b.first != 0 &&
	    index_chain(r, x, b.first)) && !index_walk(r, x)) {
		free(x->entry);
		return false;
	}
	if (x->n > 1)
		qsort(x->entry, x->n, sizeof *x->entry, index_compare);
	return true;
}
