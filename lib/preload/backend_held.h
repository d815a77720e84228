/*
 * backend_held.h - is a range of the heap the program's to read and to write?
 *
 * For calls that reach into memory on the program's behalf.  Ranges elsewhere
 * are no business of ours, and in doubt a range is the program's.  No lock on
 * the way of a range that is; safe in a handler.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BACKEND_HELD_H
#define PW_PRELOAD_BACKEND_HELD_H

#include "preload/backend.h"

#pragma GCC visibility push(hidden)

/* The addresses of the heap: [*base, *base + size); 0: it does not serve. */
size_t	backend_held_range(uintptr_t *base);

/*
 * Bytes from at to the end of the live block that holds it.  SIZE_MAX: it is
 * not in the heap.  0: in no live block, or behind its end; see backend_judge.
 */
size_t	backend_room(const void *at);

/* LATE: it was done a while ago; of what is freed since nothing is told. */
enum backend_held {
	BACKEND_HELD_READ = 0,
	BACKEND_HELD_WRITE = 1,
	BACKEND_HELD_LATE = 2,
	BACKEND_HELD_SENT = BACKEND_HELD_READ | BACKEND_HELD_LATE,
	BACKEND_HELD_DONE = BACKEND_HELD_WRITE | BACKEND_HELD_LATE,
};

struct backend_held_range {
	const void *at;
	size_t n;		/* bytes */
	const void *from;	/* what is written there, if that is known;
				 * at, where it has been done; else NULL */
	unsigned held;		/* enum backend_held */
};

/*
 * The range is read or written now: is that wrong?  Then the error is filled,
 * but for the caller's stack and time; and what a write does to the block
 * beyond its end is known, and not found anew when it is freed.
 */
bool	backend_judge(struct backend_thread *, bool nested,
	    struct trace_error *, const struct backend_held_range *);

#pragma GCC visibility pop

#endif
