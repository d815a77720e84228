/*
 * front_guard.h - whose blocks are guarded: places for the session.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_FRONT_GUARD_H
#define PW_CLI_FRONT_GUARD_H

#include "cli/front.h"

/* Index of a module, entered if it is new; -1: the table is full. */
int	guards_module(struct session_guards *, const char *path,
	    const unsigned char *build_id, size_t size);

/* One place: n frames.  0, or -1: the table is full. */
int	guards_add(struct session_guards *, const struct session_guard_frame *,
	    unsigned n, bool anywhere);

/* Places into front->guards.  0, or -1: told why there are none. */
int	front_guard_from(struct front *, const char *trace);
int	front_guard_site(struct front *, const char *glob);

#endif
