/*
 * explain_print.c - answers for people and for programs.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "report/explain.h"
#include "report/json_impl.h"
#include "report/text_impl.h"
#include "report/words.h"

#define MORE_SHOWN	3u	/* other blocks of a place */

static void
section(const struct text *t, const struct history_block *b, const char *what,
    uint32_t stack, uint32_t tid, uint64_t time)
{
	struct names_stack s;
	char right[160];

	text_who(t, b->proc, tid, time, right, sizeof right);
	text_line(t, "%s", "");
	text_columns(t, what, right);
	names_resolve(t->report->names, b->proc, stack, time, &s);
	text_stack(t, &s);
	names_free(&s);
}

static const char *
call_word(uint32_t call)
{
	const char *word = report_call_word(call);

	return word ? word : "a call";
}

static void
say_block(const struct text *t, const struct explain_answer *a)
{
	const struct history_block *b = &a->block;
	const struct trace_process *p = trace_process(t->report->reader,
	    b->proc);
	char what[96];

	text_line(t, "   Block 0x%llx, process %u.", (unsigned long long)
	    b->addr, p ? p->pid : 0);
	if (a->error != 0)
		text_line(t, "   ERROR %zu of the report is about this block.",
		    a->error);
	if (a->freed) {
		snprintf(what, sizeof what, "  freed by %s()",
		    call_word(b->free_call));
		section(t, b, what, b->free_stack, b->free_tid, b->free_time);
	}
	snprintf(what, sizeof what, "  %s by %s(%llu)",
	    strcmp(a->what, "mapping") == 0 ? "mapped" : "allocated",
	    call_word(b->alloc_call), (unsigned long long)b->size);
	section(t, b, what, b->alloc_stack, b->alloc_tid, b->alloc_time);
}

static void
say_other(const struct text *t, const struct history_block *b)
{
	char what[64], until[40] = "the end";

	if (b->free_time != 0)
		snprintf(until, sizeof until, "%.4f s",
		    report_seconds(t->report, b->free_time));
	text_line(t, "    %llu bytes, %.4f s to %s",
	    (unsigned long long)b->size, report_seconds(t->report,
	    b->alloc_time), until);
	snprintf(what, sizeof what, "  %s", call_word(b->alloc_call));
	text_site_line(t, what, b->proc, b->alloc_stack, b->alloc_time);
}

/* Was b there too, and is not the block that the answer is about? */
static bool
is_other(const struct explain *x, const struct explain_answer *a,
    const struct history_block *b)
{
	if (b->addr == a->block.addr && b->proc == a->block.proc)
		return b->alloc_time != a->block.alloc_time;
	return x->value >= b->addr && x->value - b->addr < b->size;
}

/* What else was there, the latest first. */
static void
say_others(const struct text *t, const struct explain *x,
    const struct explain_answer *a)
{
	const struct history *h = a->history;
	unsigned n = 0, told = 0;
	char count[WORDS_MAX];

	for (unsigned i = 0; i < h->n; i++)
		n += is_other(x, a, &h->blocks[i]);
	if (n == 0)
		return;
	text_line(t, "%s", "");
	text_line(t, "  At other times %s%s there%s", h->left_out ?
	    "more than " : "", words_count(count, sizeof count, n, "block was",
	    "blocks were"), n > MORE_SHOWN ? ", the last ones:" : ":");
	for (unsigned i = h->n; i-- > 0 && told < MORE_SHOWN;) {
		if (!is_other(x, a, &h->blocks[i]))
			continue;
		say_other(t, &h->blocks[i]);
		told++;
	}
}

int
explain_text(FILE *f, const struct explain *x)
{
	struct text t;
	char number[8], when[64] = "at the end";

	text_begin(&t, f, x->report, ~0u);
	if (x->at != ~0ull)
		snprintf(when, sizeof when, "as at %.4f s",
		    report_seconds(x->report, x->at));
	text_line(&t, "0x%llx  %s of %s", (unsigned long long)x->value, when,
	    "the recording");
	if (x->n == 0)
		text_line(&t, "%s", "");
	for (size_t i = 0; i < x->n; i++) {
		const struct explain_answer *a = &x->answers[i];

		text_line(&t, "%s", "");
		snprintf(number, sizeof number, "%zu.", i + 1);
		text_numbered(&t, number, a->text);
		if (a->has_block)
			say_block(&t, a);
		if (a->history != NULL)
			say_others(&t, x, a);
	}
	if (x->n == 0)
		text_line(&t, "Nothing is known of it: no block was ever "
		    "there, and it looks like nothing.");
	return fflush(f) == 0 && !ferror(f) ? 0 : -1;
}

static void
json_site(struct json_object *o, const char *key, const struct explain *x,
    const struct history_block *b, uint32_t stack, uint64_t time)
{
	struct names_stack s;

	names_resolve(x->report->names, b->proc, stack, time, &s);
	json_stack(o, key, &s);
	names_free(&s);
}

static struct json_object *
json_block(const struct explain *x, const struct history_block *b,
    bool whole)
{
	struct json_object *o = json_object_new_object();

	json_address(o, "address", b->addr);
	json_count(o, "size", b->size);
	json_word(o, "allocated_by", report_call_word(b->alloc_call));
	json_seconds(o, "allocated", report_seconds(x->report,
	    b->alloc_time));
	if (whole)
		json_count(o, "alloc_tid", b->alloc_tid);
	json_site(o, "alloc_stack", x, b, b->alloc_stack, b->alloc_time);
	if (b->free_time == 0)
		return o;
	json_word(o, "freed_by", report_call_word(b->free_call));
	json_seconds(o, "freed", report_seconds(x->report, b->free_time));
	if (whole)
		json_count(o, "free_tid", b->free_tid);
	json_site(o, "free_stack", x, b, b->free_stack, b->free_time);
	return o;
}

static void
json_others(struct json_object *o, const struct explain *x,
    const struct explain_answer *a)
{
	struct json_object *all;

	if (a->history == NULL || a->history->n < 2)
		return;
	all = json_object_new_array();
	for (unsigned i = 0; i < a->history->n; i++)
		if (is_other(x, a, &a->history->blocks[i]))
			json_object_array_add(all, json_block(x,
			    &a->history->blocks[i], false));
	if (json_object_array_length(all) > 0)
		json_object_object_add(o, "others", all);
	else
		json_object_put(all);
}

static struct json_object *
json_answer(const struct explain *x, const struct explain_answer *a)
{
	const struct trace_process *p = trace_process(x->report->reader,
	    a->block.proc);
	struct json_object *o = json_object_new_object();

	json_word(o, "what", a->what);
	json_word(o, "text", a->text);
	json_count(o, "weight", (uint64_t)a->weight);
	if ((a->has_block || a->has_frame) && p != NULL)
		json_count(o, "pid", p->pid);
	if (a->has_block) {
		json_word(o, "state", a->freed ? "freed" : "live");
		json_object_object_add(o, "offset",
		    json_object_new_int64(a->offset));
		json_object_object_add(o, "block", json_block(x, &a->block,
		    true));
		json_others(o, x, a);
	}
	if (a->error != 0)
		json_word(o, "error", x->report->errors[a->error - 1].id);
	if (a->has_frame) {
		struct names_frame frame = { a->frame, NULL };
		struct names_stack s = { &frame, 1 };

		json_stack(o, "frame", &s);
	}
	return o;
}

int
explain_json(FILE *f, const struct explain *x)
{
	struct json_object *o = json_object_new_object();
	struct json_object *answers = json_object_new_array();

	json_word(o, "format", "poolwatch-explain");
	json_count(o, "version", 1);
	json_address(o, "value", x->value);
	if (x->at != ~0ull)
		json_seconds(o, "at", report_seconds(x->report, x->at));
	json_word(o, "source", x->report->options.source);
	for (size_t i = 0; i < x->n; i++)
		json_object_array_add(answers, json_answer(x, &x->answers[i]));
	json_object_object_add(o, "answers", answers);
	fprintf(f, "%s\n", json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_NOSLASHESCAPE | JSON_C_TO_STRING_SPACED));
	json_object_put(o);
	return fflush(f) == 0 && !ferror(f) ? 0 : -1;
}
