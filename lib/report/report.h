/*
 * report.h - what a report says, gathered once, and the formats that say it.
 *
 * A report borrows a reader, the heap it was replayed into and a symbolizer,
 * and holds what the formats print: judged errors, blocks by site, figures,
 * the verdict.  Presenters (a row each in report_formats) only print.
 *
 * Two ways to use it:
 *
 *	all at once		replay everything into the heap; report_gather;
 *				format->print
 *	as things happen	after every heap_apply_meta: report_update, then
 *				report_text_error for each new index; at the
 *				end replay the trace into a heap and use a
 *				second report: report_gather, report_text_end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_REPORT_REPORT_H
#define PW_REPORT_REPORT_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "analysis/context.h"
#include "analysis/frag.h"
#include "analysis/names.h"
#include "analysis/suppress.h"
#include "analysis/top.h"
#include "analysis/unjudged.h"
#include "heap/heap.h"
#include "symbol/symbol.h"
#include "trace/reader.h"

enum report_part {
	REPORT_SUMMARY	= 1 << 0,
	REPORT_ERRORS	= 1 << 1,
	REPORT_LEAKS	= 1 << 2,
	REPORT_SITES	= 1 << 3,
	REPORT_FRAG	= 1 << 4,
	REPORT_UNUSED	= 1 << 5,
};

struct report_options {
	unsigned parts;		/* enum report_part */
	unsigned frames;	/* printed per stack; 0: all (JSON: always all) */
	size_t top;		/* sites and leaks printed; 0: all */
	size_t top_sites;	/* the same for sites alone; 0: as top */
	enum top_key by;	/* their order */
	const regex_t *filter;	/* on function, file and module; NULL: all */
	uint32_t process;	/* pid; 0: all */
	uint64_t at;		/* ticks from here on are left out; 0: none */
	bool to_main;		/* what calls main is not even named; no ids */
	bool prefix;		/* each line of text begins with "==PID== " */
	bool guard;		/* poolwatch has --guard-from: say how to rerun */
	bool verbose;		/* tell what each suppression did */
	const struct suppressions *suppressions;	/* borrowed; NULL: none */
	const char *path;	/* the trace to read once more; NULL: don't */
	const char *source;	/* name of the trace; NULL: none is kept */
	const char *next;	/* the command after "next:"; NULL: we choose */
};

enum report_verdict { REPORT_CLEAN, REPORT_FINDINGS, REPORT_NOT_JUDGED };

/* A finding that was judged to be one; see analysis/errors.h. */
struct report_error {
	const struct heap_error *found;	/* borrowed from the heap, by index */
	size_t index;			/* for heap_error */
	uint32_t allocated_by;		/* corrected by what wraps it */
	uint32_t freed_by;
	char id[17];
};

/* What suppressions left out. */
struct report_suppressed {
	uint64_t errors;
	uint64_t leaks;		/* call paths, with ... */
	uint64_t blocks;	/* ... so much not freed */
	uint64_t bytes;
};

struct report {
	/* Constant. */
	struct report_options options;
	struct trace_reader *reader;	/* borrowed, as the next two */
	struct heap *heap;
	struct names *names;		/* owned */

	/* Grown by report_update. */
	struct report_error *errors;
	size_t nerrors;
	size_t seen_errors;		/* of the heap's */
	struct report_suppressed suppressed;
	struct report_suppressed *suppressed_by;	/* by rule; owned */

	/* Filled by report_gather. */
	struct context *contexts;	/* of the first errors */
	size_t ncontexts;
	struct unjudged *leaks;		/* worst last */
	size_t nleaks;
	struct unjudged *mappings;	/* not unmapped, worst last */
	size_t nmappings;
	size_t *sites;			/* indexes for heap_site, best first */
	size_t nsites;
	size_t *unused;			/* the same, by bytes never written */
	size_t nunused;
	struct frag_process *frag;
	size_t nfrag;
	struct heap_totals totals;	/* of the chosen processes */
	struct heap_mapped mapped;
	unsigned nprocesses;		/* recorded ones */
	enum report_verdict verdict;
	char reason[200];		/* when not judged */
};

/*
 * The reader, the heap and the symbolizer (NULL: module+offset) are borrowed
 * until report_destroy; strings of options too.  NULL without memory.
 */
struct report *report_create(struct trace_reader *, struct heap *,
	    struct symbolizer *, const struct report_options *);
void	report_destroy(struct report *);

/*
 * Judge the findings that came since the last call; those that are no
 * findings (a library with an operator new of its own) are dropped.  Returns
 * how many there are in all: the valid indexes of r->errors.
 */
size_t	report_update(struct report *);

/* Everything else, once the last event is applied.  0, or -1: no memory. */
int	report_gather(struct report *);

/*
 * The question could not be answered: the verdict becomes "not judged" and
 * says why (one line, no full stop).  After report_gather.
 */
void	report_not_judged(struct report *, const char *reason);

/* Text (report/text.c); one finding, a blank line behind it. */
void	report_text_error(FILE *, struct report *, size_t index);
/* What comes after the last error: leaks, table, verdict, next. */
void	report_text_end(FILE *, struct report *);
/* The line "verdict: ..." without prefix or newline. */
void	report_text_verdict(const struct report *, char *line, size_t size);

/* A block for each finding, which would suppress it.  0, or -1 with errno. */
int	report_gen_suppressions(FILE *, struct report *);

struct report_format {
	const char *name;
	/* NULL: promised, not yet built.  0, or -1 with errno (output). */
	int (*print)(FILE *, struct report *);
	unsigned parts;		/* when none were asked for */
};

extern const struct report_format report_formats[];
/* NULL: no such name. */
const struct report_format *report_format_find(const char *name);

#endif
