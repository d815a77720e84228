/*
 * reader_seek.c - reading that begins in the middle, at a keyframe.
 *
 * What the tables need is in the blocks before it that are no EVENTS: stacks,
 * names of processes and objects.  These are read first, their records applied
 * to the tables and not delivered.  Then the chunks are set as the keyframe
 * says, the heap's part is delivered, and reading goes on where it says.
 *
 * A trace whose beginning is gone (FORMAT_BEGIN) is read in the same way; there
 * the other blocks have been read when the keyframe is met.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"
#include "trace/reader_impl.h"

#define KEYFRAME_MAX	((size_t)1 << 30)	/* bytes */

struct reader_plan {
	struct reader_index index;	/* read entries [at, n) first */
	size_t at;
	struct format_keyframe head;
	struct bytes key;		/* head and all */
};

void
reader_plan_free(struct trace_reader *r)
{
	if (r->plan == NULL)
		return;
	free(r->plan->index.entry);
	bytes_free(&r->plan->key);
	free(r->plan);
	r->plan = NULL;
}

bool
reader_keyframe_head(struct trace_reader *r, uint64_t pos,
    struct format_keyframe *head)
{
	struct format_block b;
	struct buffer *buf = reader_body_at(r, pos, &b);
	bool ok = buf != NULL && b.raw >= sizeof *head;

	if (ok)
		memcpy(head, buf->data, sizeof *head);
	if (buf != NULL)
		reader_buffer_give(r, buf);
	return ok;
}

/* All parts of the keyframe at pos into key; the offset behind it, or 0. */
static uint64_t
keyframe_read(struct trace_reader *r, uint64_t pos, struct reader_plan *plan)
{
	struct format_block b = { .flags = 0 };

	for (uint32_t i = 0;; i++) {
		struct buffer *buf = reader_body_at(r, pos, &b);

		if (buf == NULL)
			return 0;
		if (b.type == FORMAT_KEYFRAME && b.count == i)
			bytes_put(&plan->key, buf->data, b.raw);
		else
			plan->key.failed = true;
		reader_buffer_give(r, buf);
		if (plan->key.failed || plan->key.size > KEYFRAME_MAX)
			return 0;
		pos += sizeof b + b.stored;
		if (i + 1 >= b.parts)
			break;
	}
	if (plan->key.size < sizeof plan->head)
		return 0;
	memcpy(&plan->head, plan->key.data, sizeof plan->head);
	if (b.flags & FORMAT_BEGIN)
		plan->head.pos = pos;
	return plan->head.reader_size <= plan->key.size - sizeof plan->head ?
	    pos : 0;
}

/* Entries that the tables need: those in front of where reading goes on. */
static void
plan_tables(struct reader_plan *plan)
{
	struct reader_index *x = &plan->index;
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++)
		if (x->entry[i].offset < plan->head.pos &&
		    (x->entry[i].type == FORMAT_NODES ||
		    x->entry[i].type == FORMAT_META ||
		    x->entry[i].type == FORMAT_PROCS))
			x->entry[n++] = x->entry[i];
	x->n = n;
}

bool
trace_seek(struct trace_reader *r, uint64_t time)
{
	struct reader_plan *plan;
	size_t i;

	if (r->direct != NULL || r->pos != r->head.header_size)
		return false;
	plan = r->plan = calloc(1, sizeof *plan);
	if (plan == NULL || !reader_index(r, &plan->index)) {
		free(plan);
		r->plan = NULL;
		return false;
	}
	for (i = plan->index.n; i-- > 0;) {
		const struct reader_entry *e = &plan->index.entry[i];

		if (e->type != FORMAT_KEYFRAME || e->time == 0 ||
		    e->time > time)
			continue;
		plan->key.size = 0;
		plan->key.failed = false;
		if (keyframe_read(r, e->offset, plan) != 0)
			break;
	}
	if (i == (size_t)-1) {
		reader_plan_free(r);
		return false;
	}
	plan_tables(plan);
	return true;
}

int
reader_keyframe_begin(struct trace_reader *r)
{
	struct reader_plan *plan = calloc(1, sizeof *plan);
	uint64_t behind;

	if (plan == NULL) {
		r->no_memory = true;
		return -1;
	}
	behind = keyframe_read(r, r->pos, plan);
	if (behind == 0) {
		bytes_free(&plan->key);
		free(plan);
		return 0;
	}
	r->plan = plan;
	return 1;
}

/* The tables are full, nothing is queued: set the chunks, tell the heap. */
static void
plan_end(struct trace_reader *r)
{
	struct reader_plan *plan = r->plan;
	const unsigned char *p = plan->key.data + sizeof plan->head;

	reader_sources_drop(r);
	if (reader_key_load(r, &plan->head, p) != 0)
		reader_missing(r, r->pos, "a keyframe is damaged");
	r->state = p + plan->head.reader_size;
	r->state_size = plan->key.size - sizeof plan->head -
	    (size_t)plan->head.reader_size;
	free(r->state_bytes);
	r->state_bytes = plan->key.data;
	plan->key.data = NULL;
	r->pos = plan->head.pos;
	r->round = plan->head.round;
	r->scan = r->horizon = r->time = 0;
	r->scanned = 0;
	r->skip = plan->head.time;
	r->skip_round = plan->head.round + 1;
	reader_plan_free(r);
}

int
reader_plan_block(struct trace_reader *r)
{
	struct reader_plan *plan = r->plan;
	int n;

	if (plan->at < plan->index.n) {
		r->pos = plan->index.entry[plan->at++].offset;
		n = reader_block_here(r);
		return n < 0 ? -1 : 1;
	}
	r->horizon = ~0ull;
	if (r->nheap == 0)
		plan_end(r);
	return 1;
}

void
reader_keyframe_event(struct trace_reader *r, struct trace_event *ev)
{
	*ev = (struct trace_event){
		.kind = TRACE_KEYFRAME,
		.time = r->skip ? r->skip - 1 : 0,
		.state = r->state,
		.state_size = r->state_size,
	};
	r->state = NULL;
}

int
trace_skip_rest(struct trace_reader *r, struct trace_status *st)
{
	struct format_block b;
	uint64_t pos;

	if (r->finished || r->direct != NULL)
		return 0;
	reader_plan_free(r);
	reader_sources_drop(r);
	if (!reader_closing(r, &b, &pos)) {
		reader_missing(r, r->pos, "the recording was not closed");
		r->counts.damaged--;
		r->finished = true;
		return 0;
	}
	r->pos = pos;
	r->lost_way = false;
	if (reader_block_here(r) < 0) {
		*st = (struct trace_status){ .result = TRACE_SYSTEM,
			.error = errno, .offset = pos };
		snprintf(st->what, sizeof st->what, "%s", strerror(errno));
		return -1;
	}
	r->finished = true;
	reader_tell_lost(r);
	return 0;
}

uint64_t
trace_duration(struct trace_reader *r)
{
	struct format_block b, copy;
	struct format_proc p;
	struct buffer *buf;
	uint64_t pos, end = 0;

	if (!reader_closing(r, &b, &pos))
		return 0;
	copy = b;
	buf = reader_body_at(r, pos, &copy);
	if (buf == NULL)
		return 0;
	for (size_t at = sizeof(struct format_totals);
	    at + sizeof p <= copy.raw; at += sizeof p) {
		memcpy(&p, buf->data + at, sizeof p);
		if (p.end > end)
			end = p.end;
	}
	reader_buffer_give(r, buf);
	return end ? end : b.scan;
}
