/*
 * prompt.c - a line typed at the foot of the screen.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <stdint.h>
#include <string.h>

#include "viewer/app.h"
#include "viewer/key.h"

void
prompt_open(struct app *app, char which)
{
	app->prompt = which;
	app->typed[0] = '\0';
}

int
prompt_done(struct app *app, char which, const char *text)
{
	switch (which) {
	case ':':
		return command_run(app, text);
	case '\\':
		return app_pattern(app, &app->filter, text);
	default:
		/* Nothing typed: what was searched for before, this way. */
		if (*text && app_pattern(app, &app->search, text) != 0)
			return -1;
		app->search_direction = which == '/' ? 1 : -1;
		app_search(app, app->search_direction);
		return 0;
	}
}

static void
erase(char *typed)
{
	size_t n = strlen(typed);

	while (n > 0 && (typed[--n] & 0xc0) == 0x80)
		continue;
	typed[n] = '\0';
}

static void
append(struct app *app, int key)
{
	char text[5];

	grid_encode((uint32_t)key, text);
	if (strlen(app->typed) + strlen(text) < sizeof(app->typed))
		strcat(app->typed, text);
}

void
prompt_key(struct app *app, int key)
{
	char which = app->prompt;

	if (key == PW_KEY_ENTER) {
		app->prompt = 0;
		prompt_done(app, which, app->typed);
		if (!app->quit)
			view_refresh(app->view, true);
	} else if (key == PW_KEY_ESC || (key == PW_KEY_BACKSPACE &&
	    app->typed[0] == '\0'))
		app->prompt = 0;
	else if (key == PW_KEY_BACKSPACE || key == 8 || key == 0x7f)
		erase(app->typed);
	else if (key == ('u' & 0x1f))
		app->typed[0] = '\0';
	else if (key >= ' ' && key < PW_KEY_FIRST)
		append(app, key);
}
