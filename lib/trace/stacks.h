/*
 * stacks.h - call stacks to ids, inside.
 *
 * The nodes live in the session file and are shared by all its processes;
 * the hash that finds (parent, ip) is private to a process and its forks, in
 * anonymous memory that is only touched where used.  Lock-free: of two threads
 * that intern the same new node at once one may leave an id unused, or, while a
 * table grows, make a second node of it, which costs bytes and nothing else.
 *
 * A thread's memo holds its previous capture with the id of every frame;
 * captures share most of their outer frames, so only the innermost few are
 * looked up: first among the nodes that this thread looked up lately.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_STACKS_H
#define PW_TRACE_STACKS_H

#include <stddef.h>
#include <stdint.h>

#include "trace/session.h"

#define STACKS_FRAMES_MAX	256	/* --depth */
/* And a mark, and what unwind_capture keeps more of: UNWIND_CUT_STEP - 1. */
#define STACKS_DEPTH_MAX	(STACKS_FRAMES_MAX + 32)

struct stacks;

/* A node that was looked up lately: ip under parent is id. */
struct stacks_near {
	uint64_t ip;		/* 0: none */
	uint32_t parent;
	uint32_t id;
};

#define STACKS_NEAR	512u	/* 8 KiB, of which the used lines stay near */

struct stacks_memo {
	struct stacks_near near[STACKS_NEAR];
	uint32_t n;
	uint32_t id[STACKS_DEPTH_MAX];		/* index 0: outermost */
	uintptr_t ip[STACKS_DEPTH_MAX];
};

/* NULL without memory.  Lives as long as the process. */
struct stacks *stacks_create(struct session_header *);

/*
 * ips[0] is the innermost frame (a return address as found on the stack;
 * readers subtract 1), ips[n - 1] the outermost.  0 when n is 0.  memo belongs
 * to the calling thread; NULL works, more slowly.
 */
uint32_t stacks_intern(struct stacks *, struct stacks_memo *memo,
	    const uintptr_t *ips, size_t n);

/*
 * The same of a stack whose outermost `same` frames are those of the memo and
 * not in ips.  0: ids have run out (or no frame at all); stacks_intern with
 * all frames knows what to do then.
 */
uint32_t stacks_intern_on(struct stacks *, struct stacks_memo *memo,
	    size_t same, const uintptr_t *ips, size_t n);

#endif
