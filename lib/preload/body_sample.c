/*
 * body_sample.c - the malloc family of a process whose blocks are sampled.
 *
 * The next allocator serves.  A block that is not drawn (sample.h) passes on its
 * way in with a subtraction and on its way out with a look at one byte
 * (sampled.h); nothing of the thread is entered.  One that is drawn is an event
 * like any other, in the order that body.c tells:
 *
 *	alloc	take -> capture -> stamp -> ALLOC; its address into the set
 *	free	out of the set -> stamp -> FREE -> give
 *	realloc	out of the set -> draw -> stamp -> FREE -> realloc ->
 *		stamp -> ALLOC into the set, UNSAMPLED, or CANCEL
 *
 * A realloc draws anew, for the whole of the new size.  So each of the two
 * blocks has the chance of its own size, whatever became of the other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/body_impl.h"

#include <errno.h>
#include <string.h>

#include "base/os.h"
#include "preload/backend_next.h"
#include "preload/bootstrap.h"
#include "preload/finding.h"
#include "preload/thread.h"
#include "trace/writer.h"

static uint32_t sample_nseeds;

bool
sample_start(const struct session_header *s)
{
	process.sampled = os_map(sizeof *process.sampled);
	process.sample = s->sample;
	return process.sampled != NULL;
}

bool
sample_hits(struct thread *t, size_t size)
{
	if (PW_UNLIKELY(t->sample.random == 0))
		sample_begin(&t->sample, process.sample,
		    process.session->unix_ns +
		    ((uint64_t)process.pid << 32) + __atomic_add_fetch(
		    &sample_nseeds, 1, __ATOMIC_RELAXED));
	return sample_draws(&t->sample, process.sample, size);
}

/* It can't be remembered, so it can't be recorded. */
static void
sample_lost(void)
{
	struct session_header *s = process.session;

	__atomic_add_fetch(&s->lost, 1, __ATOMIC_RELAXED);
	if (process.slot != ~0u)
		__atomic_add_fetch(&session_procs(s)[process.slot].lost, 1,
		    __ATOMIC_RELAXED);
}

/* A block that was drawn.  false: it is in no sample after all. */
static bool
sample_told(struct thread *t, struct lane *lane, void *ptr,
    const struct backend_request *req, const struct unwind_start *at,
    unsigned flag)
{
	uint32_t stack;

	if (!process.writing || (body_paused() && flag == 0))
		return false;
	if (!sampled_add(process.sampled, ptr)) {
		sample_lost();
		return false;
	}
	stack = finding_stack(lane, at);
	writer_alloc(&lane->writer, body_now(t, ptr), req->call | flag,
	    (uintptr_t)ptr, req->size, req->align, stack);
	t->told++;
	if (--t->events == 0)
		process_heap(t);
	return true;
}

static PW_NOINLINE void *
sample_alloc_slowly(struct backend_request *req, const struct unwind_start *at)
{
	struct lane *lane;
	struct thread *t = thread_enter(&lane);
	void *ptr = NULL;

	/* Nothing of ours is needed to serve it. */
	if (t == NULL)
		return body_inert_alloc(req);
	if (PW_UNLIKELY(t->as_call != 0))
		body_expected(t, req);
	if (PW_UNLIKELY(req->size > PTRDIFF_MAX))
		finding_bad_size(lane, req->call, req->size, at);
	else
		ptr = backend_next.take(&t->backend, req);
	if (ptr != NULL && sample_hits(t, req->size))
		sample_told(t, lane, ptr, req, at, 0);
	thread_leave(t);
	if (ptr == NULL)
		errno = ENOMEM;
	return ptr;
}

void *
body_sample_alloc(struct backend_request *req, const struct unwind_start *at)
{
	struct thread *t = thread_find();

	if (PW_LIKELY(t != NULL && t->as_call == 0 &&
	    sample_passes(&t->sample, req->size)))
		return body_inert_alloc(req);
	return sample_alloc_slowly(req, at);
}

/* FREE of a block that was in the set. */
static void
sample_tell_free(void *ptr, unsigned call)
{
	struct lane *lane;
	struct thread *t = thread_enter(&lane);

	if (t == NULL) {
		sample_lost();
		return;
	}
	if (process.writing)
		writer_free(&lane->writer, body_now(t, ptr), call,
		    (uintptr_t)ptr, 0);
	thread_leave(t);
}

static PW_NOINLINE void
sample_free_slowly(void *ptr, unsigned call)
{
	if (sampled_drop(process.sampled, ptr))
		sample_tell_free(ptr, call);
	if (bootstrap_owns(ptr))
		bootstrap_give(ptr);
	else
		body_inert_free(ptr, call);
}

void
body_sample_free(void *ptr, const struct body_said *said)
{
	if (PW_LIKELY(!sampled_maybe(process.sampled, ptr) &&
	    !bootstrap_owns(ptr)))
		body_inert_free(ptr, said->call);
	else
		sample_free_slowly(ptr, said->call);
}

/* The memory alone: out of bootstrap memory, or by the next allocator. */
static void *
sample_move(struct thread *t, struct lane *lane, void *ptr,
    struct backend_request *req)
{
	void *to;

	if (!bootstrap_owns(ptr)) {
		lane->claim.ptr = ptr;
		return backend_next.realloc(&t->backend, &lane->claim, req);
	}
	to = backend_next.take(&t->backend, req);
	if (to != NULL) {
		size_t old = bootstrap_size(ptr);

		memcpy(to, ptr, old < req->size ? old : req->size);
		bootstrap_give(ptr);
	}
	return to;
}

static void *
sample_change(struct thread *t, struct lane *lane, void *ptr,
    struct backend_request *req, const struct unwind_start *at)
{
	bool was = sampled_drop(process.sampled, ptr);
	bool hit = sample_hits(t, req->size);
	void *to;

	if (was && process.writing)
		writer_free(&lane->writer, body_now(t, ptr),
		    req->call | TRACE_BY_REALLOC, (uintptr_t)ptr, 0);
	to = sample_move(t, lane, ptr, req);
	if (to == NULL && was && sampled_add(process.sampled, ptr)) {
		if (process.writing)
			writer_cancel(&lane->writer, body_now(t, ptr),
			    (uintptr_t)ptr);
		return NULL;
	}
	if (to == NULL && was)
		sample_lost();
	if (to != NULL && hit &&
	    sample_told(t, lane, to, req, at, TRACE_BY_REALLOC))
		return to;
	if (was && process.writing)
		writer_unsampled(&lane->writer, body_now(t, ptr),
		    (uintptr_t)ptr);
	return to;
}

static PW_NOINLINE void *
sample_realloc_slowly(void *ptr, struct backend_request *req,
    const struct unwind_start *at)
{
	struct lane *lane;
	struct thread *t = thread_enter(&lane);
	void *to = NULL;

	/* As in body.c: what can't be told is not done. */
	if (t == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	if (PW_UNLIKELY(req->size > PTRDIFF_MAX))
		finding_bad_size(lane, req->call, req->size, at);
	else
		to = sample_change(t, lane, ptr, req, at);
	thread_leave(t);
	if (to == NULL)
		errno = ENOMEM;
	return to;
}

void *
body_sample_realloc(void *ptr, struct backend_request *req,
    const struct unwind_start *at)
{
	struct thread *t = thread_find();

	if (PW_LIKELY(t != NULL && !sampled_maybe(process.sampled, ptr) &&
	    !bootstrap_owns(ptr) && sample_passes(&t->sample, req->size)))
		return body_inert_realloc(ptr, req);
	return sample_realloc_slowly(ptr, req, at);
}
