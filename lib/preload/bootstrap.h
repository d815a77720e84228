/*
 * bootstrap.h - memory before there is an allocator.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BOOTSTRAP_H
#define PW_PRELOAD_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/*
 * Zeroed, aligned to align (a power of two; 0: 16 bytes).  NULL without
 * memory.  ours: asked for by libc on our behalf, not an event of the program.
 * Works before relocation, in any thread, in a signal handler.
 */
void	*bootstrap_take(size_t size, size_t align, unsigned call, bool ours);

/* Is ptr from here? */
bool	bootstrap_owns(const void *ptr);

/* Bytes asked for ptr, which is from here. */
size_t	bootstrap_size(const void *ptr);

/*
 * Mark ptr as freed.  True: tell the event (it was told of as a block and not
 * yet freed).  The memory is never used again.
 */
bool	bootstrap_give(void *ptr);

/*
 * Every block that has not been told of yet, in order; freed: it was given
 * back meanwhile.  Each is told once.
 */
void	bootstrap_tell(void (*tell)(void *ptr, size_t size, unsigned call,
	    bool freed, void *arg), void *arg);

#pragma GCC visibility pop

#endif
