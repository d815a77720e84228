/*
 * poolleak_dump.c - a trace looked at as it is: --dump and --check.
 *
 * --dump prints one event a line, for scripts and tests:
 *
 *	TIME PID TID KIND KEY=VALUE...
 *
 * TIME in seconds with 9 digits.  --check reads everything and follows every
 * reference: stacks to their roots, processes and parents.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/poolleak.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/words.h"

static const char *const kind_names[TRACE_KINDS] = {
#define AS_NAME(name, tag, fields, what)	[TRACE_##name] = #name,
	TRACE_RECORDS(AS_NAME)
#undef AS_NAME
};

static void
dump_call(FILE *f, const struct trace_event *ev)
{
	const char *call = ev->call < TRACE_NCALLS ? trace_call_name(ev->call)
	    : "?";

	/* "operator new[]" in one word: scripts cut at blanks. */
	fputs(" call=", f);
	for (; *call != '\0'; call++)
		fputc(*call == ' ' ? '_' : *call, f);
	if (ev->by_realloc)
		fputs(" half=realloc", f);
}

static void
dump_block(FILE *f, const struct trace_event *ev)
{
	if (ev->kind != TRACE_CANCEL)
		dump_call(f, ev);
	fprintf(f, " addr=0x%" PRIx64, ev->addr);
	if (ev->kind == TRACE_ALLOC || ev->kind == TRACE_RESIZE)
		fprintf(f, " size=%" PRIu64, ev->size);
	if (ev->kind == TRACE_ALLOC && ev->align != 0)
		fprintf(f, " align=%" PRIu64, ev->align);
	if (ev->stack != 0)
		fprintf(f, " stack=%u", ev->stack);
}

static void
dump_module(FILE *f, const struct trace_module *m)
{
	if (m == NULL)
		return;
	fprintf(f, " start=0x%" PRIx64 " end=0x%" PRIx64 " bias=0x%" PRIx64,
	    m->start, m->end, m->bias);
	if (m->build_id_size > 0)
		fputs(" build_id=", f);
	for (size_t i = 0; i < m->build_id_size; i++)
		fprintf(f, "%02x", m->build_id[i]);
	fputs(" path=", f);
	escape_print(f, m->path ? m->path : "");
}

static void
dump_process(FILE *f, struct trace_reader *reader, uint32_t proc)
{
	const struct trace_process *p = trace_process(reader, proc);

	if (p == NULL)
		return;
	fprintf(f, " ppid=%u judged=%d exe=", p->ppid, p->judged);
	escape_print(f, p->exe ? p->exe : "");
	if (p->argv == NULL)
		return;
	fputs(" argv=", f);
	for (const char *const *a = p->argv; *a != NULL; a++) {
		fputs(a == p->argv ? "" : " ", f);
		escape_print(f, *a);
	}
}

static void
dump_error(FILE *f, const struct trace_error *e)
{
	fprintf(f, " error=%s addr=0x%" PRIx64 " block=0x%" PRIx64 " size=%"
	    PRIu64 " stack=%u alloc_stack=%u free_stack=%u",
	    e->kind < TRACE_NERRORS ? trace_error_name(e->kind) : "?",
	    e->address, e->block, e->size, e->stack, e->alloc_stack,
	    e->free_stack);
}

static void
dump_text(FILE *f, const char *key, const char *text)
{
	fprintf(f, " %s=", key);
	escape_print(f, text ? text : "");
}

static void
dump_rest(FILE *f, struct trace_reader *reader, const struct trace_event *ev)
{
	switch (ev->kind) {
	case TRACE_PROCESS:
		dump_process(f, reader, ev->proc);
		break;
	case TRACE_THREAD:
		dump_text(f, "name", ev->text);
		break;
	case TRACE_NOTE:
		dump_text(f, "text", ev->text);
		break;
	case TRACE_MODULE:
	case TRACE_UNLOAD:
		dump_module(f, ev->module);
		break;
	case TRACE_EXIT:
		fprintf(f, " how=%u status=%d", ev->call, ev->status);
		break;
	case TRACE_ERROR:
		dump_error(f, ev->error);
		break;
	case TRACE_HEAP:
		fprintf(f, " footprint=%" PRIu64 " free=%" PRIu64 " largest=%"
		    PRIu64 " overhead=%" PRIu64, ev->footprint, ev->free,
		    ev->largest, ev->overhead);
		break;
	case TRACE_LOST:
		fprintf(f, " events=%" PRIu64, ev->lost);
		break;
	default:
		dump_block(f, ev);
	}
}

static void
dump_event(FILE *f, struct trace_reader *reader, const struct trace_event *ev,
    uint32_t pid)
{
	uint64_t per_second = trace_info(reader)->ticks_per_second;
	const char *kind = ev->kind < TRACE_KINDS ? kind_names[ev->kind] : NULL;

	fprintf(f, "%.9f %u %u %s", per_second ? (double)ev->time /
	    (double)per_second : 0, pid, ev->tid, kind ? kind : "?");
	dump_rest(f, reader, ev);
	fputc('\n', f);
}

int
leak_dump(struct trace_reader *reader, const char *path,
    const struct leak_options *o, FILE *f)
{
	struct trace_event ev;
	struct trace_status status;
	int r;

	while ((r = trace_next(reader, &ev, &status)) > 0) {
		const struct trace_process *p = trace_process(reader, ev.proc);
		uint32_t pid = p ? p->pid : 0;

		if (o->report.process != 0 && o->report.process != pid)
			continue;
		dump_event(f, reader, &ev, pid);
		if (ferror(f))
			break;
	}
	if (r < 0)
		leak_say("%s: %s", path, status.what);
	r = leak_tell_missing(reader, path) != LEAK_OK || r < 0;
	return r ? LEAK_INCOMPLETE : LEAK_OK;
}

/* What --check has seen; nodes already followed need no second look. */
struct check {
	struct trace_reader *reader;
	unsigned char *seen;	/* a bit per stack id */
	size_t nseen;		/* bytes */
	uint64_t events;
	uint64_t bad;
};

static bool
check_seen(struct check *c, uint32_t stack)
{
	size_t byte = stack / 8;
	unsigned char bit = (unsigned char)(1u << stack % 8);

	if (byte >= c->nseen) {
		size_t want = byte + 1 > 2 * c->nseen ? byte + 4096 :
		    2 * c->nseen;
		unsigned char *more = realloc(c->seen, want);

		if (more == NULL)
			return false;
		memset(more + c->nseen, 0, want - c->nseen);
		c->seen = more;
		c->nseen = want;
	}
	if (c->seen[byte] & bit)
		return true;
	c->seen[byte] |= bit;
	return false;
}

static void
check_stack(struct check *c, uint32_t stack)
{
	uint32_t parent;

	while (stack != 0 && !check_seen(c, stack)) {
		if (trace_node(c->reader, stack, &parent) == 0 ||
		    parent >= stack) {
			leak_say("event %" PRIu64 " names stack %u, which is "
			    "not in the trace", c->events, stack);
			c->bad++;
			return;
		}
		stack = parent;
	}
}

static void
check_event(struct check *c, const struct trace_event *ev)
{
	c->events++;
	if (trace_process(c->reader, ev->proc) == NULL) {
		leak_say("event %" PRIu64 " belongs to no process",
		    c->events);
		c->bad++;
	}
	check_stack(c, ev->stack);
	if (ev->kind != TRACE_ERROR || ev->error == NULL)
		return;
	check_stack(c, ev->error->stack);
	check_stack(c, ev->error->alloc_stack);
	check_stack(c, ev->error->free_stack);
}

int
leak_check(struct trace_reader *reader, const char *path, FILE *f)
{
	struct check c = { .reader = reader };
	struct trace_event ev;
	struct trace_status status;
	char events[WORDS_MAX], processes[WORDS_MAX], safe[512];
	int r;

	while ((r = trace_next(reader, &ev, &status)) > 0 && c.bad < 20)
		check_event(&c, &ev);
	free(c.seen);
	escape_text(safe, sizeof(safe), path, strlen(path));
	if (r < 0)
		leak_say("%s: %s", safe, status.what);
	r = leak_tell_missing(reader, path) != LEAK_OK || r < 0 || c.bad > 0;
	fprintf(f, "%s: %s; %s in %s\n", safe, r ? "incomplete or damaged" :
	    "whole", words_count(events, sizeof(events), c.events, "event",
	    "events"), words_count(processes, sizeof(processes),
	    trace_nprocesses(reader), "process", "processes"));
	return r ? LEAK_INCOMPLETE : LEAK_OK;
}
