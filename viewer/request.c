/*
 * request.c - what each key does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/request.h"

#include <string.h>

#include "base/compiler.h"
#include "viewer/app.h"
#include "viewer/key.h"

#define REQUEST_AS_FUNCTION(name, keys, label, help)	\
	static void request_##name(struct app *);
REQUESTS(REQUEST_AS_FUNCTION)

#define REQUEST_AS_ROW(name, keys, label, help)		\
	{ #name, keys, label, help, request_##name },
const struct request requests[] = { REQUESTS(REQUEST_AS_ROW) };
const size_t nrequests = PW_ARRAY_LEN(requests);

static bool
keys_hold(const char *keys, int key)
{
	size_t n;

	for (; *keys != '\0'; keys += n + (keys[n] == ' ')) {
		n = strcspn(keys, " ");
		if (key_parse(keys, (int)n) == key)
			return true;
	}
	return false;
}

const struct request *
request_find(int key)
{
	size_t i;

	for (i = 0; i < nrequests; i++)
		if (keys_hold(requests[i].keys, key))
			return &requests[i];
	return NULL;
}

static void
move(struct app *app, long n)
{
	view_move(app->view, n, frame_page(app));
}

static long
page(struct app *app)
{
	return (long)frame_page(app);
}

static void
request_down(struct app *app)
{
	move(app, 1);
}

static void
request_up(struct app *app)
{
	move(app, -1);
}

static void
request_page_down(struct app *app)
{
	move(app, page(app));
}

static void
request_page_up(struct app *app)
{
	move(app, -page(app));
}

static void
request_half_down(struct app *app)
{
	move(app, (page(app) + 1) / 2);
}

static void
request_half_up(struct app *app)
{
	move(app, -(page(app) + 1) / 2);
}

static void
request_first(struct app *app)
{
	move(app, -(long)app->view->nrows);
}

static void
request_last(struct app *app)
{
	move(app, (long)app->view->nrows);
}

static void
request_open(struct app *app)
{
	struct view *v = app->view;

	if (v->ops->open == NULL)
		app_say(app, "there is nothing below this: q goes back");
	else if (v->selected < v->nrows)
		app_push(app, v->ops->open(v, v->rows[v->selected]));
}

static void
request_back(struct app *app)
{
	app_pop(app);
}

static void
request_quit_all(struct app *app)
{
	app->quit = true;
}

static void
request_help(struct app *app)
{
	if (app->view->ops != &view_help)
		app_push(app, view_create(app, &view_help, 0));
}

static void
request_sites(struct app *app)
{
	app_switch(app, &view_sites);
}

static void
request_errors(struct app *app)
{
	app_switch(app, &view_errors);
}

static void
request_next_view(struct app *app)
{
	app_switch(app, app->view->ops == &view_sites ? &view_errors :
	    &view_sites);
}

static void
request_search(struct app *app)
{
	prompt_open(app, '/');
}

static void
request_search_up(struct app *app)
{
	prompt_open(app, '?');
}

static void
request_again(struct app *app)
{
	app_search(app, app->search_direction);
}

static void
request_again_back(struct app *app)
{
	app_search(app, -app->search_direction);
}

static void
request_filter(struct app *app)
{
	prompt_open(app, '\\');
}

static void
request_command(struct app *app)
{
	prompt_open(app, ':');
}

static void
sort_step(struct app *app, size_t step)
{
	struct view *v = app->view;

	if (view_is_text(v))
		app_say(app, "there is nothing to sort here");
	else
		view_sort_by(v, (v->sort + step) % v->ops->ncolumns);
}

static void
request_sort(struct app *app)
{
	sort_step(app, 1);
}

static void
request_sort_right(struct app *app)
{
	sort_step(app, 1);
}

static void
request_sort_left(struct app *app)
{
	sort_step(app, app->view->ops->ncolumns - 1);
}

static void
request_invert(struct app *app)
{
	app->view->inverted = !app->view->inverted;
	app->view->stale = true;
}

static void
request_live(struct app *app)
{
	app->held = !app->held;
	app_say(app, app->held ? "held still: L goes on" : "going on");
}

static void
request_redraw(struct app *app)
{
	app->redraw = true;
}
