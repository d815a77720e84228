/*
 * poolleak_options.c - the command line of poolleak.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/poolleak.h"

#include <string.h>

#include "report/explain.h"

enum { LEAK_OPTIONS(ARGS_AS_ENUM) };
static const struct args_option rows[] = { LEAK_OPTIONS(ARGS_AS_ROW) };

const struct args_program leak_program = {
	.name = "poolleak",
	.usage = "poolleak [OPTION]... [SOURCE]",
	.about = "Say what a recorded program did with its heap: what broke, "
	    "what was not freed, from which call path; or what is in a heap "
	    "that mmalloc left in a file.",
	.footer = "SOURCE is a trace or a heap file; without it: the newest *.pwt of this folder. "
	    "The exit status is 0; 2: usage, 3: the source can't be read, "
	    "N of --error-exitcode: something was found, 4: the source is "
	    "incomplete, 1: the report could not be written.",
	.options = rows,
	.noptions = sizeof(rows) / sizeof(rows[0]),
};

static const struct {
	const char *word;
	unsigned part;		/* 0: not yet */
} parts[] = {
	{ "summary", REPORT_SUMMARY },
	{ "errors", REPORT_ERRORS },
	{ "leaks", REPORT_LEAKS },
	{ "sites", REPORT_SITES },
	{ "frag", REPORT_FRAG },
	{ "growth", 0 },
	{ "unused", REPORT_UNUSED },
	{ "lifetimes", 0 },
	{ "threads", 0 },
	{ "timeline", 0 },
	{ "whatif", 0 },
};

/*
 * cc1plus has 62,000 sites with 60 frames each: 800 MB of JSON.  Whoever wants
 * that says --top=0.
 */
#define JSON_SITES	1000

#define NPARTS	(sizeof(parts) / sizeof(parts[0]))

static enum args_result
set_report(struct leak_options *o, struct args *a)
{
	const char *p = a->value;
	size_t i, n;

	o->report.parts = 0;
	for (; *p != '\0'; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		for (i = 0; i < NPARTS; i++)
			if (strlen(parts[i].word) == n &&
			    strncmp(parts[i].word, p, n) == 0)
				break;
		if (i == NPARTS)
			return args_refuse(a, "there is no report '%.*s': "
			    "summary, errors, leaks, sites, frag, unused", (int)n, p);
		if (parts[i].part == 0)
			return args_refuse(a, "the report %s is not yet built "
			    "into this version", parts[i].word);
		o->report.parts |= parts[i].part;
	}
	if (o->report.parts == 0)
		return args_refuse(a, "--report needs at least one word");
	return ARGS_OPTION;
}

static enum args_result
set_format(struct leak_options *o, struct args *a)
{
	o->format = report_format_find(a->value);
	if (o->format == NULL)
		return args_refuse(a, "there is no format '%s': text, json",
		    a->value);
	if (o->format->print == NULL)
		return args_refuse(a, "the format %s is not yet built into "
		    "this version: text, json", o->format->name);
	return ARGS_OPTION;
}

static enum args_result
set_number(struct args *a, uint64_t min, uint64_t max, uint64_t *to)
{
	if (args_number(a->value, min, max, to) < 0)
		return args_refuse(a, "'%s' is no number from %llu to %llu",
		    a->value, (unsigned long long)min,
		    (unsigned long long)max);
	return ARGS_OPTION;
}

static enum args_result
set_frames(struct leak_options *o, struct args *a)
{
	uint64_t n = 0;

	if (strcmp(a->value, "all") != 0 &&
	    set_number(a, 1, UINT32_MAX, &n) == ARGS_BAD)
		return ARGS_BAD;
	o->report.frames = (unsigned)n;
	return ARGS_OPTION;
}

static enum args_result
set_filter(struct leak_options *o, struct args *a)
{
	char why[120];
	int error;

	if (o->has_filter)
		regfree(&o->filter);
	o->has_filter = false;
	error = regcomp(&o->filter, a->value, REG_EXTENDED | REG_NOSUB);
	if (error != 0) {
		regerror(error, &o->filter, why, sizeof(why));
		return args_refuse(a, "--filter '%s': %s", a->value, why);
	}
	o->has_filter = true;
	return ARGS_OPTION;
}

static enum args_result
set_by(struct leak_options *o, struct args *a)
{
	unsigned i;

	if (args_choice(a->value, top_words, &i) < 0)
		return args_refuse(a, "'%s' is no order: %s", a->value,
		    top_words);
	o->report.by = (enum top_key)i;
	return ARGS_OPTION;
}

static enum args_result
set_at(struct leak_options *o, struct args *a)
{
	if (moment_parse(a->value, &o->at) != 0)
		return args_refuse(a, "'%s' is no moment: %s", a->value,
		    MOMENT_WORDS);
	return ARGS_OPTION;
}

static enum args_result
add_suppressions(struct leak_options *o, struct args *a)
{
	char why[256];

	if (o->suppressions == NULL)
		o->suppressions = suppress_create();
	if (o->suppressions == NULL)
		return args_refuse(a, "out of memory");
	if (suppress_read(o->suppressions, a->value, why, sizeof why) < 0)
		return args_refuse(a, "%s", why);
	return ARGS_OPTION;
}

static enum args_result
leak_option(struct leak_options *o, struct args *a)
{
	uint64_t n = 0;
	enum args_result result = ARGS_OPTION;

	switch (a->option->id) {
	case OPT_REPORT:
		return set_report(o, a);
	case OPT_FORMAT:
		return set_format(o, a);
	case OPT_FRAMES:
	case OPT_NUM_CALLERS:
		return set_frames(o, a);
	case OPT_FILTER:
		return set_filter(o, a);
	case OPT_BY:
		return set_by(o, a);
	case OPT_AT:
		return set_at(o, a);
	case OPT_EXPLAIN:
		o->explain = true;
		if (explain_parse(a->value, &o->value) < 0)
			return args_refuse(a, "'%s' is no value: 0x7f3a, 4711 "
			    "or -1", a->value);
		break;
	case OPT_SUPPRESSIONS:
		return add_suppressions(o, a);
	case OPT_VERBOSE:
		o->report.verbose = true;
		break;
	case OPT_GEN_SUPPRESSIONS:
		o->gen_suppressions = true;
		break;
	case OPT_OUTPUT:
		o->output = a->value;
		break;
	case OPT_TRACE:
		o->trace = a->value;
		break;
	case OPT_SYSROOT:
		o->sysroot = a->value;
		break;
	case OPT_DEBUG_DIR:
		o->debug_dir = a->value;
		break;
	case OPT_CHECK:
		o->check = true;
		break;
	case OPT_DUMP:
		o->dump = true;
		break;
	case OPT_ALL:
		o->all = true;
		break;
	case OPT_FREE:
		o->free = true;
		break;
	case OPT_TOP:
		result = set_number(a, 0, UINT32_MAX, &n);
		o->report.top = n;
		o->top_given = true;
		break;
	case OPT_PROCESS:
		result = set_number(a, 1, UINT32_MAX, &n);
		o->report.process = (uint32_t)n;
		break;
	case OPT_ERROR_EXITCODE:
		result = set_number(a, 1, 255, &n);
		o->error_exitcode = (unsigned)n;
		break;
	}
	return result;
}

enum args_result
leak_parse(struct leak_options *o, struct args *a)
{
	enum args_result result;

	*o = (struct leak_options){ .report.frames = 12 };
	o->format = report_format_find("text");
	while ((result = args_next(a)) == ARGS_OPTION)
		if (leak_option(o, a) == ARGS_BAD)
			return ARGS_BAD;
	if (result != ARGS_END)
		return result;
	if (o->check + o->dump + o->gen_suppressions + o->explain > 1)
		return args_refuse(a, "--check, --dump, --explain and "
		    "--gen-suppressions: one at a time");
	o->report.suppressions = o->suppressions;
	if (o->report.parts == 0)
		o->report.parts = o->format->parts;
	if (!o->top_given && !o->gen_suppressions &&
	    strcmp(o->format->name, "text") == 0)
		o->report.top = 10;
	else if (!o->top_given)
		o->report.top_sites = JSON_SITES;
	if (o->has_filter)
		o->report.filter = &o->filter;
	return ARGS_END;
}

void
leak_options_free(struct leak_options *o)
{
	if (o->has_filter)
		regfree(&o->filter);
	o->has_filter = false;
	suppress_destroy(o->suppressions);
	o->suppressions = NULL;
}
