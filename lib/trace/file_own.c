/*
 * file_own.c - records that the recorder makes itself.
 *
 * Each is a chunk of its own that never was in the session: a slice with a seq
 * like any other's, complete.  So no chunk is needed, for which the recorder
 * would have to wait for itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/file_impl.h"

#include <stdlib.h>
#include <string.h>

#include "trace/coding.h"

static int
own_store(struct trace_file *f, struct session_header *h,
    const unsigned char *record, size_t size)
{
	struct format_slice s = {
		.seq = __atomic_add_fetch(&h->chunk_seq, 1, __ATOMIC_RELAXED),
		.flags = FORMAT_SLICE_LAST,
		.size = (uint32_t)size,
	};

	f->scan = file_now(h);
	s.base = f->scan;
	file_begin_block(f, FORMAT_META);
	if (file_room(f, sizeof s + size) != 0)
		return -1;
	file_put(f, &s, sizeof s);
	file_put(f, record, size);
	f->block.first = s.base;
	f->block.count = 1;
	return file_end_block(f);
}

/*
 * What blocks never used, by stack; a trace that is nearly full goes without.
 * Half a megabyte is told at most.
 */
#define UNUSED_ROOM	(512u << 10)
#define UNUSED_RECORD	(1u + 3u * VARINT_MAX)

int
file_put_unused(struct trace_file *f, struct session_header *h)
{
	const struct session_node *nodes = session_nodes(h);
	uint32_t n = __atomic_load_n(&h->nodes_claimed, __ATOMIC_ACQUIRE);
	uint32_t ready = __atomic_load_n(&h->nodes_ready, __ATOMIC_ACQUIRE);
	uint32_t prev = 0;
	unsigned char *records, *p;
	int result = 0;

	if (f->limit - f->size < 4 * UNUSED_ROOM ||
	    (records = malloc(UNUSED_ROOM)) == NULL)
		return 0;
	p = records;
	for (uint32_t i = 1; i < n && i < ready &&
	    p < records + UNUSED_ROOM - UNUSED_RECORD; i++) {
		if (nodes[i].unused == 0 || nodes[i].ip == 0)
			continue;
		*p++ = CODING_TAG(TRACE_UNUSED);
		p = varint_put(p, 0);
		p = coding_put_stack(p, &prev, i);
		p = varint_put(p, 8ull * nodes[i].unused);
	}
	if (p != records)
		result = own_store(f, h, records, (size_t)(p - records));
	free(records);
	return result;
}

int
trace_file_mark(struct trace_file *f, struct session_header *h,
    const char *name)
{
	unsigned char record[1 + 2 * VARINT_MAX + CODING_NAME_MAX], *p = record;
	size_t n = strnlen(name, CODING_NAME_MAX);

	*p++ = CODING_TAG(TRACE_MARK);
	p = varint_put(p, 0);
	p = varint_put(p, n);
	memcpy(p, name, n);
	return own_store(f, h, record, (size_t)(p - record) + n);
}

int
trace_file_pause(struct trace_file *f, struct session_header *h, bool paused)
{
	unsigned char record[1 + 2 * VARINT_MAX], *p = record;

	*p++ = CODING_TAG(TRACE_PAUSE);
	p = varint_put(p, 0);
	p = varint_put(p, paused);
	return own_store(f, h, record, (size_t)(p - record));
}

int
trace_file_shed(struct trace_file *f, struct session_header *h, uint32_t pid,
    uint32_t ppid, const char *exe)
{
	unsigned char record[1 + 4 * VARINT_MAX + CODING_PATH_MAX], *p = record;
	size_t n = strnlen(exe, CODING_PATH_MAX);

	*p++ = CODING_TAG(TRACE_SHED);
	p = varint_put(p, 0);
	p = varint_put(p, pid);
	p = varint_put(p, ppid);
	p = varint_put(p, n);
	memcpy(p, exe, n);
	return own_store(f, h, record, (size_t)(p - record) + n);
}
