/*
 * frame.c - the screen round a view.
 *
 *	0	program, trace, mode, processes, time, state
 *	1	live, peak, allocations a second, errors
 *	2	the view's title
 *	3	headings of its columns (a view of text has none)
 *	...	its rows, and below them what is known of the selected one
 *	-2	prompt or message
 *	-1	function keys
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/app.h"
#include "viewer/request.h"
#include "viewer/text.h"

#define FRAME_HEAD	3	/* rows above a list, less its headings */
#define FRAME_FOOT	2
#define FRAME_DETAIL	7	/* rows under a list of a small screen */
#define FRAME_KEYS	10	/* function keys */
#define FRAME_MARGIN	2	/* columns left of a list, for its mark */

static int
first_row(const struct app *app)
{
	return FRAME_HEAD + !view_is_text(app->view);
}

static int
detail_rows(const struct app *app)
{
	if (app->view->ops->detail == NULL)
		return 0;
	return app->grid.rows >= 40 ? app->grid.rows / 3 : FRAME_DETAIL;
}

size_t
frame_page(const struct app *app)
{
	int n = app->grid.rows - first_row(app) - FRAME_FOOT -
	    detail_rows(app);

	return n < 1 ? 1 : (size_t)n;
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static bool
is_trouble(const char *state)
{
	return strcmp(state, "incomplete") == 0 ||
	    strcmp(state, "unfinished") == 0 || strcmp(state, "damaged") == 0;
}

static void
draw_trace(struct app *app)
{
	struct model *m = &app->model;
	const char *state = app->held ? "held" : model_state(m);
	char name[256], time[32], right[128];
	unsigned i, n = 0;
	int cols = app->grid.cols, used, width;

	for (i = 0; i < trace_nprocesses(m->reader); i++)
		n += trace_process(m->reader, i)->recorded;
	text_time(time, sizeof(time), model_seconds(m,
	    heap_totals(m->heap)->last_time));
	snprintf(right, sizeof(right), "%s  %u process%s  %s  %s ",
	    model_mode(m), n, n == 1 ? "" : "es", time, state);
	width = grid_width(right);
	used = 1 + grid_put(&app->grid, 0, 1, cols, STYLE_TITLE, "poolview");
	text_safe(name, sizeof(name), text_base(m->path));
	grid_put(&app->grid, 0, used + 2, cols - used - 4 - width,
	    STYLE_HEADER, name);
	grid_put_right(&app->grid, 0, cols - width, width, STYLE_NORMAL, right);
	grid_paint(&app->grid, 0, cols - 1 - (int)strlen(state),
	    (int)strlen(state), is_trouble(state) ? STYLE_BAD : STYLE_GOOD);
}

static void
draw_figures(struct app *app)
{
	struct model *m = &app->model;
	const struct heap_totals *t = heap_totals(m->heap);
	char live[16], blocks[16], peak[16], rate[16], line[256];
	int col;

	text_size(live, sizeof(live), t->live_bytes);
	text_count(blocks, sizeof(blocks), t->live_blocks);
	text_size(peak, sizeof(peak), t->peak_bytes);
	text_count(rate, sizeof(rate), (uint64_t)model_rate(m));
	snprintf(line, sizeof(line),
	    "live %s in %s block%s   peak %s   %s allocs/s   ", live, blocks,
	    plural(t->live_blocks), peak, rate);
	col = 1 + grid_put(&app->grid, 1, 1, app->grid.cols, STYLE_NORMAL,
	    line);
	if (m->nerrors == 0)
		snprintf(line, sizeof(line), "no errors");
	else
		snprintf(line, sizeof(line), "%zu error%s", m->nerrors,
		    plural(m->nerrors));
	grid_put(&app->grid, 1, col, app->grid.cols, m->nerrors ? STYLE_BAD :
	    STYLE_GOOD, line);
}

static void
draw_title(struct app *app)
{
	struct view *v = app->view;
	char title[VIEW_CELL], count[128];
	int used;

	v->ops->title(v, title, sizeof(title));
	used = 1 + grid_put(&app->grid, 2, 1, app->grid.cols - 2, STYLE_TITLE,
	    title);
	if (view_is_text(v) || !app->filter.set)
		return;
	snprintf(count, sizeof(count), "%zu of %zu shown: %.60s", v->nrows,
	    v->nall, app->filter.text);
	grid_put_right(&app->grid, 2, used + 2, app->grid.cols - used - 3,
	    STYLE_MARK, count);
}

/* The columns that the screen has room for; the one of width 0 takes the rest. */
static int
column_width(const struct app *app, size_t column)
{
	const struct view_ops *ops = app->view->ops;
	int left = app->grid.cols - FRAME_MARGIN;
	size_t i;

	if (ops->columns[column].width != 0)
		return ops->columns[column].width;
	for (i = 0; i < ops->ncolumns; i++)
		if (app->grid.cols >= ops->columns[i].from)
			left -= ops->columns[i].width + 1;
	return left + 1 < 8 ? 8 : left + 1;
}

static void
draw_cell(struct app *app, int row, int col, int width, bool right,
    enum style style, const char *text)
{
	if (right)
		grid_put_right(&app->grid, row, col, width, style, text);
	else
		grid_put(&app->grid, row, col, width, style, text);
}

static void
draw_headings(struct app *app)
{
	struct view *v = app->view;
	const struct view_column *c;
	int col = FRAME_MARGIN, width;
	char text[64];
	size_t i;

	for (i = 0; i < v->ops->ncolumns; i++) {
		c = &v->ops->columns[i];
		if (app->grid.cols < c->from)
			continue;
		width = column_width(app, i);
		snprintf(text, sizeof(text), "%s%s", c->title,
		    i != v->sort ? "" : c->greatest_first != v->inverted ?
		    (app->grid.ascii ? "v" : "\u25be") :
		    (app->grid.ascii ? "^" : "\u25b4"));
		draw_cell(app, 3, col, width, c->right, STYLE_HEADING, text);
		col += width + 1;
	}
	grid_paint(&app->grid, 3, 0, app->grid.cols, STYLE_HEADING);
}

static void
draw_columns(struct app *app, int row, uint64_t id)
{
	const struct view_ops *ops = app->view->ops;
	char cell[VIEW_CELL];
	int col = FRAME_MARGIN, width;
	size_t i;

	for (i = 0; i < ops->ncolumns; i++) {
		if (app->grid.cols < ops->columns[i].from)
			continue;
		width = column_width(app, i);
		ops->cell(app->view, id, i, cell, sizeof(cell));
		draw_cell(app, row, col, width, ops->columns[i].right,
		    ops->columns[i].style, cell);
		col += width + 1;
	}
}

static void
draw_rows(struct app *app)
{
	struct view *v = app->view;
	size_t i, page = frame_page(app);
	char line[VIEW_CELL];
	int row = first_row(app);

	view_show(v, page);
	for (i = v->top; i < v->nrows && i < v->top + page; i++, row++) {
		if (view_is_text(v)) {
			v->ops->cell(v, v->rows[i], 0, line, sizeof(line));
			grid_put(&app->grid, row, 1, app->grid.cols - 1,
			    STYLE_NORMAL, line);
			continue;
		}
		draw_columns(app, row, v->rows[i]);
		if (i == v->selected) {
			/* Without colours the mark tells it. */
			grid_put(&app->grid, row, 0, 1, STYLE_SELECTED, ">");
			grid_paint(&app->grid, row, 0, app->grid.cols,
			    STYLE_SELECTED);
		}
	}
	if (v->nrows == 0)
		grid_put(&app->grid, row + 1, 3, app->grid.cols, STYLE_DIM,
		    v->nall ? "(nothing matches the filter)" : "(nothing)");
}

static void
draw_detail(struct app *app)
{
	struct view *v = app->view;
	int n = detail_rows(app), i, col;
	int row = app->grid.rows - FRAME_FOOT - n;
	char line[VIEW_CELL];

	if (n == 0 || v->nrows == 0)
		return;
	for (i = 0; i < n; i++) {
		if (!v->ops->detail(v, v->rows[v->selected], i, line,
		    sizeof(line)))
			break;
		grid_put(&app->grid, row + i, 1, app->grid.cols - 2,
		    i == 0 ? STYLE_TITLE : STYLE_NORMAL, line);
		if (i > 0)
			continue;
		for (col = grid_width(line) + 2; col < app->grid.cols; col++)
			grid_put(&app->grid, row, col, 1, STYLE_DIM,
			    app->grid.ascii ? "-" : "\u2500");
	}
}

/* "12-30 of 400", or how much of a text was seen. */
static void
draw_position(struct app *app, int row)
{
	struct view *v = app->view;
	size_t page = frame_page(app), last = v->top + page;
	char text[64];

	if (v->nrows <= page)
		return;
	snprintf(text, sizeof(text), "%zu-%zu of %zu ", v->top + 1,
	    last < v->nrows ? last : v->nrows, v->nrows);
	grid_put_right(&app->grid, row, app->grid.cols - 32, 32, STYLE_DIM,
	    text);
}

static void
draw_status(struct app *app)
{
	char line[APP_PROMPT + 8], safe[APP_PROMPT * 2];
	int row = app->grid.rows - 2, col;

	draw_position(app, row);
	if (app->prompt != 0) {
		snprintf(line, sizeof(line), "%c%s", app->prompt, app->typed);
		col = grid_put(&app->grid, row, 0, app->grid.cols - 1,
		    STYLE_MARK, line);
		grid_put(&app->grid, row, col, 1, STYLE_SELECTED, " ");
	} else if (app->message[0] != '\0') {
		text_safe(safe, sizeof(safe), app->message);
		grid_put(&app->grid, row, 0, app->grid.cols, STYLE_MARK, safe);
	} else if (app->model.failed) {
		text_safe(safe, sizeof(safe), app->model.status.what);
		grid_put(&app->grid, row, 0, app->grid.cols, STYLE_BAD, safe);
	}
}

/* The number of the function key in keys, or 0. */
static int
function_key(const char *keys)
{
	const char *f;

	for (f = keys; (f = strchr(f, 'F')) != NULL; f++)
		if ((f == keys || f[-1] == ' ') && f[1] >= '1' && f[1] <= '9')
			return atoi(f + 1);
	return 0;
}

static void
draw_keys(struct app *app)
{
	int width = app->grid.cols / FRAME_KEYS, row = app->grid.rows - 1;
	int n, col, used;
	char key[16];
	size_t i;

	for (i = 0; i < nrequests; i++) {
		n = function_key(requests[i].keys);
		if (n == 0 || requests[i].label[0] == '\0')
			continue;
		col = (n - 1) * width;
		snprintf(key, sizeof(key), "F%d", n);
		used = grid_put(&app->grid, row, col, width, STYLE_KEY, key);
		grid_put(&app->grid, row, col + used, width - used,
		    STYLE_KEYNAME, requests[i].label);
		grid_paint(&app->grid, row, col + used, width - used,
		    STYLE_KEYNAME);
	}
}

static void
draw_too_small(struct app *app)
{
	char line[96];

	snprintf(line, sizeof(line), "poolview needs %dx%d; this is %dx%d",
	    APP_MIN_COLS, APP_MIN_ROWS, app->grid.cols, app->grid.rows);
	grid_put(&app->grid, app->grid.rows / 2, 0, app->grid.cols,
	    STYLE_NORMAL, line);
}

void
frame_draw(struct app *app)
{
	grid_clear(&app->grid);
	if (app->grid.cols < APP_MIN_COLS || app->grid.rows < APP_MIN_ROWS) {
		draw_too_small(app);
		return;
	}
	draw_trace(app);
	draw_figures(app);
	draw_title(app);
	if (!view_is_text(app->view))
		draw_headings(app);
	draw_rows(app);
	draw_detail(app);
	draw_status(app);
	draw_keys(app);
}
