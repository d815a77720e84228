/*
 * backend_pool_told.h - damage of a live block that was told of already.
 *
 * How many bytes behind its end a call of libc wrote, and whether one wrote in
 * front of it, was said when it did.  It is kept where the header has the
 * thread of the free, which a live block has not.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BACKEND_POOL_TOLD_H
#define PW_PRELOAD_BACKEND_POOL_TOLD_H

#include "preload/backend_pool_impl.h"

/* Bytes of the block in front of an overrun: whose end was it? */
#define BP_KEEP_BEFORE	24u
#define BP_KEEP_BEHIND	6u

#define BP_TOLD_FRONT	(1u << (BP_WHO_TID - 1))
#define BP_TOLD_MAX	(BP_TOLD_FRONT - 1)	/* bytes behind the end */

static inline uint32_t
bp_told_behind(const struct bp_header *b)
{
	return bp_free_tid(b) & BP_TOLD_MAX;
}

static inline bool
bp_told_front(const struct bp_header *b)
{
	return bp_free_tid(b) & BP_TOLD_FRONT;
}

static inline void
bp_tell_behind(struct bp_header *b, size_t bytes)
{
	uint32_t n = bytes < BP_TOLD_MAX ? (uint32_t)bytes : BP_TOLD_MAX;

	if (n > bp_told_behind(b))
		bp_set_free_tid(b, (bp_free_tid(b) & BP_TOLD_FRONT) | n);
}

static inline void
bp_tell_front(struct bp_header *b)
{
	bp_set_free_tid(b, bp_free_tid(b) | BP_TOLD_FRONT);
}

#endif
