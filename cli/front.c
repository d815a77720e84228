/*
 * front.c - one run, from the command line to PROGRAM's status.
 *
 *	judge PROGRAM, find the module		nothing has happened yet
 *	fork PROGRAM, which waits		its pid names files
 *	trace, session, recorder		a failure: PROGRAM vanishes
 *	let PROGRAM go
 *	until it ends: signals, findings
 *	have everything drained, report, end as it did
 *
 * Once PROGRAM runs, nothing that goes wrong here may end it: recording
 * stops, the verdict says why, and its status stays its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "cli/front_guard.h"

#define FLUSH_NS	10000000000ull	/* patience with the recorder */
#define NAP_NS		100000000ull
#define IDLE_MS		150		/* of quiet, then debug files are opened */

static const char *const mode_names[] = { "check", "profile", "guard" };

/* The first line, and what the user should know before it begins. */
static void
say_start(struct front *f)
{
	char *line = f->options.notes, *end;

	if (f->options.quiet)
		return;
	front_say(f, "poolwatch %s, mode %s, trace %s", PACKAGE_VERSION,
	    mode_names[f->options.mode], f->trace[0] ?
	    refuse_name(f->trace_name) : "none");
	for (; (end = strchr(line, '\n')); line = end + 1)
		front_say(f, "%.*s", (int)(end - line), line);
	if (f->verdict.own_malloc)
		front_say(f, "%s has an allocator of its own inside;\n"
		    "what that gives out is not seen", refuse_name(f->verdict.image));
	if (f->verdict.above[0] && f->options.pass_through)
		front_say(f, "%s", f->verdict.above);
	if (f->options.verbose)
		front_say(f, "recorder %d\nlibrary %s\nsession %s",
		    (int)f->recorder, refuse_name(f->module),
		    refuse_name(f->session_path));
}

static int
refused(struct front *f)
{
	front_say(f, "%s", f->verdict.why);
	if (f->verdict.hint[0])
		front_say(f, "try: %s", f->verdict.hint);
	return f->verdict.status;
}

/* Soft limits that were set for PROGRAM, which is forked and has them. */
static void
raise_limits(void)
{
	static const int ours[] = { RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CPU };
	struct rlimit limit;
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		if (getrlimit(ours[i], &limit) < 0)
			continue;
		limit.rlim_cur = limit.rlim_max;
		setrlimit(ours[i], &limit);
	}
}

/* Files and recorder of a PROGRAM that waits.  0 or -1, told. */
static int
prepare(struct front *f)
{
	raise_limits();
	if (f->options.log_file && front_open_log(f) < 0)
		return -1;
	if (front_open_trace(f) < 0)
		return -1;
	ticks_settle(&f->ticks);
	if (front_create_session(f) < 0) {
		if (f->trace[0])
			unlink(f->trace);
		return -1;
	}
	if (front_fork_recorder(f) < 0) {
		front_say(f, "the recorder can't be started: %s",
		    strerror(errno));
		unlink(f->session_path);
		return -1;
	}
	return 0;
}

/* Ask the recorder to take the rest; it answers by its phase. */
static void
ask_for_the_rest(struct front *f)
{
	struct session_header *h = f->session;

	h->root_status = f->root_status;
	__atomic_store_n(&h->root_done, 1, __ATOMIC_RELEASE);
	__atomic_fetch_add(&h->flush_asked, 1, __ATOMIC_RELEASE);
	__atomic_fetch_add(&h->wake, 1, __ATOMIC_RELEASE);
	os_futex_wake(&h->wake, 1);
}

/* It has nothing left to do but to end: leave no zombie to a lazy init. */
static void
wait_for_recorder(struct front *f)
{
	while (!f->recorder_ended)
		if (waitpid(f->recorder, &f->recorder_status, 0) >= 0 ||
		    errno != EINTR)
			f->recorder_ended = true;
}

static uint32_t
wait_for_the_rest(struct front *f)
{
	uint64_t until = os_monotonic_ns() + FLUSH_NS;
	uint32_t phase;

	for (;;) {
		phase = __atomic_load_n(&f->shared->phase, __ATOMIC_ACQUIRE);
		if (phase != RECORD_RUNS || f->recorder_ended ||
		    os_monotonic_ns() > until)
			return phase;
		os_futex_wait(&f->shared->phase, phase, NAP_NS);
		front_handle_signals(f);
	}
}

static int
exec_failed(struct front *f, int error)
{
	f->root_status = WATCH_CANNOT_RUN << 8;
	front_say(f, "%s can't be executed: %s", refuse_name(f->program),
	    strerror(error));
	ask_for_the_rest(f);
	if (wait_for_the_rest(f) != RECORD_RUNS)
		wait_for_recorder(f);
	if (f->trace[0])
		unlink(f->trace);
	return error == ENOENT ? WATCH_NOT_FOUND : WATCH_CANNOT_RUN;
}

/* The recorder ended before its time: say it once, let programs go. */
static void
look_after_recorder(struct front *f)
{
	if (!f->recorder_ended || f->session->closed)
		return;
	__atomic_store_n(&f->session->closed, 1, __ATOMIC_RELEASE);
	__atomic_fetch_add(&f->session->freed, 1, __ATOMIC_RELEASE);
	os_futex_wake(&f->session->freed, INT_MAX);
	if (f->shared->phase == RECORD_RUNS)
		front_say(f, "the recorder was lost (%s %d);\nrecording ends "
		    "here, the program goes on",
		    WIFSIGNALED(f->recorder_status) ? "signal" : "status",
		    WIFSIGNALED(f->recorder_status) ?
		    WTERMSIG(f->recorder_status) :
		    WEXITSTATUS(f->recorder_status));
}

static const char *
why_stopped(const struct front *f, char *text, size_t size)
{
	switch (f->shared->why) {
	case RECORD_WHY_DISK:
		return "the disk is nearly full; its last part is left alone";
	case RECORD_WHY_SIZE:
		return "the trace has reached --max-size";
	case RECORD_WHY_ASKED:
		return "--tell stopped the recording";
	default:
		snprintf(text, size, "the trace can't be written: %s",
		    strerror(f->shared->error));
		return text;
	}
}

static void
tell_stop_once(struct front *f, bool *told)
{
	char text[200];

	if (*told || f->shared->phase != RECORD_STOPPED)
		return;
	*told = true;
	front_say(f, "%s;\nrecording ends here, the program goes on",
	    why_stopped(f, text, sizeof(text)));
}

static void
attend(struct front *f)
{
	struct pollfd p[2] = { { f->signal_fd, POLLIN, 0 },
	    { f->notify_fd, POLLIN, 0 } };
	bool told = false, idle = false;
	uint64_t count;
	int n;

	while (!f->root_ended) {
		n = poll(p, 2, idle ? -1 : IDLE_MS);
		if (n < 0 && errno != EINTR)
			break;
		if (n == 0)
			idle = !front_warm_up(f);
		if (p[1].revents && read(f->notify_fd, &count, sizeof(count)) >
		    0) {
			front_follow(f);
			tell_stop_once(f, &told);
		}
		front_handle_signals(f);
		look_after_recorder(f);
	}
	tell_stop_once(f, &told);
}

/* Why the run can't be judged, or NULL. */
static const char *
why_not_judged(struct front *f, uint32_t phase, char *text, size_t size)
{
	const char *p;

	switch (phase) {
	case RECORD_CLOSED:
	case RECORD_LINGERS:
		return NULL;
	case RECORD_STOPPED:
		p = why_stopped(f, text, size);
		if (p != text)
			snprintf(text, size, "%s", p);
		return text;
	}
	return f->recorder_ended ? "the recorder was lost" :
	    "the recorder did not answer";
}

/* The status that --error-exitcode asks for. */
static void
apply_error_exitcode(struct front *f, int found)
{
	unsigned code = f->options.error_exitcode;

	if (!code || !WIFEXITED(f->root_status))
		return;
	if (found < 0)
		f->root_status = WATCH_FAILED << 8;
	else if (found > 0)
		f->root_status = (int)code << 8;
}

static void
finish(struct front *f)
{
	char text[256];
	const char *why;
	uint32_t phase;

	ask_for_the_rest(f);
	phase = wait_for_the_rest(f);
	if (phase == RECORD_CLOSED || phase == RECORD_STOPPED)
		wait_for_recorder(f);
	look_after_recorder(f);
	front_follow(f);
	if (phase == RECORD_LINGERS && !f->options.quiet)
		front_say(f, "%u process%s of the tree go%s on;\n"
		    "recorder %d stays until the last has ended", f->shared->survivors,
		    f->shared->survivors == 1 ? "" : "es",
		    f->shared->survivors == 1 ? "es" : "", (int)f->recorder);
	why = why_not_judged(f, phase, text, sizeof(text));
	apply_error_exitcode(f, front_report_end(f, why));
}

int
front_run(struct front *f)
{
	int error;

	if (refuse_find(f->options.argv[0], f->program, &f->verdict) ||
	    refuse_judge(f->program, &f->verdict))
		return refused(f);
	if (front_find_module(f->module) < 0) {
		front_say(f, "the library that records is not where it should "
		    "be: %s", refuse_name(f->module));
		return WATCH_FAILED;
	}
	if (f->options.guard_from &&
	    front_guard_from(f, f->options.guard_from) < 0)
		return WATCH_FAILED;
	if (f->options.guard_site &&
	    front_guard_site(f, f->options.guard_site) < 0)
		return WATCH_FAILED;
	front_claim_children(f);
	if (front_fork_child(f) < 0) {
		front_say(f, "no process can be started: %s", strerror(errno));
		return WATCH_FAILED;
	}
	front_take_signals(f);
	f->say_pid = f->root;
	if (prepare(f) < 0) {
		front_drop_child(f);
		return WATCH_FAILED;
	}
	say_start(f);
	error = front_start_child(f);
	if (error)
		return exec_failed(f, error);
	attend(f);
	finish(f);
	front_end_as_program(f);
}
