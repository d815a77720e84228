/*
 * front_follow.c - findings as they come, and the report at the end.
 *
 * While PROGRAM runs, the trace is read without its blocks of plain events
 * (TRACE_META_ONLY), which costs next to nothing; every new finding is
 * printed.  At the end the whole trace is replayed into a model of the heap
 * and reported by the code poolleak uses.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/rerun.h"
#include "heap/heap.h"
#include "report/report.h"
#include "symbol/symbol.h"
#include "trace/reader.h"
#include "trace/writer.h"

#define TOP_SITES	10	/* --leak-check=top */
#define WARM_MAX	2	/* the program and libc */
#define SKIPPED_NAMES	5	/* named without -v */
#define NAMES_MAX	64u

struct follow {
	struct trace_reader *reader;
	struct heap *heap;
	struct report *report;
	const struct trace_module *cold[WARM_MAX];
	unsigned ncold;
	unsigned nwarm;		/* cold[0] to cold[nwarm - 1] have been opened */
	size_t printed;		/* findings, of report's */
	bool broken;		/* the reader can't go on */
	bool noted;		/* a process has said something */
	enum { ROOT_UNSEEN, ROOT_LIVES, ROOT_SKIPPED, ROOT_EXECED, ROOT_ENDED }
	    root;		/* the last that was heard of PROGRAM */
};

/* From report.h: what is printed and how. */
static struct report_options
options_of(const struct front *f)
{
	struct report_options o;

	memset(&o, 0, sizeof(o));
	o.parts = REPORT_ERRORS;
	if (f->options.leak_check != WATCH_LEAK_NO)
		o.parts |= REPORT_SUMMARY;
	if (f->options.leak_check >= WATCH_LEAK_TOP)
		o.parts |= REPORT_LEAKS;
	o.frames = f->options.frames == UINT32_MAX ? 0 : f->options.frames;
	o.to_main = o.frames != 0;	/* no finding waits for libc's lines */
	o.top = f->options.leak_check == WATCH_LEAK_TOP ? TOP_SITES : 0;
	o.prefix = true;
	o.verbose = f->options.verbose;
	o.guard = rerun_has_guards();
	o.suppressions = f->options.suppressions;
	o.source = f->trace[0] ? f->trace_name : NULL;
	return o;
}

static void
follow_close(struct follow *w)
{
	if (w->report)
		report_destroy(w->report);
	if (w->heap)
		heap_destroy(w->heap);
	if (w->reader)
		trace_close(w->reader);
	memset(w, 0, sizeof(*w));
}

/* One for all reports of this run: opening debug files is what costs. */
static struct symbolizer *
symbols_of(struct front *f)
{
	static const struct symbol_options options;

	if (!f->symbols)
		f->symbols = symbolizer_create(&options);
	return f->symbols;
}

/* 0, or -1: no trace yet, or no memory; nothing is left open. */
static int
follow_open(struct follow *w, struct front *f, unsigned flags,
    struct trace_status *status)
{
	struct report_options options = options_of(f);

	memset(w, 0, sizeof(*w));
	w->reader = trace_open(f->trace_open, flags, status);
	if (!w->reader)
		return -1;
	w->heap = heap_create(w->reader);
	if (w->heap && symbols_of(f))
		w->report = report_create(w->reader, w->heap, f->symbols,
		    &options);
	if (w->report)
		return 0;
	follow_close(w);
	status->result = TRACE_NO_MEMORY;
	snprintf(status->what, sizeof(status->what), "out of memory");
	return -1;
}

/* Print findings [printed, n) as one piece of text. */
static void
print_findings(struct front *f, struct follow *w, size_t n)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	for (; w->printed < n; w->printed++)
		report_text_error(out, w->report, w->printed);
	fclose(out);
	front_write(f, text, size);
	free(text);
}

static const char *
base_name(const char *path)
{
	const char *p = strrchr(path, '/');

	return p ? p + 1 : path;
}

/* Nearly every stack ends in the program's main, called by libc. */
static void
note_module(struct follow *w, const struct trace_module *m)
{
	if (w->ncold < WARM_MAX && (w->ncold == 0 ||
	    !strncmp(base_name(m->path), "libc'so", 7)))
		w->cold[w->ncold++] = m;
}

bool
front_warm_up(struct front *f)
{
	struct follow *w = f->follow;
	const struct symbol_frame *frames;
	const struct trace_module *m;
	struct symbol_module object;

	if (!w || w->nwarm == w->ncold)
		return false;
	m = w->cold[w->nwarm++];
	object = (struct symbol_module){ m->path[0] ? m->path :
	    f->verdict.image, m->start, m->end, m->bias, m->build_id,
	    m->build_id_size };
	symbolizer_frames(f->symbols, &object, m->start, &frames);
	return w->nwarm < w->ncold;
}

static void
note_root(struct follow *w, const struct front *f,
    const struct trace_event *event)
{
	const struct trace_process *p = trace_process(w->reader, event->proc);

	if (!p || p->pid != (uint32_t)f->root)
		return;
	if (event->kind == TRACE_PROCESS)
		w->root = p->judged ? ROOT_LIVES : ROOT_SKIPPED;
	else
		w->root = event->call == WRITER_EXEC ? ROOT_EXECED : ROOT_ENDED;
}

/*
 * What a process has to say.  Many may run out of the same; that is told once,
 * as is what each has guarded only with -v.
 */
static void
say_note(struct front *f, const struct trace_event *event)
{
	struct follow *w = f->follow;
	const struct trace_process *p = trace_process(w->reader, event->proc);
	bool more = !strncmp(event->text, "guarded:", 8) || w->noted;

	if (f->options.quiet || (more && !f->options.verbose))
		return;
	if (strncmp(event->text, "guarded:", 8))
		w->noted = true;
	if (p && p->pid != (uint32_t)f->root)
		front_say(f, "of process %u:", p->pid);
	front_say(f, "%s", event->text);
}

void
front_follow(struct front *f)
{
	struct trace_status status;
	struct trace_event event;
	struct follow *w = f->follow;
	int got;

	if (!f->trace_open[0] || (w && w->broken))
		return;
	if (!w) {
		w = calloc(1, sizeof(*w));
		if (!w || follow_open(w, f, TRACE_META_ONLY, &status) < 0) {
			free(w);	/* it has no header yet: next time */
			return;
		}
		f->follow = w;
	}
	while ((got = trace_next(w->reader, &event, &status)) > 0) {
		heap_apply_meta(w->heap, &event);
		if (event.kind == TRACE_NOTE)
			say_note(f, &event);
		if (event.kind == TRACE_MODULE)
			note_module(w, event.module);
		else if (event.kind == TRACE_PROCESS ||
		    event.kind == TRACE_EXIT)
			note_root(w, f, &event);
	}
	w->broken = got < 0;
	print_findings(f, w, report_update(w->report));
}

static int
replay(struct follow *w, struct trace_status *status)
{
	bool no_memory;
	int got = heap_replay(w->heap, status, &no_memory);

	if (!no_memory)
		return got;
	snprintf(status->what, sizeof(status->what), "out of memory");
	return -1;
}

/*
 * A program that ends by itself says so; one that does not say it was at its
 * end not what we watched.  NULL: nothing is wrong.
 */
static const char *
reason_out_of_sight(const struct front *f)
{
	const struct follow *w = f->follow;

	/*
	 * Among lost events may be the one that said it; and libc's daemon()
	 * ends its caller past all of us, while the daemon lives on.
	 */
	if (!w || w->broken || !WIFEXITED(f->root_status) ||
	    trace_info(w->reader)->lost || f->shared->phase == RECORD_LINGERS)
		return NULL;
	if (w->root == ROOT_EXECED && (f->options.flags & SESSION_FOLLOW))
		return "the program became another one, which can't be watched";
	if (w->root == ROOT_LIVES)
		return "the program went out of sight: by an exec or an exit "
		    "that passed libc by";
	return NULL;
}

static const char makes_none[] = "no allocation was seen: the program makes "
    "none, or keeps them from malloc";

static const char *
reason_unseen(const struct front *f, const struct follow *w)
{
	if (f->verdict.own_malloc)
		return "no allocation was seen: the program has an allocator "
		    "of its own inside";
	if (heap_pauses(w->heap)->count)
		return "no allocation was seen: recording was paused";
	if (!trace_nprocesses(w->reader))
		return "no allocation was seen: the program never took up the "
		    "preloaded library";
	return makes_none;
}

/* Names told in one line; there may be a hundred thousand processes. */
struct names {
	const char *name[NAMES_MAX];
	unsigned n;
};

/* Is it a new one?  The last have to do without. */
static bool
names_add(struct names *all, const char *name)
{
	unsigned i;

	for (i = 0; i < all->n; i++)
		if (!strcmp(all->name[i], name))
			return false;
	if (all->n == NAMES_MAX)
		return false;
	all->name[all->n++] = name;
	return true;
}

/* One line on the processes that --only or --skip left out. */
static void
say_skipped(struct front *f, struct trace_reader *r)
{
	unsigned n = trace_nprocesses(r), i, skipped = 0;
	const struct trace_process *p;
	struct names told = { .n = 0 };
	char names[400] = "";
	const char *name;
	size_t at;

	for (i = 0; i < n; i++) {
		p = trace_process(r, i);
		if (p->judged)
			continue;
		skipped++;
		name = base_name(p->exe ? p->exe : "");
		if (!*name || !names_add(&told, name))
			continue;
		at = strlen(names);
		if (told.n <= SKIPPED_NAMES || f->options.verbose)
			snprintf(names + at, sizeof(names) - at, "%s%s",
			    at ? ", " : ": ", refuse_name(name));
	}
	if (skipped)
		front_say(f, "%u process%s followed, not judged%s%s", skipped,
		    skipped == 1 ? "" : "es", names,
		    told.n > SKIPPED_NAMES && !f->options.verbose ? ", ..." :
		    "");
}

/*
 * The end of the report as text.  Quiet leaves only a verdict on findings, or
 * on a failure; that a program without allocations could not be judged is dull.
 */
static void
print_end(struct front *f, struct follow *w, bool dull)
{
	char *text = NULL, line[512];
	size_t size = 0;
	FILE *out;

	if (f->options.quiet) {
		if (w->report->verdict == REPORT_CLEAN || (dull &&
		    !f->options.error_exitcode))
			return;
		report_text_verdict(w->report, line, sizeof(line));
		front_say(f, "%s", line);
		return;
	}
	say_skipped(f, w->reader);
	out = open_memstream(&text, &size);
	if (!out)
		return;
	report_text_end(out, w->report);
	fclose(out);
	front_write(f, text, size);
	free(text);
}

/*
 * In profile mode the events themselves may show a finding, a wrong free.  To
 * look costs more than the recording did; one who asks for nothing at the end
 * gets it when there is a reason: a status to answer, or a program that died.
 */
static bool
may_show_more(const struct front *f)
{
	return f->options.mode == SESSION_PROFILE &&
	    (f->options.leak_check != WATCH_LEAK_NO ||
	    f->options.error_exitcode || !WIFEXITED(f->root_status));
}

/*
 * A quiet run has nothing to print if there is no finding.  Those of the
 * module were told as they came, and one allocation is proof enough that there
 * was something to judge.
 */
static bool
is_plainly_clean(const struct front *f)
{
	const struct follow *w = f->follow;
	struct trace_status status;
	struct trace_reader *reader;
	struct trace_event event;
	bool seen = false;

	if (!f->options.quiet || may_show_more(f) || !w ||
	    w->broken || w->report->nerrors || trace_info(w->reader)->lost)
		return false;
	reader = trace_open(f->trace_open, 0, &status);
	if (!reader)
		return false;
	while (!seen && trace_next(reader, &event, &status) > 0)
		seen = event.kind == TRACE_ALLOC;
	trace_close(reader);
	return seen;
}

/* Was a finding of the whole report printed while PROGRAM ran? */
static bool
was_told(const struct front *f, const struct heap_error *e)
{
	const struct follow *w = f->follow;
	const struct heap_error *told;
	size_t i;

	for (i = 0; w && i < w->printed; i++) {
		told = w->report->errors[i].found;
		if (told->time == e->time && told->tid == e->tid &&
		    told->error.kind == e->error.kind &&
		    told->error.address == e->error.address)
			return true;
	}
	return false;
}

/* Those that only the events showed are told now. */
static void
print_late_findings(struct front *f, struct follow *w)
{
	size_t i;

	for (i = 0; i < w->report->nerrors; i++) {
		w->printed = i;
		if (!was_told(f, w->report->errors[i].found))
			print_findings(f, w, i + 1);
	}
}

static int
answer(const struct report *r)
{
	if (r->verdict == REPORT_NOT_JUDGED)
		return -1;
	return r->nerrors > 0;
}

/* Without a trace to read, the verdict is all there is. */
static int
report_nothing(struct front *f, const char *reason)
{
	front_say(f, "verdict: not judged; %s", reason);
	return -1;
}

int
front_report_end(struct front *f, const char *not_judged)
{
	struct trace_status status;
	const char *unseen = reason_out_of_sight(f);
	struct follow whole;
	bool dull = false;
	int found;

	if (!not_judged && !unseen && is_plainly_clean(f))
		return 0;
	if (!f->trace_open[0] || follow_open(&whole, f, 0, &status) < 0)
		return report_nothing(f, not_judged ? not_judged :
		    f->trace_open[0] ? status.what : "there is no trace");
	if (replay(&whole, &status) < 0 && !not_judged)
		not_judged = status.what;
	if (report_gather(whole.report) < 0 && !not_judged)
		not_judged = "out of memory";
	if (!not_judged && whole.report->verdict != REPORT_FINDINGS)
		not_judged = unseen;
	if (!not_judged && !whole.report->totals.allocations &&
	    !whole.report->nerrors) {
		not_judged = reason_unseen(f, &whole);
		dull = not_judged == makes_none;
	}
	if (not_judged)
		report_not_judged(whole.report, not_judged);
	print_late_findings(f, &whole);
	print_end(f, &whole, dull);
	found = answer(whole.report);
	follow_close(&whole);
	return found;
}
