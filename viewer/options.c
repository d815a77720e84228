/*
 * options.c - poolview's command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/options.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/compiler.h"

static const struct args_option rows[] = { POOLVIEW_OPTIONS(ARGS_AS_ROW) };

static const struct args_program program = {
	.name = "poolview",
	.usage = "poolview [OPTION]... [SOURCE]\n"
	    "poolview [OPTION]... -- PROGRAM [ARG]...",
	.about = "Browse the heap of a recorded program: the call paths that "
	    "allocate, their blocks, and what the program did wrong. A trace "
	    "that is being written is followed. Without SOURCE: the newest "
	    "*.pwt here.",
	.footer = "In poolview h lists the keys.",
	.options = rows,
	.noptions = PW_ARRAY_LEN(rows),
};

static enum args_result
take(struct options *o, struct args *a)
{
	char rest;

	switch (a->option->id) {
	case OPT_FILTER:
		o->filter = a->value;
		break;
	case OPT_AT:
		if (moment_parse(a->value, &o->at) != 0)
			return args_refuse(a, "--at=%s: no moment (%s)",
			    a->value, MOMENT_WORDS);
		break;
	case OPT_SYSROOT:
		o->sysroot = a->value;
		break;
	case OPT_DEBUG_DIR:
		o->debug_dir = a->value;
		break;
	case OPT_ASCII:
		o->ascii = true;
		break;
	case OPT_SCRIPT:
		o->script = a->value;
		break;
	case OPT_SIZE:
		if (sscanf(a->value, "%dx%d%c", &o->cols, &o->rows, &rest)
		    != 2 || o->cols < 1 || o->rows < 1 || o->cols > 1000 ||
		    o->rows > 1000)
			return args_refuse(a, "--size=%s: not COLSxROWS",
			    a->value);
		break;
	}
	return ARGS_OPTION;
}

static int
newest_here(struct options *o)
{
	time_t newest = 0;
	struct stat st;
	glob_t found;
	size_t i;

	if (glob("*.pwt", 0, NULL, &found) == 0) {
		for (i = 0; i < found.gl_pathc; i++)
			if (stat(found.gl_pathv[i], &st) == 0 &&
			    st.st_mtime >= newest && strlen(found.gl_pathv[i])
			    < sizeof(o->found)) {
				newest = st.st_mtime;
				strcpy(o->found, found.gl_pathv[i]);
			}
		globfree(&found);
	}
	o->source = o->found[0] ? o->found : NULL;
	return o->source ? 0 : -1;
}

/* Words of digits are processes, unless there is a file of that name. */
static bool
is_pid(const char *word)
{
	struct stat st;

	return *word != '\0' && word[strspn(word, "0123456789")] == '\0' &&
	    stat(word, &st) != 0;
}

static int
take_words(struct options *o, struct args *a, char *why, size_t size)
{
	if (a->dashes) {
		o->program = a->argv;
		if (a->argc > 0)
			return 0;
		snprintf(why, size, "a program must follow --");
	} else if (a->argc > 1)
		snprintf(why, size, "one source at a time, not '%.100s' too",
		    a->argv[1]);
	else if (a->argc == 1 && is_pid(a->argv[0]))
		snprintf(why, size, "%.20s: running processes can't be looked "
		    "at yet, only traces", a->argv[0]);
	else if (a->argc == 1) {
		o->source = a->argv[0];
		return 0;
	} else if (newest_here(o) == 0)
		return 0;
	else
		snprintf(why, size, "no SOURCE, and there is no *.pwt here; "
		    "try --help");
	return -1;
}

int
options_parse(struct options *o, int argc, char **argv, char *why, size_t size)
{
	enum args_result result;
	struct args a;
	int status = -1;

	memset(o, 0, sizeof(*o));
	args_begin(&a, &program, argc, argv);
	do {
		result = args_next(&a);
		if (result == ARGS_OPTION)
			result = take(o, &a);
	} while (result == ARGS_OPTION);
	if (result == ARGS_BAD)
		snprintf(why, size, "%s", a.message);
	else if (result == ARGS_DONE)
		status = 1;
	else if (o->cols != 0 && o->script == NULL)
		snprintf(why, size, "--size is for --script");
	else
		status = take_words(o, &a, why, size);
	args_end(&a);
	return status;
}
