/*
 * view_sites.c - the call paths that allocate, and what they hold.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <stdio.h>

#include "base/compiler.h"
#include "viewer/app.h"
#include "viewer/stack_text.h"
#include "viewer/text.h"

#define SHARE_COLUMNS	6

enum { LIVE, SHARE, BLOCKS, PEAK, ALLOCS, TEMP, BYTES, CALL, SITE };

static const struct view_column columns[] = {
	[LIVE] = { "bytes", "LIVE", 8, true, true, 0, STYLE_NORMAL },
	[SHARE] = { "share", "SHARE", SHARE_COLUMNS, false, true, 0,
	    STYLE_BAR },
	[BLOCKS] = { "blocks", "BLOCKS", 7, true, true, 0, STYLE_NORMAL },
	[PEAK] = { "peak", "PEAK", 8, true, true, 0, STYLE_NORMAL },
	[ALLOCS] = { "allocs", "ALLOCS", 7, true, true, 0, STYLE_NORMAL },
	[TEMP] = { "temporary", "TEMP", 7, true, true, 110, STYLE_NORMAL },
	[BYTES] = { "total", "TOTAL", 8, true, true, 110, STYLE_NORMAL },
	[CALL] = { "call", "CALL", 14, false, false, 132, STYLE_NORMAL },
	[SITE] = { "site", "SITE", 0, false, false, 0, STYLE_NORMAL },
};

static const struct heap_site *
site_of(struct view *v, uint64_t row)
{
	return heap_site(v->app->model.heap, (size_t)row);
}

static void
sites_load(struct view *v)
{
	size_t i, n = heap_nsites(v->app->model.heap);

	for (i = 0; i < n; i++)
		view_add(v, i);
}

static bool
sites_value(struct view *v, uint64_t row, size_t column, uint64_t *value)
{
	const struct heap_site *s = site_of(v, row);

	switch (column) {
	case LIVE:
	case SHARE:
		*value = s->live_bytes;
		return true;
	case BLOCKS:
		*value = s->live_blocks;
		return true;
	case PEAK:
		*value = s->peak_bytes;
		return true;
	case ALLOCS:
		*value = s->allocations;
		return true;
	case TEMP:
		*value = s->temporary;
		return true;
	case BYTES:
		*value = s->bytes_allocated;
		return true;
	default:
		return false;
	}
}

static void
sites_cell(struct view *v, uint64_t row, size_t column, char *buf, size_t size)
{
	struct model *m = &v->app->model;
	const struct heap_site *s = site_of(v, row);
	uint64_t value = 0;

	sites_value(v, row, column, &value);
	switch (column) {
	case LIVE:
	case PEAK:
	case BYTES:
		text_size(buf, size, value);
		break;
	case SHARE:
		text_bar(buf, size, SHARE_COLUMNS, value,
		    heap_totals(m->heap)->live_bytes, v->app->grid.ascii);
		break;
	case BLOCKS:
	case ALLOCS:
	case TEMP:
		text_count(buf, size, value);
		break;
	case CALL:
		snprintf(buf, size, "%s", trace_call_name(s->call));
		break;
	default:
		snprintf(buf, size, "%s", model_site_label(m, (size_t)row));
	}
}

static void
sites_title(struct view *v, char *buf, size_t size)
{
	char n[16];

	text_number(n, sizeof(n), v->nall);
	snprintf(buf, size, "Sites: %s call path%s that allocated", n,
	    v->nall == 1 ? "" : "s");
}

static bool
sites_match(struct view *v, uint64_t row, const regex_t *re,
    unsigned generation)
{
	return model_site_matches(&v->app->model, (size_t)row, re, generation);
}

/* The stack from its frame of interest on; all of it is shown with a block. */
static int
stack_line(const struct names_stack *s, size_t line, char *buf, size_t size)
{
	size_t hidden = model_first(s);

	if (hidden == 1)
		hidden = 0;	/* telling it would take as much room */
	if (hidden > 0 && line == 0) {
		snprintf(buf, size, "     (%zu inner frames of libraries)",
		    hidden);
		return 1;
	}
	line += hidden - (hidden > 0);
	if (line >= s->n)
		return 0;
	stack_text_frame(&s->frames[line], line, buf, size);
	return 1;
}

/* Line 0 is the heading, then the stack. */
static int
sites_detail(struct view *v, uint64_t row, int line, char *buf, size_t size)
{
	struct model *m = &v->app->model;
	const struct heap_site *s = site_of(v, row);
	struct names_stack stack;
	char first[32], last[32];
	int there;

	if (line == 0) {
		text_time(first, sizeof(first), model_seconds(m, s->first));
		text_time(last, sizeof(last), model_seconds(m, s->last));
		snprintf(buf, size, "%s, first at %s, last at %s",
		    trace_call_name(s->call), first, last);
		return 1;
	}
	names_resolve(m->report->names, s->proc, s->stack, s->first, &stack);
	there = stack_line(&stack, (size_t)line - 1, buf, size);
	names_free(&stack);
	return there;
}

static struct view *
sites_open(struct view *v, uint64_t row)
{
	return view_create(v->app, &view_blocks, row);
}

const struct view_ops view_sites = {
	.name = "sites",
	.columns = columns,
	.ncolumns = PW_ARRAY_LEN(columns),
	.sorted_by = LIVE,
	.load = sites_load,
	.title = sites_title,
	.cell = sites_cell,
	.value = sites_value,
	.matches = sites_match,
	.detail = sites_detail,
	.open = sites_open,
};
