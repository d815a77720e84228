/*
 * text_unused.c - where memory is asked for that nobody ever writes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdio.h>

#include "report/text_impl.h"
#include "report/words.h"
#include "trace/session.h"

static void
text_unused_site(FILE *f, struct report *r, size_t number,
    const struct heap_site *site)
{
	const char *call = report_call_word(site->call);
	char a[WORDS_MAX], b[WORDS_MAX], c[WORDS_MAX];
	struct text t;

	text_begin(&t, f, r, site->proc);
	text_line(&t, "UNUSED %zu  %s never written, of %s", number,
	    words_size(a, sizeof a, site->never_written),
	    words_size(b, sizeof b, site->bytes_allocated));
	text_line(&t, "  asked for by %s() in %s", call ? call : "a call",
	    words_count(c, sizeof c, site->allocations + site->reallocations,
	    "call", "calls"));
	text_site_stack(&t, site);
}

/* Worst last, as all lists here. */
void
text_unused(FILE *f, struct report *r)
{
	size_t n = r->nunused;
	struct text t;

	text_begin(&t, f, r, ~0u);
	if (n == 0) {
		text_line(&t, "UNUSED  nothing is known of memory that was "
		    "never written%s", trace_info(r->reader)->mode ==
		    SESSION_PROFILE ? ": check mode looks for it." : ".");
		text_line(&t, "%s", "");
	}
	if (r->options.top != 0 && n > r->options.top)
		n = r->options.top;
	for (size_t i = n; i > 0; i--)
		text_unused_site(f, r, i, heap_site(r->heap,
		    r->unused[i - 1]));
}
