/*
 * text_impl.h - lines for people, as the text presenter's files share them.
 *
 * A line has an optional prefix ("==4711== ") and 80 columns in all, the
 * prefix of a pid of 7 digits included.  Whatever comes from a trace is
 * escaped before it is put into a line.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_REPORT_TEXT_IMPL_H
#define PW_REPORT_TEXT_IMPL_H

#include "base/compiler.h"
#include "report/report_impl.h"

#define TEXT_COLUMNS		80
#define TEXT_PREFIX_COLUMNS	12	/* "==1234567== " */
#define TEXT_PLACE_COLUMN	34	/* where file:line and threads begin */

struct text {
	FILE *f;
	struct report *report;
	char prefix[24];
	int columns;		/* what is left of 80 */
};

/* proc: the process the lines are about; ~0u: PROGRAM, or the whole tree. */
void	text_begin(struct text *, FILE *, struct report *, uint32_t proc);
/* One line; an empty one carries a prefix without its blank. */
void	text_line(const struct text *, const char *fmt, ...) PW_PRINTF(2, 3);
/* As many lines as it takes, each behind indent. */
void	text_wrapped(const struct text *, const char *indent,
	    const char *sentence);
/* The same behind a number of two characters. */
void	text_numbered(const struct text *, const char *number,
	    const char *sentence);
/* left and, from the column on or behind left, right. */
void	text_columns(const struct text *, const char *left, const char *right);

/* Take folders from the front of a path that is longer than max. */
void	text_cut_folders(char *path, size_t max);

/* The frames, innermost first; text_stack.c. */
void	text_stack(const struct text *, const struct names_stack *);

/* "thread 4711 server     at 2.3141 s"; tid or time 0: not known. */
void	text_who(const struct text *, uint32_t proc, uint32_t tid,
	    uint64_t time, char *buf, size_t size);

/* "what in FUNCTION    PLACE", of the innermost frame. */
void	text_site_line(const struct text *, const char *what, uint32_t proc,
	    uint32_t stack, uint64_t time);

/* text_summary.c */
void	text_summary(FILE *, struct report *);
/* Of that the processes that were not recorded. */
void	text_unrecorded(FILE *, struct report *);

/* What was suppressed, if anything could be; suppressed.c */
void	text_suppressed(const struct text *);

/* Hex table, remark about a string, window of time; text_bytes.c. */
void	text_bytes(const struct text *, const struct report_error *);

/* Of a call path, and an empty line; text.c. */
void	text_site_stack(const struct text *, const struct heap_site *);

/* text_unused.c */
void	text_unused(FILE *, struct report *);

/* An access that raised a signal, and a signal that nothing explains. */
void	text_fault(const struct text *, const struct trace_error *);
void	text_crash(const struct text *, const struct trace_error *);

#endif
