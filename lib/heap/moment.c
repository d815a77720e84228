/*
 * moment.c - see moment.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heap/moment.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *unit;
	int kind;
	double one;
} units[] = {
	{ "s", MOMENT_TIME, 1 },
	{ "", MOMENT_TIME, 1 },
	{ "ms", MOMENT_TIME, 1e-3 },
	{ "us", MOMENT_TIME, 1e-6 },
	{ "min", MOMENT_TIME, 60 },
	{ "h", MOMENT_TIME, 3600 },
	{ "%", MOMENT_PART, 1e-2 },
};

int
moment_parse(const char *word, struct moment *m)
{
	char *end;
	double n;

	*m = (struct moment){ .kind = MOMENT_END };
	if (strcmp(word, "end") == 0)
		return 0;
	m->kind = MOMENT_PEAK;
	if (strcmp(word, "peak") == 0)
		return 0;
	if (*word < '0' || *word > '9')
		return -1;
	n = strtod(word, &end);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strcmp(end, units[i].unit) == 0) {
			m->kind = units[i].kind;
			m->value = n * units[i].one;
			return isfinite(n) && n >= 0 &&
			    (m->kind != MOMENT_PART || m->value <= 1) ? 0 : -1;
		}
	return -1;
}

static uint64_t
ticks(double seconds, uint64_t per_second)
{
	double t = seconds * (double)per_second;

	return t < 1e18 ? (uint64_t)t : (uint64_t)1e18;
}

/* What only a whole replay knows. */
static int
replay(struct trace_reader *r, struct heap_totals *t,
    struct trace_status *status)
{
	struct heap *h = heap_create(r);
	bool no_memory = h == NULL;
	int got = 0;

	*t = (struct heap_totals){ .last_time = 0 };
	if (h != NULL) {
		trace_seek(r, ~0ull);
		got = heap_replay(h, status, &no_memory);
		*t = *heap_totals(h);
	}
	heap_destroy(h);
	if (!no_memory)
		return got;
	*status = (struct trace_status){ .result = TRACE_NO_MEMORY };
	snprintf(status->what, sizeof status->what, "out of memory");
	return -1;
}

static int
moment_of(struct trace_reader *r, const struct moment *m,
    struct heap_until *until, struct trace_status *status)
{
	uint64_t second = trace_info(r)->ticks_per_second;
	uint64_t whole = m->kind == MOMENT_PART ? trace_duration(r) : 0;
	struct heap_totals t;

	if (m->kind == MOMENT_TIME) {
		until->time = ticks(m->value, second);
		return 0;
	}
	if (m->kind == MOMENT_PEAK || whole == 0) {
		if (replay(r, &t, status) < 0)
			return -1;
		whole = t.last_time;
	}
	if (m->kind == MOMENT_PEAK)
		*until = (struct heap_until){ t.peak_time, t.peak_bytes };
	else
		until->time = ticks(m->value, whole);
	return 0;
}

int
moment_find(const char *path, const struct moment *m,
    struct heap_until *until, struct trace_status *status)
{
	struct trace_reader *r;
	int result;

	*until = (struct heap_until){ .time = ~0ull };
	if (m->kind == MOMENT_END)
		return 0;
	r = trace_open(path, 0, status);
	if (r == NULL)
		return -1;
	result = moment_of(r, m, until, status);
	trace_close(r);
	return result;
}
