/*
 * keyframe.h - for who makes keyframes: when, and the reader's part of one.
 *
 * A reader of a trace, opened with TRACE_MAKE_KEYS, notes at the end of each
 * round where reading could begin.  Where its heap has seen what belongs before
 * such a place it delivers an event KEY_DUE, which is for no heap.  Then, and as
 * long as trace_next says that there is nothing now, trace_key_take gives the
 * reader's part of a keyframe, and the heap's state goes behind it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_KEYFRAME_H
#define PW_TRACE_KEYFRAME_H

#include "trace/bytes.h"
#include "trace/reader.h"

bool	trace_key_due(const struct trace_reader *);
/*
 * The bytes of a keyframe that is due up to the heap's, into an empty one.  0, or
 * -1: without memory.
 */
int	trace_key_take(struct trace_reader *, struct bytes *);

/* Which file that is: a trace may be cut, and is another then. */
uint64_t trace_file_number(const struct trace_reader *);
/* Bytes of the trace that were read. */
uint64_t trace_position(const struct trace_reader *);

#endif
