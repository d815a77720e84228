/*
 * explain_looks.c - what a value is besides blocks: code, mappings, numbers.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/value.h"
#include "report/escape.h"
#include "report/explain_impl.h"
#include "report/report_impl.h"
#include "report/words.h"

#define SMALL		65536

static void
tell_code(struct explain *x, uint32_t proc, const struct symbol_frame *f)
{
	char function[160] = "", module[160], place[160] = "", file[128];
	struct explain_answer *a;

	escape_text(module, sizeof module, f->module ? f->module : "an object",
	    f->module ? strlen(f->module) : 9);
	if (f->function != NULL)
		escape_text(function, sizeof function, f->function,
		    strlen(f->function));
	if (f->function != NULL && f->file != NULL && f->line != 0) {
		escape_text(file, sizeof file, f->file, strlen(f->file));
		snprintf(place, sizeof place, " (%s:%u)", file, f->line);
	}
	a = explain_add(x, WEIGHT_CODE, "code", "It is an address in %s%s%s%s+0x%llx.",
	    function, place, function[0] ? ", " : "", module,
	    (unsigned long long)f->module_offset);
	a->has_frame = true;
	a->frame = *f;
	a->block.proc = proc;
}

static void
tell_mapping(struct explain *x, const struct heap_found *m)
{
	const char *call = report_call_word(m->call);
	char bytes[WORDS_MAX];
	struct explain_answer *a;

	a = explain_add(x, WEIGHT_MAPPING, "mapping", "It is an address in a mapping "
	    "of %s at 0x%llx, %llu bytes into it, which the program made by "
	    "%s.", words_count(bytes, sizeof bytes, m->size, "byte", "bytes"),
	    (unsigned long long)m->block, (unsigned long long)m->offset,
	    call ? call : "a call");
	a->has_block = true;
	a->offset = m->offset;
	a->block = (struct history_block){ .addr = m->block, .size = m->size,
		.proc = m->proc, .alloc_tid = m->tid, .alloc_stack = m->stack,
		.alloc_call = m->call, .alloc_time = m->time };
}

/* What is mapped there: the first process that knows. */
void
explain_ask_processes(struct explain *x)
{
	struct report *r = x->report;
	bool code = false, mapping = false;

	for (unsigned i = 0; i < trace_nprocesses(r->reader); i++) {
		const struct trace_process *p = trace_process(r->reader, i);
		struct symbol_frame f;
		struct heap_found m;

		if (p == NULL || !p->recorded || !report_chosen(r, i))
			continue;
		if (!code && names_address(r->names, i, x->value,
		    x->at == ~0ull ? p->end : x->at, &f)) {
			tell_code(x, i, &f);
			code = true;
		}
		if (!mapping && heap_find_mapping(r->heap, i, x->value, &m)) {
			tell_mapping(x, &m);
			mapping = true;
		}
	}
}

/* Would anybody have typed it so? */
static bool
is_round(double d)
{
	char text[40];

	snprintf(text, sizeof text, "%.5g", d);
	return strtod(text, NULL) == d;
}

static void
ask_floating(struct explain *x)
{
	uint32_t low = (uint32_t)x->value;
	double d;
	float f;

	memcpy(&d, &x->value, sizeof d);
	memcpy(&f, &low, sizeof f);
	if (isfinite(d) && fabs(d) >= 1e-9 && fabs(d) <= 1e15)
		explain_add(x, is_round(d) ? WEIGHT_ROUND : WEIGHT_DOUBLE, "double",
		    "As a double it is %.15g.", d);
	if (x->value >> 32 == 0 && isfinite(f) && fabsf(f) >= 1e-6f &&
	    fabsf(f) <= 1e9f)
		explain_add(x, is_round((double)f) ? WEIGHT_ROUND : WEIGHT_DOUBLE,
		    "float", "As a float it is %.7g.", (double)f);
}

static void
ask_number(struct explain *x)
{
	int64_t s = (int64_t)x->value;
	int32_t low = (int32_t)x->value;

	if (s >= 0 && s < SMALL) {
		if (s < EXPLAIN_MEMBER)
			explain_add(x, WEIGHT_NULL, "null", s == 0 ? "It is NULL." :
			    "Used as an address it is NULL, and %lld: a member "
			    "that far into a struct at NULL.", (long long)s);
		explain_add(x, WEIGHT_NUMBER, "number", "It is the number %lld.",
		    (long long)s);
	} else if (s < 0 && s > -SMALL)
		explain_add(x, WEIGHT_NUMBER, "number", "It is the number %lld.",
		    (long long)s);
	else if (x->value >> 32 == 0 && low < 0 && low > -SMALL)
		explain_add(x, WEIGHT_NUMBER, "number", "As an int it is %d.", low);
}

void
explain_ask_looks(struct explain *x)
{
	const char *mark = value_mark(x->value);
	char text[9], safe[40];
	unsigned n = value_text(x->value, text);

	if (mark != NULL)
		explain_add(x, WEIGHT_MARK, "mark", "It is what others fill memory "
		    "with: %s.", mark);
	if (n >= 3) {
		escape_text(safe, sizeof safe, text, n);
		explain_add(x, n >= 6 ? WEIGHT_TEXT : WEIGHT_SHORT_TEXT, "text",
		    "In memory it is the text \"%s\".", safe);
	}
	if (value_is_stack(x->value))
		explain_add(x, WEIGHT_STACK, "stack", "By its look it is an address "
		    "in the stack of main.");
	ask_number(x);
	ask_floating(x);
}
