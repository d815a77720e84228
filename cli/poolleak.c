/*
 * poolleak.c - a trace replayed, and the report of it.
 *
 * options -> source -> reader -> heap -> report -> format.  Exit statuses
 * stand in poolleak.h, in the order in which they apply.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/poolleak.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/rerun.h"
#include "heap/heap.h"
#include "report/escape.h"
#include "report/explain.h"
#include "symbol/symbol.h"

void
leak_say(const char *fmt, ...)
{
	va_list ap;

	fputs("poolleak: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void
leak_say_about(const char *path, const char *what)
{
	char safe[512], said[512];

	escape_text(safe, sizeof(safe), path, strlen(path));
	escape_text(said, sizeof(said), what, strlen(what));
	leak_say("%s: %s", safe, said);
}

int
leak_tell_missing(struct trace_reader *reader, const char *path)
{
	const struct trace_info *info = trace_info(reader);

	for (unsigned i = 0; i < info->nmissing; i++)
		leak_say_about(path, info->missing[i]);
	if (!info->complete && info->nmissing == 0)
		leak_say_about(path, info->closed ? "the trace is incomplete" :
		    "incomplete: still being written, or broken off");
	return info->complete ? LEAK_OK : LEAK_INCOMPLETE;
}

/* Up to that moment: from the last keyframe before it. */
static int
leak_replay_until(struct trace_reader *reader, struct heap *heap,
    const struct heap_until *until, struct trace_status *status,
    bool *no_memory)
{
	*no_memory = false;
	trace_seek(reader, until->time);
	if (heap_replay_until(heap, until, status, no_memory) < 0)
		return -1;
	return trace_skip_rest(reader, status);
}

/* The events into the heap.  LEAK_OK, or LEAK_INCOMPLETE with the reason. */
static int
leak_replay(struct trace_reader *reader, struct heap *heap, const char *path,
    const struct heap_until *until)
{
	struct trace_status status;
	int result = LEAK_OK, r;
	bool no_memory;

	r = until->time == ~0ull ? heap_replay(heap, &status, &no_memory) :
	    leak_replay_until(reader, heap, until, &status, &no_memory);
	if (no_memory) {
		leak_say_about(path,
		    "out of memory: figures are too low");
		result = LEAK_INCOMPLETE;
	}
	if (r < 0) {
		leak_say_about(path, status.what);
		result = LEAK_INCOMPLETE;
	}
	if (leak_tell_missing(reader, path) != LEAK_OK)
		result = LEAK_INCOMPLETE;
	return result;
}

/* stdout, or --output's file; never the trace itself.  NULL: told. */
static FILE *
leak_open_output(const struct leak_options *o, const char *path)
{
	struct stat in, out;
	FILE *f;

	if (o->output == NULL || strcmp(o->output, "-") == 0)
		return stdout;
	if (stat(path, &in) == 0 && stat(o->output, &out) == 0 &&
	    in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
		leak_say_about(o->output, "is the source itself");
		return NULL;
	}
	f = fopen(o->output, "we");
	if (f == NULL)
		leak_say_about(o->output, strerror(errno));
	return f;
}

/* Whatever of the output did not arrive shows at its end. */
static int
leak_close_output(FILE *f, const struct leak_options *o)
{
	bool failed = fflush(f) != 0 || ferror(f);
	int error = errno;

	if (fclose(f) != 0 && !failed) {
		error = errno;
		failed = true;
	}
	if (!failed)
		return LEAK_OK;
	leak_say_about(o->output ? o->output : "standard output", strerror(error));
	return LEAK_OUTPUT;
}

static int
leak_status(const struct report *r, const struct leak_options *o, int complete)
{
	if (o->error_exitcode != 0 && r->nerrors > 0)
		return (int)o->error_exitcode;
	return complete;
}

static void
leak_explain(struct report *r, const struct leak_options *o, FILE *f)
{
	struct explain *x = explain_create(r, o->value);

	if (x == NULL)
		leak_say("out of memory");
	else if (strcmp(o->format->name, "json") == 0)
		explain_json(f, x);
	else
		explain_text(f, x);
	free(x);
}

static int
leak_report(struct trace_reader *reader, const char *path,
    const struct leak_options *o, const struct heap_until *until, FILE *f)
{
	struct symbol_options so = { o->sysroot, o->debug_dir };
	struct symbolizer *symbols = symbolizer_create(&so);
	struct heap *heap = heap_create(reader);
	struct report *r = NULL;
	int status = LEAK_UNREADABLE, complete;

	if (heap != NULL)
		r = report_create(reader, heap, symbols, &o->report);
	if (r == NULL) {
		leak_say("out of memory");
		goto out;
	}
	complete = leak_replay(reader, heap, path, until);
	if (report_gather(r) != 0) {
		leak_say("out of memory");
		goto out;
	}
	if (complete != LEAK_OK && r->verdict == REPORT_CLEAN)
		report_not_judged(r, "the trace is incomplete");
	if (o->explain)
		leak_explain(r, o, f);
	else if (o->gen_suppressions)
		report_gen_suppressions(f, r);
	else
		o->format->print(f, r);
	status = leak_status(r, o, complete);
out:
	report_destroy(r);
	heap_destroy(heap);
	if (symbols != NULL)
		symbolizer_destroy(symbols);
	return status;
}

static int
leak_trace(struct trace_reader *reader, const char *path,
    struct leak_options *o, FILE *f)
{
	struct trace_status status;
	struct heap_until until;

	if (o->all || o->free) {
		leak_say("-a and -d of a trace are not yet built into this "
		    "version");
		return LEAK_USAGE;
	}
	o->report.source = o->report.path = path;
	o->report.guard = rerun_has_guards();
	if (o->at.kind != MOMENT_END && (o->check || o->dump)) {
		leak_say("--at is for reports");
		return LEAK_USAGE;
	}
	if (o->check)
		return leak_check(path, f);
	if (o->dump)
		return leak_dump(reader, path, o, f);
	if (moment_find(path, &o->at, &until, &status) < 0) {
		leak_say_about(path, status.what);
		return LEAK_UNREADABLE;
	}
	if (until.time < trace_info(reader)->begins) {
		leak_say_about(path, "what was then is gone: this trace keeps "
		    "the newest events only");
		return LEAK_UNREADABLE;
	}
	o->report.at = until.time == ~0ull ? 0 : until.time + 1;
	return leak_report(reader, path, o, &until, f);
}

static int
leak_run(struct leak_options *o, const char *path)
{
	bool stored = o->trace == NULL && leak_is_stored(path);
	struct trace_status status = { .result = TRACE_OK };
	struct trace_reader *reader = stored ? NULL :
	    trace_open(path, 0, &status);
	FILE *f;
	int result, written;

	if (reader == NULL && !stored) {
		leak_say_about(path, status.what);
		return LEAK_UNREADABLE;
	}
	f = leak_open_output(o, path);
	if (f == NULL) {
		trace_close(reader);
		return LEAK_OUTPUT;
	}
	result = stored ? leak_stored(path, o, f) :
	    leak_trace(reader, path, o, f);
	written = leak_close_output(f, o);
	trace_close(reader);
	return written != LEAK_OK ? written : result;
}

/*
 * Who closed one of 0 to 2 must not find the trace, or our report, in its
 * place.  A closed stdout is an error only if we write to it: read-only there,
 * so that writing says EBADF.
 */
static void
keep_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == 1 ? O_RDONLY : O_RDWR);
}

int
main(int argc, char **argv)
{
	struct leak_options o;
	struct args a;
	char path[PATH_MAX];
	int status;

	keep_standard_descriptors();
	args_begin(&a, &leak_program, argc, argv);
	switch (leak_parse(&o, &a)) {
	case ARGS_END:
		status = leak_source(&o, a.argc, a.argv, path, sizeof(path));
		if (status == LEAK_OK)
			status = leak_run(&o, path);
		break;
	case ARGS_DONE:
		status = fflush(stdout) == 0 ? LEAK_OK : LEAK_OUTPUT;
		break;
	default:
		leak_say("%s", a.message);
		leak_say("try poolleak --help");
		status = LEAK_USAGE;
	}
	leak_options_free(&o);
	args_end(&a);
	return status;
}
