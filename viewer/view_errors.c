/*
 * view_errors.c - what the program did wrong, and one report in full.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "viewer/app.h"
#include "viewer/text.h"

enum { NUMBER, KIND, COUNT, TIME, PID, WHERE };

static const struct view_column columns[] = {
	[NUMBER] = { "number", "#", 4, true, false, 0, STYLE_NORMAL },
	[KIND] = { "kind", "KIND", 15, false, false, 0, STYLE_BAD },
	[COUNT] = { "count", "COUNT", 7, true, true, 0, STYLE_NORMAL },
	[TIME] = { "time", "TIME", 10, true, false, 0, STYLE_NORMAL },
	[PID] = { "pid", "PID", 7, true, false, 0, STYLE_NORMAL },
	[WHERE] = { "where", "WHERE", 0, false, false, 0, STYLE_NORMAL },
};

static const struct heap_error *
error_of(struct view *v, uint64_t row)
{
	return v->app->model.report->errors[row].found;
}

static void
errors_load(struct view *v)
{
	size_t i;

	for (i = 0; i < v->app->model.nerrors; i++)
		view_add(v, i);
}

static bool
errors_value(struct view *v, uint64_t row, size_t column, uint64_t *value)
{
	const struct heap_error *e = error_of(v, row);
	const struct trace_process *p;

	switch (column) {
	case NUMBER:
		*value = row + 1;
		return true;
	case COUNT:
		*value = e->count;
		return true;
	case TIME:
		*value = e->time;
		return true;
	case PID:
		p = trace_process(v->app->model.reader, e->proc);
		*value = p ? p->pid : 0;
		return true;
	default:
		return false;
	}
}

static void
errors_cell(struct view *v, uint64_t row, size_t column, char *buf, size_t size)
{
	struct model *m = &v->app->model;
	const struct heap_error *e = error_of(v, row);
	uint64_t value = 0;

	errors_value(v, row, column, &value);
	switch (column) {
	case KIND:
		snprintf(buf, size, "%s", trace_error_name(e->error.kind));
		break;
	case COUNT:
		text_count(buf, size, value);
		break;
	case TIME:
		text_time(buf, size, model_seconds(m, value));
		break;
	case WHERE:
		model_label(m, e->proc, e->error.stack, e->time, buf, size);
		break;
	default:
		snprintf(buf, size, "%" PRIu64, value);
	}
}

static void
errors_title(struct view *v, char *buf, size_t size)
{
	snprintf(buf, size, v->nall ? "Errors: %zu" : "Errors: none so far",
	    v->nall);
}

static struct view *
errors_open(struct view *v, uint64_t row)
{
	struct view *shown = view_create(v->app, &view_error, row);
	char *text = NULL;
	size_t size;
	FILE *f;

	if (shown == NULL)
		return NULL;
	f = open_memstream(&text, &size);
	if (f != NULL) {
		report_text_error(f, v->app->model.report, (size_t)row);
		if (fclose(f) == 0)
			view_lines_set(shown, text);
	}
	return shown;
}

const struct view_ops view_errors = {
	.name = "errors",
	.columns = columns,
	.ncolumns = PW_ARRAY_LEN(columns),
	.sorted_by = NUMBER,
	.load = errors_load,
	.title = errors_title,
	.cell = errors_cell,
	.value = errors_value,
	.open = errors_open,
};

static void
error_title(struct view *v, char *buf, size_t size)
{
	snprintf(buf, size, "Error %" PRIu64, v->of + 1);
}

const struct view_ops view_error = {
	.name = "error",
	.load = view_lines_load,
	.close = view_lines_close,
	.title = error_title,
	.cell = view_lines_cell,
};
