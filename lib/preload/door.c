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
#include "preload/sweep.h"
#include "preload/thread.h"

static long
door_check(void)
{
	struct unwind_start at = UNWIND_CALLER();
	struct lane *lane;
	struct thread *t;
	long n = -1;

	if (process.backend->sweep == NULL || process_borrowed() ||
	    (t = thread_enter(&lane)) == NULL)
		return -1;
	if (!thread_nested(t))
		n = (long)sweep_all(t, lane, TRACE_FOUND_SWEEP, &at);
	thread_leave(t);
	return n;
}

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
		d.check = process.writing ? door_check : NULL;
		if (process.slot != ~0u)
			d.lost = session_procs(process.session)
			    [process.slot].lost;
	}
	memcpy(out, &d, size < sizeof(d) ? size : sizeof(d));
	return 0;
}
