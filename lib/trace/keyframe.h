/*
 * keyframe.h - for who makes keyframes: when, and the reader's part of one.
 *
 * A reader of a trace, opened with TRACE_MAKE_KEYS, is asked for a keyframe and
 * read on.  Some rounds later trace_key_due says that an event that was just
 * delivered is the first one behind the keyframe's moment: before it is applied
 * trace_key_take gives the reader's part, and the heap's state goes behind it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_KEYFRAME_H
#define PW_TRACE_KEYFRAME_H

#include "trace/bytes.h"
#include "trace/reader.h"

void	trace_key_want(struct trace_reader *);
/* One is on its way. */
bool	trace_key_wanted(const struct trace_reader *);
/* Bytes of the trace that were read. */
uint64_t trace_position(const struct trace_reader *);
/* Of the event that was just delivered. */
bool	trace_key_due(const struct trace_reader *, const struct trace_event *);
/*
 * The bytes of a keyframe up to the heap's, into an empty one.  0, or -1: without
 * memory.  None is wanted any more then.
 */
int	trace_key_take(struct trace_reader *, const struct trace_event *,
	    struct bytes *);

#endif
