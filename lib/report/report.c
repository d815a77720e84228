/*
 * report.c - gathering; see report.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/errors.h"
#include "report/report_impl.h"
#include "report/words.h"
#include "trace/session.h"

#define CONTEXTS_MAX	64u	/* findings looked at more closely */

struct report *
report_create(struct trace_reader *reader, struct heap *heap,
    struct symbolizer *symbols, const struct report_options *options)
{
	struct report *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->options = *options;
	r->reader = reader;
	r->heap = heap;
	r->names = names_create(reader, symbols);
	if (r->names == NULL) {
		free(r);
		return NULL;
	}
	if (options->to_main)
		names_stop_at_main(r->names);
	if (suppress_count(options->suppressions) > 0)
		r->suppressed_by = calloc(suppress_count(
		    options->suppressions), sizeof *r->suppressed_by);
	return r;
}

void
report_destroy(struct report *r)
{
	if (r == NULL)
		return;
	names_destroy(r->names);
	free(r->errors);
	free(r->leaks);
	free(r->mappings);
	free(r->sites);
	free(r->unused);
	free(r->frag);
	free(r->suppressed_by);
	free(r->contexts);
	free(r);
}

double
report_seconds(const struct report *r, uint64_t ticks)
{
	uint64_t per_second = trace_info(r->reader)->ticks_per_second;

	return per_second ? (double)ticks / (double)per_second : 0;
}

bool
report_chosen(const struct report *r, uint32_t proc)
{
	const struct trace_process *p = trace_process(r->reader, proc);

	return r->options.process == 0 ||
	    (p != NULL && p->pid == r->options.process);
}

void
report_error_stack(const struct report *r, const struct heap_error *e,
    uint32_t stack, uint64_t time, struct names_stack *out)
{
	names_resolve(r->names, e->proc, stack, time ? time : e->time, out);
}

static bool
report_wants(const struct report *r, const struct names_stack *s)
{
	return r->options.filter == NULL || names_match(s, r->options.filter);
}

/* A finding is chosen by any of its stacks. */
static bool
report_wants_error(struct report *r, const struct heap_error *e)
{
	const uint32_t stacks[] = { e->error.stack, e->error.alloc_stack,
		e->error.free_stack };

	if (!report_chosen(r, e->proc))
		return false;
	if (r->options.filter == NULL)
		return true;
	for (size_t i = 0; i < 3; i++) {
		struct names_stack s;
		bool wanted;

		report_error_stack(r, e, stacks[i], 0, &s);
		wanted = report_wants(r, &s);
		names_free(&s);
		if (wanted)
			return true;
	}
	return false;
}

/* The stack that tells one finding from another: where the bad block was
 * born and, if the finding is of a call, that call's. */
static void
report_make_id(struct report *r, struct report_error *e)
{
	const struct trace_error *te = &e->found->error;
	struct names_stack s;

	report_error_stack(r, e->found, te->stack ? te->stack :
	    te->alloc_stack, 0, &s);
	names_id(te->kind < TRACE_NERRORS ? trace_error_name(te->kind) : "?",
	    &s, e->id);
	names_free(&s);
}

static int
report_add_error(struct report *r, size_t index)
{
	const struct heap_error *found = heap_error(r->heap, index);
	struct errors_verdict v = errors_judge(r->names, found);
	struct report_error *more, *e;

	if (!v.stands || !report_wants_error(r, found))
		return 0;
	more = reallocarray(r->errors, r->nerrors + 1, sizeof *more);
	if (more == NULL)
		return -1;
	r->errors = more;
	e = &r->errors[r->nerrors];
	*e = (struct report_error){ .found = found, .index = index,
		.allocated_by = v.allocated_by, .freed_by = v.freed_by };
	if (report_suppresses_error(r, e))
		return 0;
	report_make_id(r, e);
	r->nerrors++;
	return 0;
}

size_t
report_update(struct report *r)
{
	while (r->seen_errors < heap_nerrors(r->heap))
		if (report_add_error(r, r->seen_errors++) != 0)
			break;
	/* The heap's array may have moved as it grew. */
	for (size_t i = 0; i < r->nerrors; i++)
		r->errors[i].found = heap_error(r->heap, r->errors[i].index);
	return r->nerrors;
}

static bool
report_wants_site(struct report *r, const struct heap_site *site)
{
	struct names_stack s;
	bool wanted;

	if (!report_chosen(r, site->proc))
		return false;
	if (r->options.filter == NULL)
		return true;
	names_resolve(r->names, site->proc, site->stack, site->first, &s);
	wanted = report_wants(r, &s);
	names_free(&s);
	return wanted;
}

static int
report_gather_sites(struct report *r)
{
	size_t n, kept = 0;

	r->sites = top_sites(r->heap, r->options.by, &n);
	if (r->sites == NULL)
		return n == 0 ? 0 : -1;
	for (size_t i = 0; i < n; i++)
		if (report_wants_site(r, heap_site(r->heap, r->sites[i])))
			r->sites[kept++] = r->sites[i];
	r->nsites = kept;
	return 0;
}

static int
report_gather_unused(struct report *r)
{
	const struct heap_site *site;
	size_t n, kept = 0;

	r->unused = top_sites(r->heap, TOP_BY_UNUSED, &n);
	if (r->unused == NULL)
		return n == 0 ? 0 : -1;
	for (size_t i = 0; i < n; i++) {
		site = heap_site(r->heap, r->unused[i]);
		if (site->never_written != 0 && report_wants_site(r, site))
			r->unused[kept++] = r->unused[i];
	}
	r->nunused = kept;
	return 0;
}

static bool
report_keeps_leak(struct report *r, const struct unjudged *u, bool rules)
{
	const struct heap_site *site = heap_site(r->heap, u->site);

	if (!report_chosen(r, site->proc) ||
	    (rules && report_suppresses_leak(r, site, u)))
		return false;
	return (r->options.parts & REPORT_LEAKS) && report_wants_site(r, site);
}

static int
report_gather_leaks(struct report *r)
{
	bool rules = report_suppresses_leaks(r);
	size_t n, kept = 0;

	if (!rules && !(r->options.parts & REPORT_LEAKS))
		return 0;
	r->leaks = unjudged_sites(r->heap, &n);
	if (r->leaks == NULL)
		return n == 0 ? 0 : -1;
	for (size_t i = 0; i < n; i++)
		if (report_keeps_leak(r, &r->leaks[i], rules))
			r->leaks[kept++] = r->leaks[i];
	r->nleaks = kept;
	return 0;
}

static int
report_gather_mappings(struct report *r)
{
	size_t n, kept = 0;

	r->mappings = unjudged_mappings(r->heap, &n);
	if (r->mappings == NULL)
		return n == 0 ? 0 : -1;
	for (size_t i = 0; i < n; i++)
		if (report_wants_site(r, heap_mapping_site(r->heap,
		    r->mappings[i].site)))
			r->mappings[kept++] = r->mappings[i];
	r->nmappings = kept;
	return 0;
}

/* Images of one pid follow one another, so their peaks never add up. */
static void
totals_add(struct heap_totals *sum, const struct heap_totals *t)
{
	sum->allocations += t->allocations;
	sum->frees += t->frees;
	sum->reallocations += t->reallocations;
	sum->bytes_allocated += t->bytes_allocated;
	sum->temporary += t->temporary;
	sum->live_blocks += t->live_blocks;
	sum->live_bytes += t->live_bytes;
	sum->events += t->events;
	if (t->peak_bytes > sum->peak_bytes) {
		sum->peak_bytes = t->peak_bytes;
		sum->peak_blocks = t->peak_blocks;
		sum->peak_time = t->peak_time;
	}
	if (t->last_time > sum->last_time)
		sum->last_time = t->last_time;
}

static void
mapped_add(struct heap_mapped *sum, const struct heap_mapped *m)
{
	sum->maps += m->maps;
	sum->unmaps += m->unmaps;
	sum->remaps += m->remaps;
	sum->bytes_mapped += m->bytes_mapped;
	sum->live += m->live;
	sum->live_bytes += m->live_bytes;
	if (m->peak_bytes > sum->peak_bytes) {
		sum->peak_bytes = m->peak_bytes;
		sum->peak_live = m->peak_live;
		sum->peak_time = m->peak_time;
	}
}

static void
report_gather_totals(struct report *r)
{
	unsigned n = trace_nprocesses(r->reader);

	for (unsigned i = 0; i < n; i++) {
		const struct trace_process *p = trace_process(r->reader, i);

		if (p == NULL || !p->recorded || !report_chosen(r, i))
			continue;
		r->nprocesses++;
		if (r->options.process == 0)
			continue;
		totals_add(&r->totals, heap_process_totals(r->heap, i));
		mapped_add(&r->mapped, heap_process_mapped(r->heap, i));
	}
	if (r->options.process == 0) {
		r->totals = *heap_totals(r->heap);
		r->mapped = *heap_mapped(r->heap);
	}
}

static void
report_gather_frag(struct report *r)
{
	size_t kept = 0;

	r->frag = frag_processes(r->reader, r->heap, &r->nfrag);
	for (size_t i = 0; i < r->nfrag; i++)
		if (report_chosen(r, r->frag[i].proc))
			r->frag[kept++] = r->frag[i];
	r->nfrag = kept;
}

/* Without some of the events nobody can say that there was no error. */
static void
report_lost(struct report *r)
{
	const struct trace_info *info = trace_info(r->reader);
	char reason[WORDS_MAX + 8], count[WORDS_MAX];

	if (r->verdict != REPORT_CLEAN || !info->lost_known || info->lost == 0)
		return;
	snprintf(reason, sizeof reason, "%s lost", words_count(count,
	    sizeof count, info->lost, "event was", "events were"));
	report_not_judged(r, reason);
}

/* In profile mode frees are judged by the events: not past a pause. */
static void
report_paused(struct report *r)
{
	if (r->verdict == REPORT_CLEAN && heap_pauses(r->heap)->count != 0 &&
	    trace_info(r->reader)->mode == SESSION_PROFILE)
		report_not_judged(r, "recording was paused");
}

/* A free of what is not there tells nothing, when most is not there. */
static void
report_sampled(struct report *r)
{
	if (trace_info(r->reader)->sample == 0 || r->verdict != REPORT_CLEAN)
		return;
	report_not_judged(r, r->totals.allocations != 0 ?
	    "of a sample of the blocks nobody can tell errors" :
	    "no allocation was drawn for the sample");
}

/* What can't be had is not told. */
static void
report_gather_contexts(struct report *r)
{
	const struct heap_error *found[CONTEXTS_MAX];
	size_t n = r->nerrors < CONTEXTS_MAX ? r->nerrors : CONTEXTS_MAX;

	if (n == 0 || r->options.path == NULL ||
	    !(r->options.parts & REPORT_ERRORS))
		return;
	r->contexts = calloc(n, sizeof *r->contexts);
	if (r->contexts == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		found[i] = r->errors[i].found;
	context_gather(r->options.path, found, n, r->contexts);
	r->ncontexts = n;
}

const struct context *
report_context(const struct report *r, const struct report_error *e)
{
	size_t i = (size_t)(e - r->errors);

	return i < r->ncontexts ? &r->contexts[i] : NULL;
}

int
report_gather(struct report *r)
{
	report_update(r);
	report_gather_totals(r);
	report_gather_frag(r);
	report_gather_contexts(r);
	r->verdict = r->nerrors > 0 ? REPORT_FINDINGS : REPORT_CLEAN;
	report_sampled(r);
	if (r->verdict == REPORT_CLEAN && r->totals.allocations == 0)
		report_not_judged(r, r->options.process && !r->nprocesses ?
		    "the trace has no such process" : "no allocation was seen");
	report_lost(r);
	report_paused(r);
	if ((r->options.parts & REPORT_SITES) && report_gather_sites(r) != 0)
		return -1;
	if ((r->options.parts & REPORT_UNUSED) && report_gather_unused(r) != 0)
		return -1;
	if (report_gather_leaks(r) != 0)
		return -1;
	if ((r->options.parts & REPORT_LEAKS) && report_gather_mappings(r) != 0)
		return -1;
	return 0;
}

void
report_not_judged(struct report *r, const char *reason)
{
	r->verdict = REPORT_NOT_JUDGED;
	snprintf(r->reason, sizeof r->reason, "%s", reason);
}
