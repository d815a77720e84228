/*
 * model.c - what is looked at: a trace, its heap, the names of its sites.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/model.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/compiler.h"
#include "trace/session.h"
#include "viewer/text.h"

#define POLL_BATCH	256	/* events between two looks at the clock */
#define LABEL_NAME	200	/* bytes of a function in a label */
#define QUIET_MS	3000	/* until a dead writer is suspected */

static uint64_t
milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int
no_memory(struct model *m)
{
	m->status.result = TRACE_NO_MEMORY;
	snprintf(m->status.what, sizeof(m->status.what), "out of memory");
	return -1;
}

/* Where reading will stop, and from which keyframe it goes there. */
static int
model_seek(struct model *m, const struct moment *at)
{
	if (moment_find(m->path, at, &m->until, &m->status) < 0)
		return -1;
	if (m->until.time == ~0ull)
		return 0;
	if (m->until.time < trace_info(m->reader)->begins) {
		snprintf(m->status.what, sizeof(m->status.what), "what was "
		    "then is gone: this trace keeps the newest events only");
		return -1;
	}
	snprintf(m->at, sizeof(m->at), "at %.3f s", model_seconds(m,
	    m->until.time));
	trace_seek(m->reader, m->until.time);
	return 0;
}

int
model_open(struct model *m, const char *path, const struct moment *at,
    const struct symbol_options *so)
{
	static const struct report_options options = { .parts = REPORT_ERRORS };

	memset(m, 0, sizeof(*m));
	m->path = path;
	m->changed = milliseconds();
	m->reader = trace_open(path, 0, &m->status);
	if (m->reader == NULL || model_seek(m, at) < 0)
		return -1;
	m->heap = heap_create(m->reader);
	m->symbolizer = symbolizer_create(so);
	if (m->heap == NULL || m->symbolizer == NULL)
		return no_memory(m);
	m->report = report_create(m->reader, m->heap, m->symbolizer, &options);
	return m->report ? 0 : no_memory(m);
}

void
model_close(struct model *m)
{
	size_t i;

	for (i = 0; i < m->nsites; i++)
		free(m->sites[i].label);
	free(m->sites);
	if (m->report != NULL)
		report_destroy(m->report);
	symbolizer_destroy(m->symbolizer);
	if (m->heap != NULL)
		heap_destroy(m->heap);
	if (m->reader != NULL)
		trace_close(m->reader);
}

static void
take_sample(struct model *m)
{
	const struct heap_totals *t = heap_totals(m->heap);
	unsigned last = (m->nsamples + MODEL_SAMPLES - 1) % MODEL_SAMPLES;

	/* Some twenty a second are enough for the last second or two. */
	if (m->nsamples > 0 && model_seconds(m,
	    t->last_time - m->samples[last].time) < 0.05)
		return;
	m->samples[m->nsamples % MODEL_SAMPLES] =
	    (struct model_sample){ t->last_time, t->allocations };
	m->nsamples++;
}

/* One more event into the heap: 1, 0 there is none now, -1 reading failed. */
static int
model_step(struct model *m)
{
	struct trace_event event;
	int result = trace_next(m->reader, &event, &m->status);

	if (result <= 0)
		return result;
	if (!heap_is_behind(m->heap, &m->until, &event)) {
		heap_apply(m->heap, &event);
		return 1;
	}
	m->there = true;
	return trace_skip_rest(m->reader, &m->status);
}

bool
model_poll(struct model *m, unsigned ms)
{
	uint64_t until = milliseconds() + ms, n = 0;
	int result = 1;

	if (m->failed || m->there)
		return false;
	for (m->idle = false; result > 0; n++) {
		if (n % POLL_BATCH == POLL_BATCH - 1 &&
		    milliseconds() >= until)
			break;
		result = model_step(m);
	}
	m->idle = result <= 0;
	m->failed = result < 0;
	take_sample(m);
	if (n <= 1 && !m->failed)
		return false;
	m->nerrors = report_update(m->report);
	m->changed = milliseconds();
	m->version++;
	return true;
}

/*
 * Not ended in order, and nothing comes any more: everybody who wrote it was
 * killed.  A program that left its first process behind may be quiet for a
 * while too; what it writes then is read all the same.
 */
static bool
is_abandoned(struct model *m, const struct trace_info *info)
{
	return milliseconds() - m->changed > QUIET_MS &&
	    (info->root_pid == 0 || (kill((pid_t)info->root_pid, 0) != 0 &&
	    errno == ESRCH));
}

const char *
model_state(struct model *m)
{
	const struct trace_info *info = trace_info(m->reader);

	if (m->failed)
		return "damaged";
	if (!m->idle)
		return "reading";
	if (m->at[0] != '\0')
		return m->at;
	if (!info->closed)
		return is_abandoned(m, info) ? "unfinished" : "following";
	return info->complete ? "complete" : "incomplete";
}

double
model_seconds(struct model *m, uint64_t ticks)
{
	uint64_t second = trace_info(m->reader)->ticks_per_second;

	return second ? (double)ticks / (double)second : 0;
}

double
model_rate(struct model *m)
{
	const struct heap_totals *t = heap_totals(m->heap);
	struct model_sample from = { 0, 0 };
	unsigned i;
	double s;

	if (!trace_info(m->reader)->closed && m->idle)
		for (i = 1; i <= m->nsamples && i <= MODEL_SAMPLES; i++) {
			from = m->samples[(m->nsamples - i) % MODEL_SAMPLES];
			if (model_seconds(m, t->last_time - from.time) >= 1)
				break;
		}
	if (from.time == t->last_time)	/* looked at once: of the whole */
		from = (struct model_sample){ 0, 0 };
	s = model_seconds(m, t->last_time - from.time);
	return s > 0 ? (double)(t->allocations - from.allocations) / s : 0;
}

const char *
model_mode(struct model *m)
{
	static const char *const names[] = {
		[SESSION_CHECK] = "check",
		[SESSION_PROFILE] = "profile",
		[SESSION_GUARD] = "guard",
	};
	uint32_t mode = trace_info(m->reader)->mode;

	return mode < PW_ARRAY_LEN(names) ? names[mode] : "unknown mode";
}

/*
 * The frame a reader wants to see first is in the program's own code, not in
 * the libraries that everybody uses.
 */
static bool
is_plumbing(const struct symbol_frame *f)
{
	static const char *const libraries[] = { "libc.so", "libc-",
		"libstdc++.so", "libc++", "ld-linux", "libgcc_s", "ld.so" };
	static const char *const functions[] = { "std::", "void std::",
		"__gnu_cxx::", "operator new" };
	const char *base = f->module ? text_base(f->module) : "";
	size_t i;

	for (i = 0; i < PW_ARRAY_LEN(libraries); i++)
		if (strncmp(base, libraries[i], strlen(libraries[i])) == 0)
			return true;
	for (i = 0; f->function && i < PW_ARRAY_LEN(functions); i++)
		if (strncmp(f->function, functions[i],
		    strlen(functions[i])) == 0)
			return true;
	/* Where Rust's own libraries were built. */
	return f->file != NULL && strncmp(f->file, "/rustc/", 7) == 0;
}

size_t
model_first(const struct names_stack *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->frames[i].mark == NULL &&
		    !is_plumbing(&s->frames[i].frame))
			return i;
	return 0;
}

static void
label_frame(const struct symbol_frame *f, char *buf, size_t size)
{
	const char *module = f->module ? text_base(f->module) : NULL;
	char name[LABEL_NAME];

	text_function(name, sizeof(name), f->function ? f->function : "");
	if (f->function != NULL && f->file != NULL && f->line != 0)
		snprintf(buf, size, "%s (%s:%u)", name,
		    text_base(f->file), f->line);
	else if (f->function != NULL && module != NULL)
		snprintf(buf, size, "%s (%s)", name, module);
	else if (f->function != NULL)
		snprintf(buf, size, "%s", name);
	else if (module != NULL)
		snprintf(buf, size, "%s+0x%llx", module,
		    (unsigned long long)f->module_offset);
	else
		snprintf(buf, size, "0x%llx", (unsigned long long)f->ip);
}

void
model_label(struct model *m, uint32_t proc, uint32_t stack, uint64_t time,
    char *buf, size_t size)
{
	struct names_stack s;
	char raw[512] = "(no stack)";

	names_resolve(m->report->names, proc, stack, time, &s);
	if (s.n > 0)
		label_frame(&s.frames[model_first(&s)].frame, raw,
		    sizeof(raw));
	text_safe(buf, size, raw);
	names_free(&s);
}

/* The entry of a site, or NULL without memory. */
static struct model_site *
site_entry(struct model *m, size_t site)
{
	size_t n = heap_nsites(m->heap);
	struct model_site *more;

	if (site < m->nsites)
		return &m->sites[site];
	if (site >= n)
		return NULL;
	n += n / 4;
	more = reallocarray(m->sites, n, sizeof(*more));
	if (more == NULL)
		return NULL;
	memset(more + m->nsites, 0, (n - m->nsites) * sizeof(*more));
	m->sites = more;
	m->nsites = n;
	return &m->sites[site];
}

const char *
model_site_label(struct model *m, size_t site)
{
	const struct heap_site *s = heap_site(m->heap, site);
	struct model_site *entry = site_entry(m, site);
	char label[1024];

	if (entry == NULL)
		return "?";
	if (entry->label == NULL) {
		model_label(m, s->proc, s->stack, s->first, label,
		    sizeof(label));
		entry->label = strdup(label);
	}
	return entry->label ? entry->label : "?";
}

bool
model_site_matches(struct model *m, size_t site, const regex_t *re,
    unsigned generation)
{
	const struct heap_site *s = heap_site(m->heap, site);
	struct model_site *entry = site_entry(m, site);
	struct names_stack stack;

	if (entry == NULL)
		return true;
	if (entry->filtered == generation)
		return entry->shown;
	names_resolve(m->report->names, s->proc, s->stack, s->first, &stack);
	entry->shown = names_match(&stack, re);
	entry->filtered = generation;
	names_free(&stack);
	return entry->shown;
}
