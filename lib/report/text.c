/*
 * text.c - a report for people: findings, worst last, then figures, the
 * verdict and what to type next.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "report/escape.h"
#include "report/text_impl.h"
#include "report/words.h"
#include "trace/session.h"

void
text_begin(struct text *t, FILE *f, struct report *r, uint32_t proc)
{
	const struct trace_process *p = trace_process(r->reader, proc);

	*t = (struct text){ .f = f, .report = r, .columns = TEXT_COLUMNS };
	if (!r->options.prefix)
		return;
	t->columns -= TEXT_PREFIX_COLUMNS;
	snprintf(t->prefix, sizeof t->prefix, "==%u==",
	    p ? p->pid : trace_info(r->reader)->root_pid);
}

void
text_line(const struct text *t, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (t->prefix[0] == '\0')
		fprintf(t->f, "%s\n", line);
	else
		fprintf(t->f, "%s%s%s\n", t->prefix, line[0] ? " " : "", line);
}

void
text_wrapped(const struct text *t, const char *indent, const char *sentence)
{
	size_t room = (size_t)t->columns - strlen(indent);

	while (strlen(sentence) > room) {
		size_t n = room;

		while (n > 0 && sentence[n] != ' ')
			n--;
		if (n == 0)
			n = room;
		text_line(t, "%s%.*s", indent, (int)n, sentence);
		sentence += n + (sentence[n] == ' ');
	}
	text_line(t, "%s%s", indent, sentence);
}

void
text_numbered(const struct text *t, const char *number, const char *sentence)
{
	size_t room = (size_t)t->columns - 3, n = strlen(sentence);

	if (n > room)
		for (n = room; n > 0 && sentence[n] != ' ';)
			n--;
	text_line(t, "%-2s %.*s", number, (int)n, sentence);
	if (sentence[n] != '\0')
		text_wrapped(t, "   ", sentence + n + 1);
}

void
text_columns(const struct text *t, const char *left, const char *right)
{
	int gap = TEXT_PLACE_COLUMN - (int)strlen(left);
	int spare = t->columns - (int)(strlen(left) + strlen(right));

	if (gap > spare)
		gap = spare;
	if (gap < 1)
		gap = 1;
	if (right[0] == '\0')
		text_line(t, "%s", left);
	else
		text_line(t, "%s%*s%s", left, gap, "", right);
}

/* "0.02 to 9.80 s", or one time. */
static void
span(const struct report *r, uint64_t first, uint64_t last, char *buf,
    size_t size)
{
	if (first == last)
		snprintf(buf, size, "at %.2f s", report_seconds(r, first));
	else
		snprintf(buf, size, "%.2f to %.2f s",
		    report_seconds(r, first), report_seconds(r, last));
}

void
text_site_stack(const struct text *t, const struct heap_site *site)
{
	struct names_stack s;

	names_resolve(t->report->names, site->proc, site->stack, site->last,
	    &s);
	text_stack(t, &s);
	names_free(&s);
	text_line(t, "%s", "");
}

/* In front of what is estimated from a sample, or nothing. */
static const char *
about(const struct report *r)
{
	return trace_info(r->reader)->sample != 0 ? "about " : "";
}

/* What is told of blocks, and what of mappings. */
struct text_unjudged {
	const char *title, *unit, *units, *how, *left;
	const struct heap_site *(*site)(const struct heap *, size_t);
};

static const struct text_unjudged text_blocks = { "NOT FREED", "block",
	"blocks", "allocated by", "with smaller blocks not freed", heap_site };
static const struct text_unjudged text_live = { "LIVE", "block",
	"blocks", "allocated by", "with smaller live blocks", heap_site };
static const struct text_unjudged text_mappings = { "NOT UNMAPPED", "mapping",
	"mappings", "mapped by", "with smaller mappings not unmapped",
	heap_mapping_site };

static void
text_leak(FILE *f, struct report *r, size_t number,
    const struct text_unjudged *w, const struct unjudged *u)
{
	const struct heap_site *site = w->site(r->heap, u->site);
	const char *call = report_call_word(site->call);
	char bytes[WORDS_MAX], blocks[WORDS_MAX], what[96], when[64], right[96];
	const char *estimate = w != &text_mappings ? about(r) : "";
	struct text t;

	text_begin(&t, f, r, site->proc);
	text_line(&t, "%s %zu  %s%s in %s%s", w->title, number, estimate,
	    words_size(bytes, sizeof bytes, u->bytes), estimate,
	    words_count(blocks, sizeof blocks, u->blocks, w->unit, w->units));
	if (u->smallest == u->greatest)
		snprintf(what, sizeof what, "  %s %s(%llu)", w->how,
		    call ? call : "a call", (unsigned long long)u->smallest);
	else
		snprintf(what, sizeof what, "  %s %s(%llu to %llu)", w->how,
		    call ? call : "a call", (unsigned long long)u->smallest,
		    (unsigned long long)u->greatest);
	span(r, u->first, u->last, when, sizeof when);
	if (u->blocks > 1)
		snprintf(right, sizeof right, "%s%s, %s", estimate,
		    words_count(blocks, sizeof blocks, u->blocks, "time", "times"), when);
	else
		snprintf(right, sizeof right, "%s", when);
	text_columns(&t, what, right);
	text_site_stack(&t, site);
}

static void
text_leaks(FILE *f, struct report *r, const struct text_unjudged *w,
    const struct unjudged *rows, size_t n)
{
	size_t skip = 0;
	char left[WORDS_MAX];
	struct text t;

	if (r->options.top != 0 && n > r->options.top)
		skip = n - r->options.top;
	if (skip > 0) {
		text_begin(&t, f, r, ~0u);
		text_line(&t, "%s %s %s left out (--top=0 shows all).",
		    words_count(left, sizeof left, skip, "call path",
		    "call paths"), w->left, skip == 1 ? "is" : "are");
		text_line(&t, "%s", "");
	}
	for (size_t i = skip; i < n; i++)
		text_leak(f, r, i - skip + 1, w, &rows[i]);
}

static void
text_site(FILE *f, struct report *r, size_t number,
    const struct heap_site *site)
{
	const char *call = report_call_word(site->call);
	char a[WORDS_MAX], b[WORDS_MAX], c[WORDS_MAX], when[64];
	struct text t;

	text_begin(&t, f, r, site->proc);
	span(r, site->first, site->last, when, sizeof when);
	text_line(&t, "SITE %zu  %s(), %s%s of %s", number,
	    call ? call : "a call", about(r),
	    words_count(a, sizeof a, site->allocations + site->reallocations,
	    "call", "calls"), words_size(b, sizeof b, site->bytes_allocated));
	text_line(&t, "  live %s%s in %s; peak %s", about(r),
	    words_size(a, sizeof a, site->live_bytes),
	    words_count(b, sizeof b, site->live_blocks, "block", "blocks"),
	    words_size(c, sizeof c, site->peak_bytes));
	if (trace_info(r->reader)->sample != 0)
		text_line(&t, "  %s", when);
	else
		text_line(&t, "  temporary %s; %s", words_number(a, sizeof a,
		    site->temporary), when);
	text_site_stack(&t, site);
}

/* Best first in the array; worst last on the screen. */
static void
text_sites(FILE *f, struct report *r)
{
	size_t n = r->nsites;

	if (r->options.top != 0 && n > r->options.top)
		n = r->options.top;
	for (size_t i = n; i > 0; i--)
		text_site(f, r, i, heap_site(r->heap, r->sites[i - 1]));
}

static void
frag_row(const struct text *t, const char *label, uint64_t now, uint64_t peak,
    const char *what)
{
	char a[WORDS_MAX], b[WORDS_MAX];

	text_line(t, "    %-12s %13s %13s  %s", label,
	    words_number(a, sizeof a, now), words_number(b, sizeof b, peak),
	    what);
}

static void
text_frag_process(const struct text *t, const struct frag_process *p)
{
	const struct frag_figures *now = &p->now, *peak = &p->peak;
	const struct trace_process *tp = trace_process(t->report->reader,
	    p->proc);
	char exe[300] = "", a[32], b[32];

	if (tp != NULL && tp->exe != NULL)
		escape_text(exe, sizeof exe, tp->exe, strlen(tp->exe));
	text_cut_folders(exe, (size_t)t->columns - 24);
	text_line(t, "  process %u  %s", tp ? tp->pid : 0, exe);
	snprintf(a, sizeof a, "at %.2f s", report_seconds(t->report,
	    now->time));
	snprintf(b, sizeof b, "at %.2f s", report_seconds(t->report,
	    peak->time));
	text_line(t, "    %-12s %13s %13s", "bytes", a, b);
	frag_row(t, "footprint", now->footprint, peak->footprint,
	    "from the system");
	frag_row(t, "live", now->live, peak->live, "asked for, not freed");
	frag_row(t, "overhead", now->overhead, peak->overhead,
	    "headers and slack");
	frag_row(t, "free", now->free, peak->free, "in no block");
	frag_row(t, "largest free", now->largest, peak->largest, "in one run");
	text_line(t, "    %-12s %13.2f %13.2f  footprint / live", "ratio",
	    now->ratio, peak->ratio);
	text_line(t, "%s", "");
}

static void
text_frag(FILE *f, struct report *r)
{
	struct text t;

	text_begin(&t, f, r, ~0u);
	text_line(&t, "FRAGMENTATION  now and when the footprint was greatest");
	if (trace_info(r->reader)->mode != SESSION_PROFILE) {
		text_line(&t, "  This is the layout of poolwatch's own pool;");
		text_line(&t, "  -m profile shows the program's allocator.");
	} else {
		text_line(&t, "  This is the layout of the program's own "
		    "allocator.");
	}
	if (r->nfrag == 0)
		text_line(&t, "  The trace holds no figures of the allocator.");
	for (size_t i = 0; i < r->nfrag; i++)
		text_frag_process(&t, &r->frag[i]);
	if (r->nfrag == 0)
		text_line(&t, "%s", "");
}

static void
text_notes(FILE *f, struct report *r)
{
	for (size_t i = 0; i < heap_nnotes(r->heap); i++) {
		uint32_t proc = 0;
		const char *note = heap_note(r->heap, i, &proc);
		char safe[600];
		struct text t;

		text_begin(&t, f, r, proc);
		escape_text(safe, sizeof safe, note, strlen(note));
		text_line(&t, "note: %s", safe);
		if (i + 1 == heap_nnotes(r->heap))
			text_line(&t, "%s", "");
	}
}

void
report_text_verdict(const struct report *r, char *line, size_t size)
{
	char errors[WORDS_MAX], bytes[WORDS_MAX], blocks[WORDS_MAX];
	char allocations[WORDS_MAX], processes[WORDS_MAX], left[160];
	const char *estimate = about(r);

	words_count(errors, sizeof errors, r->nerrors, "error", "errors");
	words_count(allocations, sizeof allocations, r->totals.allocations,
	    "allocation", "allocations");
	words_count(processes, sizeof processes, r->nprocesses, "process",
	    "processes");
	words_count(bytes, sizeof bytes, report_left_bytes(r), "byte",
	    "bytes");
	words_count(blocks, sizeof blocks, report_left_blocks(r), "block",
	    "blocks");
	snprintf(left, sizeof left, r->options.at ? "%s%s of %s live" :
	    "%s%s of %s not freed", estimate, blocks,
	    bytes);
	if (report_left_blocks(r) == 0)
		strcpy(left, "0 leaks");
	if (r->verdict == REPORT_NOT_JUDGED)
		snprintf(line, size, "verdict: not judged; %s", r->reason);
	else
		snprintf(line, size, "verdict: %s%s, %s; %s%s in %s",
		    r->verdict == REPORT_CLEAN ? "clean; " : "", errors, left,
		    estimate, allocations, processes);
}

/* Damage that nobody was seen to do, which guards would catch in the act. */
static bool
wants_guards(const struct report *r)
{
	for (size_t i = 0; i < r->nerrors && r->options.guard; i++) {
		const struct trace_error *te = &r->errors[i].found->error;

		if (te->access == TRACE_ACCESS_WRITE && te->block != 0 &&
		    (te->found == TRACE_FOUND_AT_FREE ||
		    te->found == TRACE_FOUND_AT_EXIT ||
		    te->found == TRACE_FOUND_SWEEP))
			return trace_info(r->reader)->mode == SESSION_CHECK;
	}
	return false;
}

static const struct trace_process *
root_process(const struct report *r)
{
	for (unsigned i = 0; i < trace_nprocesses(r->reader); i++) {
		const struct trace_process *p = trace_process(r->reader, i);

		if (p != NULL && p->pid == trace_info(r->reader)->root_pid)
			return p;
	}
	return NULL;
}

/* The same run with guards; false: half a command is none. */
static bool
rerun(const struct report *r, char *line, size_t size)
{
	const struct trace_process *p = root_process(r);
	char quoted[2048];	/* four bytes for one, at most */
	size_t n;

	if (!wants_guards(r) || p == NULL || p->argv == NULL ||
	    p->argv[0] == NULL)
		return false;
	n = (size_t)snprintf(line, size, "poolwatch -m guard --guard-from=%s",
	    words_quoted(quoted, sizeof quoted, r->options.source));
	for (size_t i = 0; p->argv[i] != NULL && n < size; i++) {
		if (strlen(p->argv[i]) > sizeof quoted / 4 - 8)
			return false;
		n += (size_t)snprintf(line + n, size - n, " %s", words_quoted(
		    quoted, sizeof quoted, p->argv[i]));
	}
	return n < size;
}

/*
 * The verdict is one line in a fixed form, for scripts; it alone may be longer
 * than the screen is wide.
 */
static void
text_close(FILE *f, struct report *r)
{
	char line[320], quoted[600], again[900];
	struct text t;

	text_begin(&t, f, r, ~0u);
	text_suppressed(&t);
	report_text_verdict(r, line, sizeof line);
	text_line(&t, "%s", line);
	if (r->options.next != NULL)
		text_line(&t, "next: %s", r->options.next);
	else if (r->options.source != NULL && rerun(r, again, sizeof again))
		text_line(&t, "next: %s", again);
	else if (r->options.source != NULL)
		text_line(&t, "next: poolview %s", words_quoted(quoted,
		    sizeof quoted, r->options.source));
}

void
report_text_end(FILE *f, struct report *r)
{
	unsigned parts = r->options.parts;

	if (parts & REPORT_FRAG)
		text_frag(f, r);
	if (parts & REPORT_SITES)
		text_sites(f, r);
	if (parts & REPORT_UNUSED)
		text_unused(f, r);
	if (parts & REPORT_LEAKS) {
		text_leaks(f, r, &text_mappings, r->mappings, r->nmappings);
		text_leaks(f, r, r->options.at ? &text_live : &text_blocks,
		    r->leaks, r->nleaks);
	}
	if (parts & REPORT_SUMMARY) {
		/* With a prefix they were told as they came. */
		if (!r->options.prefix)
			text_notes(f, r);
		text_summary(f, r);
	} else if (r->options.prefix) {
		text_unrecorded(f, r);
	}
	text_close(f, r);
}

int
report_text(FILE *f, struct report *r)
{
	if (r->options.parts & REPORT_ERRORS)
		for (size_t i = 0; i < r->nerrors; i++)
			report_text_error(f, r, i);
	report_text_end(f, r);
	return fflush(f) == 0 && !ferror(f) ? 0 : -1;
}
