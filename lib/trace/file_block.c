/*
 * file_block.c - the trace file's header, and blocks made and written whole.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/file_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "trace/file_thin.h"
#include "trace/format.h"

#define FILE_LEVEL	1	/* of zstd: 400 MB/s, a fourth of the bytes */
#define FILE_SPLIT	512u	/* bytes of a body that has columns */
#define FILE_SMALL	1024u	/* bytes of a column that shares its frame */

/* pwrite until done; -1 with errno. */
static int
file_write_at(int fd, const void *data, size_t size, uint64_t off)
{
	const char *p = data;

	while (size > 0) {
		ssize_t n = pwrite(fd, p, size, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return -1;
		p += n;
		off += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int
file_append(struct trace_file *f, const void *data, size_t size)
{
	int saved;

	if (size > f->limit || f->size > f->limit - size) {
		f->full = true;
		errno = ENOSPC;
		return -1;
	}
	if (file_write_at(f->fd, data, size, f->size) == 0) {
		f->size += size;
		return 0;
	}
	saved = errno;
	if (ftruncate(f->fd, (off_t)f->size) != 0) {
		/* The torn block is written over, or readers step over it. */
	}
	errno = saved;
	return -1;
}

static int
file_put_header(struct trace_file *f, const struct session_header *h,
    const char *path)
{
	struct format_header head = {
		.order = FORMAT_ORDER,
		.version = TRACE_VERSION,
		.path_size = (uint32_t)strnlen(path, SESSION_PATH_MAX),
		.mode = h->mode,
		.clock = h->clock,
		.tick_shift = h->tick_shift,
		.depth = h->depth,
		.flags = h->flags,
		.front_pid = h->front_pid,
		.ticks_per_second = h->ticks_per_second,
		.unix_ns = h->unix_ns,
	};

	memcpy(head.magic, FORMAT_FILE_MAGIC, sizeof head.magic);
	head.header_size = (uint32_t)sizeof head + head.path_size;
	head.crc = format_crc(format_crc(0, &head, sizeof head), path,
	    head.path_size);
	f->raw_size = 0;
	if (file_room(f, head.header_size) != 0)
		return -1;
	file_put(f, &head, sizeof head);
	file_put(f, path, head.path_size);
	return file_append(f, f->raw, f->raw_size);
}

struct trace_file *
trace_file_create(int fd, const struct session_header *h, const char *path)
{
	struct trace_file *f = calloc(1, sizeof *f);
	int saved;

	if (f == NULL)
		return NULL;
	f->fd = fd;
	f->limit = ~0ull;
	f->round = 1;
	f->next_node = 1;
	f->zstd = ZSTD_createCCtx();
	if (f->zstd == NULL) {
		errno = ENOMEM;
		goto fail;
	}
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, FILE_LEVEL);
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_checksumFlag, 1);
	/* Held until the descriptor is closed or we die: readers ask for it
	 * to know whether anything is still to come. */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		/* Not every file system can; then readers do not wait. */
	}
	if (file_put_header(f, h, path ? path : "") == 0)
		return f;
fail:
	saved = errno;
	file_free(f);
	errno = saved;
	return NULL;
}

void
file_free(struct trace_file *f)
{
	ZSTD_freeCCtx(f->zstd);
	file_thin_destroy(f->thin);
	columns_free(&f->columns);
	bytes_free(&f->index.entries);
	free(f->raw);
	free(f->out);
	free(f->holes);
	free(f->procs);
	free(f->open);
	free(f);
}

uint64_t
trace_file_size(const struct trace_file *f)
{
	return f->size;
}

void
trace_file_limit(struct trace_file *f, uint64_t limit)
{
	f->limit = limit;
}

void
trace_file_thin(struct trace_file *f, bool on)
{
	if (on && f->thin == NULL)
		f->thin = file_thin_create();
	f->thinning = on && f->thin != NULL;
}

bool
trace_file_is_full(const struct trace_file *f)
{
	return f->full;
}

int
file_room(struct trace_file *f, size_t size)
{
	size_t room = f->raw_room ? f->raw_room : 1u << 16;
	unsigned char *p;

	if (f->raw_size + size <= f->raw_room)
		return 0;
	while (room < f->raw_size + size)
		room *= 2;
	p = realloc(f->raw, room);
	if (p == NULL)
		return -1;
	f->raw = p;
	f->raw_room = room;
	return 0;
}

void
file_put(struct trace_file *f, const void *data, size_t size)
{
	memcpy(f->raw + f->raw_size, data, size);
	f->raw_size += size;
}

void
file_begin_block(struct trace_file *f, uint32_t type)
{
	f->block = (struct format_block){
		.type = type,
		.round = f->round,
		.scan = f->scan,
	};
	memcpy(f->block.magic, FORMAT_BLOCK_MAGIC, sizeof f->block.magic);
	f->raw_size = 0;
}

static int
file_out_room(struct trace_file *f, size_t room)
{
	unsigned char *p;

	if (room <= f->out_room)
		return 0;
	p = realloc(f->out, room);
	if (p == NULL)
		return -1;
	f->out = p;
	f->out_room = room;
	return 0;
}

/* One more frame behind what is stored; there is room for it. */
static int
file_compress(struct trace_file *f, const void *data, size_t size)
{
	unsigned char *to = f->out + sizeof f->block + f->block.stored;
	size_t n = ZSTD_compress2(f->zstd, to,
	    (size_t)(f->out + f->out_room - to), data, size);

	if (ZSTD_isError(n)) {
		errno = ENOMEM;
		return -1;
	}
	f->block.stored += (uint32_t)n;
	f->block.raw += (uint32_t)size;
	return 0;
}

static int
file_compress_body(struct trace_file *f)
{
	if (file_out_room(f, sizeof f->block +
	    ZSTD_compressBound(f->raw_size)) != 0)
		return -1;
	return f->raw_size == 0 ? 0 : file_compress(f, f->raw, f->raw_size);
}

/*
 * Large columns are frames of their own, with their own statistics.  The small
 * ones, which come first, share one with the head, for which there is room in
 * front of them in f->raw: what stood there has been split.
 */
static int
file_compress_columns(struct trace_file *f)
{
	const struct columns *c = &f->columns;
	size_t bound = sizeof f->block;
	unsigned i;

	for (i = 0; i < NCOLUMNS; i++)
		bound += ZSTD_compressBound(c->head.size[i] + sizeof c->head);
	if (file_out_room(f, bound) != 0)
		return -1;
	f->raw_size = 0;
	if (file_room(f, sizeof c->head + FILE_SMALL * NCOLUMNS) != 0)
		return -1;
	file_put(f, &c->head, sizeof c->head);
	for (i = 0; i < NCOLUMNS && c->head.size[i] < FILE_SMALL; i++)
		file_put(f, c->column[i], c->head.size[i]);
	if (file_compress(f, f->raw, f->raw_size) != 0)
		return -1;
	for (; i < NCOLUMNS; i++)
		if (c->head.size[i] != 0 && file_compress(f, c->column[i],
		    c->head.size[i]) != 0)
			return -1;
	return 0;
}

/* EVENTS and META are split where they can be. */
static int
file_pack(struct trace_file *f)
{
	f->block.raw = f->block.stored = 0;
	if ((f->block.type == FORMAT_EVENTS || f->block.type == FORMAT_META) &&
	    f->raw_size >= FILE_SPLIT &&
	    columns_split(&f->columns, f->raw, f->raw_size)) {
		f->block.flags |= FORMAT_COLUMNS;
		return file_compress_columns(f);
	}
	return file_compress_body(f);
}

int
file_end_block(struct trace_file *f)
{
	if (file_pack(f) != 0)
		return -1;
	f->block.crc = format_crc(0, &f->block,
	    offsetof(struct format_block, crc));
	memcpy(f->out, &f->block, sizeof f->block);
	if (file_append(f, f->out, sizeof f->block + f->block.stored) != 0)
		return -1;
	f->blocks_in_round++;
	file_index_note(f, f->size - sizeof f->block - f->block.stored,
	    f->block.type == FORMAT_KEYFRAME ? f->keyframe_time : 0);
	return 0;
}
