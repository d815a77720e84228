/*
 * moment.h - a moment of a trace as people say it: 1.5s, 40%, peak, end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_HEAP_MOMENT_H
#define PW_HEAP_MOMENT_H

#include "heap/heap.h"

#define MOMENT_WORDS	"1.5s, 200ms, 40%, peak or end"

struct moment {
	enum { MOMENT_END, MOMENT_TIME, MOMENT_PART, MOMENT_PEAK } kind;
	double value;		/* TIME: seconds; PART: 0 to 1 */
};

/* 0, or -1: it is none. */
int	moment_parse(const char *word, struct moment *);

/*
 * Which events of the trace at path are not behind that moment.  The peak, and
 * a part of a trace without an end, are only known once it has been read: from
 * its last keyframe on, if it has any.  0, or -1: *status is filled.
 */
int	moment_find(const char *path, const struct moment *,
	    struct heap_until *until, struct trace_status *status);

#endif
