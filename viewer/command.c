/*
 * command.c - what stands behind a colon, at the prompt and in scripts.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/compiler.h"
#include "viewer/app.h"

#define WAIT_SLICE	20	/* ms of reading at a time */
#define WAIT_PATIENCE	500	/* slices without news: 10 s with the pauses */

/* function, word, argument, help */
#define COMMANDS(_)							\
	_(quit,        "quit",        "",           "leave poolview")	\
	_(save_screen, "save-screen", "FILE",       "write the screen to FILE as text") \
	_(sort,        "sort",        "COLUMN[!]",  "by a column's name; ! inverted") \
	_(filter,      "filter",      "[REGEX]",    "show only what matches; none: all") \
	_(view,        "view",        "NAME",       "sites, errors or help") \
	_(wait_end,    "wait-end",    "",           "in scripts: until the recording has ended") \
	_(size,        "size",        "COLSxROWS",  "in scripts: another size of screen")

#define COMMAND_AS_FUNCTION(name, word, argument, help)	\
	static int command_##name(struct app *, const char *);
COMMANDS(COMMAND_AS_FUNCTION)

#define COMMAND_AS_ROW(name, word, argument, help)	\
	{ word, argument, word " " argument, help, command_##name },
static const struct {
	const char *word;
	const char *argument;
	const char *usage;
	const char *help;
	int (*run)(struct app *, const char *argument);
} commands[] = { COMMANDS(COMMAND_AS_ROW) };

size_t
command_help(size_t i, const char **usage, const char **help)
{
	if (i < PW_ARRAY_LEN(commands)) {
		*usage = commands[i].usage;
		*help = commands[i].help;
	}
	return PW_ARRAY_LEN(commands);
}

int
command_run(struct app *app, const char *line)
{
	size_t n, i;

	line += strspn(line, " ");
	n = strcspn(line, " ");
	if (n == 0)
		return 0;
	for (i = 0; i < PW_ARRAY_LEN(commands); i++)
		if (strlen(commands[i].word) == n &&
		    memcmp(commands[i].word, line, n) == 0)
			break;
	if (i == PW_ARRAY_LEN(commands)) {
		app_say(app, "no such command: %.*s", (int)n, line);
		return -1;
	}
	line += n + strspn(line + n, " ");
	if (commands[i].argument[0] != '\0' &&
	    commands[i].argument[0] != '[' && *line == '\0') {
		app_say(app, "usage: :%s", commands[i].usage);
		return -1;
	}
	return commands[i].run(app, line);
}

static int
command_quit(struct app *app, const char *argument)
{
	(void)argument;
	app->quit = true;
	return 0;
}

static int
command_save_screen(struct app *app, const char *file)
{
	frame_draw(app);
	if (grid_save(&app->grid, file) == 0)
		return 0;
	app_say(app, "%s: %s", file, strerror(errno));
	return -1;
}

static int
command_sort(struct app *app, const char *argument)
{
	char name[64];
	size_t n = strcspn(argument, "!");
	int column;

	snprintf(name, sizeof(name), "%.*s", (int)n, argument);
	column = view_column_find(app->view, name);
	if (column < 0) {
		app_say(app, "this view has no column %s", name);
		return -1;
	}
	view_sort_by(app->view, (size_t)column);
	app->view->inverted = argument[n] == '!';
	view_refresh(app->view, true);
	return 0;
}

static int
command_filter(struct app *app, const char *text)
{
	return app_pattern(app, &app->filter, text);
}

static int
command_view(struct app *app, const char *name)
{
	static const struct view_ops *const views[] = { &view_sites,
		&view_errors, &view_help };
	size_t i;

	for (i = 0; i < PW_ARRAY_LEN(views); i++)
		if (strcmp(views[i]->name, name) == 0) {
			app_switch(app, views[i]);
			return 0;
		}
	app_say(app, "no such view: %s", name);
	return -1;
}

static bool
at_end(struct app *app)
{
	const char *state = model_state(&app->model);

	return strcmp(state, "reading") != 0 && strcmp(state, "following") != 0;
}

static int
command_wait_end(struct app *app, const char *argument)
{
	static const struct timespec pause = { 0, WAIT_SLICE * 1000000 };
	unsigned still = 0;

	(void)argument;
	if (app->terminal) {
		app_say(app, "this is for scripts");
		return -1;
	}
	for (; !at_end(app) && still < WAIT_PATIENCE; still++) {
		if (model_poll(&app->model, WAIT_SLICE))
			still = 0;
		else
			nanosleep(&pause, NULL);
	}
	view_refresh(app->view, true);
	if (at_end(app))
		return 0;
	app_say(app, "the recording does not end");
	return -1;
}

static int
command_size(struct app *app, const char *argument)
{
	int cols, rows;

	if (app->terminal) {
		app_say(app, "the terminal has its own size");
		return -1;
	}
	if (sscanf(argument, "%dx%d", &cols, &rows) == 2 && cols <= 1000 &&
	    rows <= 1000 && grid_resize(&app->grid, cols, rows) == 0)
		return 0;
	app_say(app, "no size: %s", argument);
	return -1;
}
