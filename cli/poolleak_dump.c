/*
 * poolleak_dump.c - a trace looked at as it is: --dump and --check.
 *
 * The lines are those of trace/text.h.  --check reads everything and follows
 * every reference (trace/check.h); what is wrong goes to stderr, a few figures
 * to stdout.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/poolleak.h"

#include <stdlib.h>
#include <string.h>

#include "report/escape.h"
#include "report/words.h"
#include "trace/check.h"
#include "trace/text.h"

static bool
dump_wanted(struct trace_reader *reader, const struct trace_event *ev,
    uint32_t pid)
{
	const struct trace_process *p = trace_process(reader, ev->proc);

	return pid == 0 || (p != NULL && p->pid == pid);
}

int
leak_dump(struct trace_reader *reader, const char *path,
    const struct leak_options *o, FILE *f)
{
	char *line = malloc(TRACE_TEXT_MAX);
	struct trace_event ev;
	struct trace_status status;
	int r = 0, told;

	while (line != NULL && (r = trace_next(reader, &ev, &status)) > 0) {
		if (!dump_wanted(reader, &ev, o->report.process))
			continue;
		trace_text(reader, &ev, line, TRACE_TEXT_MAX);
		fprintf(f, "%s\n", line);
		if (ferror(f))
			break;
	}
	free(line);
	if (r < 0)
		leak_say_about(path, status.what);
	told = leak_tell_missing(reader, path);
	return r < 0 || line == NULL ? LEAK_INCOMPLETE : told;
}

static void
check_print(const char *path, const struct trace_check_result *c, FILE *f)
{
	char safe[512], count[WORDS_MAX];

	escape_text(safe, sizeof(safe), path, strlen(path));
	fprintf(f, "%s: %s, %s\n", safe, c->sound ? "sound" : "damaged",
	    c->complete ? "complete" : "incomplete");
	fprintf(f, "  %s", words_count(count, sizeof(count), c->processes,
	    "process", "processes"));
	fprintf(f, ", %s of file\n", words_count(count, sizeof(count),
	    c->file_size, "byte", "bytes"));
	if (c->bytes_per_event > 0)
		fprintf(f, "  %.1f bytes an event, %.2f stored, "
		    "%.2f of stacks\n", c->bytes_per_event,
		    c->stored_per_event, c->stacks_per_event);
	if (c->counts.keyframes > 0)
		fprintf(f, "  %s\n", words_count(count, sizeof(count),
		    c->counts.keyframes, "keyframe", "keyframes"));
	if (c->lost_known)
		fprintf(f, "  %s\n", words_count(count, sizeof(count),
		    c->lost, "event lost", "events lost"));
}

int
leak_check(const char *path, FILE *f)
{
	struct trace_check_result c;
	int r = trace_check(path, &c);

	if (r < 0) {
		leak_say_about(path, c.status.what);
		return LEAK_UNREADABLE;
	}
	for (unsigned i = 0; i < c.nproblems; i++)
		leak_say_about(path, c.problems[i]);
	check_print(path, &c, f);
	return r == 0 ? LEAK_OK : LEAK_INCOMPLETE;
}
