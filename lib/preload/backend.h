/*
 * backend.h - who serves the memory behind the interposed calls.
 *
 * Two of them: backend_next (profile mode: the next allocator in line) and
 * backend_pool (check mode: our own).  interpose.c decides nothing about
 * memory; a backend knows nothing about events.
 *
 * Order of a call, which makes replay exact:
 *	alloc:	take -> capture -> stamp -> event, note
 *	free:	claim -> capture -> stamp -> event -> give
 *
 * Every function may be entered from a signal handler that interrupted
 * another one of the same thread (nested is then true): it must not wait for
 * a lock that the interrupted code holds.  No function captures, records or
 * touches errno.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BACKEND_H
#define PW_PRELOAD_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/format.h"
#include "trace/session.h"

/* What a backend keeps per thread; zeroed memory is a fresh one. */
struct backend_thread {
	uint32_t tid;
	void *cache;		/* the backend's own, NULL until first used */

	/*
	 * Set by take: since the thread last told of an event, nobody else
	 * had the block.
	 */
	bool mine;

	/* Blocks that pass before one is guarded; more of the backend's own. */
	uint32_t guard_left;
	uint32_t guard_skip;
	uint64_t guard_random;
};

struct backend_request {
	size_t size;		/* bytes asked */
	size_t align;		/* 0: the default; else a power of two */
	unsigned call;		/* enum trace_call */
	bool zero;		/* contents must be zero */
	bool nested;
	bool guard;		/* its site is one that is to be guarded */
	uintptr_t site;		/* who calls; known where that matters */
};

/* What is known of a pointer that is to be freed, resized or measured. */
struct backend_claim {
	void *ptr;
	unsigned call;		/* enum trace_call of the freeing call */
	bool nested;
	size_t said_size;	/* sized and aligned frees: what the caller */
	size_t said_align;	/* says of the block; 0: nothing */
	size_t size;		/* asked at allocation; ~0: not known */
	unsigned allocated_by;	/* enum trace_call; TRACE_NCALLS: not known */
	bool bad;		/* the call must be ignored ... */
	bool findings;		/* ... or goes on, but error is filled */
	struct trace_error error;	/* kind etc.; stack and time are the
				 * caller's to fill */
};

/* A fault of the program's, as the kernel tells it. */
struct backend_fault {
	uintptr_t address;
	bool known;		/* false: the processor gives no address */
	bool write;		/* as far as the processor says */
	const long long *regs;	/* of the faulting instruction */
	unsigned nregs;
};

struct backend_figures {
	uint64_t footprint;	/* bytes obtained from the system */
	uint64_t live;		/* bytes asked for and not yet freed */
	uint64_t overhead;	/* headers, guards, slack of live blocks */
	uint64_t free;		/* free bytes in the footprint */
	uint64_t largest;	/* largest free run, bytes */
};

struct backend {
	const char *name;

	/* Once, before any other; 0 or -1 (then the next allocator serves). */
	int (*start)(struct session_header *);

	/* Without memory NULL; never prints, never records. */
	void *(*take)(struct backend_thread *, const struct backend_request *);

	/* Remember who allocated, for findings.  No-op in profile mode. */
	void (*note)(void *ptr, uint32_t stack, uint32_t tid, uint64_t time);

	/*
	 * Hold ptr to be valid and make it ours: of two threads that free the
	 * same block exactly one gets claim->bad == false.  Fills the claim.
	 * Checks the guards.  After it, give or unclaim must follow if !bad.
	 */
	void (*claim)(struct backend_thread *, struct backend_claim *);
	void (*give)(struct backend_thread *, struct backend_claim *,
	    uint32_t stack, uint32_t tid, uint64_t time);
	void (*unclaim)(struct backend_thread *, struct backend_claim *);

	/*
	 * Try to change the size of a claimed block where it stands; true:
	 * done, the block is live again with the new size (and no longer
	 * claimed).  Profile mode: always false.
	 */
	bool (*resize)(struct backend_thread *, struct backend_claim *,
	    const struct backend_request *);

	/*
	 * The first size bytes of a claimed block to a new one that was taken
	 * for it.  What the claimed block holds afterwards is undefined.
	 * NULL in a backend that has realloc.
	 */
	void (*copy)(void *to, void *from, size_t size);

	/*
	 * Profile mode: the next allocator's realloc (claim->ptr is taken by
	 * it unless it returns NULL).  NULL in a backend where the caller does
	 * take + copy + give.
	 */
	void *(*realloc)(struct backend_thread *, struct backend_claim *,
	    const struct backend_request *);

	/* Bytes the program may use; 0 when ptr is no live block of ours. */
	size_t (*usable)(struct backend_thread *, void *ptr, bool nested);

	/* Give free memory back to the system; 1 if some was given. */
	int (*trim)(struct backend_thread *, size_t pad);

	/* false: not known now (a lock is held elsewhere). */
	bool (*figures)(struct backend_figures *);

	/*
	 * Findings that were met on the way, about other blocks than the
	 * call's; not nested.  NULL in a backend that finds none; else
	 * backend_late tells how many wait.
	 */
	bool (*late)(struct backend_thread *, struct trace_error *);

	/*
	 * At an orderly end: the next damaged block from *at on (0 at first)
	 * that was allocated since that time; false: no more.
	 */
	bool (*sweep)(struct backend_thread *, uintptr_t *at, uint64_t since,
	    struct trace_error *);

	/*
	 * At an orderly end: live blocks that were allocated since that time
	 * count too among what was never written.
	 */
	void (*unused)(struct backend_thread *, uint64_t since);

	/*
	 * What has the fault to do with our blocks?  true: e is a finding of
	 * its own.  false: at most the block is filled in, of which the
	 * address or a register speaks.  The thread may hold any lock.  NULL:
	 * nothing is known.
	 */
	bool (*fault)(struct backend_thread *, const struct backend_fault *,
	    struct trace_error *);

	/*
	 * A word for the user that waits, or at the end of a process what
	 * there is to tell; false: none.  backend_late counts one that waits.
	 */
	bool (*word)(char *text, size_t size, bool end);

	/* Around fork (atfork), and in a child that fork never told us of. */
	void (*fork_prepare)(uint32_t tid);
	void (*fork_parent)(uint32_t tid);
	void (*fork_child)(uint32_t tid);

	/* A thread has ended (found dead later): its caches may be taken. */
	void (*thread_gone)(struct backend_thread *);
};

extern uint32_t backend_late;

extern const struct backend backend_next;
extern const struct backend backend_pool;

#endif
