/*
 * explain.h - what a value that was seen in a crash is, by a trace.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_REPORT_EXPLAIN_H
#define PW_REPORT_EXPLAIN_H

#include "analysis/history.h"
#include "report/report.h"

#define EXPLAIN_ANSWERS	12u
#define EXPLAIN_PLACES	16u

/* One of several things that it may be. */
struct explain_answer {
	int weight;		/* the heaviest is told first */
	const char *what;	/* fill, block, near-block, code, mapping, null,
				 * mark, text, number, double, float, stack */
	char text[560];		/* a sentence or two */
	bool has_block;
	struct history_block block;
	int64_t offset;		/* of the value from it; of fill: past it */
	bool freed;		/* at that moment */
	const struct history *history;	/* of the place; NULL */
	bool has_frame;
	struct symbol_frame frame;	/* of code */
	size_t error;		/* a finding about the block, from 1; 0: none */
};

struct explain {
	struct report *report;
	uint64_t value;
	uint64_t at;		/* ticks; ~0: the end */
	struct history places[EXPLAIN_PLACES];
	size_t nplaces;
	struct explain_answer answers[EXPLAIN_ANSWERS];
	size_t n;		/* heaviest first */
};

/* 4711, 0x7f3a1c0412a0, -1.  0, or -1: it is none. */
int	explain_parse(const char *word, uint64_t *value);

/*
 * Ask r, which was gathered, and the trace it names (options.path).  NULL
 * without memory; to be freed.
 */
struct explain *explain_create(struct report *, uint64_t value);

int	explain_text(FILE *, const struct explain *);
int	explain_json(FILE *, const struct explain *);

#endif
