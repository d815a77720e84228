/*
 * body.h - what stands behind every entry of the malloc family.
 *
 * An entry names the call, notes its caller's state and comes here; each body
 * keeps the order of events that backend.h tells.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BODY_H
#define PW_PRELOAD_BODY_H

#include "preload/preload_impl.h"
#include "unwind/unwind.h"

#pragma GCC visibility push(hidden)

/* NULL with errno ENOMEM; req->nested is filled here. */
void	*body_alloc(struct backend_request *, const struct unwind_start *);

/* What a free is told beside the pointer; 0: nothing. */
struct body_said {
	unsigned call;		/* enum trace_call */
	size_t size;
	size_t align;
};

/* ptr NULL: nothing.  errno is kept. */
void	body_free(void *ptr, const struct body_said *,
	    const struct unwind_start *);

/*
 * realloc with all its cases: ptr NULL allocates, size 0 frees and gives NULL;
 * a bad ptr gives NULL with errno EINVAL.
 */
void	*body_realloc(void *ptr, struct backend_request *,
	    const struct unwind_start *);

size_t	body_usable(void *ptr);

/* count * size overflows: ENOMEM, and a finding. */
void	*body_overflow(unsigned call, const struct unwind_start *);

/* errno, where there is one already. */
void	body_set_errno(int);

#pragma GCC visibility pop

#endif
