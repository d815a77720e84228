/*
 * main.c - poolview: browse the heap of a recorded program.
 *
 * One loop: draw what is stale, wait for a key for as long as the trace has
 * nothing to read, read a slice of it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "viewer/app.h"
#include "viewer/key.h"
#include "viewer/options.h"
#include "viewer/run.h"
#include "viewer/screen.h"
#include "viewer/script.h"
#include "viewer/text.h"

enum {
	STATUS_SCRIPT = 1,	/* the script could not be run */
	STATUS_USAGE = 2,
	STATUS_SOURCE = 3,	/* the source can't be read at all */

	READ_SLICE = 20,	/* ms of reading between two looks at the keys */
	IDLE_WAIT = 100,	/* ms for a key when there is nothing to read */
};

static void
complain(const char *what)
{
	char safe[1024];

	text_safe(safe, sizeof(safe), what);
	fprintf(stderr, "poolview: %s\n", safe);
}

/* Without a terminal screens must not depend on who saves them. */
static void
set_locale(struct app *app, const struct options *o)
{
	if (!app->terminal)
		setlocale(LC_CTYPE, "C.UTF-8");
	else if (setlocale(LC_CTYPE, "") == NULL ||
	    strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		app->grid.ascii = true;
	if (o->ascii)
		app->grid.ascii = true;
}

static int
open_source(struct app *app, const struct options *o, const char *path)
{
	struct symbol_options so = { .sysroot = o->sysroot,
		.debug_dir = o->debug_dir };
	char line[512];

	if (model_open(&app->model, path, &o->at, &so) == 0)
		return 0;
	snprintf(line, sizeof(line), "%.300s: %s", path,
	    app->model.status.what);
	complain(line);
	return -1;
}

static void
draw(struct app *app)
{
	int cols = app->grid.cols, rows = app->grid.rows;

	if (app->terminal) {
		screen_size(&cols, &rows);
		if (cols != app->grid.cols || rows != app->grid.rows)
			grid_resize(&app->grid, cols, rows);
	}
	if (app->view != NULL)
		frame_draw(app);
	if (app->terminal)
		screen_push(&app->grid, app->redraw);
	app->redraw = false;
}

static void
loop(struct app *app)
{
	bool busy;
	int key;

	while (!app->quit && screen_signal() == 0) {
		draw(app);
		busy = !app->held && !app->model.idle && !app->model.failed;
		key = screen_key(busy ? 0 : IDLE_WAIT);
		if (key != 0 && key != PW_KEY_RESIZE)
			app_key(app, key);
		if (!app->quit)
			app_poll(app, READ_SLICE);
	}
}

static int
start_screen(struct app *app, const struct options *o)
{
	if (app->terminal && screen_open() != 0) {
		complain("this terminal can't be used (TERM?)");
		return -1;
	}
	if (grid_resize(&app->grid, o->cols ? o->cols : APP_MIN_COLS,
	    o->rows ? o->rows : APP_MIN_ROWS) != 0) {
		complain("out of memory");
		return -1;
	}
	return 0;
}

static int
browse(struct app *app, const struct options *o)
{
	char why[512];
	int status = 0;

	if (o->filter != NULL && app_pattern(app, &app->filter, o->filter)
	    != 0) {
		complain(app->message);
		return STATUS_USAGE;
	}
	if (start_screen(app, o) != 0)
		return STATUS_SCRIPT;
	app_switch(app, &view_sites);
	if (app->view == NULL)
		status = STATUS_SCRIPT;
	else if (o->script == NULL)
		loop(app);
	else if (script_run(app, o->script, draw, why, sizeof(why)) != 0)
		status = STATUS_SCRIPT;
	if (app->terminal)
		screen_close();
	if (status != 0)
		complain(o->script ? why : "out of memory");
	return status;
}

/* Die as we were asked to, the terminal being itself again. */
static void
obey_signal(void)
{
	int sig = screen_signal();

	if (sig != 0) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

static void
tell_of_run(struct run *r, const char *program)
{
	fprintf(stderr, "poolview: the trace is %s, what was printed is in "
	    "%s\n", r->trace, r->output);
	if (run_is_alive(r))
		fprintf(stderr, "poolview: %s still runs: kill %d ends it\n",
		    program, (int)r->pid);
}

int
main(int argc, char **argv)
{
	static struct app app;
	struct options o;
	struct run run;
	char why[512];
	int status;

	status = options_parse(&o, argc, argv, why, sizeof(why));
	if (status != 0) {
		if (status < 0)
			complain(why);
		return status < 0 ? STATUS_USAGE : 0;
	}
	app.terminal = o.cols == 0 && isatty(STDIN_FILENO) &&
	    isatty(STDOUT_FILENO);
	if (!app.terminal && o.script == NULL) {
		complain("this is no terminal; --script works without one");
		return STATUS_USAGE;
	}
	if (o.program != NULL && run_start(&run, o.program, why,
	    sizeof(why)) != 0) {
		complain(why);
		return STATUS_SOURCE;
	}
	set_locale(&app, &o);
	status = STATUS_SOURCE;
	if (open_source(&app, &o, o.program ? run.trace : o.source) == 0)
		status = browse(&app, &o);
	app_release(&app);
	if (o.program != NULL)
		tell_of_run(&run, o.program[0]);
	obey_signal();
	return status;
}
