/*
 * door.h - how libpoolwatch.so and a program's annotations find the recording.
 *
 * poolwatch_door_1 is looked up by name (dlsym, or a weak reference); where it
 * is missing, poolwatch is not there.  What it fills is in the installed header.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_DOOR_H
#define PW_PRELOAD_DOOR_H

#include "alloc/watch.h"

#endif
