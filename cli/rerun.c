/*
 * rerun.c - may a report name poolwatch's guards?
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/rerun.h"

#include "cli/poolwatch.h"

#define AS_STATE(id, name, letter, value, state, group, help)	\
	[OPT_##id] = ARGS_##state,
static const unsigned char states[] = { WATCH_OPTIONS(AS_STATE) };

bool
rerun_has_guards(void)
{
	return states[OPT_GUARD_FROM] == ARGS_NOW;
}
