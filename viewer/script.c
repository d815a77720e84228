/*
 * script.c - keys and commands from a file.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/app.h"
#include "viewer/key.h"

#define READ_SLICE	50	/* ms */
#define READ_SLICES	400	/* a writer may be faster than we are */

static void
read_all(struct app *app)
{
	int i;

	for (i = 0; !app->held && i < READ_SLICES; i++) {
		model_poll(&app->model, READ_SLICE);
		if (app->model.idle)
			break;
	}
	view_refresh(app->view, true);
}

static int
press(struct app *app, const char *line)
{
	size_t n;
	int key;

	for (; *line != '\0' && !app->quit; line += n) {
		n = strcspn(line, " ");
		if (n == 0) {
			n = 1;
			continue;
		}
		key = key_parse(line, (int)n);
		if (key == 0) {
			app_say(app, "no such key: %.*s", (int)n, line);
			return -1;
		}
		app_key(app, key);
	}
	return 0;
}

static int
run_line(struct app *app, const char *line)
{
	int result;

	if (line[0] == '\0' || line[0] == '#')
		return 0;
	if (strchr(":/?\\", line[0]) == NULL || line[1] == '\0' ||
	    line[1] == ' ')
		return press(app, line);
	if (line[0] != ':')	/* :save-screen keeps what it shall save */
		app->message[0] = '\0';
	result = prompt_done(app, line[0], line + 1);
	if (!app->quit)
		view_refresh(app->view, true);
	return result;
}

int
script_run(struct app *app, const char *path, void (*drawn)(struct app *),
    char *why, size_t size)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	int result = 0;

	if (f == NULL) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	while (result == 0 && !app->quit && getline(&line, &room, f) >= 0) {
		number++;
		line[strcspn(line, "\r\n")] = '\0';
		read_all(app);
		result = run_line(app, line);
		drawn(app);
	}
	if (result != 0)
		snprintf(why, size, "%s:%u: %s", path, number, app->message);
	free(line);
	if (f != stdin)
		fclose(f);
	return result;
}
