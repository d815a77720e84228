/*
 * text.h - an event as a line of text, for scripts and tests.
 *
 *	TICKS PROCESS/TID KIND [NAME=VALUE]...
 *
 * Addresses are hexadecimal with 0x, other numbers decimal, strings in double
 * quotes with \xHH for whatever is not printable ASCII (and for " and \), so
 * a line is a line whatever the program called itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_TEXT_H
#define PW_TRACE_TEXT_H

#include "trace/reader.h"

/* The longest line: every byte of the longest record escaped. */
#define TRACE_TEXT_MAX	65536u

/* As snprintf: at most size bytes with the NUL; returns the whole length. */
size_t	trace_text(const struct trace_reader *, const struct trace_event *,
	    char *buf, size_t size);

/*
 * A line of one of the kinds ALLOC, FREE, RESIZE, CANCEL, HEAP, LOST, EXIT,
 * MAP and UNMAP back to its event; the order of the names does not matter.  0, or -1 when
 * the line is of another kind or not understood.
 */
int	trace_text_parse(const char *line, struct trace_event *);

const char *trace_kind_name(unsigned kind);

#endif
