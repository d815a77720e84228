/*
 * sites.h - is a block allocated at a place that is to be guarded?
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_SITES_H
#define PW_PRELOAD_SITES_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/backend.h"
#include "trace/session.h"
#include "unwind/unwind.h"

#pragma GCC visibility push(hidden)

/* Before unwind_init.  false: the session names no places (or no memory). */
bool	sites_start(struct session_header *);

/* An object was met, or is gone. */
void	sites_seen(const struct unwind_object *);
void	sites_gone(uintptr_t start);

struct lane;

/* Fill in the request's guard and site; takes the stack if need be. */
void	sites_choose(struct lane *, struct backend_request *,
	    const struct unwind_start *);

#pragma GCC visibility pop

#endif
