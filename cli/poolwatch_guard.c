/*
 * poolwatch_guard.c - the options on guards.
 *
 * In guard mode all blocks are guarded, in check mode none; each option that
 * picks some out means those, in either mode.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/poolwatch.h"

#include <stdio.h>
#include <string.h>

#define GUARD_RATE_MAX	1000000000u

enum args_result
watch_set_guard(struct watch_options *o, struct args *a)
{
	uint64_t n;

	switch ((enum watch_option)a->option->id) {
	case OPT_GUARD_RATE:
		if (args_number(a->value, 1, GUARD_RATE_MAX, &n) < 0)
			return args_refuse(a, "'%s' is no number from 1 to %u",
			    a->value, GUARD_RATE_MAX);
		o->guard_rate = (uint32_t)n;
		return ARGS_OPTION;
	case OPT_GUARD_FROM:
		o->guard_from = a->value;
		return ARGS_OPTION;
	case OPT_GUARD_SITE:
		if (!*a->value)
			return args_refuse(a, "the name is empty");
		o->guard_site = a->value;
		return ARGS_OPTION;
	case OPT_GUARD_SIDE:
		if (args_choice(a->value, "back|front|alternate",
		    &o->guard_side) < 0)
			return args_refuse(a, "'%s' is none of back, front, "
			    "alternate", a->value);
		o->guard_side_given = true;
		return ARGS_OPTION;
	default:
		if (args_size(a->value, &o->guard_memory) < 0 ||
		    o->guard_memory < SESSION_GUARD_LEAST)
			return args_refuse(a, "'%s' is no size of at least 1M",
			    a->value);
		o->guard_memory_given = true;
		return ARGS_OPTION;
	}
}

/* 0, or -1: they can't all be meant; message says why. */
int
watch_settle_guard(struct watch_options *o, char *message, size_t size)
{
	bool picks = o->guard_rate != 0 || o->guard_from || o->guard_site;
	bool given = picks || o->guard_side_given || o->guard_memory_given;

	if ((o->mode == SESSION_GUARD || picks) && o->guard_rate == 0)
		o->guard_rate = 1;
	if (given && o->mode == SESSION_PROFILE) {
		snprintf(message, size, "guards are our heap's; in profile "
		    "mode the program's own allocator serves");
		return -1;
	}
	if (given && o->guard_rate == 0) {
		snprintf(message, size, "no block is guarded: -m guard guards "
		    "all, --guard-rate, --guard-site and --guard-from some");
		return -1;
	}
	return 0;
}
