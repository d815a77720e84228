/*
 * model.h - what is looked at: a trace, its heap, the names of its sites.
 *
 * The trace is read in slices, so that keys stay alive in a large one, and
 * may still be growing.  Views ask for rows as they draw them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_MODEL_H
#define PW_VIEWER_MODEL_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"
#include "heap/moment.h"
#include "report/report.h"
#include "symbol/symbol.h"
#include "trace/reader.h"

#define MODEL_SAMPLES	64	/* of the counter of allocations */

struct model_site {
	char *label;		/* "function (file:line)"; NULL: not asked yet */
	unsigned filtered;	/* generation of the filter that judged it ... */
	bool shown;		/* ... and what it said */
};

struct model_sample {
	uint64_t time;		/* ticks */
	uint64_t allocations;
};

struct model {
	/* Constant. */
	const char *path;
	struct trace_reader *reader;
	struct symbolizer *symbolizer;
	struct heap *heap;
	struct report *report;
	struct heap_until until;	/* time ~0: all of it */
	char at[32];		/* "at 1.500 s"; "": all of it */

	/* Grown by model_poll. */
	bool idle;		/* nothing more to read now */
	bool there;		/* at until: nothing more is read */
	bool failed;		/* reading can't go on; status says why */
	struct trace_status status;
	uint64_t version;	/* another one: something changed ... */
	uint64_t changed;	/* ... at this time, monotonic ms */
	size_t nerrors;		/* judged ones, indexes of report->errors */
	struct model_sample samples[MODEL_SAMPLES];
	unsigned nsamples;

	/* Labels, by index of the site. */
	struct model_site *sites;
	size_t nsites;
};

/* 0, or -1 with m->status filled.  path is borrowed. */
int	model_open(struct model *m, const char *path, const struct moment *,
	    const struct symbol_options *);
void	model_close(struct model *m);

/* Read for at most ms milliseconds.  true: something is new. */
bool	model_poll(struct model *m, unsigned ms);

/* "complete", "at 1.500 s", "following", "reading", "incomplete", "unfinished", "damaged" */
const char *model_state(struct model *m);
double	model_seconds(struct model *m, uint64_t ticks);
/* Allocations per second: of late while following, else of the whole. */
double	model_rate(struct model *m);
const char *model_mode(struct model *m);

/* The label of a site or of any stack; borrowed, printable. */
const char *model_site_label(struct model *m, size_t site);
void	model_label(struct model *m, uint32_t proc, uint32_t stack,
	    uint64_t time, char *buf, size_t size);

/* The index of the frame that a stack is labelled by; 0 if it is empty. */
size_t	model_first(const struct names_stack *);

/* Does a frame of the site's stack match?  generation: of the filter. */
bool	model_site_matches(struct model *m, size_t site, const regex_t *,
	    unsigned generation);

#endif
