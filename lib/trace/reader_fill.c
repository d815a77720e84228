/*
 * reader_fill.c - records other than events, for the caller and the tables.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <string.h>

#include "trace/reader_impl.h"

static void
fill_text(struct trace_reader *r, const struct reader_string *s)
{
	size_t n = s->size < sizeof r->text - 1 ? s->size : sizeof r->text - 1;

	memcpy(r->text, s->p, n);
	r->text[n] = '\0';
}

/* The kinds that are not events.  false: there is nothing to deliver. */
static bool
fill_meta(struct trace_reader *r, struct trace_event *ev,
    const struct record *rec, struct proc *p)
{
	switch (rec->kind) {
	case TRACE_PROCESS:
		reader_proc_told(r, p, rec);
		return true;
	case TRACE_THREAD:
		ev->tid = (uint32_t)rec->num[0];
		fill_text(r, &rec->str[0]);
		ev->text = r->text;
		return true;
	case TRACE_MODULE:
		ev->module = reader_module(r, p, rec, ev->time);
		return ev->module != NULL;
	case TRACE_UNLOAD:
		ev->module = reader_unload(r, p, rec->num[0], ev->time);
		return ev->module != NULL;
	case TRACE_EXIT:
		ev->call = (uint8_t)rec->num[0];
		ev->status = (int)zigzag_back(rec->num[1]);
		reader_proc_exit(p, rec, ev->time);
		return true;
	case TRACE_ERROR:
		reader_decode_error(&r->error, rec->body,
		    rec->body + CODING_ERROR_MAX);
		if (r->error.signal != 0)
			reader_proc_crash(p, r->error.signal);
		ev->error = &r->error;
		ev->stack = r->error.stack;
		return true;
	case TRACE_SHED:
		if (!reader_shed(r, rec, ev->time, ev->tid))
			return false;
		ev->size = rec->num[0];
		fill_text(r, &rec->str[0]);
		ev->text = r->text;
		return true;
	case TRACE_HEAP:
		ev->footprint = rec->num[0];
		ev->free = rec->num[1];
		ev->largest = rec->num[2];
		ev->overhead = rec->num[3];
		return true;
	case TRACE_LOST:
		ev->lost = rec->num[0];
		return true;
	case TRACE_NOTE:
	case TRACE_MARK:
		fill_text(r, &rec->str[0]);
		ev->text = r->text;
		return true;
	case TRACE_PAUSE:
		ev->status = rec->num[0] != 0;
		return true;
	case TRACE_SAMPLE:
		ev->size = r->info.sample = rec->num[0];
		return true;
	case TRACE_UNUSED:
		ev->stack = rec->stack;
		ev->size = rec->num[0];
		return !(r->flags & TRACE_META_ONLY);
	case TRACE_UNSAMPLED:
		ev->addr = rec->addr;
		return !(r->flags & TRACE_META_ONLY);
	}
	return false;
}

/* MAP or UNMAP.  false: a call that is none of ours. */
static bool
fill_map(struct trace_reader *r, struct trace_event *ev,
    const struct record *rec, struct proc *p)
{
	bool map = rec->kind == TRACE_MAP;

	if (r->flags & TRACE_META_ONLY || rec->num[0] >= TRACE_NCALLS)
		return false;
	p->pub.recorded = true;
	ev->call = (uint8_t)rec->num[0];
	ev->addr = rec->addr;
	ev->size = rec->num[1];
	ev->access = map ? (uint32_t)rec->num[2] : 0;
	ev->flags = map ? (uint32_t)rec->num[3] : 0;
	ev->failed = (uint32_t)rec->num[map ? 4 : 2];
	ev->stack = rec->stack;
	return true;
}

static bool
fill_pairs(struct trace_reader *r, struct trace_event *ev,
    const struct record *rec, struct proc *p)
{
	if (r->flags & TRACE_META_ONLY || rec->num[0] >= TRACE_NCALLS ||
	    rec->num[1] == 0)
		return false;
	p->pub.recorded = true;
	ev->call = (uint8_t)rec->num[0];
	ev->stack = rec->stack;
	ev->pairs = rec->num[1];
	ev->size = rec->num[2];
	ev->temporary = rec->num[3];
	r->info.pairs += ev->pairs;
	return true;
}

bool
reader_fill_other(struct trace_reader *r, struct trace_event *ev,
    const struct record *rec, struct proc *p)
{
	switch (rec->kind) {
	case TRACE_MAP:
	case TRACE_UNMAP:
		return fill_map(r, ev, rec, p);
	case TRACE_PAIRS:
		return fill_pairs(r, ev, rec, p);
	}
	return fill_meta(r, ev, rec, p);
}
