/*
 * body.c - what stands behind every entry of the malloc family.
 *
 * Three kinds of process come here.  Before start, bootstrap memory serves and
 * start.c tells its blocks later.  In an inert one the next allocator serves
 * and that is all.  In a recorded one the call enters a lane of its
 * thread, the backend serves, and events are written in this order:
 *
 *	alloc	take -> capture -> stamp -> ALLOC, note
 *	free	claim -> capture -> stamp -> FREE -> give
 *	resize	claim -> resize -> capture -> stamp -> RESIZE
 *	move	claim -> take -> copy -> capture -> stamp -> FREE, give,
 *		stamp -> ALLOC, note
 *
 * so a free is stamped before anybody can have the block, and an allocation
 * after it is ours.  Where there is more than one thread, both stamps wait for
 * what was loaded before: the pointer may have come from another core just now,
 * and a clock read ahead of that load shows it freed before it was allocated.
 *
 * When lanes run out (see thread.h), bootstrap memory serves an allocation, and
 * a free is forgotten: nothing is lost but memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/body_impl.h"

#include <errno.h>
#include <string.h>

#include "base/os.h"
#include "preload/bootstrap.h"
#include "preload/finding.h"
#include "preload/thread.h"
#include "trace/writer.h"

/* What the next allocator is given in a process that is not recorded. */
static struct backend_thread body_inert;

void
body_set_errno(int value)
{
	if (start_relocated())
		errno = value;
}

static PW_ALWAYS_INLINE enum life
body_life(void)
{
	enum life life = __atomic_load_n(&start_life, __ATOMIC_ACQUIRE);

	return PW_LIKELY(life >= LIFE_RECORDING) ? life : start_try();
}

static void *
body_early_alloc(const struct backend_request *req)
{
	/* A starting thread's own calls are libc's on our behalf. */
	bool ours = start_life == LIFE_STARTING && start_is_mine();
	void *ptr = bootstrap_take(req->size, req->align, req->call, ours);

	if (ptr == NULL)
		body_set_errno(ENOMEM);
	return ptr;
}

static void
body_early_free(void *ptr)
{
	if (bootstrap_owns(ptr))
		bootstrap_give(ptr);
}

/* In check mode a finding will want the stack, paused or not. */
static PW_ALWAYS_INLINE uint32_t
body_alloc_stack(struct lane *lane, const struct unwind_start *at)
{
	return body_paused() && !process.free_stacks ? 0 :
	    finding_stack(lane, at);
}

static void
body_told_alloc(struct thread *t, struct lane *lane, void *ptr,
    const struct backend_request *req, uint32_t stack, unsigned flag)
{
	uint64_t time;

	if (!process.writing)
		return;
	/*
	 * No event of this writer is older than the one before; so where only
	 * our own came before, the stamp need not wait for anything.
	 */
	time = body_stamp(t, ptr, t->backend.mine);
	if (!body_paused() || flag != 0) {
		writer_alloc(&lane->writer, time, req->call | flag,
		    (uintptr_t)ptr, req->size, req->align, stack);
		t->told++;
	}
	process.backend->note(ptr, stack, t->tid, time);
	if (PW_UNLIKELY(--t->events == 0))
		process_heap(t);
}

/* Another block than the call's was found damaged on the way. */
static PW_ALWAYS_INLINE void
body_late(struct thread *t, struct lane *lane, unsigned call,
    const struct unwind_start *at)
{
	if (PW_UNLIKELY(__atomic_load_n(&backend_late, __ATOMIC_RELAXED) != 0)
	    && !thread_nested(t))
		finding_late(t, lane, call, at);
}

void
body_expected(struct thread *t, struct backend_request *req)
{
	size_t slack = req->align + 1;

	if (req->size < t->as_size || req->size - t->as_size > slack)
		return;
	req->call = t->as_call;
	req->size = t->as_size;
}

static void *
body_recorded_alloc(struct backend_request *req, const struct unwind_start *at)
{
	struct lane *lane;
	struct thread *t = thread_enter(&lane);
	void *ptr = NULL;

	if (t == NULL)
		return body_early_alloc(req);
	req->nested = thread_nested(t);
	if (PW_UNLIKELY(t->as_call != 0))
		body_expected(t, req);
	if (PW_UNLIKELY(req->size > PTRDIFF_MAX))
		finding_bad_size(lane, req->call, req->size, at);
	else
		ptr = body_take(t, lane, req, at);
	if (PW_LIKELY(ptr != NULL))
		body_told_alloc(t, lane, ptr, req, body_alloc_stack(lane, at),
		    0);
	body_late(t, lane, req->call, at);
	thread_leave(t);
	if (PW_UNLIKELY(ptr == NULL))
		errno = ENOMEM;
	return ptr;
}

void *
body_inert_alloc(const struct backend_request *req)
{
	void *ptr = backend_next.take(&body_inert, req);

	if (PW_UNLIKELY(ptr == NULL))
		errno = ENOMEM;
	return ptr;
}

void *
body_alloc(struct backend_request *req, const struct unwind_start *at)
{
	enum life life = body_life();

	if (PW_LIKELY(life == LIFE_RECORDING))
		return body_recorded_alloc(req, at);
	if (life == LIFE_SAMPLING)
		return body_sample_alloc(req, at);
	if (life == LIFE_INERT)
		return body_inert_alloc(req);
	return body_early_alloc(req);
}

void *
body_overflow(unsigned call, const struct unwind_start *at)
{
	struct backend_request req = { .size = SIZE_MAX, .call = call };

	enum life life = body_life();

	if (life == LIFE_RECORDING)
		return body_recorded_alloc(&req, at);
	if (life == LIFE_SAMPLING)
		return body_sample_alloc(&req, at);
	body_set_errno(ENOMEM);
	return NULL;
}

static void
body_claim(struct thread *t, struct lane *lane, void *ptr, unsigned call,
    size_t said_size, size_t said_align, const struct unwind_start *at)
{
	struct backend_claim *claim = &lane->claim;

	claim->ptr = ptr;
	claim->call = call;
	claim->said_size = said_size;
	claim->said_align = said_align;
	claim->nested = thread_nested(t);
	claim->bad = false;
	claim->findings = false;
	process.backend->claim(&t->backend, claim);
	if (PW_UNLIKELY(claim->bad || claim->findings))
		finding_tell(lane, at);
}

/* FREE is written and the block is the backend's again. */
static void
body_give(struct thread *t, struct lane *lane, unsigned call, uint32_t stack)
{
	struct backend_claim *claim = &lane->claim;
	uint64_t time = 0;

	if (process.writing) {
		time = body_now(t, claim->ptr);
		writer_free(&lane->writer, time, call, (uintptr_t)claim->ptr,
		    stack);
		t->told++;
	}
	process.backend->give(&t->backend, claim, stack, t->tid, time);
}

static uint32_t
body_free_stack(struct lane *lane, const struct unwind_start *at)
{
	return process.free_stacks ? finding_stack(lane, at) : 0;
}

static void
body_recorded_free(void *ptr, const struct body_said *said,
    const struct unwind_start *at)
{
	struct lane *lane;
	struct thread *t = thread_enter(&lane);

	if (t == NULL)
		return;
	if (PW_UNLIKELY(bootstrap_owns(ptr))) {
		if (bootstrap_give(ptr) && process.writing)
			writer_free(&lane->writer,
			    body_now(t, ptr), said->call,
			    (uintptr_t)ptr, body_free_stack(lane, at));
	} else {
		body_claim(t, lane, ptr, said->call, said->size, said->align,
		    at);
		if (PW_LIKELY(!lane->claim.bad))
			body_give(t, lane, said->call,
			    body_free_stack(lane, at));
	}
	body_late(t, lane, said->call, at);
	thread_leave(t);
}

/* free in a process that is not recorded. */
void
body_inert_free(void *ptr, unsigned call)
{
	struct backend_claim claim;

	claim.ptr = ptr;
	claim.call = call;
	claim.nested = claim.bad = claim.findings = false;
	backend_next.claim(&body_inert, &claim);
	backend_next.give(&body_inert, &claim, 0, 0, 0);
}

void
body_free(void *ptr, const struct body_said *said,
    const struct unwind_start *at)
{
	enum life life;

	if (ptr == NULL)
		return;
	life = body_life();
	if (PW_LIKELY(life == LIFE_RECORDING))
		body_recorded_free(ptr, said, at);
	else if (life == LIFE_SAMPLING)
		body_sample_free(ptr, said);
	else if (life == LIFE_INERT && !bootstrap_owns(ptr))
		body_inert_free(ptr, said->call);
	else
		body_early_free(ptr);
}

/* A block from before start goes over to the backend. */
static void *
body_adopt(struct thread *t, struct lane *lane, void *ptr,
    struct backend_request *req, const struct unwind_start *at)
{
	size_t old = bootstrap_size(ptr);
	void *to = body_take(t, lane, req, at);
	uint32_t stack;

	if (to == NULL)
		return NULL;
	memcpy(to, ptr, old < req->size ? old : req->size);
	stack = finding_stack(lane, at);
	if (bootstrap_give(ptr) && process.writing) {
		writer_free(&lane->writer, body_now(t, ptr),
		    req->call | TRACE_BY_REALLOC, (uintptr_t)ptr, stack);
		body_told_alloc(t, lane, to, req, stack, TRACE_BY_REALLOC);
	} else {
		body_told_alloc(t, lane, to, req, stack, 0);
	}
	return to;
}

/* The next allocator's realloc does it. */
static void *
body_forward(struct thread *t, struct lane *lane, struct backend_request *req,
    const struct unwind_start *at)
{
	struct backend_claim *claim = &lane->claim;
	uintptr_t from = (uintptr_t)claim->ptr;
	uint32_t stack = finding_stack(lane, at);
	void *to;

	if (process.writing)
		writer_free(&lane->writer, body_now(t, claim->ptr),
		    req->call | TRACE_BY_REALLOC, from, 0);
	to = process.backend->realloc(&t->backend, claim, req);
	if (to != NULL)
		body_told_alloc(t, lane, to, req, stack, TRACE_BY_REALLOC);
	else if (process.writing)
		writer_cancel(&lane->writer, body_now(t, claim->ptr),
		    from);
	return to;
}

static void *
body_move(struct thread *t, struct lane *lane, struct backend_request *req,
    const struct unwind_start *at)
{
	struct backend_claim *claim = &lane->claim;
	size_t old = claim->size;
	void *to = body_take(t, lane, req, at);
	uint32_t stack;

	if (to == NULL) {
		process.backend->unclaim(&t->backend, claim);
		return NULL;
	}
	process.backend->copy(to, claim->ptr, old < req->size ? old :
	    req->size);
	stack = finding_stack(lane, at);
	body_give(t, lane, req->call | TRACE_BY_REALLOC, stack);
	body_told_alloc(t, lane, to, req, stack, TRACE_BY_REALLOC);
	return to;
}

static void
body_told_resize(struct thread *t, struct lane *lane, void *ptr,
    struct backend_request *req, const struct unwind_start *at)
{
	if (process.writing)
		writer_resize(&lane->writer, body_now(t, ptr), req->call,
		    (uintptr_t)ptr, req->size, finding_stack(lane, at));
}

static void *
body_change(struct thread *t, struct lane *lane, void *ptr,
    struct backend_request *req, const struct unwind_start *at)
{
	if (PW_UNLIKELY(req->size > PTRDIFF_MAX)) {
		finding_bad_size(lane, req->call, req->size, at);
		return NULL;
	}
	if (PW_UNLIKELY(bootstrap_owns(ptr)))
		return body_adopt(t, lane, ptr, req, at);
	body_claim(t, lane, ptr, req->call, 0, 0, at);
	if (PW_UNLIKELY(lane->claim.bad))
		return NULL;
	if (process.backend->realloc != NULL)
		return body_forward(t, lane, req, at);
	if (PW_UNLIKELY(process.sites))
		sites_choose(lane, req, at);
	/* To be guarded it must move. */
	if (req->guard ||
	    !process.backend->resize(&t->backend, &lane->claim, req))
		return body_move(t, lane, req, at);
	body_told_resize(t, lane, ptr, req, at);
	return ptr;
}

static void *
body_recorded_realloc(void *ptr, struct backend_request *req,
    const struct unwind_start *at)
{
	struct lane *lane;
	struct thread *t = thread_enter(&lane);
	bool bad;

	if (t == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	req->nested = thread_nested(t);
	lane->claim.bad = false;
	ptr = body_change(t, lane, ptr, req, at);
	bad = lane->claim.bad;
	body_late(t, lane, req->call, at);
	thread_leave(t);
	if (ptr == NULL)
		errno = bad ? EINVAL : ENOMEM;
	return ptr;
}

/* Out of bootstrap memory into whatever serves now. */
static void *
body_early_realloc(void *ptr, struct backend_request *req, enum life life)
{
	size_t old = bootstrap_size(ptr);
	char *to = life == LIFE_INERT ? body_inert_alloc(req) :
	    body_early_alloc(req);

	if (to == NULL)
		return NULL;
	/* Not memcpy: we may be here before it is. */
	for (size_t i = 0; i < old && i < req->size; i++)
		((volatile char *)to)[i] = ((const char *)ptr)[i];
	bootstrap_give(ptr);
	return to;
}

void *
body_inert_realloc(void *ptr, struct backend_request *req)
{
	struct backend_claim claim;
	void *to;

	claim.ptr = ptr;
	claim.call = req->call;
	claim.nested = claim.bad = claim.findings = false;
	backend_next.claim(&body_inert, &claim);
	to = backend_next.realloc(&body_inert, &claim, req);
	if (to == NULL)
		errno = ENOMEM;
	return to;
}

/* Apart, so that the way of the rest is short on the stack. */
static PW_NOINLINE void *
body_realloc_to_0(void *ptr, unsigned call, const struct unwind_start *at)
{
	body_free(ptr, &(struct body_said){ .call = call }, at);
	return NULL;
}

void *
body_realloc(void *ptr, struct backend_request *req,
    const struct unwind_start *at)
{
	enum life life;

	if (ptr == NULL)
		return body_alloc(req, at);
	if (req->size == 0)
		return body_realloc_to_0(ptr, req->call, at);
	life = body_life();
	if (PW_LIKELY(life == LIFE_RECORDING))
		return body_recorded_realloc(ptr, req, at);
	if (life == LIFE_SAMPLING)
		return body_sample_realloc(ptr, req, at);
	if (bootstrap_owns(ptr))
		return body_early_realloc(ptr, req, life);
	if (life == LIFE_INERT)
		return body_inert_realloc(ptr, req);
	return NULL;	/* before start there are no other blocks */
}

size_t
body_usable(void *ptr)
{
	enum life life = body_life();
	struct lane *lane;
	struct thread *t;
	size_t size;

	if (ptr == NULL)
		return 0;
	if (bootstrap_owns(ptr))
		return bootstrap_size(ptr);
	if (life != LIFE_RECORDING)
		return backend_next.usable(&body_inert, ptr, false);
	t = thread_enter(&lane);
	if (t == NULL)
		return 0;
	size = process.backend->usable(&t->backend, ptr, thread_nested(t));
	thread_leave(t);
	return size;
}
