/*
 * unwind.h - the call stack, fast, inside the watched program.
 *
 * Our own walker over .eh_frame, fed by _dl_find_object (glibc 2.35) or our
 * own table of objects.  No lock is held while it looks anything up, nothing
 * allocates, memory is read within the bounds of the thread's stack only.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_UNWIND_UNWIND_H
#define PW_UNWIND_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The state of a caller, from which a walk begins. */
struct unwind_start {
	uintptr_t pc;		/* return address into the caller */
	uintptr_t sp;		/* caller's stack pointer after the return */
	uintptr_t bp;		/* caller's frame pointer register */
};

/*
 * In a function compiled with -fno-omit-frame-pointer (all of lib/preload):
 * the state of its caller.
 */
#define UNWIND_CALLER() __extension__ ({				\
	uintptr_t *unwind_fp_ = __builtin_frame_address(0);		\
	(struct unwind_start){ .pc = unwind_fp_[1],			\
	    .sp = (uintptr_t)(unwind_fp_ + 2), .bp = unwind_fp_[0] };	\
})

#define UNWIND_SCRATCH_LEVELS	3
#define UNWIND_SCRATCH_SIZE	1664u	/* bytes; unwind_impl.h holds it */

/*
 * Per-thread state of the walker; zeroed memory is a fresh one, and a state
 * that passes from a dead thread to a new one must be zeroed.  Used by its
 * thread and by signal handlers that interrupt it, each level of which works
 * in scratch memory of its own.
 */
struct unwind_thread {
	uint64_t own;		/* the thread's stack as far as known; packed */
	uint64_t other;		/* the same for another stack it ran on last */
	uint32_t level;		/* scratch in use */
	uint32_t pad;
	uint64_t scratch[UNWIND_SCRATCH_LEVELS][UNWIND_SCRATCH_SIZE / 8];
};

/* A loaded object, as the walker met it. */
struct unwind_object {
	uintptr_t start;	/* [start, end) */
	uintptr_t end;
	uintptr_t bias;
	const char *path;	/* ld.so's; "" for the executable */
	const unsigned char *build_id;
	size_t build_id_size;
};

/* Once, before any capture, while one thread runs.  0 or -1: no unwinding. */
int	unwind_init(void);

/*
 * Told about every object when it is first met (those loaded at unwind_init
 * included) and when it is found gone.  Called without locks, from a capture
 * or from unwind_init; may not allocate.  Set before unwind_init.
 */
void	unwind_on_object(void (*seen)(const struct unwind_object *, void *arg),
	    void (*gone)(uintptr_t start, void *arg), void *arg);

/*
 * Walk from start outwards; at most max return addresses into ips, innermost
 * (start->pc) first.  When the stack is deeper than max, the outermost 32 and
 * the innermost are kept with SESSION_MARK_CUT (session.h) between them; with
 * max below 34, the innermost max - 1 and the mark.  A walk that ended for want
 * of unwind information ends in a SESSION_MARK_END value.  Returns how many
 * were stored.
 *
 * With max UNWIND_CUT_MIN or more, frames are left out by UNWIND_CUT_STEP: so
 * stacks of a recursion that is one deeper at each capture have most of what
 * is stored in common.  UNWIND_CUT_STEP - 1 more places than wanted let the
 * innermost max - 64 be kept, and up to 31 more.
 *
 * Every address is as a return address: where a signal interrupted a function
 * it is one past the instruction, so that a reader always subtracts 1.
 */
size_t	unwind_capture(struct unwind_thread *, const struct unwind_start *,
	    uintptr_t *ips, size_t max);

#define UNWIND_OUTERMOST	32u
#define UNWIND_CUT_STEP		32u
#define UNWIND_CUT_MIN		(UNWIND_OUTERMOST + 1 + UNWIND_CUT_STEP)

/* A frame of an earlier capture; unwind_again.c. */
struct unwind_frame {
	uintptr_t pc;
	uintptr_t sp;
	uintptr_t bp;
	uintptr_t slot;		/* where bp was read */
};

#define UNWIND_MEMO_MAX		256u
#define UNWIND_DEEP_MAX		65536u

struct unwind_deep;

/*
 * What unwind_capture_again knows of the capture before.  Zeroed memory is a
 * memo of nothing; so is one that unwind_forget was told of.  A stack of more
 * than UNWIND_MEMO_MAX frames makes it map memory of its own, 4.5 MiB of
 * addresses of which 70 bytes a frame are used, until unwind_drop.
 */
struct unwind_memo {
	uint64_t stamp;		/* of ld.so's counters */
	uintptr_t hi;		/* end of the stack */
	uint32_t n;		/* frames, 0: none */
	uint32_t next;		/* what n will be */
	uint32_t plain;		/* of them, those a walk can meet */
	uint32_t skip;		/* captures to come that are not tried */
	uint32_t left;		/* frames left out of what was stored */
	uint32_t refused;	/* there was no memory for deep */
	struct unwind_deep *deep;	/* NULL, or in place of what follows */
	struct unwind_frame frame[UNWIND_MEMO_MAX + 1];
	struct unwind_frame fresh[UNWIND_MEMO_MAX];
};

/*
 * As unwind_capture, but the outermost *same of what it stores, be it frames or
 * the mark, are those that the capture before had, and are not stored.  The memo belongs to one thread, or
 * to handlers that interrupt it, never to both.  It is forgotten unless
 * unwind_keep says, before the next capture, that the caller has what it
 * stored.
 */
size_t	unwind_capture_again(struct unwind_thread *, struct unwind_memo *,
	    const struct unwind_start *, uintptr_t *ips, size_t max,
	    size_t *same);

static inline void
unwind_keep(struct unwind_memo *m)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	m->n = m->next;
}

static inline void
unwind_forget(struct unwind_memo *m)
{
	m->n = 0;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Forget it and give its memory back. */
void	unwind_drop(struct unwind_memo *);

/* The word at addr, if it is there; lets the kernel look first. */
bool	unwind_read(struct unwind_thread *, uintptr_t addr, uintptr_t *word);

/* In the child of a fork: the other threads are gone, tables stay. */
void	unwind_forked(void);

#endif
