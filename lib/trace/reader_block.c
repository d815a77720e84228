/*
 * reader_block.c - the file: its header, and one block after the other.
 *
 * A block's header is believed only if its crc is right.  Where it is not,
 * the next magic with a right crc is where reading goes on, and what lies
 * between is reported missing.  At the end of the file a torn block and one
 * that is just being written look alike: nothing is decided before the
 * recording is known to be over.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/columns.h"

#define WINDOW	65536u		/* bytes searched at a time */

int
reader_pread(int fd, void *buf, size_t size, uint64_t off)
{
	char *p = buf;

	while (size > 0) {
		ssize_t n = pread(fd, p, size, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		p += n;
		off += (uint64_t)n;
		size -= (size_t)n;
	}
	return 1;
}

static int
header_fail(struct trace_status *st, enum trace_result result,
    const char *what)
{
	st->result = result;
	st->error = result == TRACE_SYSTEM ? errno : 0;
	st->offset = 0;
	snprintf(st->what, sizeof st->what, "%s", what);
	return -1;
}

static int
header_judge(struct format_header *h, struct trace_status *st)
{
	if (h->order == __builtin_bswap32(FORMAT_ORDER))
		return header_fail(st, TRACE_NOT_A_TRACE,
		    "recorded on a machine of the other byte order");
	if (h->order != FORMAT_ORDER)
		return header_fail(st, TRACE_DAMAGED,
		    "the header is damaged");
	if (h->version > TRACE_VERSION ||
	    (h->features & ~FORMAT_FEATURES_KNOWN) != 0)
		return header_fail(st, TRACE_VERSION_NEWER,
		    "written by a newer poolwatch");
	if (h->version == 0 || h->path_size > SESSION_PATH_MAX ||
	    h->header_size != sizeof *h + h->path_size)
		return header_fail(st, TRACE_DAMAGED, "the header is damaged");
	return 0;
}

static int
header_path(struct trace_reader *r, struct trace_status *st)
{
	struct format_header h = r->head;
	uint32_t crc = h.crc;
	int n;

	r->session_path = calloc(1, h.path_size + 1);
	if (r->session_path == NULL)
		return header_fail(st, TRACE_NO_MEMORY, "out of memory");
	n = reader_pread(r->fd, r->session_path, h.path_size, sizeof h);
	if (n < 0)
		return header_fail(st, TRACE_SYSTEM, strerror(errno));
	if (n == 0 && h.path_size != 0)
		return header_fail(st, TRACE_TRUNCATED,
		    "the file ends inside of its header");
	h.crc = 0;
	if (format_crc(format_crc(0, &h, sizeof h), r->session_path,
	    h.path_size) != crc)
		return header_fail(st, TRACE_DAMAGED, "the header is damaged");
	return 0;
}

/* What a file that is too short for a header is. */
static int
header_short(struct trace_reader *r, struct trace_status *st)
{
	char c[8];
	ssize_t n = pread(r->fd, c, sizeof c, 0);

	if (n < 0)
		return header_fail(st, TRACE_SYSTEM, strerror(errno));
	if (n == 0)
		return header_fail(st, TRACE_EMPTY, "the file is empty");
	if (memcmp(c, FORMAT_FILE_MAGIC, (size_t)n) != 0)
		return header_fail(st, TRACE_NOT_A_TRACE,
		    "this is no trace of poolwatch");
	return header_fail(st, TRACE_TRUNCATED,
	    "the file ends inside of its header");
}

int
reader_header(struct trace_reader *r, struct trace_status *st)
{
	int n = reader_pread(r->fd, &r->head, sizeof r->head, 0);

	if (n < 0)
		return header_fail(st, TRACE_SYSTEM, strerror(errno));
	if (n == 0)
		return header_short(r, st);
	if (memcmp(r->head.magic, FORMAT_FILE_MAGIC, 8) != 0)
		return header_fail(st, TRACE_NOT_A_TRACE,
		    "this is no trace of poolwatch");
	if (header_judge(&r->head, st) != 0 || header_path(r, st) != 0)
		return -1;
	r->pos = r->head.header_size;
	r->info.mode = r->head.mode;
	r->info.depth = r->head.depth;
	r->info.paused = r->head.flags & SESSION_PAUSED;
	r->info.mappings = r->head.flags & SESSION_MAPPINGS;
	r->info.ticks_per_second = r->head.ticks_per_second ?
	    r->head.ticks_per_second : 1;
	r->info.unix_ns = r->head.unix_ns;
	r->info.begins = reader_begins(r);
	return 0;
}

bool
reader_block_ok(const struct format_block *b)
{
	return memcmp(b->magic, FORMAT_BLOCK_MAGIC, sizeof b->magic) == 0 &&
	    format_crc(0, b, offsetof(struct format_block, crc)) == b->crc &&
	    b->raw <= READER_RAW_MAX &&
	    b->stored <= READER_STORED_MAX;
}

/*
 * The next place at or behind r->scanned where a good header stands.  1: at
 * *found; 0: none up to the end of the file; -1 errno.
 */
static int
block_search(struct trace_reader *r, uint64_t *found)
{
	unsigned char window[WINDOW];
	struct format_block b;

	for (;;) {
		ssize_t n = pread(r->fd, window, sizeof window,
		    (off_t)r->scanned);
		unsigned char *at;

		if (n < 0)
			return -1;
		if (n < 8)
			return 0;
		at = memmem(window, (size_t)n, FORMAT_BLOCK_MAGIC, 8);
		if (at == NULL) {
			r->scanned += (uint64_t)n - 7;
			continue;
		}
		r->scanned += (uint64_t)(at - window);
		n = reader_pread(r->fd, &b, sizeof b, r->scanned);
		if (n <= 0)
			return (int)n;
		*found = r->scanned;
		if (reader_block_ok(&b))
			return 1;
		r->scanned++;
	}
}

static int
block_resync(struct trace_reader *r)
{
	uint64_t found;
	int n;

	r->lost_way = true;
	if (r->scanned <= r->pos)
		r->scanned = r->pos + 1;
	n = block_search(r, &found);
	if (n <= 0)
		return n;
	reader_missing(r, r->pos, "%llu bytes are damaged",
	    (unsigned long long)(found - r->pos));
	r->pos = found;
	r->lost_way = false;
	return 1;
}

/* Decompressed and verified; NULL with errno 0: damaged. */
static struct buffer *
block_inflate(struct trace_reader *r, const struct format_block *b)
{
	struct buffer *buf = reader_buffer_take(r, b->raw);
	size_t n;

	if (buf == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	n = b->stored == 0 ? 0 :
	    ZSTD_decompressDCtx(r->zstd, buf->data, b->raw, r->stored,
	    b->stored);
	if (n == b->raw)
		return buf;
	reader_buffer_give(r, buf);
	errno = 0;
	return NULL;
}

/* The body, joined if it was columns: b->raw is its size from then on. */
static struct buffer *
block_body(struct trace_reader *r, struct format_block *b)
{
	struct buffer *buf = block_inflate(r, b), *joined;
	size_t size;

	if (buf == NULL || (b->flags & FORMAT_COLUMNS) == 0 ||
	    (b->type != FORMAT_EVENTS && b->type != FORMAT_META))
		return buf;
	size = columns_joined(buf->data, b->raw);
	joined = size ? reader_buffer_take(r, size) : NULL;
	errno = size && joined == NULL ? ENOMEM : 0;
	if (joined != NULL && !columns_join(buf->data, b->raw, joined->data)) {
		reader_buffer_give(r, joined);
		joined = NULL;
	}
	reader_buffer_give(r, buf);
	b->raw = (uint32_t)size;
	return joined;
}

static int
block_room(struct trace_reader *r, size_t size)
{
	unsigned char *p;

	if (size <= r->stored_room)
		return 0;
	p = realloc(r->stored, size);
	if (p == NULL)
		return -1;
	r->stored = p;
	r->stored_room = size;
	return 0;
}

struct buffer *
reader_body_at(struct trace_reader *r, uint64_t pos, struct format_block *b)
{
	if (reader_pread(r->fd, b, sizeof *b, pos) <= 0 ||
	    !reader_block_ok(b) || block_room(r, b->stored) != 0 ||
	    reader_pread(r->fd, r->stored, b->stored, pos + sizeof *b) <= 0)
		return NULL;
	return block_body(r, b);
}

static int
block_slices(struct trace_reader *r, struct buffer *buf,
    const unsigned char *end)
{
	const unsigned char *p = buf->data;
	struct format_slice s;
	uint32_t less;

	while (p < end) {
		if ((size_t)(end - p) < sizeof s)
			return -1;
		memcpy(&s, p, sizeof s);
		p += sizeof s;
		less = FORMAT_SLICE_LESS(s.flags);
		if (s.size > (size_t)(end - p) ||
		    s.offset > SESSION_CHUNK_DATA ||
		    less > SESSION_CHUNK_DATA ||
		    s.size + less > SESSION_CHUNK_DATA - s.offset ||
		    reader_proc(r, s.proc) == NULL)
			return -1;
		r->counts.slices++;
		r->counts.slice_bytes += s.size;
		reader_source_add(r, &s, buf, p, r->pos);
		p += s.size;
	}
	return 0;
}

static int
block_take(struct trace_reader *r, const struct format_block *b,
    struct buffer *buf)
{
	const unsigned char *end = buf->data + b->raw;

	switch (b->type) {
	case FORMAT_NODES:
		r->counts.node_bytes += sizeof *b + b->stored;
		return reader_nodes(r, buf->data, end);
	case FORMAT_EVENTS:
	case FORMAT_META:
		r->counts.event_bytes += sizeof *b + b->stored;
		return block_slices(r, buf, end);
	case FORMAT_CLOSING:
		r->closed = true;
		r->info.stopped = b->flags;
		if (b->flags != 0)
			reader_tell_stopped(r);
		return reader_procs(r, buf->data, end);
	case FORMAT_PROCS:
		return reader_procs(r, buf->data, end);
	}
	return 0;
}

/* A block of a later round tells that the one before is over. */
static void
block_round(struct trace_reader *r, const struct format_block *b)
{
	if (b->round != r->round) {
		if (r->scan > r->horizon)
			r->horizon = r->scan;
		r->round = b->round;
		r->counts.rounds++;
	}
	r->scan = b->scan;
	if (b->type != FORMAT_MARK)
		return;
	if (r->scan > r->horizon)
		r->horizon = r->scan;
	reader_key_mark(r, r->pos + sizeof *b + b->stored);
}

static int
block_read_body(struct trace_reader *r, struct format_block *b)
{
	struct buffer *buf;
	int n;

	if (block_room(r, b->stored) != 0)
		return -1;
	n = reader_pread(r->fd, r->stored, b->stored, r->pos + sizeof *b);
	if (n <= 0)
		return n;
	buf = block_body(r, b);
	if (buf == NULL && errno != 0)
		return -1;
	if (buf == NULL || block_take(r, b, buf) != 0) {
		if (r->no_memory) {
			errno = ENOMEM;
			n = -1;
		} else {
			reader_missing(r, r->pos, "a block is damaged");
		}
	}
	if (buf != NULL)
		reader_buffer_give(r, buf);
	return n;
}

/* A keyframe or an index: readers step over them, but where one is all that is
 * left of the beginning. */
static int
block_aside(struct trace_reader *r, const struct format_block *b)
{
	struct format_block again;
	struct buffer *buf;

	r->counts.keyframes += b->type == FORMAT_KEYFRAME && b->count == 0;
	if (r->flags & TRACE_EVERY_BLOCK) {
		buf = reader_body_at(r, r->pos, &again);
		if (buf == NULL)
			reader_missing(r, r->pos, "a keyframe or an index is "
			    "damaged");
		else
			reader_buffer_give(r, buf);
	}
	if (b->type == FORMAT_KEYFRAME && b->flags & FORMAT_BEGIN &&
	    b->count == 0 && reader_keyframe_begin(r) < 0) {
		errno = ENOMEM;
		return -1;
	}
	return 1;
}

static int
block_step(struct trace_reader *r, const struct format_block *b, int n)
{
	if (n <= 0)
		return n;
	r->counts.blocks++;
	r->pos += sizeof *b + b->stored;
	return 1;
}

/* The block at r->pos, whose header is good. */
static int
block_next(struct trace_reader *r, struct format_block *b)
{
	int n = 1;

	if (b->type == FORMAT_KEYFRAME || b->type == FORMAT_INDEX)
		return block_step(r, b, block_aside(r, b));
	reader_key_pass(r);
	r->seen = b->round == r->skip_round;
	if (!((r->flags & TRACE_META_ONLY) && b->type == FORMAT_EVENTS))
		n = block_read_body(r, b);
	if (n > 0)
		block_round(r, b);
	return block_step(r, b, n);
}

int
reader_block_here(struct trace_reader *r)
{
	struct format_block b;
	int n = reader_pread(r->fd, &b, sizeof b, r->pos);

	if (n < 0)
		return -1;
	if (n > 0 && reader_block_ok(&b))
		return block_next(r, &b);
	reader_missing(r, r->pos, "a block is damaged");
	return 1;
}

int
reader_block(struct trace_reader *r)
{
	struct format_block b;
	int n;

	if (r->plan != NULL)
		return reader_plan_block(r);
	if (r->lost_way) {
		n = block_resync(r);
		if (n <= 0)
			return n;
	}
	n = reader_pread(r->fd, &b, sizeof b, r->pos);
	if (n <= 0)
		return n;
	return reader_block_ok(&b) ? block_next(r, &b) : block_resync(r);
}
