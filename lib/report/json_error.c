/*
 * json_error.c - one finding, its stacks and the values in it, as JSON.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_impl.h"
#include "report/written.h"

/* The length of the UTF-8 character at p, 0: it is none (RFC 3629). */
static size_t
utf8_length(const unsigned char *p)
{
	size_t n = *p < 0x80 ? 1 : *p >= 0xc2 && *p < 0xe0 ? 2 :
	    *p >= 0xe0 && *p < 0xf0 ? 3 : *p >= 0xf0 && *p < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

struct json_object *
json_text(const char *text)
{
	char *safe = malloc(4 * strlen(text) + 1), *out = safe;
	struct json_object *o;

	if (safe == NULL)
		return json_object_new_string("");
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		size_t n = utf8_length(p);

		if (n == 0) {
			out += sprintf(out, "\\x%02x", *p++);
			continue;
		}
		memcpy(out, p, n);
		out += n;
		p += n;
	}
	o = json_object_new_string_len(safe, (int)(out - safe));
	free(safe);
	return o;
}

void
json_word(struct json_object *o, const char *key, const char *word)
{
	if (word != NULL && *word != '\0')
		json_object_object_add(o, key, json_text(word));
}

void
json_count(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

void
json_seconds(struct json_object *o, const char *key, double seconds)
{
	char text[40];

	snprintf(text, sizeof text, "%.9f", seconds);
	json_object_object_add(o, key, json_object_new_double_s(seconds,
	    text));
}

void
json_address(struct json_object *o, const char *key, uint64_t addr)
{
	char text[24];

	snprintf(text, sizeof text, "0x%llx", (unsigned long long)addr);
	json_object_object_add(o, key, json_object_new_string(text));
}

static struct json_object *
json_frame(const struct symbol_frame *f)
{
	struct json_object *o = json_object_new_object();

	json_address(o, "ip", f->ip);
	json_word(o, "function", f->function);
	json_word(o, "symbol", f->symbol);
	json_word(o, "file", f->file);
	if (f->line != 0)
		json_count(o, "line", f->line);
	json_word(o, "module", f->module);
	if (f->module != NULL)
		json_address(o, "module_offset", f->module_offset);
	json_word(o, "build_id", f->build_id);
	if (f->inlined)
		json_object_object_add(o, "inlined",
		    json_object_new_boolean(1));
	return o;
}

/* Frames that are not known stand as one element that says so. */
static struct json_object *
json_mark(const char *mark)
{
	struct json_object *o = json_object_new_object();

	json_word(o, "mark", mark);
	return o;
}

void
json_stack(struct json_object *o, const char *key,
    const struct names_stack *s)
{
	struct json_object *frames;

	if (s->n == 0)
		return;
	frames = json_object_new_array();
	for (size_t i = 0; i < s->n; i++)
		json_object_array_add(frames, s->frames[i].mark ?
		    json_mark(s->frames[i].mark) :
		    json_frame(&s->frames[i].frame));
	json_object_object_add(o, key, frames);
}

static void
error_stack(struct json_object *o, const char *key, struct report *r,
    const struct heap_error *e, uint32_t stack, uint64_t time)
{
	struct names_stack s;

	report_error_stack(r, e, stack, time, &s);
	json_stack(o, key, &s);
	names_free(&s);
}

static void
error_block(struct json_object *o, const struct trace_error *te)
{
	struct json_object *block;

	if (te->block == 0)
		return;
	block = json_object_new_object();
	json_address(block, "address", te->block);
	json_count(block, "size", te->size);
	json_object_object_add(o, "block", block);
}

static void
error_bytes(struct json_object *o, const struct trace_error *te)
{
	char hex[2 * TRACE_ERROR_BYTES + 1];
	uint32_t first, n;

	if (te->length == 0)
		return;
	json_object_object_add(o, "offset", json_object_new_int64(te->offset));
	json_count(o, "length", te->length);
	report_bad_bytes(te, &first, &n);
	if (n == 0)
		return;
	for (uint32_t i = 0; i < n; i++)
		sprintf(hex + 2 * i, "%02x", te->bytes[first + i]);
	json_word(o, "bytes", hex);
}

static void
error_window(struct json_object *o, struct report *r,
    const struct heap_error *e)
{
	uint64_t from = e->error.window_from;
	struct json_object *window;

	/* A block was whole when it was given. */
	if (from == 0 && e->error.length > 0 &&
	    e->error.access == TRACE_ACCESS_WRITE)
		from = e->error.alloc_time;
	if (from == 0)
		return;
	window = json_object_new_object();
	json_seconds(window, "from", report_seconds(r, from));
	json_seconds(window, "to", report_seconds(r, e->time));
	json_object_object_add(o, "window", window);
}

static void
error_call(struct json_object *o, struct report *r,
    const struct report_error *e)
{
	const struct trace_error *te = &e->found->error;

	json_word(o, "access", report_access_word(te->access));
	json_word(o, "found", report_found_word(te->found));
	error_window(o, r, e->found);
	json_word(o, "call", report_call_word(te->call));
	error_block(o, te);
	if (te->length == 0 && te->block != 0 &&
	    (te->kind == TRACE_ERROR_INVALID_FREE ||
	    (te->kind == TRACE_ERROR_MISMATCHED_FREE && te->offset != 0) ||
	    (te->found == TRACE_FOUND_AT_FAULT &&
	    te->fault_address == te->address)))
		json_object_object_add(o, "offset",
		    json_object_new_int64(te->offset));
	error_bytes(o, te);
	json_word(o, "allocated_by", report_call_word(e->allocated_by));
	json_word(o, "freed_by", report_call_word(e->freed_by));
	if (te->kind == TRACE_ERROR_BAD_SIZE || (te->requested != 0 &&
	    te->kind != TRACE_ERROR_CRASH))
		json_count(o, "requested", te->requested);
	if (te->kind == TRACE_ERROR_CRASH || te->signal != 0) {
		json_count(o, "signal", te->signal);
		json_address(o, "fault_address", te->fault_address);
	}
}

/* What was written, decoded, and who was at work when. */
static void
error_written(struct json_object *o, struct report *r,
    const struct report_error *e)
{
	struct json_object *all = json_object_new_array(), *one;
	struct written w;

	report_written(r, e, &w);
	for (unsigned i = 0; i < w.n; i++) {
		const struct written_item *item = &w.items[i];

		one = json_object_new_object();
		json_word(one, "what", item->what);
		json_word(one, "text", item->text);
		if (item->has_value)
			json_address(one, "value", item->value);
		if (item->needed != 0)
			json_count(one, "needed", item->needed);
		if (item->block != 0)
			json_address(one, "block", item->block);
		json_object_array_add(all, one);
	}
	if (w.n > 0)
		json_object_object_add(o, "written", all);
	else
		json_object_put(all);
}

static void
error_active(struct json_object *o, struct report *r,
    const struct report_error *e)
{
	const struct context *c = report_context(r, e);
	struct json_object *all, *one;

	if (c == NULL || c->nsites == 0)
		return;
	all = json_object_new_array();
	for (unsigned i = 0; i < c->nsites; i++) {
		one = json_object_new_object();
		json_word(one, "call", report_call_word(c->sites[i].call));
		json_count(one, "size", c->sites[i].size);
		json_count(one, "times", c->sites[i].times);
		json_seconds(one, "last", report_seconds(r, c->sites[i].last));
		error_stack(one, "stack", r, e->found, c->sites[i].stack,
		    c->sites[i].last);
		json_object_array_add(all, one);
	}
	json_object_object_add(o, "active", all);
}

struct json_object *
json_error(struct report *r, const struct report_error *e)
{
	const struct trace_error *te = &e->found->error;
	const struct trace_process *p = trace_process(r->reader,
	    e->found->proc);
	struct json_object *o = json_object_new_object();
	char head[256];

	report_headline(e, head, sizeof head);
	json_word(o, "id", e->id);
	json_word(o, "kind", te->kind < TRACE_NERRORS ?
	    trace_error_name(te->kind) : NULL);
	json_word(o, "message", head);
	if (p != NULL)
		json_count(o, "pid", p->pid);
	json_count(o, "tid", e->found->tid);
	json_seconds(o, "time", report_seconds(r, e->found->time));
	json_count(o, "count", e->found->count);
	if (te->kind != TRACE_ERROR_BAD_SIZE && te->kind != TRACE_ERROR_CRASH)
		json_address(o, "address", te->address);
	error_call(o, r, e);
	error_written(o, r, e);
	error_active(o, r, e);
	error_stack(o, "stack", r, e->found, te->stack, 0);
	error_stack(o, "alloc_stack", r, e->found, te->alloc_stack,
	    te->alloc_time);
	error_stack(o, "free_stack", r, e->found, te->free_stack,
	    te->free_time);
	return o;
}
