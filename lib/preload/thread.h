/*
 * thread.h - what we keep of each thread, and who may use it when.
 *
 * One pointer in static TLS leads to a mapped block.  A call
 * enters, works in a lane, and leaves.  Lane 0 belongs to the thread, lane 1
 * to a signal handler that interrupted lane 0; while that runs, signals are
 * blocked, so there is no third.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_THREAD_H
#define PW_PRELOAD_THREAD_H

#include "preload/preload_impl.h"
#include "preload/sample.h"
#include "trace/writer.h"
#include "unwind/unwind.h"

#pragma GCC visibility push(hidden)

struct lane {
	struct writer writer;
	struct unwind_thread unwind;
	struct backend_claim claim;	/* too large for the caller's stack */
	struct stacks_memo memo;
	uintptr_t ips[STACKS_DEPTH_MAX];
	struct unwind_memo again;	/* last: large, see thread_wipe */
};

/* Bytes; a frame of the kernel's with all registers there are is 12 KB. */
#define THREAD_STACK	(32u << 10)

struct thread {
	struct thread *next;	/* all there ever were; never unlinked */
	uint32_t tid;		/* the owner; 0: free; THREAD_CLAIMED */
	uint32_t busy;		/* lanes in use */
	uint64_t mask;		/* signals blocked before lane 1 was entered */
	uint32_t events;	/* until the next look at the heap's figures ... */
	uint32_t period;	/* ... of so many */
	uint64_t unswept;	/* events since the last sweep */
	uint64_t told;		/* heap events */
	uint64_t hand;		/* see thread_had; 0: never */
	uint32_t as_call;	/* see thread_expect */
	size_t as_size;
	struct sample sample;
	struct backend_thread backend;
	struct lane lane[2];
	char stack[THREAD_STACK] __attribute__((aligned(16)));	/* crash.c */
};

#define THREAD_CLAIMED	(~0u)
#define THREAD_EVENTS	4096u	/* between two looks at the figures */

/*
 * The calling thread's lane, or NULL: no memory, or a synchronous signal hit
 * lane 1; the caller then serves from bootstrap memory and records nothing.
 */
struct thread *thread_enter(struct lane **);
void	thread_leave(struct thread *);

static inline bool
thread_nested(const struct thread *t)
{
	return t->busy > 1;
}

/* The calling thread's, if it has one; not entered. */
struct thread *thread_find(void);

/*
 * 1 while one thread only has ever entered in this process.  Then no block
 * comes from another core, and a stamp need not wait for loads before it.  The
 * second thread clears it before its first event: who reads 1 behind the load
 * of a pointer has that pointer from nobody else.
 */
extern uint32_t thread_alone;

/*
 * Once there are more: who was the last that had a block?  An entry is its
 * address and a mark of the thread, never used for another; blocks of one place
 * may push each other out, then nobody knows.  A thread enters itself before it
 * gives a block away and after it got it; so who finds itself there, behind the
 * load of the pointer, was the last, and the stamp need not wait.
 */
#define THREAD_HANDS	65536u
#define THREAD_HAND_SHIFT	48	/* over all addresses of programs */

extern uint64_t *thread_hands;		/* NULL: none yet */

/* True: t had the block at ptr last.  It is the last from now on. */
static inline bool
thread_had(const struct thread *t, const void *ptr)
{
	uintptr_t addr = (uintptr_t)ptr;
	uint64_t *hands = __atomic_load_n(&thread_hands, __ATOMIC_RELAXED);
	uint64_t *at;

	if (hands == NULL || t->hand == 0)
		return false;
	/* Arenas of threads lie 64 MiB apart: not all on the same entries. */
	at = &hands[((addr >> 4) + (addr >> 26) * 8191) % THREAD_HANDS];
	if (__atomic_load_n(at, __ATOMIC_RELAXED) == (addr | t->hand))
		return true;
	__atomic_store_n(at, addr | t->hand, __ATOMIC_RELAXED);
	return false;
}

/* In a fork's child: we are the only thread, with this id. */
void	thread_forked(struct thread *, uint32_t tid);

/* Start both writers of t on the process's slot; then tell THREAD. */
void	thread_start_writers(struct thread *);
void	thread_tell(struct thread *);

/* Heap events that the process has told of, all threads. */
uint64_t thread_told(void);

/*
 * The allocation of about size bytes that follows is one of call's (the real
 * operator new asks malloc on its behalf).
 */
void	thread_expect(unsigned call, size_t size);

/* All signals but those a fault raises; *old is for thread_unblock. */
void	thread_block(uint64_t *old);
void	thread_unblock(const uint64_t *old);

#pragma GCC visibility pop

#endif
