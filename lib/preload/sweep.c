/*
 * sweep.c - looking at all blocks, and since when each is known to be whole.
 *
 * A sweep is made at an orderly end, before a crash, every --check-every=N
 * events of a thread, and when somebody asks: --tell=PID:check raises a number
 * in the session, a program calls the door.  What one has found is not told
 * again by the next (the backend remembers), and what it has not found was
 * whole when it began.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/sweep.h"

#include "preload/finding.h"

#define SWEEP_MOST	100u

static uint64_t sweep_clean;	/* ticks: when the last whole one began */
static uint32_t sweep_seen;	/* of session_header.sweep_asked */

/* Blocks from before a child of fork was one are its parent's. */
static uint64_t
sweep_since(void)
{
	const struct session_proc *p = session_procs(process.session) +
	    process.slot;

	return p->parent == ~0u ? 0 : p->start;
}

unsigned
sweep_all(struct thread *t, struct lane *lane, unsigned found,
    const struct unwind_start *at)
{
	struct trace_error *error = &lane->claim.error;
	uint64_t since, began;
	uintptr_t block = 0;
	unsigned n = 0;

	if (process.backend->sweep == NULL || thread_nested(t) ||
	    !process.writing)
		return 0;
	since = sweep_since();
	began = session_now(process.session);
	while (n < SWEEP_MOST &&
	    process.backend->sweep(&t->backend, &block, since, error)) {
		error->found = found;
		if (at != NULL)
			error->stack = finding_stack(lane, at);
		finding_raise(lane, error);
		n++;
	}
	if (n < SWEEP_MOST)
		__atomic_store_n(&sweep_clean, began, __ATOMIC_RELAXED);
	return n;
}

void
sweep_unused(struct thread *t)
{
	if (process.backend->unused != NULL && !thread_nested(t))
		process.backend->unused(&t->backend, sweep_since());
}

unsigned
sweep_events(unsigned most)
{
	uint64_t every = process.session->check_every;

	return every != 0 && every < most ? (unsigned)every : most;
}

void
sweep_due(struct thread *t, struct lane *lane, unsigned events)
{
	struct session_header *s = process.session;
	uint32_t asked = __atomic_load_n(&s->sweep_asked, __ATOMIC_RELAXED);
	bool due = asked != __atomic_load_n(&sweep_seen, __ATOMIC_RELAXED);

	t->unswept += events;
	if (s->check_every != 0 && t->unswept >= s->check_every)
		due = true;
	if (!due || thread_nested(t))
		return;
	t->unswept = 0;
	__atomic_store_n(&sweep_seen, asked, __ATOMIC_RELAXED);
	sweep_all(t, lane, TRACE_FOUND_SWEEP, NULL);
}

void
sweep_window(struct trace_error *e)
{
	uint64_t clean = __atomic_load_n(&sweep_clean, __ATOMIC_RELAXED);
	uint64_t from = e->kind == TRACE_ERROR_USE_AFTER_FREE ? e->free_time :
	    e->alloc_time;

	if (e->access != TRACE_ACCESS_WRITE || e->length == 0 ||
	    e->found == TRACE_FOUND_AT_CALL || e->found == TRACE_FOUND_AT_FAULT)
		return;
	if (e->window_from < from)
		e->window_from = from;
	if (e->window_from < clean)
		e->window_from = clean;
}
