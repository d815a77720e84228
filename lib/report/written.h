/*
 * written.h - what was written where nobody may write, decoded.
 *
 * Each item is one sentence that text and JSON share.  What may be chance is
 * said as such ("looks like"): bytes have no types.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_REPORT_WRITTEN_H
#define PW_REPORT_WRITTEN_H

#include "report/report.h"

#define WRITTEN_MAX	4u

struct written_item {
	const char *what;	/* nul, text, pointer, fill, number, element */
	char text[480];		/* a sentence or two, nothing to be escaped */
	uint64_t value;		/* of a pointer, fill or number */
	bool has_value;
	uint64_t needed;	/* bytes that would have held it; 0: not known */
	uint64_t block;		/* that a pointer leads into, or fill names; 0 */
};

struct written {
	struct written_item items[WRITTEN_MAX];
	unsigned n;
};

void	report_written(struct report *, const struct report_error *,
	    struct written *);

#endif
