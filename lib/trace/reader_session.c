/*
 * reader_session.c - after a crash: what nobody drained.
 *
 * The session file belongs to the trace if it says the same clock time and
 * front.  Its nodes, slots and chunks are read like one more round; chunks
 * are taken whole, (seq, offset) sorts out what the trace has already.  A
 * chunk that is drained to its end and unknown here was delivered and freed
 * in all but name.  The file is as hostile as the trace.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_impl.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NODES_AT_ONCE	4096u

static bool
leftovers_match(const struct trace_reader *r, const struct session_header *h,
    uint64_t size)
{
	return memcmp(h->magic, SESSION_MAGIC, sizeof h->magic) == 0 &&
	    h->version == SESSION_VERSION &&
	    h->header_size == sizeof *h &&
	    h->unix_ns == r->head.unix_ns &&
	    h->front_pid == r->head.front_pid &&
	    h->file_size <= size && h->chunks_off <= h->file_size &&
	    h->nodes_off <= h->chunks_off && h->procs_off <= h->nodes_off;
}

static int
leftovers_try(struct trace_reader *r, const char *path,
    struct session_header *h)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    reader_pread(fd, h, sizeof *h, 0) == 1 &&
	    leftovers_match(r, h, (uint64_t)st.st_size))
		return fd;
	close(fd);
	return -1;
}

/* Where the header says, or beside the trace under the same name. */
static int
leftovers_open(struct trace_reader *r, struct session_header *h)
{
	const char *name = strrchr(r->session_path, '/');
	const char *slash = strrchr(r->path, '/');
	char *beside;
	int fd;

	if (r->session_path[0] == '\0')
		return -1;
	fd = leftovers_try(r, r->session_path, h);
	if (fd >= 0)
		return fd;
	name = name ? name + 1 : r->session_path;
	if (asprintf(&beside, "%.*s%s", slash ? (int)(slash + 1 - r->path) : 0,
	    r->path, name) < 0)
		return -1;
	fd = leftovers_try(r, beside, h);
	free(beside);
	return fd;
}

static void
leftovers_nodes(struct trace_reader *r, int fd,
    const struct session_header *h)
{
	struct session_node *nodes = malloc(NODES_AT_ONCE * sizeof *nodes);
	uint32_t end = h->nodes_claimed;

	if (end > h->nodes_ready)
		end = h->nodes_ready;
	if (end > session_nodes_max(h))
		end = session_nodes_max(h);
	for (uint32_t id = 0; nodes != NULL && id < end; id += NODES_AT_ONCE) {
		uint32_t n = end - id < NODES_AT_ONCE ?
		    end - id : NODES_AT_ONCE;

		if (reader_pread(fd, nodes, n * sizeof *nodes,
		    h->nodes_off + (uint64_t)id * sizeof *nodes) != 1)
			break;
		for (uint32_t i = 0; i < n; i++)
			reader_node(r, id + i, nodes[i].parent, nodes[i].ip);
	}
	free(nodes);
}

static void
leftovers_procs(struct trace_reader *r, int fd,
    const struct session_header *h)
{
	uint32_t n = h->procs_claimed < session_procs_max(h) ?
	    h->procs_claimed : session_procs_max(h);
	struct session_proc p;

	for (uint32_t i = 0; i < n; i++) {
		if (reader_pread(fd, &p, sizeof p, h->procs_off +
		    (uint64_t)i * sizeof p) != 1)
			return;
		reader_proc_state(r, &(struct format_proc){
			.slot = i,
			.state = p.state,
			.pid = p.pid,
			.ppid = p.ppid,
			.parent = p.parent,
			.status = p.status,
			.judged = p.judged,
			.start = p.start,
			.end = p.end,
			.lost = p.lost,
		});
	}
	r->info.root_pid = h->root_pid;
}

static void
leftovers_chunk(struct trace_reader *r, const struct session_chunk *c)
{
	struct format_slice slice = {
		.seq = c->seq,
		.base = c->base,
		.proc = c->proc,
		.tid = c->tid,
		.lane = c->lane,
		.flags = FORMAT_SLICE_LAST,
		.size = c->filled,
	};
	struct source *s = reader_source_find(r, c->seq);
	struct buffer *b;

	if (c->state == SESSION_FREE || c->filled > SESSION_CHUNK_DATA ||
	    c->drained > c->filled || c->seq == 0 ||
	    (s == NULL && c->drained == c->filled) ||
	    ((r->flags & TRACE_META_ONLY) && c->meta == 0) ||
	    reader_proc(r, c->proc) == NULL)
		return;
	b = reader_buffer_take(r, c->filled);
	if (b == NULL)
		return;
	memcpy(b->data, c->data, c->filled);
	if (s == NULL || c->filled > s->received)
		r->counts.leftover_bytes += c->filled - (s ? s->received : 0);
	reader_source_add(r, &slice, b, b->data, r->pos);
	reader_buffer_give(r, b);
}

bool
reader_leftovers(struct trace_reader *r)
{
	struct session_header *h = aligned_alloc(64, sizeof *h);
	struct session_chunk *c = malloc(sizeof *c);
	int fd = h && c ? leftovers_open(r, h) : -1;

	if (fd >= 0) {
		leftovers_procs(r, fd, h);
		for (uint32_t i = 0; i < h->chunks_ready &&
		    i < session_chunks_max(h) && !r->no_memory; i++)
			if (reader_pread(fd, c, sizeof *c, h->chunks_off +
			    (uint64_t)i * sizeof *c) == 1)
				leftovers_chunk(r, c);
		leftovers_nodes(r, fd, h);
		close(fd);
	}
	free(h);
	free(c);
	return fd >= 0;
}
