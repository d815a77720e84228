/*
 * poolwatch_memcheck.c - options that people know from memcheck.
 *
 * They are mapped where we have the same thing, and answered in a sentence
 * where we don't; those that would change what comes out are refused.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/poolwatch.h"

#include <stdio.h>
#include <string.h>

#include "analysis/suppress.h"

static void
add_note(struct watch_options *o, const char *note)
{
	size_t at = strlen(o->notes);

	snprintf(o->notes + at, sizeof(o->notes) - at, "%s\n", note);
}

/* Read before PROGRAM starts: what is wrong in it is told first. */
static enum args_result
add_suppressions(struct watch_options *o, struct args *a)
{
	char why[256];

	if (o->suppressions == NULL)
		o->suppressions = suppress_create();
	if (o->suppressions == NULL)
		return args_refuse(a, "out of memory");
	if (suppress_read(o->suppressions, a->value, why, sizeof(why)) < 0)
		return args_refuse(a, "%s", why);
	return ARGS_OPTION;
}

enum args_result
watch_answer_memcheck(struct watch_options *o, struct args *a)
{
	switch (a->option->id) {
	case OPT_SUPPRESSIONS:
		return add_suppressions(o, a);
	case OPT_TOOL:
		if (strcmp(a->value, "memcheck"))
			return args_refuse(a, "only memcheck's work is done "
			    "here (try -m profile for massif's)");
		break;
	case OPT_SHOW_REACHABLE:
	case OPT_LEAK_RESOLUTION:
		add_note(o, "leaks are not yet judged by reachability; "
		    "everything not freed is shown");
		break;
	case OPT_XML:
	case OPT_XML_FILE:
		return args_refuse(a, "the trace holds everything: "
		    "poolleak --format=... makes reports from it");
	case OPT_GEN_SUPPRESSIONS:
		if (strcmp(a->value, "no"))
			return args_refuse(a, "the trace holds everything: "
			    "poolleak --gen-suppressions makes them from it");
		break;
	case OPT_TRACK_ORIGINS:
	case OPT_UNDEF_VALUE:
		add_note(o, "uninitialised values are not followed here; "
		    "memcheck does that");
		break;
	case OPT_TRACK_FDS:
		add_note(o, "descriptors are not watched; memory is");
		break;
	case OPT_READ_VAR_INFO:
	case OPT_VGDB:
		add_note(o, "the program runs as itself: gdb -p can attach to "
		    "it at any time");
		break;
	}
	return ARGS_OPTION;
}
