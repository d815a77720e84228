/*
 * check.h - is a trace sound?  Every block, every record, every reference.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_CHECK_H
#define PW_TRACE_CHECK_H

#include "trace/reader.h"

struct trace_check_result {
	struct trace_status status;	/* when the trace can't be read */
	struct trace_counts counts;
	uint64_t file_size;		/* bytes */
	uint32_t processes;
	bool sound;			/* all that is there is right */
	bool complete;			/* and nothing is missing */
	bool lost_known;
	uint64_t lost;			/* events dropped, when known */
	uint64_t bad_stacks;		/* records whose stack is not there */
	uint64_t bad_marks;		/* stacks with a mark of no known kind */
	uint64_t bad_parents;		/* forked from a process not there */
	uint64_t nameless;		/* events of processes never told of */
	double bytes_per_event;		/* of records, before compression */
	double stored_per_event;	/* of all blocks with records */
	double stacks_per_event;	/* of all blocks with stack nodes */
	unsigned nproblems;
	char problems[8][200];		/* the first ones, for people */
};

/*
 * Read all of the trace at path.  0: sound and complete; 1: readable, but
 * something is missing or wrong; -1: it can't be read, status says why.
 */
int	trace_check(const char *path, struct trace_check_result *);

#endif
