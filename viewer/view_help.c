/*
 * view_help.c - the keys and commands, from the lists that make them work.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "viewer/app.h"
#include "viewer/request.h"

static void
print_help(FILE *f)
{
	const char *usage, *help;
	size_t i;

	fputs("Keys\n", f);
	for (i = 0; i < nrequests; i++)
		fprintf(f, "  %-14s %s\n", requests[i].keys, requests[i].help);
	fputs("\nCommands, behind a colon\n", f);
	for (i = 0; i < command_help(i, &usage, &help); i++)
		fprintf(f, "  %-20s %s\n", usage, help);
	fputs("\nA pattern without a capital letter matches either case.\n", f);
	fputs("A filter on sites looks at all functions, files and objects of "
	    "a call path.\n", f);
}

static void
help_load(struct view *v)
{
	char *text = NULL;
	size_t size;
	FILE *f;

	if (v->data == NULL && (f = open_memstream(&text, &size)) != NULL) {
		print_help(f);
		if (fclose(f) == 0)
			view_lines_set(v, text);
	}
	view_lines_load(v);
}

static void
help_title(struct view *v, char *buf, size_t size)
{
	(void)v;
	snprintf(buf, size, "Help: q goes back");
}

const struct view_ops view_help = {
	.name = "help",
	.load = help_load,
	.close = view_lines_close,
	.title = help_title,
	.cell = view_lines_cell,
};
