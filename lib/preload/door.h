/*
 * door.h - how libpoolwatch.so and a program's annotations find the recording.
 *
 * poolwatch_door_1 is looked up by name (dlsym, or a weak reference); where it
 * is missing, poolwatch is not there.  The number is the interface's; another
 * one would be exported beside it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_DOOR_H
#define PW_PRELOAD_DOOR_H

#include <stddef.h>
#include <stdint.h>

struct poolwatch_door {
	uint32_t version;	/* 1 */
	uint32_t mode;		/* enum session_mode; meaningless if !recorded */
	uint32_t recorded;	/* 1: events of this process are written */
	uint32_t judged;	/* 1: and it is judged */
	uint64_t events;	/* heap events written, this process */
	uint64_t lost;		/* events dropped, this process */
};

/*
 * Fill at most size bytes of *out.  0, or EINVAL when size is less than the
 * first word's.  Safe in threads and signal handlers.
 */
int	poolwatch_door_1(struct poolwatch_door *out, size_t size);

#endif
