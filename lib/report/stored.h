/*
 * stored.h - the report of a heap that mmalloc stored in a file.
 *
 * The heap file was walked and marked (heapfile/heapfile.h).  Words and keys are
 * those of the report of a trace, as far as a file without stacks has them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_REPORT_STORED_H
#define PW_REPORT_STORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "heapfile/heapfile.h"

struct stored_options {
	const char *source;	/* the file's name */
	size_t top;		/* lost blocks printed; 0: all */
	bool errors;		/* parts */
	bool leaks;
	bool summary;
};

/* 0, or -1: no memory, or the output failed. */
int	stored_text(FILE *, struct heapfile *, const struct stored_options *);
int	stored_json(FILE *, struct heapfile *, const struct stored_options *);

/* The lines of leak(1): used: all that are allocated; unused: all free. */
int	stored_lines(FILE *, struct heapfile *, bool used, bool unused);

/* Indexes of the definite and possible blocks, worst last; malloced. */
size_t	*stored_lost(struct heapfile *, const struct heapfile_sum *below,
	    size_t *n);

/* One line, the verdict as scripts know it. */
void	stored_verdict(const struct heapfile *, char *line, size_t size);

#endif
