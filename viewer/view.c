/*
 * view.c - what all views share: rows, motion, order, search, filter.
 *
 * While the trace grows a view is loaded again at most four times a second,
 * and so seldom that loading takes no more than a tenth of the time.  The
 * selected row stays selected, wherever it goes.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/view.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "viewer/app.h"
#include "viewer/model.h"

#define REFRESH_SECONDS	0.25

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct view *
view_create(struct app *app, const struct view_ops *ops, uint64_t of)
{
	struct view *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->app = app;
	v->ops = ops;
	v->of = of;
	v->sort = ops->sorted_by;
	v->stale = true;
	return v;
}

void
view_destroy(struct view *v)
{
	if (v->ops->close != NULL)
		v->ops->close(v);
	free(v->rows);
	free(v);
}

void
view_add(struct view *v, uint64_t row)
{
	size_t room = v->room ? v->room * 2 : 64;
	uint64_t *rows;

	if (v->nrows == v->room) {
		rows = reallocarray(v->rows, room, sizeof(*rows));
		if (rows == NULL)
			return;
		v->rows = rows;
		v->room = room;
	}
	v->rows[v->nrows++] = row;
}

bool
view_is_text(const struct view *v)
{
	return v->ops->columns == NULL;
}

static bool
row_has(struct view *v, uint64_t row, const regex_t *re)
{
	size_t i, n = view_is_text(v) ? 1 : v->ops->ncolumns;
	char cell[VIEW_CELL];

	for (i = 0; i < n; i++) {
		v->ops->cell(v, row, i, cell, sizeof(cell));
		if (regexec(re, cell, 0, NULL, 0) == 0)
			return true;
	}
	return false;
}

static bool
row_is_shown(struct view *v, uint64_t row)
{
	const regex_t *re = v->app->filter.set ? &v->app->filter.regex : NULL;

	if (re == NULL || view_is_text(v))
		return true;
	if (v->ops->matches != NULL)
		return v->ops->matches(v, row, re, v->app->filter.generation);
	return row_has(v, row, re);
}

static void
filter_rows(struct view *v)
{
	size_t i, n = 0;

	v->nall = v->nrows;
	for (i = 0; i < v->nrows; i++)
		if (row_is_shown(v, v->rows[i]))
			v->rows[n++] = v->rows[i];
	v->nrows = n;
}

static int
compare_cells(struct view *v, uint64_t a, uint64_t b)
{
	char x[VIEW_CELL], y[VIEW_CELL];
	uint64_t m, n;

	if (v->ops->value != NULL && v->ops->value(v, a, v->sort, &m) &&
	    v->ops->value(v, b, v->sort, &n))
		return (m > n) - (m < n);
	v->ops->cell(v, a, v->sort, x, sizeof(x));
	v->ops->cell(v, b, v->sort, y, sizeof(y));
	return strcmp(x, y);
}

static int
compare_rows(const void *a, const void *b, void *arg)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	struct view *v = arg;
	int order = compare_cells(v, x, y);

	if (v->ops->columns[v->sort].greatest_first != v->inverted)
		order = -order;
	return order ? order : (x > y) - (x < y);
}

static uint64_t
identity(struct view *v, uint64_t row)
{
	return v->ops->identity ? v->ops->identity(v, row) : row;
}

static void
select_again(struct view *v, bool had, uint64_t was)
{
	size_t i;

	for (i = 0; had && i < v->nrows; i++)
		if (identity(v, v->rows[i]) == was) {
			v->selected = i;
			return;
		}
	if (v->selected >= v->nrows)
		v->selected = v->nrows ? v->nrows - 1 : 0;
}

static void
view_load(struct view *v)
{
	/* Nobody has moved yet: stay at the first line, whichever it is. */
	bool had = v->selected > 0 && v->selected < v->nrows;
	uint64_t was = had ? identity(v, v->rows[v->selected]) : 0;
	double start = seconds();

	v->nrows = 0;
	v->ops->load(v);
	filter_rows(v);
	if (!view_is_text(v) && v->sort < v->ops->ncolumns && v->nrows > 1)
		qsort_r(v->rows, v->nrows, sizeof(*v->rows), compare_rows, v);
	select_again(v, had, was);
	v->version = v->app->model.version;
	v->filtered = v->app->filter.generation;
	v->stale = false;
	v->loaded = seconds();
	v->cost = v->loaded - start;
}

void
view_refresh(struct view *v, bool now)
{
	double pause = v->cost * 10 > REFRESH_SECONDS ? v->cost * 10 :
	    REFRESH_SECONDS;

	if (v->stale || v->filtered != v->app->filter.generation ||
	    (v->version != v->app->model.version &&
	    (now || seconds() - v->loaded >= pause)))
		view_load(v);
}

void
view_show(struct view *v, size_t page)
{
	size_t last = v->nrows > page ? v->nrows - page : 0;

	if (view_is_text(v)) {
		if (v->selected > last)
			v->selected = last;
		v->top = v->selected;
		return;
	}
	if (v->selected < v->top)
		v->top = v->selected;
	if (v->selected >= v->top + page)
		v->top = v->selected - page + 1;
	if (v->top > last)
		v->top = last;
}

void
view_move(struct view *v, long n, size_t page)
{
	size_t last = v->nrows ? v->nrows - 1 : 0;

	if (n < 0)
		v->selected -= (size_t)-n < v->selected ? (size_t)-n :
		    v->selected;
	else
		v->selected += (size_t)n < last - v->selected ? (size_t)n :
		    last - v->selected;
	view_show(v, page);
}

bool
view_search(struct view *v, const regex_t *re, int direction, size_t page)
{
	size_t i, at = v->selected;

	for (i = 0; i < v->nrows; i++) {
		at = direction > 0 ? (at + 1) % v->nrows :
		    (at + v->nrows - 1) % v->nrows;
		if (row_has(v, v->rows[at], re)) {
			v->selected = at;
			view_show(v, page);
			return true;
		}
	}
	return false;
}

void
view_sort_by(struct view *v, size_t column)
{
	if (view_is_text(v) || column >= v->ops->ncolumns)
		return;
	if (column != v->sort)
		v->inverted = false;
	v->sort = column;
	v->selected = v->top = 0;
	v->stale = true;
}

int
view_column_find(const struct view *v, const char *name)
{
	size_t i;

	for (i = 0; !view_is_text(v) && i < v->ops->ncolumns; i++)
		if (strcmp(v->ops->columns[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* Lines: v->data is an array of pointers, the first of which owns the text. */
void
view_lines_set(struct view *v, char *text)
{
	size_t n = strlen(text);
	char **lines, *p;

	view_lines_close(v);
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	n = 1;
	for (p = text; (p = strchr(p, '\n')) != NULL; p++)
		n++;
	lines = calloc(n + 1, sizeof(*lines));
	if (lines == NULL) {
		free(text);
		return;
	}
	for (n = 0, p = text; p != NULL; n++)
		lines[n] = strsep(&p, "\n");
	v->data = lines;
}

void
view_lines_load(struct view *v)
{
	char **lines = v->data;
	size_t i;

	for (i = 0; lines != NULL && lines[i] != NULL; i++)
		view_add(v, i);
}

void
view_lines_close(struct view *v)
{
	char **lines = v->data;

	if (lines != NULL)
		free(lines[0]);
	free(lines);
	v->data = NULL;
}

void
view_lines_cell(struct view *v, uint64_t row, size_t column, char *buf,
    size_t size)
{
	char **lines = v->data;

	(void)column;
	*buf = '\0';
	strncat(buf, lines[row], size - 1);
}
