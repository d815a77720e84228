/*
 * body_pass.h - the blocks that --sample does not draw.
 *
 * They go to the next allocator and come back from it as if we were not there.
 * In line, where a call of the program enters: all that follows (its caller's
 * state, a request, a lane) is more than the whole of this.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BODY_PASS_H
#define PW_PRELOAD_BODY_PASS_H

#include "preload/backend_next.h"
#include "preload/bootstrap.h"
#include "preload/preload_impl.h"
#include "preload/thread.h"

/* Of a block that is asked for; true once, for the thread has counted it. */
static PW_ALWAYS_INLINE bool
pass_in(size_t size)
{
	struct thread *t;

	if (PW_LIKELY(start_life != LIFE_SAMPLING))
		return false;
	t = thread_find();
	return PW_LIKELY(t != NULL && t->as_call == 0 &&
	    sample_passes(&t->sample, size));
}

/* Of a block that is given back; NULL too is the next allocator's then. */
static PW_ALWAYS_INLINE bool
pass_out(const void *ptr)
{
	return PW_UNLIKELY(start_life == LIFE_SAMPLING) &&
	    !sampled_maybe(process.sampled, ptr) && !bootstrap_owns(ptr);
}

/* Of both, for a realloc that is neither of the two itself. */
static PW_ALWAYS_INLINE bool
pass_through(const void *ptr, size_t size)
{
	return ptr != NULL && size != 0 && pass_out(ptr) && pass_in(size);
}

#endif
