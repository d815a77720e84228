/*
 * report_impl.h - what the presenters share: sentences about one finding.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_REPORT_REPORT_IMPL_H
#define PW_REPORT_REPORT_IMPL_H

#include "report/report.h"

double	report_seconds(const struct report *, uint64_t ticks);

/* Is the process among those asked for? */
bool	report_chosen(const struct report *, uint32_t proc);

/* NULL for values that have no word. */
const char *report_access_word(uint32_t access);
const char *report_found_word(uint32_t found);
/* NULL for TRACE_NCALLS and beyond. */
const char *report_call_word(uint32_t call);

/*
 * "double-free of a block of 40 bytes": kind first, one line, no full stop.
 */
void	report_headline(const struct report_error *, char *buf, size_t size);

/* What was round it; NULL: not known. */
const struct context *report_context(const struct report *,
	    const struct report_error *);

/*
 * The bad bytes among those that were kept: [*first, *first + *n) of
 * error->bytes.  *n is 0 when none was.
 */
void	report_bad_bytes(const struct trace_error *, uint32_t *first,
	    uint32_t *n);

/* Stacks of a finding; the caller frees each with names_free. */
void	report_error_stack(const struct report *, const struct heap_error *,
	    uint32_t stack, uint64_t time, struct names_stack *);

/*
 * suppressed.c: is it left out?  Then it is counted.  Whether any rule is for
 * blocks not freed; of the totals, those that are not suppressed.
 */
bool	report_suppresses_error(struct report *, const struct report_error *);
bool	report_suppresses_leaks(const struct report *);
bool	report_suppresses_leak(struct report *, const struct heap_site *,
	    const struct unjudged *);
uint64_t report_left_blocks(const struct report *);
uint64_t report_left_bytes(const struct report *);

int	report_text(FILE *, struct report *);
int	report_json(FILE *, struct report *);

#endif
