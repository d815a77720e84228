/*
 * watch.h - what a program may ask of poolwatch while poolwatch watches it.
 *
 * Nothing is linked: the library that poolwatch preloads is found by a weak
 * reference, and where it is missing the functions below say so and do
 * nothing.  A program may carry them for good.
 *
 * Threads: every function may be called by any thread at any time.  In a
 * signal handler poolwatch_door_1 is safe, and poolwatch_check answers -1 where
 * the handler interrupted malloc or free.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_WATCH_H
#define PW_ALLOC_WATCH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct poolwatch_door {
	uint32_t version;	/* 1 */
	uint32_t mode;		/* 0 check, 1 profile, 2 guard; meaningless if
				 * !recorded */
	uint32_t recorded;	/* 1: events of this process are written */
	uint32_t judged;	/* 1: and it is judged */
	uint64_t events;	/* heap events written, this process */
	uint64_t lost;		/* events dropped, this process */
	long (*check)(void);	/* as poolwatch_check; NULL: not recorded */
};

/*
 * Fill at most size bytes of *out, which is the caller's.  0, or EINVAL when
 * size is less than the first word's.  The number in the name is the
 * interface's; another one would stand beside it.
 */
int	poolwatch_door_1(struct poolwatch_door *out, size_t size)
	__attribute__((weak, visibility("default")));

/*
 * Look at all blocks now and tell what is damaged, as at the end of the
 * program.  How many were found that had not been told before; -1 when nothing
 * was looked at: poolwatch is not there, or its mode has no guards.
 */
static inline __attribute__((always_inline)) long
poolwatch_check(void)
{
	struct poolwatch_door door;

	if (!poolwatch_door_1 || poolwatch_door_1(&door, sizeof(door)) != 0 ||
	    !door.recorded || !door.check)
		return -1;
	return door.check();
}

#ifdef __cplusplus
}
#endif

#endif
