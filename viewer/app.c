/*
 * app.c - the views on top of each other, patterns, keys on their way.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/app.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "viewer/request.h"

void
app_say(struct app *app, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(app->message, sizeof(app->message), fmt, ap);
	va_end(ap);
}

void
app_push(struct app *app, struct view *v)
{
	if (v == NULL) {
		app_say(app, "out of memory");
		return;
	}
	v->below = app->view;
	app->view = v;
	view_refresh(v, true);
}

void
app_pop(struct app *app)
{
	struct view *v = app->view;

	if (v->below == NULL) {
		app->quit = true;
		return;
	}
	app->view = v->below;
	view_destroy(v);
	view_refresh(app->view, true);
}

void
app_switch(struct app *app, const struct view_ops *ops)
{
	struct view *v, *below;

	if (app->view != NULL && app->view->ops == ops)
		return;
	v = view_create(app, ops, 0);
	if (v == NULL) {
		app_say(app, "out of memory");
		return;
	}
	for (; app->view != NULL; app->view = below) {
		below = app->view->below;
		view_destroy(app->view);
	}
	app_push(app, v);
}

/* A pattern without a capital letter does not care about capitals. */
int
app_pattern(struct app *app, struct pattern *p, const char *text)
{
	int flags = REG_EXTENDED | REG_NOSUB | REG_ICASE, error;
	const char *c;
	regex_t re;
	char why[128];

	for (c = text; *c != '\0'; c++)
		if (isupper((unsigned char)*c))
			flags &= ~REG_ICASE;
	error = *text ? regcomp(&re, text, flags) : 0;
	if (error != 0) {
		regerror(error, &re, why, sizeof(why));
		app_say(app, "%s: %s", text, why);
		return -1;
	}
	if (p->set)
		regfree(&p->regex);
	p->set = *text != '\0';
	if (p->set)
		p->regex = re;
	snprintf(p->text, sizeof(p->text), "%s", text);
	p->generation++;
	return 0;
}

void
app_search(struct app *app, int direction)
{
	if (!app->search.set)
		app_say(app, "nothing was searched for yet: / searches");
	else if (!view_search(app->view, &app->search.regex, direction,
	    frame_page(app)))
		app_say(app, "not found: %s", app->search.text);
}

void
app_key(struct app *app, int key)
{
	const struct request *r;

	app->message[0] = '\0';
	if (app->prompt != 0) {
		prompt_key(app, key);
		return;
	}
	r = request_find(key);
	if (r != NULL)
		r->run(app);
	else
		app_say(app, "this key does nothing: h lists those that do");
	if (!app->quit)
		view_refresh(app->view, false);
}

void
app_poll(struct app *app, unsigned ms)
{
	if (!app->held)
		model_poll(&app->model, ms);
	view_refresh(app->view, false);
}

void
app_release(struct app *app)
{
	struct view *below;

	for (; app->view != NULL; app->view = below) {
		below = app->view->below;
		view_destroy(app->view);
	}
	if (app->filter.set)
		regfree(&app->filter.regex);
	if (app->search.set)
		regfree(&app->search.regex);
	grid_release(&app->grid);
	model_close(&app->model);
}
