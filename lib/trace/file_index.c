/*
 * file_index.c - keyframes into the trace, and where its blocks stand.
 *
 * Of blocks that hold events nothing is noted: a reader that begins in the
 * middle reads them from there on.  See format_file.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"
#include "trace/file_impl.h"

#define INDEX_ENTRIES	4096u	/* in one block, at most */
#define INDEX_FROM	(1u << 20)	/* bytes: smaller traces need none */
#define KEYFRAME_PART	4u	/* of what is left, the most for a keyframe */

/* Without memory it has no index: readers walk from block to block. */
void
file_index_note(struct trace_file *f, uint64_t offset, uint64_t time)
{
	struct file_index *x = &f->index;

	if (f->block.type == FORMAT_EVENTS || f->block.type == FORMAT_MARK ||
	    f->block.type == FORMAT_INDEX || x->entries.failed)
		return;
	bytes_put_u(&x->entries, f->block.type);
	bytes_put_u(&x->entries, offset - x->before);
	bytes_put_u(&x->entries, time);
	x->before = offset;
	x->n++;
}

/* What was noted, as a block. */
static int
file_put_index(struct trace_file *f)
{
	struct file_index *x = &f->index;
	uint64_t at = f->size;

	if (x->n == 0 || x->entries.failed)
		return 0;
	file_begin_block(f, FORMAT_INDEX);
	f->block.first = x->last;
	f->block.count = x->n;
	if (file_room(f, x->entries.size) != 0)
		return -1;
	file_put(f, x->entries.data, x->entries.size);
	if (file_end_block(f) != 0)
		return -1;
	x->last = at;
	x->before = 0;
	x->n = 0;
	x->entries.size = 0;
	return 0;
}

int
file_index_round(struct trace_file *f)
{
	return f->index.n >= INDEX_ENTRIES ? file_put_index(f) : 0;
}

uint64_t
file_index_close(struct trace_file *f)
{
	/* One that was stopped at a bound does not pass it. */
	if (f->size >= INDEX_FROM && f->stopped == 0 &&
	    file_put_index(f) != 0)
		return 0;
	return f->index.entries.failed ? 0 : f->index.last;
}

static int
keyframe_part(struct trace_file *f, const unsigned char *p, size_t size,
    uint32_t i, uint32_t n, uint32_t flags)
{
	struct format_keyframe head = { .time = 0 };

	file_begin_block(f, FORMAT_KEYFRAME);
	f->block.flags = flags;
	f->block.count = i;
	f->block.parts = n;
	if (i == 0)
		memcpy(&head, p, sizeof head);
	f->keyframe_time = head.time;
	if (file_room(f, size) != 0)
		return -1;
	file_put(f, p, size);
	return file_end_block(f);
}

int
file_put_keyframe(struct trace_file *f, const unsigned char *p, size_t size,
    uint32_t flags)
{
	uint32_t n = (uint32_t)((size + FORMAT_RAW_MAX - 1) / FORMAT_RAW_MAX);

	for (uint32_t i = 0; i < n; i++) {
		size_t part = size < FORMAT_RAW_MAX ? size : FORMAT_RAW_MAX;

		if (keyframe_part(f, p, part, i, n, flags) != 0)
			return -1;
		p += part;
		size -= part;
	}
	return 0;
}

int
trace_file_keyframe(struct trace_file *f, const void *bytes, size_t size)
{
	uint64_t before = f->blocks_in_round;
	int ret;

	if (size < sizeof(struct format_keyframe) || (f->limit != ~0ull &&
	    size > (f->limit - f->size) / KEYFRAME_PART)) {
		errno = size < sizeof(struct format_keyframe) ? EINVAL : ENOSPC;
		return -1;
	}
	ret = file_put_keyframe(f, bytes, size, 0);
	if (ret == 0)
		ret = file_put_index(f);
	f->blocks_in_round = before;	/* they are in no round */
	return ret;
}
