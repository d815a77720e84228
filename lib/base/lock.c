/*
 * lock.c - the slow halves of lock.h: waiting and waking.
 *
 * A waiter spins a little (critical sections here are some hundred
 * instructions), then sets LOCK_WAITERS and sleeps in the kernel.  Whoever
 * slept takes the lock with the bit set, because others may sleep still.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "base/lock.h"

#include "base/os.h"

#define LOCK_SPINS	100

static void
lock_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

void
lock_wait(struct lock *l, uint32_t tid)
{
	uint32_t seen;

	for (int i = 0; i < LOCK_SPINS; i++) {
		if (__atomic_load_n(&l->word, __ATOMIC_RELAXED) == 0 &&
		    lock_try(l, tid))
			return;
		lock_pause();
	}
	for (;;) {
		seen = 0;
		if (__atomic_compare_exchange_n(&l->word, &seen,
		    tid | LOCK_WAITERS, false,
		    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return;
		if (!(seen & LOCK_WAITERS) &&
		    !__atomic_compare_exchange_n(&l->word, &seen,
		    seen | LOCK_WAITERS, false,
		    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
		os_futex_wait(&l->word, seen | LOCK_WAITERS, 0);
	}
}

void
lock_wake(struct lock *l)
{
	os_futex_wake(&l->word, 1);
}
