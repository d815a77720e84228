/*
 * reader_missing.c - what a trace lacks, in lines for people.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/reader_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
reader_missing_line(struct trace_reader *r, const char *line)
{
	char *kept = strdup(line);

	r->missing[r->info.nmissing++] = kept ? kept : "something";
}

void
reader_missing(struct trace_reader *r, uint64_t offset, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int n;

	r->counts.damaged++;
	if (r->info.nmissing == READER_MISSING_MAX)
		return;
	n = snprintf(line, sizeof line, "at offset %llu: ",
	    (unsigned long long)offset);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof line - (size_t)n, fmt, ap);
	va_end(ap);
	if (r->info.nmissing == READER_MISSING_MAX - 1)
		snprintf(line, sizeof line, "more like this");
	reader_missing_line(r, line);
}

/* Told before the last events: what a broken round lacks may look like errors. */
void
reader_tell_stopped(struct trace_reader *r)
{
	static const char *const whys[] = {
		[FORMAT_STOP_SIZE] = "the trace had reached its greatest size",
		[FORMAT_STOP_DISK] = "the disk was nearly full",
		[FORMAT_STOP_WRITE] = "the trace could not be written",
		[FORMAT_STOP_ASKED] = "the user asked for it",
	};
	uint32_t why = r->info.stopped;
	char line[128];

	snprintf(line, sizeof line, "recording was stopped before the end: %s",
	    why < PW_ARRAY_LEN(whys) ? whys[why] : "for reasons unknown");
	if (r->info.nmissing < READER_MISSING_MAX)
		reader_missing_line(r, line);
}

/*
 * When all is delivered: heap_judge_free takes what is missing while events
 * still come for damage, and what a process lost is told by its LOST records.
 */
void
reader_tell_lost(struct trace_reader *r)
{
	char line[80];

	if (r->info.lost == 0 || r->told_lost)
		return;
	r->told_lost = true;
	snprintf(line, sizeof line, "%s%llu event%s lost: the recorder could "
	    "not keep up", r->closed ? "" : "at least ",
	    (unsigned long long)r->info.lost,
	    r->info.lost == 1 ? " was" : "s were");
	reader_missing_line(r, line);
}
