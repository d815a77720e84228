/*
 * finding.h - telling the recording what is wrong.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_FINDING_H
#define PW_PRELOAD_FINDING_H

#include "preload/thread.h"

#pragma GCC visibility push(hidden)

/* Stack of the caller, interned; in the middle of a call. */
uint32_t finding_stack(struct lane *, const struct unwind_start *);

/* What lane->claim.error says, met by call. */
void	finding_tell(struct lane *, const struct unwind_start *);

/* What the backend met on the way about other blocks; not nested. */
void	finding_late(struct thread *, struct lane *, unsigned call,
	    const struct unwind_start *);

/* error, whole with its stack. */
void	finding_raise(struct lane *, struct trace_error *);

/* The backend's word for the user, if it has one. */
void	finding_word(struct lane *, bool end);

/* A request of size bytes that nothing can serve. */
void	finding_bad_size(struct lane *, unsigned call, size_t size,
	    const struct unwind_start *);

/*
 * An alignment that is no power of two, or too small for the call; not in the
 * middle of one.
 */
void	finding_bad_align(unsigned call, size_t align, size_t size,
	    const struct unwind_start *at);

#pragma GCC visibility pop

#endif
