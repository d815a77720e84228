/*
 * app.h - the one state of poolview, and who may act on it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_APP_H
#define PW_VIEWER_APP_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "viewer/grid.h"
#include "viewer/model.h"
#include "viewer/view.h"

enum { APP_PROMPT = 256 };	/* bytes of a typed line */

struct pattern {
	bool set;
	regex_t regex;
	char text[APP_PROMPT];
	unsigned generation;	/* another one: it changed */
};

struct app {
	struct model model;
	struct grid grid;
	struct view *view;	/* what is seen; below it the way back */
	struct pattern filter;
	struct pattern search;
	int search_direction;	/* 1 down, -1 up */
	char prompt;		/* 0, or which: : / ? and backslash */
	char typed[APP_PROMPT];
	char message[APP_PROMPT + 128];	/* until the next key */
	bool held;		/* L: hold still */
	bool terminal;		/* there is one; else a script only */
	bool quit;
	bool redraw;		/* C-l: all of it */
};

#define APP_MIN_COLS	80
#define APP_MIN_ROWS	24

/* The view that is seen becomes v (NULL: not enough memory). */
void	app_push(struct app *, struct view *v);
/* Back to the view before; from the first: quit. */
void	app_pop(struct app *);
/* The only view, after dropping all others. */
void	app_switch(struct app *, const struct view_ops *);
void	app_say(struct app *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* One key of the user. */
void	app_key(struct app *, int key);
/* Read the trace for some milliseconds, unless held still. */
void	app_poll(struct app *, unsigned ms);
void	app_release(struct app *);

/* Set or, with "", clear a pattern.  -1: it is none; the message says why. */
int	app_pattern(struct app *, struct pattern *, const char *text);
void	app_search(struct app *, int direction);

/* frame.c: everything into the grid; lines that the list has there. */
void	frame_draw(struct app *);
size_t	frame_page(const struct app *);

/* command.c: a line without its colon.  -1: refused, the message says why. */
int	command_run(struct app *, const char *line);
/* The list of commands, for the help. */
size_t	command_help(size_t i, const char **usage, const char **help);

/* prompt.c */
void	prompt_open(struct app *, char which);
void	prompt_key(struct app *, int key);
/* What Enter does. */
int	prompt_done(struct app *, char which, const char *text);

#endif
