/*
 * args_help.c - what --help, --version and --dump-options print.
 *
 * --help fits 80 columns: names to column 28, text from there on.
 * --dump-options prints a row per option for scripts, fields separated by
 * tabs: name, letter or -, argument or -, now, later or hidden.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/args_impl.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMNS	80
#define HELP_TEXT	28	/* column where the text begins */

/*
 * Print words from column on, wrapped; later lines begin at indent.  Newlines
 * in text are kept.
 */
static void
print_wrapped(const char *text, int column, int indent)
{
	int n;

	while (*text) {
		if (*text == '\n') {
			printf("\n%*s", indent, "");
			column = indent;
			text++;
			continue;
		}
		text += strspn(text, " ");
		n = (int)strcspn(text, " \n");
		if (column > indent && column + 1 + n > HELP_COLUMNS) {
			printf("\n%*s", indent, "");
			column = indent;
		}
		if (column > indent)
			column += printf(" ");
		column += printf("%.*s", n, text);
		text += n;
	}
	putchar('\n');
}

static int
print_names(const struct args_option *o)
{
	int n = 0;

	if (o->letter)
		n += printf("  -%c, ", o->letter);
	else
		n += printf("      ");
	n += printf("--%s", o->name);
	if (args_value_is_optional(o))
		n += printf("[=%.*s]", (int)strlen(o->value) - 2,
		    o->value + 1);
	else if (o->value)
		n += printf("=%s", o->value);
	return n;
}

static void
print_option(const struct args_option *o)
{
	int column = print_names(o);

	if (column > HELP_TEXT - 2) {
		putchar('\n');
		column = 0;
	}
	printf("%*s", HELP_TEXT - column, "");
	column = HELP_TEXT;
	if (o->state == ARGS_LATER)
		column += printf("(not yet)");
	print_wrapped(o->help, column, HELP_TEXT);
}

static void
print_usage(const struct args_program *p)
{
	const char *line = p->usage, *lead = "Usage: ";
	int n;

	while (*line) {
		n = (int)strcspn(line, "\n");
		printf("%s%.*s\n", lead, n, line);
		line += n + (line[n] == '\n');
		lead = "       ";
	}
}

void
args_print_help(const struct args_program *p)
{
	static const struct args_option own[] = {
		{ 0, "help", 0, NULL, ARGS_NOW, "", "print this and exit" },
		{ 0, "version", 0, NULL, ARGS_NOW, "",
		    "print the version and exit" },
	};
	const char *group = NULL;
	size_t i;

	print_usage(p);
	print_wrapped(p->about, 0, 0);
	for (i = 0; i < p->noptions; i++) {
		const struct args_option *o = &p->options[i];

		if (o->state == ARGS_HIDDEN)
			continue;
		if (!group || strcmp(group, o->group))
			printf("\n%s:\n", o->group);
		group = o->group;
		print_option(o);
	}
	printf("\nThis program:\n");
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		print_option(&own[i]);
	if (p->footer) {
		putchar('\n');
		print_wrapped(p->footer, 0, 0);
	}
}

void
args_print_version(const struct args_program *p)
{
	printf("%s %s\n", p->name, PACKAGE_VERSION);
}

void
args_print_options(const struct args_program *p)
{
	static const char *const states[] = { "now", "later", "hidden" };
	size_t i;

	for (i = 0; i < p->noptions; i++) {
		const struct args_option *o = &p->options[i];

		printf("%s\t%c\t%s\t%s\n", o->name,
		    o->letter ? o->letter : '-', o->value ? o->value : "-",
		    states[o->state]);
	}
	printf("help\t-\t-\tnow\nversion\t-\t-\tnow\n");
}
