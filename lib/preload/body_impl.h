/*
 * body_impl.h - what body.c and body_sample.c share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BODY_IMPL_H
#define PW_PRELOAD_BODY_IMPL_H

#include "preload/body.h"
#include "preload/sites.h"
#include "preload/thread.h"
#include "trace/writer.h"

#pragma GCC visibility push(hidden)

/*
 * The time of what has just been done to the block at ptr, or is to be done now.
 * Plain rdtsc is a quarter of one that waits; own: it will do in any case.
 */
static PW_ALWAYS_INLINE uint64_t
body_stamp(const struct thread *t, const void *ptr, bool own)
{
	return __atomic_load_n(&thread_alone, __ATOMIC_RELAXED) ||
	    thread_had(t, ptr) || own ? session_now(process.session) :
	    session_now_after(process.session);
}

static PW_ALWAYS_INLINE uint64_t
body_now(const struct thread *t, const void *ptr)
{
	return body_stamp(t, ptr, false);
}

/* Allocations are left out; see Pauses in session.h. */
static PW_ALWAYS_INLINE bool
body_paused(void)
{
	return PW_UNLIKELY(__atomic_load_n(&process.session->flags,
	    __ATOMIC_RELAXED) & SESSION_PAUSED);
}

/* Who allocates may decide whether the block is guarded. */
static PW_ALWAYS_INLINE void *
body_take(struct thread *t, struct lane *lane, struct backend_request *req,
    const struct unwind_start *at)
{
	if (PW_UNLIKELY(process.sites || process.turns))
		sites_choose(lane, req, at);
	return process.backend->take(&t->backend, req);
}

/* The malloc that the real operator new makes counts as new. */
void	body_expected(struct thread *, struct backend_request *);

/* The next allocator serves, and that is all. */
void	*body_inert_alloc(const struct backend_request *);
void	body_inert_free(void *ptr, unsigned call);
void	*body_inert_realloc(void *ptr, struct backend_request *);

/* LIFE_SAMPLING; ptr is not NULL, a realloc's size not 0. */
void	*body_sample_alloc(struct backend_request *,
	    const struct unwind_start *);
void	body_sample_free(void *ptr, const struct body_said *);
void	*body_sample_realloc(void *ptr, struct backend_request *,
	    const struct unwind_start *);

#pragma GCC visibility pop

#endif
