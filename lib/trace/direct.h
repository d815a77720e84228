/*
 * direct.h - a session that nobody drains: its file is the trace.
 *
 * Made by the module itself when it was preloaded by hand (direct.c has the
 * theory).  Nothing here allocates or takes a lock; errno is kept.  After
 * direct_create and direct_map no call opens anything.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_DIRECT_H
#define PW_TRACE_DIRECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/session.h"

/*
 * How large the trace may get, in bytes: wanted, or by default (0) a tenth of
 * the free space and at most 10 GiB; never what would take the last of the
 * file system (1 GiB or 5% of it), nor more than the process's limits let
 * through.  0: there is no room.
 */
uint64_t direct_bound(int fd, uint64_t wanted);

/*
 * Lay the empty file fd out for at most bound bytes, of them a quarter and at
 * most stacks bytes for the stack table, map it and fill in what
 * follows from that; the caller fills in the rest of the constants and then the
 * magic.  NULL: it can't be done, *error is an errno.  fd stays the caller's.
 */
struct session_header *direct_create(int fd, uint64_t bound,
	    uint64_t stacks, int *error);

/* Map a direct session's file of size bytes, its head is in h; or NULL. */
struct session_header *direct_map(int fd, const struct session_header *h,
	    uint64_t size);

/* Does a mapping, made through another open of the file, hold its lock? */
bool	direct_is_locked(int fd);

/*
 * [p, p + size) of the session may be stored into from now on, and no store
 * will meet a full disk.  false: it has no room.
 */
bool	direct_ready(struct session_header *, const void *p, size_t size);

/*
 * A chunk that nobody has owned, ready; NULL: recording has stopped (and
 * session_header.closed is set).  *window is the caller's: 0 at first, in each
 * image anew.
 */
struct session_chunk *direct_take_chunk(struct session_header *,
	    uint32_t *window);

/* Make nodes up to id ready; false: there is no room. */
bool	direct_nodes(struct session_header *, uint32_t id);

/* Measure the clock's rate anew: the longer ago it began, the better. */
void	direct_rate(struct session_header *);

#endif
