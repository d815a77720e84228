/*
 * text.c - events to lines and, for the kinds that tests write, back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

#define KIND_NAME(name, tag, fields, what)	[tag] = #name,
static const char *const kind_names[] = { TRACE_RECORDS(KIND_NAME) };

struct text {
	char *buf;
	size_t size;
	size_t n;
};

const char *
trace_kind_name(unsigned kind)
{
	return kind < PW_ARRAY_LEN(kind_names) && kind_names[kind] ?
	    kind_names[kind] : "unknown";
}

static void PW_PRINTF(2, 3)
put(struct text *t, const char *fmt, ...)
{
	size_t room = t->n < t->size ? t->size - t->n : 0;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room ? t->buf + t->n : NULL, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->n += (size_t)n;
}

static void
put_number(struct text *t, const char *name, uint64_t v)
{
	put(t, " %s=%llu", name, (unsigned long long)v);
}

static void
put_address(struct text *t, const char *name, uint64_t v)
{
	put(t, " %s=0x%llx", name, (unsigned long long)v);
}

static void
put_escaped(struct text *t, const void *s, size_t n)
{
	const unsigned char *p = s;

	put(t, "\"");
	for (; n > 0; n--, p++)
		if (*p < ' ' || *p > '~' || *p == '"' || *p == '\\')
			put(t, "\\x%02x", *p);
		else
			put(t, "%c", *p);
	put(t, "\"");
}

static void
put_string(struct text *t, const char *name, const char *s)
{
	put(t, " %s=", name);
	put_escaped(t, s, strlen(s));
}

static void
put_hex(struct text *t, const char *name, const uint8_t *p, size_t n)
{
	put(t, " %s=", name);
	while (n-- > 0)
		put(t, "%02x", *p++);
}

static void
put_event(struct text *t, const struct trace_event *ev)
{
	if (ev->kind != TRACE_CANCEL)
		put_string(t, "call", trace_call_name(ev->call));
	if (ev->by_realloc)
		put_number(t, "by_realloc", 1);
	put_address(t, "addr", ev->addr);
	if (ev->kind == TRACE_ALLOC || ev->kind == TRACE_RESIZE)
		put_number(t, "size", ev->size);
	if (ev->align != 0)
		put_number(t, "align", ev->align);
	if (ev->kind != TRACE_CANCEL)
		put_number(t, "stack", ev->stack);
}

static void
put_map(struct text *t, const struct trace_event *ev)
{
	put_string(t, "call", trace_call_name(ev->call));
	put_address(t, "addr", ev->addr);
	put_number(t, "size", ev->size);
	if (ev->kind == TRACE_MAP) {
		put_address(t, "access", ev->access);
		put_address(t, "flags", ev->flags);
	}
	if (ev->failed != 0)
		put_number(t, "failed", ev->failed);
	put_number(t, "stack", ev->stack);
}

static void
put_process(struct text *t, const struct trace_process *p)
{
	put_number(t, "pid", p->pid);
	put_number(t, "ppid", p->ppid);
	if (p->parent != ~0u)
		put_number(t, "parent", p->parent);
	put_number(t, "judged", p->judged);
	put_string(t, "exe", p->exe);
	for (const char *const *arg = p->argv; *arg != NULL; arg++)
		put_string(t, "arg", *arg);
}

static void
put_module(struct text *t, const struct trace_event *ev)
{
	const struct trace_module *m = ev->module;

	put_address(t, "start", m->start);
	if (ev->kind == TRACE_UNLOAD)
		return;
	put_address(t, "end", m->end);
	put_address(t, "bias", m->bias);
	put_hex(t, "build_id", m->build_id, m->build_id_size);
	put_string(t, "path", m->path);
}

static void
put_error(struct text *t, const struct trace_error *e)
{
	put_string(t, "error", trace_error_name(e->kind));
#define PUT_u(name)	put_number(t, #name, e->name);
#define PUT_i(name)	put(t, " " #name "=%lld", (long long)e->name);
#define PUT_call(name) \
	if (e->name < TRACE_NCALLS) \
		put_string(t, #name, trace_call_name(e->name));
#define PUT_checked(name) \
	if (e->name != TRACE_NCALLS) \
		put_string(t, #name, trace_call_name(e->name));
#define PUT_count(name)	PUT_u(name)
#define PUT_bytes(name)	put_hex(t, #name, e->name, e->nbytes);
#define PUT(name, type, ctype)	PUT_##type(name)
	TRACE_ERROR_FIELDS(PUT)
#undef PUT
}

static void
put_fields(struct text *t, const struct trace_reader *r,
    const struct trace_event *ev)
{
	switch (ev->kind) {
	case TRACE_PROCESS:
		put_process(t, trace_process(r, ev->proc));
		break;
	case TRACE_THREAD:
	case TRACE_NOTE:
	case TRACE_MARK:
		put_string(t, "text", ev->text);
		break;
	case TRACE_SHED:
		put_number(t, "pid", ev->size);
		put_string(t, "exe", ev->text);
		break;
	case TRACE_PAUSE:
		put_number(t, "paused", (uint64_t)ev->status);
		break;
	case TRACE_MODULE:
	case TRACE_UNLOAD:
		put_module(t, ev);
		break;
	case TRACE_EXIT:
		put_number(t, "how", ev->call);
		put(t, " status=%d", ev->status);
		break;
	case TRACE_ERROR:
		put_error(t, ev->error);
		break;
	case TRACE_HEAP:
		put_number(t, "footprint", ev->footprint);
		put_number(t, "free", ev->free);
		put_number(t, "largest", ev->largest);
		put_number(t, "overhead", ev->overhead);
		break;
	case TRACE_LOST:
		put_number(t, "events", ev->lost);
		break;
	case TRACE_MAP:
	case TRACE_UNMAP:
		put_map(t, ev);
		break;
	case TRACE_SAMPLE:
		put_number(t, "interval", ev->size);
		break;
	case TRACE_UNUSED:
		put_number(t, "bytes", ev->size);
		put_number(t, "stack", ev->stack);
		break;
	case TRACE_UNSAMPLED:
		put_address(t, "addr", ev->addr);
		break;
	case TRACE_PAIRS:
		put_string(t, "call", trace_call_name(ev->call));
		put_number(t, "pairs", ev->pairs);
		put_number(t, "size", ev->size);
		put_number(t, "temporary", ev->temporary);
		put_number(t, "stack", ev->stack);
		break;
	default:
		put_event(t, ev);
	}
}

size_t
trace_text(const struct trace_reader *r, const struct trace_event *ev,
    char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };

	if (ev->kind == TRACE_KEYFRAME) {
		put(&t, "%llu 0/0 KEYFRAME state=%zu",
		    (unsigned long long)ev->time, ev->state_size);
		return t.n;
	}
	put(&t, "%llu %u/%u %s", (unsigned long long)ev->time, ev->proc,
	    ev->tid, trace_kind_name(ev->kind));
	put_fields(&t, r, ev);
	return t.n;
}

static int
parse_kind(const char *name, size_t n)
{
	for (unsigned i = 1; i < PW_ARRAY_LEN(kind_names); i++)
		if (strlen(kind_names[i]) == n &&
		    memcmp(kind_names[i], name, n) == 0)
			return (int)i;
	return -1;
}

/* [s, s + n) is a name in quotes. */
static int
parse_call(const char *s, size_t n)
{
	for (unsigned i = 0; i < TRACE_NCALLS; i++)
		if (n == strlen(trace_call_name(i)) + 2 &&
		    memcmp(s + 1, trace_call_name(i), n - 2) == 0)
			return (int)i;
	return -1;
}

static int
parse_field(struct trace_event *ev, const char *name, size_t n,
    const char *value, size_t nvalue)
{
	char *end;
	unsigned long long v;
	int call;

#define IS(word)	(n == sizeof word - 1 && memcmp(name, word, n) == 0)
	if (IS("call")) {
		call = parse_call(value, nvalue);
		ev->call = (uint8_t)call;
		return call < 0 ? -1 : 0;
	}
	v = strtoull(value, &end, 0);
	if (end != value + nvalue || nvalue == 0)
		return -1;
	if (IS("by_realloc"))
		ev->by_realloc = v != 0;
	else if (IS("addr"))
		ev->addr = v;
	else if (IS("size") || IS("interval"))
		ev->size = v;
	else if (IS("align"))
		ev->align = v;
	else if (IS("stack"))
		ev->stack = (uint32_t)v;
	else if (IS("footprint"))
		ev->footprint = v;
	else if (IS("free"))
		ev->free = v;
	else if (IS("largest"))
		ev->largest = v;
	else if (IS("overhead"))
		ev->overhead = v;
	else if (IS("events"))
		ev->lost = v;
	else if (IS("how"))
		ev->call = (uint8_t)v;
	else if (IS("access"))
		ev->access = (uint32_t)v;
	else if (IS("flags"))
		ev->flags = (uint32_t)v;
	else if (IS("failed"))
		ev->failed = (uint32_t)v;
	else if (IS("status"))
		ev->status = (int)v;
	else
		return -1;
	return 0;
#undef IS
}

/* The end of a value: the blank behind it, but not one inside quotes. */
static const char *
parse_value_end(const char *p)
{
	if (*p == '"')
		for (p++; *p != '\0' && *p != '"'; p++)
			;
	while (*p != '\0' && *p != ' ' && *p != '\n')
		p++;
	return p;
}

int
trace_text_parse(const char *line, struct trace_event *ev)
{
	unsigned long long time;
	int kind, n = 0;
	size_t len;

	memset(ev, 0, sizeof *ev);
	if (sscanf(line, "%llu %u/%u %n", &time, &ev->proc, &ev->tid, &n) != 3
	    || n == 0)
		return -1;
	line += n;
	len = strcspn(line, " \n");
	kind = parse_kind(line, len);
	if (kind < 0 || (kind > TRACE_CANCEL && kind != TRACE_HEAP &&
	    kind != TRACE_LOST && kind != TRACE_EXIT && kind < TRACE_MAP))
		return -1;
	ev->kind = (enum trace_kind)kind;
	ev->time = time;
	for (line += len; *line == ' ';) {
		const char *name = line + 1;
		const char *eq = strchr(name, '=');

		if (eq == NULL)
			return -1;
		line = parse_value_end(eq + 1);
		if (parse_field(ev, name, (size_t)(eq - name), eq + 1,
		    (size_t)(line - eq - 1)) != 0)
			return -1;
	}
	return *line == '\0' || *line == '\n' ? 0 : -1;
}
