/*
 * view.h - a view is a row of functions and a table of columns.
 *
 * A view that is added is a file view_NAME.c with a struct view_ops, and a
 * row in VIEWS.  Rows of a view are numbers that mean something to its
 * functions only (the index of a site, of a line of text); scrolling,
 * sorting, searching and filtering are the same for all, in view.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_VIEW_H
#define PW_VIEWER_VIEW_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "viewer/grid.h"

struct app;
struct model;
struct view;

#define VIEWS(_)							\
	_(sites) _(blocks) _(errors) _(block) _(error) _(help)

enum { VIEW_CELL = 1024 };	/* bytes of one cell's text */

struct view_column {
	const char *name;	/* for :sort */
	const char *title;
	int width;		/* columns; 0: what is left */
	bool right;		/* aligned */
	bool greatest_first;	/* unless inverted */
	int from;		/* shown on a screen of so many columns */
	enum style style;
};

struct view_ops {
	const char *name;
	const struct view_column *columns;	/* NULL: lines of text */
	size_t ncolumns;
	size_t sorted_by;	/* at first; ncolumns: as loaded */

	/* Fill the view with rows (view_add).  Called when the model changed. */
	void (*load)(struct view *);
	void (*close)(struct view *);			/* may be NULL */
	/* One line over the rows. */
	void (*title)(struct view *, char *buf, size_t size);
	void (*cell)(struct view *, uint64_t row, size_t column, char *buf,
	    size_t size);
	/* To sort by a number; NULL, or a column for which it says false:
	 * sorted by the text of the cell. */
	bool (*value)(struct view *, uint64_t row, size_t column,
	    uint64_t *value);
	/* NULL: no row is hidden but by its text. */
	bool (*matches)(struct view *, uint64_t row, const regex_t *,
	    unsigned generation);
	/* What stays the same of a row when rows are loaded anew; NULL: row. */
	uint64_t (*identity)(struct view *, uint64_t row);
	/* Lines under the list about the selected row, up to max; NULL. */
	int (*detail)(struct view *, uint64_t row, int line, char *buf,
	    size_t size);
	/* What Enter opens: its view, or NULL. */
	struct view *(*open)(struct view *, uint64_t row);
};

struct view {
	const struct view_ops *ops;
	struct app *app;
	struct view *below;	/* where q goes back to */
	uint64_t of;		/* the site, block or error that it shows */
	void *data;		/* the view's own */
	uint64_t *rows;		/* shown, in order */
	size_t nrows;
	size_t room;
	size_t nall;		/* before the filter */
	size_t selected;	/* index of rows */
	size_t top;		/* first row on the screen */
	size_t sort;		/* column; ncolumns: none */
	bool inverted;
	uint64_t version;	/* of the model when it was loaded */
	unsigned filtered;	/* generation of the filter then */
	bool stale;
	double loaded;		/* seconds, when; and what it cost */
	double cost;
};

#define VIEW_AS_OPS(name)	extern const struct view_ops view_##name;
VIEWS(VIEW_AS_OPS)
#undef VIEW_AS_OPS

/* NULL without memory. */
struct view *view_create(struct app *, const struct view_ops *, uint64_t of);
void	view_destroy(struct view *);

/* For load: one more row. */
void	view_add(struct view *, uint64_t row);

/* Load again if the model or the filter changed; now: at once. */
void	view_refresh(struct view *, bool now);

/* true: lines of text, which scroll as a page. */
bool	view_is_text(const struct view *);
/* Move by n lines, page being what fits; scroll so that it is seen. */
void	view_move(struct view *, long n, size_t page);
void	view_show(struct view *, size_t page);
/* Put the next match in direction (1, -1) on the screen.  false: none. */
bool	view_search(struct view *, const regex_t *, int direction, size_t page);
void	view_sort_by(struct view *, size_t column);
/* The index of the column called name, or -1. */
int	view_column_find(const struct view *, const char *name);

/* For views of lines: take text, split at newlines (freed at close). */
void	view_lines_set(struct view *, char *text);
void	view_lines_load(struct view *);
void	view_lines_close(struct view *);
void	view_lines_cell(struct view *, uint64_t row, size_t column, char *buf,
	    size_t size);

#endif
