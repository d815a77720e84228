/*
 * finding.c - telling the recording what is wrong.
 *
 * A finding is a record like any other; the front prints it.  The recorder is
 * woken so that the user sees it at once.  With --abort-on-error the process
 * raises SIGABRT where the finding was made, after the record is published.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/finding.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/os.h"
#include "preload/byhand.h"
#include "preload/crash.h"
#include "preload/sweep.h"

#define FINDING_WORD	200u	/* bytes of a word for the user */

/* Not enough ids, or more frames than a memo takes. */
static PW_NOINLINE uint32_t
finding_whole_stack(struct lane *lane, const struct unwind_start *at)
{
	size_t n = unwind_capture(&lane->unwind, at, lane->ips, process.depth);

	return stacks_intern(process.stacks, &lane->memo, lane->ips, n);
}

uint32_t
finding_stack(struct lane *lane, const struct unwind_start *at)
{
	size_t same, n = unwind_capture_again(&lane->unwind, &lane->again, at,
	    lane->ips, process.depth, &same);
	uint32_t id = stacks_intern_on(process.stacks, &lane->memo, same,
	    lane->ips, n);

	if (PW_UNLIKELY(id == 0))
		return finding_whole_stack(lane, at);
	unwind_keep(&lane->again);
	return id;
}

void
finding_raise(struct lane *lane, struct trace_error *error)
{
	struct session_header *s = process.session;

	if (!process.writing)
		return;
	sweep_window(error);
	writer_error(&lane->writer, session_now(s), error);
	session_wake(s);
	if (s->flags & SESSION_DIRECT)
		byhand_finding(s, error);
	if (s->flags & SESSION_ABORT && error->signal == 0) {
		crash_expected();
		os_syscall(SYS_tgkill, os_getpid(), os_gettid(), SIGABRT,
		    0, 0, 0);
	}
}

void
finding_tell(struct lane *lane, const struct unwind_start *at)
{
	struct trace_error *error = &lane->claim.error;

	error->call = lane->claim.call;
	error->stack = finding_stack(lane, at);
	finding_raise(lane, error);
}

void
finding_word(struct lane *lane, bool end)
{
	/* The frames of the last capture are not wanted any more. */
	char *text = (char *)lane->ips;

	if (process.writing && process.backend->word != NULL &&
	    process.backend->word(text, FINDING_WORD, end))
		writer_note(&lane->writer, session_now(process.session), text);
}

void
finding_late(struct thread *t, struct lane *lane, unsigned call,
    const struct unwind_start *at)
{
	struct trace_error *error = &lane->claim.error;

	while (process.backend->late != NULL &&
	    process.backend->late(&t->backend, error)) {
		error->call = call;
		error->stack = finding_stack(lane, at);
		finding_raise(lane, error);
	}
	finding_word(lane, false);
}

static void
finding_request(struct lane *lane, unsigned call, unsigned access,
    const struct unwind_start *at)
{
	struct trace_error *error = &lane->claim.error;

	error->kind = TRACE_ERROR_BAD_SIZE;
	error->access = access;
	error->found = TRACE_FOUND_AT_CALL;
	error->allocated_by = TRACE_NCALLS;
	error->freed_by = TRACE_NCALLS;
	lane->claim.call = call;
	finding_tell(lane, at);
}

void
finding_bad_size(struct lane *lane, unsigned call, size_t size,
    const struct unwind_start *at)
{
	struct trace_error *error = &lane->claim.error;

	memset(error, 0, sizeof(*error));
	error->requested = size;
	finding_request(lane, call, TRACE_ACCESS_ALLOC, at);
}

void
finding_bad_align(unsigned call, size_t align, size_t size,
    const struct unwind_start *at)
{
	struct trace_error *error;
	struct lane *lane;
	struct thread *t;

	if (__atomic_load_n(&start_life, __ATOMIC_ACQUIRE) != LIFE_RECORDING ||
	    process.backend != &backend_pool)
		return;
	t = thread_enter(&lane);
	if (t == NULL)
		return;
	error = &lane->claim.error;
	memset(error, 0, sizeof(*error));
	error->requested = align;
	error->size = size;
	finding_request(lane, call, TRACE_ACCESS_CHECK, at);
	thread_leave(t);
}
