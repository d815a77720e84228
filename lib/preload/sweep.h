/*
 * sweep.h - looking at all blocks, and since when each is known to be whole.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_SWEEP_H
#define PW_PRELOAD_SWEEP_H

#include "preload/thread.h"

#pragma GCC visibility push(hidden)

/*
 * Every block that is damaged, but no more than a hundred; found is an enum
 * trace_found, at who asked or NULL.  Not nested.  How many there were.
 */
unsigned sweep_all(struct thread *, struct lane *, unsigned found,
	    const struct unwind_start *at);

/* At an orderly end: what live blocks never used.  Not nested. */
void	sweep_unused(struct thread *);

/* Between two calls, so many events after the last time: is it time for one? */
void	sweep_due(struct thread *, struct lane *, unsigned events);

/* Events of a thread between two questions whether it is. */
unsigned sweep_events(unsigned most);

/* Of damage that is told now: when was the block still whole? */
void	sweep_window(struct trace_error *);

#pragma GCC visibility pop

#endif
