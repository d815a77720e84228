/*
 * json.c - a report for programs: version 1 of poolleak(1)'s JSON.
 *
 * Each element of an array is made, printed and dropped by itself, so that a
 * report of a million sites needs the memory of one.  A key whose value is not
 * known is left out.  Strings come from traces: bytes that are not UTF-8 are
 * printed as \xNN in text, control bytes as JSON escapes them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "report/json_impl.h"
#include "trace/session.h"

/* Where we are in the text: which comma is due. */
struct json_out {
	FILE *f;
	bool member;	/* a member was printed */
	bool element;	/* an element of the open array was printed */
};

static void
out_key(struct json_out *o, const char *key)
{
	fprintf(o->f, "%s\n  \"%s\": ", o->member ? "," : "", key);
	o->member = true;
	o->element = false;
}

static void
out_value(struct json_out *o, struct json_object *v)
{
	/* No blanks: deep stacks make a report long enough. */
	fputs(v ? json_object_to_json_string_ext(v,
	    JSON_C_TO_STRING_NOSLASHESCAPE) : "{}", o->f);
	json_object_put(v);
}

static void
out_member(struct json_out *o, const char *key, struct json_object *v)
{
	out_key(o, key);
	out_value(o, v);
}

static void
out_begin(struct json_out *o, const char *key)
{
	out_key(o, key);
	fputc('[', o->f);
}

static void
out_element(struct json_out *o, struct json_object *v)
{
	fputs(o->element ? ",\n    " : "\n    ", o->f);
	o->element = true;
	out_value(o, v);
}

static void
out_end(struct json_out *o)
{
	fputs(o->element ? "\n  ]" : "]", o->f);
}

static struct json_object *
json_source(struct report *r)
{
	const struct trace_info *info = trace_info(r->reader);
	struct json_object *o = json_object_new_object(), *missing;

	json_word(o, "kind", "trace");
	json_word(o, "name", r->options.source);
	json_object_object_add(o, "complete",
	    json_object_new_boolean(info->complete));
	/* Of what is not there nobody can say that nothing was lost. */
	if (info->lost_known && (info->complete || info->lost > 0))
		json_count(o, "lost_events", info->lost);
	if (r->options.at != 0)
		json_seconds(o, "at", report_seconds(r, r->options.at - 1));
	if (info->begins != 0)
		json_seconds(o, "begins", report_seconds(r, info->begins));
	if (info->pairs != 0)
		json_count(o, "left_out", info->pairs);
	if (heap_pauses(r->heap)->count != 0)
		json_count(o, "pauses", heap_pauses(r->heap)->count);
	if (info->nmissing == 0)
		return o;
	missing = json_object_new_array();
	for (unsigned i = 0; i < info->nmissing; i++)
		json_object_array_add(missing, json_text(info->missing[i]));
	json_object_object_add(o, "missing", missing);
	return o;
}

static void
json_processes(struct json_out *out, struct report *r)
{
	unsigned n = trace_nprocesses(r->reader);

	out_begin(out, "processes");
	for (unsigned i = 0; i < n; i++) {
		const struct trace_process *p = trace_process(r->reader, i);

		if (p != NULL && report_chosen(r, i))
			out_element(out, json_process(r, p));
	}
	for (unsigned i = 0; i < trace_nsheds(r->reader); i++)
		if (r->options.process == 0 || r->options.process ==
		    trace_shed(r->reader, i)->pid)
			out_element(out, json_shed(r, trace_shed(r->reader,
			    i)));
	out_end(out);
}

static struct json_object *
json_bytes_blocks(uint64_t bytes, uint64_t blocks)
{
	struct json_object *o = json_object_new_object();

	json_count(o, "bytes", bytes);
	json_count(o, "blocks", blocks);
	return o;
}

static struct json_object *
json_mapped(struct report *r)
{
	const struct heap_mapped *m = &r->mapped;
	struct json_object *o = json_object_new_object();
	struct json_object *peak = json_object_new_object();

	json_count(o, "count", m->live);
	json_count(o, "bytes", m->live_bytes);
	json_seconds(peak, "time", report_seconds(r, m->peak_time));
	json_count(peak, "count", m->peak_live);
	json_count(peak, "bytes", m->peak_bytes);
	json_object_object_add(o, "peak", peak);
	json_count(o, "maps", m->maps);
	json_count(o, "unmaps", m->unmaps);
	json_count(o, "remaps", m->remaps);
	json_count(o, "bytes_mapped", m->bytes_mapped);
	return o;
}

static struct json_object *
json_summary(struct report *r)
{
	const struct heap_totals *n = &r->totals;
	struct json_object *o = json_object_new_object();
	struct json_object *peak = json_object_new_object();
	struct json_object *leaked = json_object_new_object();

	json_count(o, "allocations", n->allocations);
	json_count(o, "frees", n->frees);
	json_count(o, "reallocations", n->reallocations);
	json_count(o, "bytes_allocated", n->bytes_allocated);
	if (trace_info(r->reader)->sample == 0)
		json_count(o, "temporary", n->temporary);
	json_seconds(peak, "time", report_seconds(r, n->peak_time));
	json_count(peak, "bytes", n->peak_bytes);
	json_count(peak, "blocks", n->peak_blocks);
	json_object_object_add(o, "peak", peak);
	json_object_object_add(o, "live", json_bytes_blocks(n->live_bytes,
	    n->live_blocks));
	json_count(o, "errors", r->nerrors);
	json_object_object_add(leaked, "unjudged",
	    json_bytes_blocks(report_left_bytes(r), report_left_blocks(r)));
	if (suppress_count(r->options.suppressions) > 0) {
		json_count(o, "suppressed_errors", r->suppressed.errors);
		json_object_object_add(leaked, "suppressed",
		    json_bytes_blocks(r->suppressed.bytes,
		    r->suppressed.blocks));
	}
	json_object_object_add(o, "leaked", leaked);
	if (trace_info(r->reader)->mappings)
		json_object_object_add(o, "mappings", json_mapped(r));
	return o;
}

static void
json_errors(struct json_out *out, struct report *r)
{
	out_begin(out, "errors");
	for (size_t i = 0; i < r->nerrors; i++)
		out_element(out, json_error(r, &r->errors[i]));
	out_end(out);
}

static struct json_object *
json_leak(struct report *r, const struct heap_site *site,
    const struct unjudged *u, const char *unit)
{
	const struct trace_process *p = trace_process(r->reader, site->proc);
	struct json_object *o = json_object_new_object();
	struct names_stack s;
	char id[17];

	names_resolve(r->names, site->proc, site->stack, u->last, &s);
	names_id(strcmp(unit, "blocks") == 0 ? "leak" : "mapping", &s, id);
	json_word(o, "id", id);
	json_word(o, "kind", "unjudged");
	if (p != NULL)
		json_count(o, "pid", p->pid);
	json_count(o, "bytes", u->bytes);
	json_count(o, unit, u->blocks);
	json_address(o, "address", u->address);
	json_word(o, "call", report_call_word(site->call));
	json_seconds(o, "first", report_seconds(r, u->first));
	json_seconds(o, "last", report_seconds(r, u->last));
	json_stack(o, "stack", &s);
	names_free(&s);
	return o;
}

static size_t
json_limit(size_t top, size_t n)
{
	return top != 0 && top < n ? top : n;
}

static size_t
json_nsites(const struct report *r)
{
	return json_limit(r->options.top_sites ? r->options.top_sites :
	    r->options.top, r->nsites);
}

static void
json_leaks(struct json_out *out, struct report *r)
{
	size_t n = json_limit(r->options.top, r->nleaks);

	out_begin(out, "leaks");
	for (size_t i = r->nleaks - n; i < r->nleaks; i++)
		out_element(out, json_leak(r, heap_site(r->heap,
		    r->leaks[i].site), &r->leaks[i], "blocks"));
	out_end(out);
}

/* Not among the leaks, whose sum is that of the live blocks. */
static void
json_mappings(struct json_out *out, struct report *r)
{
	size_t n = json_limit(r->options.top, r->nmappings);

	if (!trace_info(r->reader)->mappings)
		return;
	out_begin(out, "mappings");
	for (size_t i = r->nmappings - n; i < r->nmappings; i++)
		out_element(out, json_leak(r, heap_mapping_site(r->heap,
		    r->mappings[i].site), &r->mappings[i], "count"));
	out_end(out);
}

static struct json_object *
json_site(struct report *r, const struct heap_site *site)
{
	const struct trace_process *p = trace_process(r->reader, site->proc);
	struct json_object *o = json_object_new_object();
	struct names_stack s;

	if (p != NULL)
		json_count(o, "pid", p->pid);
	json_word(o, "call", report_call_word(site->call));
	json_count(o, "allocations", site->allocations);
	json_count(o, "reallocations", site->reallocations);
	json_count(o, "bytes_allocated", site->bytes_allocated);
	json_count(o, "live_bytes", site->live_bytes);
	json_count(o, "live_blocks", site->live_blocks);
	json_count(o, "peak_bytes", site->peak_bytes);
	if (trace_info(r->reader)->sample == 0)
		json_count(o, "temporary", site->temporary);
	if (site->never_written != 0)
		json_count(o, "never_written", site->never_written);
	json_seconds(o, "first", report_seconds(r, site->first));
	json_seconds(o, "last", report_seconds(r, site->last));
	names_resolve(r->names, site->proc, site->stack, site->last, &s);
	json_stack(o, "stack", &s);
	names_free(&s);
	return o;
}

static void
json_sites(struct json_out *out, struct report *r)
{
	size_t n = json_nsites(r);

	out_begin(out, "sites");
	for (size_t i = 0; i < n; i++)
		out_element(out, json_site(r, heap_site(r->heap,
		    r->sites[i])));
	out_end(out);
}

/* Whoever adds up an array must know that it was cut. */
static void
json_left_out(struct json_out *out, struct report *r)
{
	size_t leaks = r->nleaks - json_limit(r->options.top, r->nleaks);
	size_t sites = r->nsites - json_nsites(r);
	size_t mappings = r->nmappings -
	    json_limit(r->options.top, r->nmappings);
	struct json_object *o;

	if (leaks == 0 && sites == 0 && mappings == 0)
		return;
	o = json_object_new_object();
	if (mappings > 0)
		json_count(o, "mappings", mappings);
	if (leaks > 0)
		json_count(o, "leaks", leaks);
	if (sites > 0)
		json_count(o, "sites", sites);
	out_member(out, "left_out", o);
}

static void
json_figures(struct json_object *o, const struct report *r,
    const struct frag_figures *f)
{
	json_seconds(o, "time", report_seconds(r, f->time));
	json_count(o, "footprint", f->footprint);
	json_count(o, "live", f->live);
	json_count(o, "overhead", f->overhead);
	json_count(o, "free", f->free);
	json_count(o, "largest_free", f->largest);
	if (f->ratio > 0)
		json_seconds(o, "ratio", f->ratio);
}

/* Sums over the processes as they ended, then each of them with its peak. */
static struct json_object *
json_frag(struct report *r)
{
	struct json_object *o = json_object_new_object();
	struct json_object *all = json_object_new_array();
	struct frag_figures sum = frag_sum(r->frag, r->nfrag);

	json_word(o, "layout", trace_info(r->reader)->mode ==
	    SESSION_PROFILE ? "program" : "poolwatch");
	json_figures(o, r, &sum);
	for (size_t i = 0; i < r->nfrag; i++) {
		const struct trace_process *p = trace_process(r->reader,
		    r->frag[i].proc);
		struct json_object *row = json_object_new_object();
		struct json_object *peak = json_object_new_object();

		if (p != NULL)
			json_count(row, "pid", p->pid);
		json_figures(row, r, &r->frag[i].now);
		json_figures(peak, r, &r->frag[i].peak);
		json_object_object_add(row, "peak", peak);
		json_object_array_add(all, row);
	}
	json_object_object_add(o, "processes", all);
	return o;
}

static void
json_notes(struct json_out *out, struct report *r)
{
	size_t n = heap_nnotes(r->heap);

	if (n == 0)
		return;
	out_begin(out, "notes");
	for (size_t i = 0; i < n; i++) {
		uint32_t proc = 0;
		const char *text = heap_note(r->heap, i, &proc);
		const struct trace_process *p = trace_process(r->reader, proc);
		struct json_object *o = json_object_new_object();

		if (p != NULL)
			json_count(o, "pid", p->pid);
		json_word(o, "text", text);
		out_element(out, o);
	}
	out_end(out);
}

/* What each rule did; one that did nothing may be out of date. */
static void
json_suppressions(struct json_out *out, struct report *r)
{
	const struct suppressions *rules = r->options.suppressions;

	if (suppress_count(rules) == 0 || r->suppressed_by == NULL)
		return;
	out_begin(out, "suppressions");
	for (size_t i = 0; i < suppress_count(rules); i++) {
		const struct suppress_rule *rule = suppress_rule(rules, i);
		const struct report_suppressed *s = &r->suppressed_by[i];
		struct json_object *o = json_object_new_object();

		json_word(o, "name", rule->name);
		json_word(o, "file", rule->file);
		json_count(o, "line", rule->line);
		json_count(o, "errors", s->errors);
		json_count(o, "blocks", s->blocks);
		json_count(o, "bytes", s->bytes);
		out_element(out, o);
	}
	out_end(out);
}

static void
json_marks(struct json_out *o, struct report *r)
{
	struct json_object *one;

	if (heap_nmarks(r->heap) == 0)
		return;
	out_begin(o, "marks");
	for (size_t i = 0; i < heap_nmarks(r->heap); i++) {
		const struct heap_mark *m = heap_mark(r->heap, i);

		one = json_object_new_object();
		json_object_object_add(one, "name", json_text(m->name));
		json_seconds(one, "time", report_seconds(r, m->time));
		out_element(o, one);
	}
	out_end(o);
}

/* All figures of blocks are estimates then. */
static void
json_sampled(struct json_out *out, struct report *r)
{
	uint64_t interval = trace_info(r->reader)->sample;
	struct json_object *o;

	if (interval == 0)
		return;
	o = json_object_new_object();
	json_count(o, "interval", interval);
	out_member(out, "sampled", o);
}

int
report_json(FILE *f, struct report *r)
{
	static const char *const verdicts[] = { [REPORT_CLEAN] = "clean",
		[REPORT_FINDINGS] = "findings",
		[REPORT_NOT_JUDGED] = "not-judged" };
	struct json_out o = { .f = f };
	unsigned parts = r->options.parts;

	fputc('{', f);
	out_member(&o, "format", json_text("poolwatch-report"));
	out_member(&o, "version", json_object_new_int(1));
	out_member(&o, "verdict", json_text(verdicts[r->verdict]));
	if (r->verdict == REPORT_NOT_JUDGED)
		out_member(&o, "reason", json_text(r->reason));
	out_member(&o, "source", json_source(r));
	json_sampled(&o, r);
	json_processes(&o, r);
	if (parts & REPORT_SUMMARY)
		out_member(&o, "summary", json_summary(r));
	if (parts & REPORT_ERRORS)
		json_errors(&o, r);
	if (parts & REPORT_LEAKS) {
		json_leaks(&o, r);
		json_mappings(&o, r);
	}
	if (parts & REPORT_SITES)
		json_sites(&o, r);
	if ((parts & REPORT_FRAG) && r->nfrag > 0)
		out_member(&o, "fragmentation", json_frag(r));
	json_suppressions(&o, r);
	json_marks(&o, r);
	json_left_out(&o, r);
	json_notes(&o, r);
	fputs("\n}\n", f);
	return fflush(f) == 0 && !ferror(f) ? 0 : -1;
}
