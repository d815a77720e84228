/*
 * text_summary.c - the totals of a report, and what it could not see.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "report/escape.h"
#include "report/text_impl.h"
#include "report/words.h"
#include "trace/session.h"

#define TEXT_SHEDS	5u	/* processes named that were not recorded */
#define TEXT_SHED_PLACE	20u	/* columns that the rest of the line leaves */

static void
total_row(const struct text *t, const char *label, uint64_t n,
    const char *what)
{
	char number[WORDS_MAX];

	text_line(t, "  %-16s %15s%s%s", label, words_number(number,
	    sizeof number, n), *what ? "  " : "", what);
}

static void
total_bytes(const struct text *t, const char *label, uint64_t bytes,
    uint64_t n, const char *unit, const char *units, const char *what)
{
	char number[WORDS_MAX], count[WORDS_MAX];

	text_line(t, "  %-16s %15s  bytes in %s%s", label,
	    words_number(number, sizeof number, bytes), words_count(count,
	    sizeof count, n, unit, units), what);
}

/* Only where there is anything: most programs map nothing themselves. */
static void
text_mapped(const struct text *t, const struct report *r)
{
	const struct heap_mapped *m = &r->mapped;
	char calls[WORDS_MAX], what[WORDS_MAX + 32], peak[64];

	if (m->maps + m->remaps + m->unmaps == 0)
		return;
	snprintf(what, sizeof what, "bytes by %s of mmap and kin",
	    words_count(calls, sizeof calls, m->maps + m->remaps, "call",
	    "calls"));
	total_row(t, "mapped", m->bytes_mapped, what);
	snprintf(peak, sizeof peak, " at %.4f s", report_seconds(r,
	    m->peak_time));
	total_bytes(t, "peak of mapped", m->peak_bytes, m->peak_live,
	    "mapping", "mappings", peak);
	total_bytes(t, "not unmapped", m->live_bytes, m->live,
	    "mapping", "mappings", "");
}

/* Moments the user named, and what was left out on purpose. */
static void
text_paused(const struct text *t, struct report *r)
{
	const struct heap_pauses *p = heap_pauses(r->heap);
	uint64_t ticks = p->ticks;
	char count[WORDS_MAX], name[300];

	for (size_t i = 0; i < heap_nmarks(r->heap); i++) {
		const struct heap_mark *m = heap_mark(r->heap, i);

		escape_text(name, sizeof name, m->name, strlen(m->name));
		text_line(t, "  mark at %.4f s  %s", report_seconds(r, m->time),
		    name);
	}
	if (p->count == 0)
		return;
	if (p->paused && r->totals.last_time > p->since)
		ticks += r->totals.last_time - p->since;
	text_line(t, "  Paused %s, for %.2f s: blocks allocated then are not "
	    "counted.", words_count(count, sizeof count, p->count, "time",
	    "times"), report_seconds(r, ticks));
}

/* What ran beside and was not seen. */
static void
text_sheds(const struct text *t, struct report *r)
{
	unsigned n = trace_nsheds(r->reader);
	char exe[300], pid[32];

	for (unsigned i = 0; i < n && i < TEXT_SHEDS; i++) {
		const struct trace_shed *p = trace_shed(r->reader, i);

		escape_text(exe, sizeof exe, p->exe, strlen(p->exe));
		text_cut_folders(exe, TEXT_SHED_PLACE);
		snprintf(pid, sizeof pid, p->pid ? ", process %u" : "",
		    p->pid);
		text_line(t, "  Not recorded: %s%s, at %.4f s", exe, pid,
		    report_seconds(r, p->time));
	}
	if (n > TEXT_SHEDS)
		text_line(t, "  Not recorded: %u more", n - TEXT_SHEDS);
	if (n > 0)
		text_line(t, "  (why: see WHAT CANNOT BE WATCHED in "
		    "poolwatch(1))");
}

void
text_unrecorded(FILE *f, struct report *r)
{
	struct text t;

	text_begin(&t, f, r, ~0u);
	text_sheds(&t, r);
}

/* How long it was, or the moment that was asked for. */
static const char *
text_when(struct report *r, char *buf, size_t size)
{
	if (r->options.at != 0)
		snprintf(buf, size, "as at %.4f s", report_seconds(r,
		    r->options.at - 1));
	else
		snprintf(buf, size, "%.2f s", report_seconds(r,
		    r->totals.last_time));
	return buf;
}

void
text_summary(FILE *f, struct report *r)
{
	static const char *const modes[] = { [SESSION_CHECK] = "check",
		[SESSION_PROFILE] = "profile", [SESSION_GUARD] = "guard" };
	const struct heap_totals *n = &r->totals;
	const struct trace_info *info = trace_info(r->reader);
	uint32_t mode = info->mode;
	char count[WORDS_MAX], peak[64], when[64];
	struct text t;

	text_begin(&t, f, r, ~0u);
	text_line(&t, "SUMMARY  %s, %s, %s mode", words_count(count,
	    sizeof count, r->nprocesses, "process", "processes"),
	    text_when(r, when, sizeof when),
	    mode < PW_ARRAY_LEN(modes) ? modes[mode] : "unknown");
	if (info->sample != 0)
		text_line(&t, "  Counts and bytes of blocks are estimated from "
		    "samples of %s:", words_size(count, sizeof count,
		    info->sample));
	total_row(&t, "allocations", n->allocations, "");
	total_row(&t, "frees", n->frees, "");
	total_row(&t, "reallocations", n->reallocations, "");
	if (info->sample == 0)
		total_row(&t, "temporary", n->temporary,
		    "freed before the next allocation");
	total_row(&t, "allocated", n->bytes_allocated, "bytes in all");
	snprintf(peak, sizeof peak, " at %.4f s", report_seconds(r,
	    n->peak_time));
	total_bytes(&t, "peak", n->peak_bytes, n->peak_blocks, "block",
	    "blocks", peak);
	total_bytes(&t, r->options.at ? "live then" : "not freed",
	    n->live_bytes, n->live_blocks,
	    "block", "blocks", "");
	text_mapped(&t, r);
	if (info->lost_known && info->lost > 0)
		total_row(&t, "events lost", info->lost, "figures are too low");
	if (info->pairs > 0)
		total_row(&t, "left out", info->pairs, "born and freed at once "
		    "near the bound");
	if (info->begins != 0)
		text_line(&t, "  Of what was before %.4f s the trace keeps "
		    "the sums and the blocks, but no events.",
		    report_seconds(r, info->begins));
	text_paused(&t, r);
	text_sheds(&t, r);
	if (n->live_blocks > 0 && r->options.at == 0)
		text_line(&t, "  Whether those are lost is not yet judged.");
	text_line(&t, "%s", "");
}
