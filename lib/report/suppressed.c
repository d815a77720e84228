/*
 * suppressed.c - what the user does not want to hear of is counted instead.
 *
 * A finding is held against the rules with its own stack.  Damage that was not
 * seen as it was done has a stack of chance, that of the free or the sweep that
 * met it: there the stacks of the block count too.
 *
 * gen-suppressions goes the other way: for each finding that is left a block,
 * which names the stack that its rule will be held against.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "heap/map.h"
#include "report/escape.h"
#include "report/text_impl.h"
#include "report/words.h"

#define FRAMES_MAX	24	/* of a block, as memcheck has it */

/* One of the stacks of a finding, and the call that it leads to. */
struct lead {
	uint32_t stack;
	uint32_t call;
	uint64_t time;
};

/* Was it met only after it was done? */
static bool
met_later(const struct trace_error *te)
{
	return te->found == TRACE_FOUND_AT_FREE ||
	    te->found == TRACE_FOUND_AT_EXIT ||
	    te->found == TRACE_FOUND_SWEEP;
}

/* The stacks that count, the best to name it first. */
static size_t
leads_of(const struct report_error *e, struct lead leads[3])
{
	const struct trace_error *te = &e->found->error;
	uint32_t call = te->kind == TRACE_ERROR_MISMATCHED_FREE ?
	    e->freed_by : te->call;
	struct lead own = { te->stack, call, 0 };
	struct lead alloc = { te->alloc_stack, e->allocated_by,
		te->alloc_time };
	size_t n = 0;

	if (!met_later(te) && te->stack != 0) {
		leads[n++] = own;
		return n;
	}
	leads[n++] = alloc;
	if (te->kind == TRACE_ERROR_USE_AFTER_FREE && te->free_stack != 0)
		leads[n++] = (struct lead){ te->free_stack, te->freed_by,
			te->free_time };
	if (te->stack != 0)
		leads[n++] = own;
	return n;
}

static void
note_use(struct report *r, size_t rule, bool error, uint64_t blocks,
    uint64_t bytes)
{
	struct report_suppressed *to[] = { &r->suppressed,
		r->suppressed_by ? &r->suppressed_by[rule] : NULL };

	for (size_t i = 0; i < PW_ARRAY_LEN(to); i++) {
		if (to[i] == NULL)
			continue;
		to[i]->errors += error;
		to[i]->leaks += !error;
		to[i]->blocks += blocks;
		to[i]->bytes += bytes;
	}
}

bool
report_suppresses_error(struct report *r, const struct report_error *e)
{
	const struct suppressions *rules = r->options.suppressions;
	struct suppress_case c = { e->found->error.kind, 0, 0 };
	struct lead leads[3];
	size_t n = leads_of(e, leads), rule = SUPPRESS_NONE;

	if (suppress_count(rules) == 0)
		return false;
	for (size_t i = 0; i < n && rule == SUPPRESS_NONE; i++) {
		struct names_stack s;

		c.call = leads[i].call;
		report_error_stack(r, e->found, leads[i].stack, leads[i].time,
		    &s);
		rule = suppress_match(rules, &c, &s);
		names_free(&s);
	}
	if (rule != SUPPRESS_NONE)
		note_use(r, rule, true, 0, 0);
	return rule != SUPPRESS_NONE;
}

bool
report_suppresses_leaks(const struct report *r)
{
	const struct suppressions *rules = r->options.suppressions;

	for (size_t i = 0; i < suppress_count(rules); i++)
		if (suppress_rule(rules, i)->kinds >> SUPPRESS_LEAK & 1)
			return true;
	return false;
}

bool
report_suppresses_leak(struct report *r, const struct heap_site *site,
    const struct unjudged *u)
{
	struct suppress_case c = { SUPPRESS_LEAK, SUPPRESS_UNJUDGED,
		site->call };
	struct names_stack s;
	size_t rule;

	names_resolve(r->names, site->proc, site->stack, u->last, &s);
	rule = suppress_match(r->options.suppressions, &c, &s);
	names_free(&s);
	if (rule != SUPPRESS_NONE)
		note_use(r, rule, false, u->blocks, u->bytes);
	return rule != SUPPRESS_NONE;
}

/* Of a sample both are estimates, and rounded apart. */
static uint64_t
rest(uint64_t all, uint64_t taken)
{
	return all > taken ? all - taken : 0;
}

uint64_t
report_left_blocks(const struct report *r)
{
	return rest(r->totals.live_blocks, r->suppressed.blocks);
}

uint64_t
report_left_bytes(const struct report *r)
{
	return rest(r->totals.live_bytes, r->suppressed.bytes);
}

/* "3 errors, 2 blocks of 96 bytes not freed" */
static void
say_sum(const struct report_suppressed *s, char *buf, size_t size)
{
	char errors[WORDS_MAX], blocks[WORDS_MAX], bytes[WORDS_MAX];

	words_count(errors, sizeof errors, s->errors, "error", "errors");
	words_count(blocks, sizeof blocks, s->blocks, "block", "blocks");
	words_count(bytes, sizeof bytes, s->bytes, "byte", "bytes");
	if (s->blocks == 0)
		snprintf(buf, size, "%s", errors);
	else if (s->errors == 0)
		snprintf(buf, size, "%s of %s not freed", blocks, bytes);
	else
		snprintf(buf, size, "%s, %s of %s not freed", errors, blocks,
		    bytes);
}

static void
say_rule(const struct text *t, const struct report *r, size_t i)
{
	const struct suppress_rule *rule = suppress_rule(
	    r->options.suppressions, i);
	const struct report_suppressed *s = &r->suppressed_by[i];
	char name[128], file[128], sum[256], left[400], right[160];

	escape_text(name, sizeof name, rule->name, strlen(rule->name));
	escape_text(file, sizeof file, rule->file, strlen(rule->file));
	say_sum(s, sum, sizeof sum);
	snprintf(left, sizeof left, "  %s by %s", s->errors + s->leaks ? sum :
	    "nothing", name);
	snprintf(right, sizeof right, "(%s:%u)", file, rule->line);
	if (strlen(left) + strlen(right) < (size_t)t->columns) {
		text_columns(t, left, right);
		return;
	}
	text_line(t, "%s", left);
	text_line(t, "    %s", right);
}

void
text_suppressed(const struct text *t)
{
	const struct report *r = t->report;
	const struct report_suppressed *s = &r->suppressed;
	bool told = r->options.verbose && r->suppressed_by != NULL;
	char sum[256];

	if (suppress_count(r->options.suppressions) == 0)
		return;
	if (s->errors + s->leaks == 0 && !told)
		return;
	say_sum(s, sum, sizeof sum);
	text_line(t, "suppressed: %s", s->errors + s->leaks ? sum : "nothing");
	for (size_t i = 0; told &&
	    i < suppress_count(r->options.suppressions); i++)
		say_rule(t, r, i);
}

/* What would end a line, or be lost at its ends, becomes the ? of a glob. */
static void
put_word(FILE *f, const char *word)
{
	for (const char *p = word; *p != '\0'; p++) {
		bool edge = *p == ' ' && (p == word || p[1] == '\0');

		fputc((unsigned char)*p < 0x20 || *p == 0x7f || edge ? '?' :
		    *p, f);
	}
	fputc('\n', f);
}

static void
put_frame(FILE *f, const struct names_frame *frame)
{
	const struct symbol_frame *s = &frame->frame;
	const char *name = s->symbol ? s->symbol : s->function;

	if (frame->mark != NULL || (name == NULL && s->module == NULL)) {
		fputs("   ...\n", f);
		return;
	}
	fputs(name ? "   fun:" : "   obj:", f);
	put_word(f, name ? name : s->module);
}

/* Down to main; what calls that is the same for all. */
static void
put_stack(FILE *f, uint32_t call, const struct names_stack *s)
{
	static const char *const as_linked[TRACE_NCALLS] = {
		[TRACE_CALL_NEW] = "_Znwm", [TRACE_CALL_NEW_ARRAY] = "_Znam",
		[TRACE_CALL_NEW_ALIGNED] = "_ZnwmSt11align_val_t",
		[TRACE_CALL_NEW_ARRAY_ALIGNED] = "_ZnamSt11align_val_t",
		[TRACE_CALL_DELETE] = "_ZdlPv",
		[TRACE_CALL_DELETE_ARRAY] = "_ZdaPv",
	};

	if (call < TRACE_NCALLS && as_linked[call] != NULL)
		fprintf(f, "   fun:%s\n", as_linked[call]);
	else if (report_call_word(call) != NULL)
		fprintf(f, "   fun:%s\n", report_call_word(call));
	for (size_t i = 0; i < s->n && i < FRAMES_MAX; i++) {
		const char *symbol = s->frames[i].frame.symbol;

		put_frame(f, &s->frames[i]);
		if (symbol != NULL && strcmp(symbol, "main") == 0)
			break;
	}
	if (s->n == 0)
		fputs("   ...\n", f);
}

/* The blocks are printed once each. */
struct blocks_out {
	FILE *f;
	struct report *report;
	struct map printed;
};

static void
out_block(struct blocks_out *o, const char *kind, const char *rule,
    uint32_t call, const struct names_stack *s)
{
	const char *in = s->n > 0 ? s->frames[0].frame.function : NULL;
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	uint64_t hash = 0xcbf29ce484222325ull;

	if (f == NULL)
		return;
	fprintf(f, "{\n   %s%s", kind, in ? " in " : "");
	put_word(f, in ? in : "");
	fprintf(f, "   %s\n", rule);
	put_stack(f, call, s);
	fputs("}\n", f);
	fclose(f);
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3ull;
	if (map_get(&o->printed, hash) == MAP_NONE) {
		map_add(&o->printed, hash, 0);
		fwrite(text, 1, size, o->f);
	}
	free(text);
}

static void
out_error(struct blocks_out *o, const struct report_error *e)
{
	const char *kind = e->found->error.kind < TRACE_NERRORS ?
	    trace_error_name(e->found->error.kind) : NULL;
	struct lead leads[3];
	struct names_stack s;
	char rule[64];

	if (kind == NULL)
		return;
	leads_of(e, leads);
	report_error_stack(o->report, e->found, leads[0].stack, leads[0].time,
	    &s);
	snprintf(rule, sizeof rule, "poolwatch:%s", kind);
	out_block(o, kind, rule, leads[0].call, &s);
	names_free(&s);
}

static void
out_leak(struct blocks_out *o, const struct unjudged *u)
{
	const struct heap_site *site = heap_site(o->report->heap, u->site);
	struct names_stack s;

	names_resolve(o->report->names, site->proc, site->stack, u->last, &s);
	out_block(o, "leak", "Memcheck:Leak", site->call, &s);
	names_free(&s);
}

int
report_gen_suppressions(FILE *f, struct report *r)
{
	struct blocks_out o = { .f = f, .report = r };
	size_t skip = r->options.top != 0 && r->nleaks > r->options.top ?
	    r->nleaks - r->options.top : 0;

	if (r->options.parts & REPORT_ERRORS)
		for (size_t i = 0; i < r->nerrors; i++)
			out_error(&o, &r->errors[i]);
	if (r->options.parts & REPORT_LEAKS)
		for (size_t i = skip; i < r->nleaks; i++)
			out_leak(&o, &r->leaks[i]);
	map_free(&o.printed);
	return fflush(f) == 0 && !ferror(f) ? 0 : -1;
}
