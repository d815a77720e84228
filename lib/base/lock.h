/*
 * lock.h - a small futex lock that knows its owner.
 *
 * The word is 0 (free) or the owner's thread id, with LOCK_WAITERS set when
 * somebody sleeps.  Knowing the owner lets a signal handler that interrupted
 * the owner see that waiting would never end, and lets a child of fork see
 * that the owner does not exist in it.  Not recursive.
 *
 * Ranks: a thread takes locks in rising rank only (checked in debug builds by
 * the callers that hold several; the inside holds none while it captures a
 * stack or leaves lib/base).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_BASE_LOCK_H
#define PW_BASE_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOCK_WAITERS	0x80000000u

enum lock_rank {
	LOCK_RANK_THREADS = 1,	/* list of watched threads */
	LOCK_RANK_OBJECTS,	/* table of loaded objects */
	LOCK_RANK_POOL,		/* one pool */
	LOCK_RANK_VMEM,		/* one vmem arena; parents after children */
};

struct lock {
	uint32_t word;
};

#define LOCK_INIT	{ 0 }

void	lock_wait(struct lock *, uint32_t tid);
void	lock_wake(struct lock *);

/* tid is the caller's thread id (os_gettid, remembered by the caller). */
static inline bool
lock_try(struct lock *l, uint32_t tid)
{
	uint32_t free = 0;

	return __atomic_compare_exchange_n(&l->word, &free, tid, false,
	    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void
lock_take(struct lock *l, uint32_t tid)
{
	if (!lock_try(l, tid))
		lock_wait(l, tid);
}

static inline void
lock_give(struct lock *l)
{
	if (__atomic_exchange_n(&l->word, 0, __ATOMIC_RELEASE) & LOCK_WAITERS)
		lock_wake(l);
}

/* Of glibc 2.32; no more right than glibc's own malloc about a clone(2). */
extern char __libc_single_threaded __attribute__((weak));

/* Does the C library say that the process has one thread? */
static inline bool
lock_is_alone(void)
{
	return &__libc_single_threaded != NULL &&
	    __atomic_load_n(&__libc_single_threaded, __ATOMIC_RELAXED) != 0;
}

/* The same two for locks of the program's own threads only: not ours. */
static inline void
lock_take_cheap(struct lock *l, uint32_t tid)
{
	if (lock_is_alone() && __atomic_load_n(&l->word, __ATOMIC_RELAXED) == 0)
		__atomic_store_n(&l->word, tid, __ATOMIC_RELAXED);
	else
		lock_take(l, tid);
}

static inline void
lock_give_cheap(struct lock *l, uint32_t tid)
{
	if (lock_is_alone() &&
	    __atomic_load_n(&l->word, __ATOMIC_RELAXED) == tid)
		__atomic_store_n(&l->word, 0, __ATOMIC_RELAXED);
	else
		lock_give(l);
}

static inline bool
lock_is_mine(const struct lock *l, uint32_t tid)
{
	return (__atomic_load_n(&l->word, __ATOMIC_RELAXED) & ~LOCK_WAITERS)
	    == tid;
}

/* In the child of a fork, where the owner is no more. */
static inline void
lock_reset(struct lock *l)
{
	__atomic_store_n(&l->word, 0, __ATOMIC_RELEASE);
}

#endif
