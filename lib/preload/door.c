/*
 * door.c - how libpoolwatch.so and a program's annotations find the recording.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/door.h"

#include <errno.h>
#include <string.h>

#include "preload/preload_impl.h"
#include "preload/thread.h"

PW_EXPORT int
poolwatch_door_1(struct poolwatch_door *out, size_t size)
{
	struct poolwatch_door d = { .version = 1 };

	if (size < sizeof(d.version))
		return EINVAL;
	if (life_records(start_try())) {
		d.mode = process.session->mode;
		d.recorded = process.writing;
		d.judged = process.judged;
		d.events = thread_told();
		if (process.slot != ~0u)
			d.lost = session_procs(process.session)
			    [process.slot].lost;
	}
	memcpy(out, &d, size < sizeof(d) ? size : sizeof(d));
	return 0;
}
