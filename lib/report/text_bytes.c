/*
 * text_bytes.c - damaged bytes: what should stand there, what does.
 *
 *	offset    4  5  6  7  8  9 | 10 11 12 13 14 15
 *	should   .. .. .. .. .. .. | 04 f9 c0 13 04 f9   guard
 *	is       67 65 2d 76 69 69 | 00 f9 c0 13 04 f9
 *	text      g  e  -  v  i  i   ^^
 *
 * The bar stands where the block begins or ends.  Bytes of the block itself
 * are the program's: nobody knows what they should be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "report/text_impl.h"
#include "report/written.h"

#define SHOWN	12	/* bytes of a table: 3 columns each, within 68 */
#define BEFORE	6	/* of these before the first bad one */

/* The window of e->bytes that is shown, and where the block is in it. */
struct window {
	const struct trace_error *e;
	int64_t base;		/* offset in the block of bytes[0] */
	uint32_t from;
	uint32_t to;
};

static bool
printable(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

static bool
in_block(const struct window *w, uint32_t i)
{
	int64_t off = w->base + i;

	return w->e->kind != TRACE_ERROR_USE_AFTER_FREE && off >= 0 &&
	    (uint64_t)off < w->e->size;
}

/* Is there an edge of the block in front of byte i? */
static const char *
bar(const struct window *w, uint32_t i, const char *bar_text)
{
	int64_t off = w->base + i;

	return i > w->from && (off == 0 || (uint64_t)off == w->e->size) ?
	    bar_text : "";
}

static void
cell_offset(const struct window *w, uint32_t i, char *text)
{
	int64_t off = w->base + i;

	snprintf(text, 16, off < 100 ? "%2d" : "%02d", (int)(off % 100));
}

static void
cell_should(const struct window *w, uint32_t i, char *text)
{
	if (in_block(w, i))
		strcpy(text, "..");
	else
		snprintf(text, 16, "%02x", w->e->should[i]);
}

static void
cell_is(const struct window *w, uint32_t i, char *text)
{
	snprintf(text, 16, "%02x", w->e->bytes[i]);
}

static void
cell_text(const struct window *w, uint32_t i, char *text)
{
	strcpy(text, "  ");
	if (!in_block(w, i) && w->e->bytes[i] != w->e->should[i])
		strcpy(text, "^^");
	else if (in_block(w, i))
		text[1] = printable(w->e->bytes[i]) ? (char)w->e->bytes[i] :
		    '.';
}

static void
row(const struct text *t, const struct window *w, const char *label,
    void (*cell)(const struct window *, uint32_t, char *), const char *tail)
{
	char line[128];
	int n = snprintf(line, sizeof line, "    %-8s", label);

	for (uint32_t i = w->from; i < w->to; i++) {
		char text[16];

		cell(w, i, text);
		n += snprintf(line + n, sizeof line - (size_t)n, "%s %s",
		    bar(w, i, cell == cell_text ? "  " : " |"), text);
	}
	while (n > 0 && line[n - 1] == ' ')
		line[--n] = '\0';
	text_line(t, "%s%s", line, tail);
}

static void
remarks(const struct text *t, const struct report_error *e)
{
	struct written w;

	report_written(t->report, e, &w);
	for (unsigned i = 0; i < w.n; i++)
		text_wrapped(t, "  ", w.items[i].text);
}

/* Who else was at work; any of them may have done it, or none. */
static void
active(const struct text *t, const struct report_error *e, uint64_t from)
{
	const struct context *c = report_context(t->report, e);
	const struct trace_error *te = &e->found->error;

	if (c == NULL || c->nsites == 0)
		return;
	text_line(t, "  Active between %.4f s and %.4f s on its threads, with "
	    "blocks", report_seconds(t->report, from),
	    report_seconds(t->report, e->found->time));
	text_line(t, "  of %llu bytes or more:", (unsigned long long)
	    (te->offset < 0 ? te->size + 1 : (uint64_t)te->offset +
	    te->length));
	for (unsigned i = 0; i < c->nsites; i++) {
		const struct context_site *site = &c->sites[i];
		const char *call = report_call_word(site->call);
		char what[64];

		snprintf(what, sizeof what, "%s(%llu)", call ? call : "a call",
		    (unsigned long long)site->size);
		text_site_line(t, what, e->found->proc, site->stack,
		    site->last);
	}
}

static void
remark_window(const struct text *t, const struct report_error *e)
{
	const struct trace_error *te = &e->found->error;
	uint64_t from = te->window_from ? te->window_from : te->alloc_time;

	if (from == 0 || te->access == TRACE_ACCESS_READ ||
	    te->found == TRACE_FOUND_AT_CALL)
		return;
	text_line(t, "  Written between %.4f s (%s) and %.4f s (damage seen).",
	    report_seconds(t->report, from),
	    te->kind == TRACE_ERROR_USE_AFTER_FREE && from == te->free_time ?
	    "freed" : te->window_from && te->window_from != te->alloc_time ?
	    "block whole" : "allocated",
	    report_seconds(t->report, e->found->time));
	active(t, e, from);
}

void
text_bytes(const struct text *t, const struct report_error *e)
{
	const struct trace_error *te = &e->found->error;
	struct window w = { .e = te };
	uint32_t first, n, nbytes = te->nbytes < TRACE_ERROR_BYTES ?
	    te->nbytes : TRACE_ERROR_BYTES;

	report_bad_bytes(te, &first, &n);
	if (n > 0) {
		w.base = (int64_t)(te->bytes_at - te->block);
		w.from = first > BEFORE ? first - BEFORE : 0;
		w.to = w.from + SHOWN < nbytes ? w.from + SHOWN : nbytes;
		row(t, &w, "offset", cell_offset, "");
		row(t, &w, "should", cell_should,
		    te->kind == TRACE_ERROR_USE_AFTER_FREE ? "   fill" :
		    "   guard");
		row(t, &w, "is", cell_is, "");
		row(t, &w, "text", cell_text, "");
		remarks(t, e);
	}
	remark_window(t, e);
}
