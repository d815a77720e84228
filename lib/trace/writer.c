/*
 * writer.c - events into chunks, and where the chunks come from.
 *
 * The way of an event is short: is there room for the longest event?  Then
 * its bytes are put where they belong and one release store publishes them.
 * All else is in writer_turn: it hands a full chunk over and claims another by
 * compare-and-swap over the states of the chunks that are ready.
 *
 * Search starts at the lowest chunk that the last round freed, and goes
 * upward while no other round has freed any: low chunks are used again while
 * they are warm, and no state is looked at twice in vain.  Every
 * WRITER_CALL_EVERY chunks the recorder is called, so that it drains while the
 * bytes are still in a cache.
 *
 * With no chunk free the recorder is called and waited for, at most 100 ms in
 * all (W1), or not at all under SESSION_LOSSY.  If that was in vain everybody
 * is starved: nobody waits (or searches) until session->freed moves.  It is told
 * in the session, so that a recorder that is gone costs 100 ms once and not once
 * for each thread to come.  It may only be without a turn: a crowd of processes
 * holds a chunk each and every core.  So who is starved makes another chunk ready
 * for himself, and drops events when all that there can be are in use.
 *
 *	W1	no call waits longer than WRITER_WAIT_NS, a lossy one never;
 *	W2	what is dropped is in session->lost, in the slot's lost and in
 *		pending_lost until a LOST record tells it;
 *	W3	times in the chunks of one writer never fall, and rise from one
 *		chunk to the next.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/writer_impl.h"

#include "base/os.h"
#include "trace/direct.h"

#define WRITER_WAIT_NS		100000000u
#define WRITER_CALL_EVERY	16u	/* x 16 KiB: a part of a core's L2 */

#define WRITER_SHORT_CALL(code, name, by) \
	[TRACE_CALL_##name | (by)] = (code) << 4,
static const uint8_t writer_short[64] = {
	CODING_SHORT_CALLS(WRITER_SHORT_CALL)
};

void
writer_start(struct writer *w, struct session_header *session, uint32_t proc,
    uint32_t tid, uint32_t lane)
{
	uint64_t time = w->time;

	*w = (struct writer){
		.session = session,
		.proc = proc,
		.tid = tid,
		.lane = lane,
		.time = time,
	};
}

void
writer_finish(struct writer *w)
{
	if (w->chunk == NULL)
		return;
	__atomic_store_n(&w->chunk->state, SESSION_FULL, __ATOMIC_RELEASE);
	w->chunk = NULL;
}

void
writer_forget(struct writer *w)
{
	w->chunk = NULL;
	w->pending_lost = 0;
}

static bool
writer_claim_at(struct writer *w, uint32_t i)
{
	struct session_chunk *c = session_chunk(w->session, i);
	uint32_t want = SESSION_FREE;

	if (__atomic_load_n(&c->state, __ATOMIC_RELAXED) != SESSION_FREE ||
	    !__atomic_compare_exchange_n(&c->state, &want, SESSION_OWNED,
	    false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	w->chunk = c;
	w->hint = i + 1;
	return true;
}

static bool
writer_search(struct writer *w)
{
	struct session_header *h = w->session;
	uint32_t freed = __atomic_load_n(&h->freed, __ATOMIC_ACQUIRE);
	uint32_t ready = __atomic_load_n(&h->chunks_ready, __ATOMIC_ACQUIRE);

	if (freed != w->freed_seen) {
		w->freed_seen = freed;
		w->hint = __atomic_load_n(&h->free_hint, __ATOMIC_RELAXED);
	}
	for (uint32_t i = w->hint; i < ready; i++)
		if (writer_claim_at(w, i))
			return true;
	w->hint = ready;
	return false;
}

/* As writer_search, but a chunk below the hint will do as well. */
static bool
writer_search_all(struct writer *w)
{
	if (writer_search(w))
		return true;
	w->hint = 0;
	return writer_search(w);
}

/* One that nobody has had yet, if there may be more of them. */
static bool
writer_make(struct writer *w)
{
	struct session_header *h = w->session;
	uint32_t ready = __atomic_load_n(&h->chunks_ready, __ATOMIC_ACQUIRE);

	while (ready < h->chunks_bound && ready < session_chunks_max(h)) {
		if (!direct_ready(h, session_chunk(h, ready),
		    SESSION_CHUNK_SIZE))
			return false;
		if (__atomic_compare_exchange_n(&h->chunks_ready, &ready,
		    ready + 1, false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE) &&
		    writer_claim_at(w, ready++))
			return true;
	}
	return false;
}

/* Nothing came free since freed was read. */
static bool
writer_starve(struct writer *w, uint32_t freed)
{
	__atomic_store_n(&w->session->starved, freed + 1, __ATOMIC_RELAXED);
	return writer_make(w);
}

/* SESSION_LOSSY's way; freed was read before the search that found none. */
static bool
writer_give_up(struct writer *w, uint32_t freed)
{
	session_wake(w->session);
	return writer_starve(w, freed);
}

static bool
writer_wait(struct writer *w)
{
	struct session_header *h = w->session;
	uint64_t end = os_monotonic_ns() + WRITER_WAIT_NS;
	uint64_t now;
	uint32_t freed;

	for (;;) {
		freed = __atomic_load_n(&h->freed, __ATOMIC_ACQUIRE);
		if (writer_search_all(w))
			return true;
		if (__atomic_load_n(&h->closed, __ATOMIC_RELAXED))
			return false;
		session_wake(h);
		now = os_monotonic_ns();
		if (now >= end)
			break;
		os_futex_wait(&h->freed, freed, end - now);
	}
	return writer_starve(w, freed);
}

static bool
writer_claim(struct writer *w)
{
	struct session_header *h = w->session;
	uint32_t freed = __atomic_load_n(&h->freed, __ATOMIC_ACQUIRE);

	if (h->flags & SESSION_DIRECT) {
		w->chunk = direct_take_chunk(h, &w->window);
		return w->chunk != NULL;
	}
	if (__atomic_load_n(&h->starved, __ATOMIC_RELAXED) == freed + 1)
		return writer_make(w);
	if (writer_search_all(w))
		return true;
	return h->flags & SESSION_LOSSY ? writer_give_up(w, freed) :
	    writer_wait(w);
}

static void
writer_lose(struct writer *w)
{
	struct session_header *h = w->session;

	w->pending_lost++;
	__atomic_add_fetch(&h->lost, 1, __ATOMIC_RELAXED);
	if (w->proc < session_procs_max(h))
		__atomic_add_fetch(&session_procs(h)[w->proc].lost, 1,
		    __ATOMIC_RELAXED);
}

/* The recorder looks at these only once filled is not 0. */
static void
writer_label(struct writer *w, uint64_t time)
{
	struct session_chunk *c = w->chunk;

	c->proc = w->proc;
	c->tid = w->tid;
	c->lane = w->lane;
	c->seq = __atomic_add_fetch(&w->session->chunk_seq, 1,
	    __ATOMIC_RELAXED);
	c->base = time;
	c->meta = 0;
	w->fill = 0;
	w->time = time;
	w->addr = 0;
	w->stack = 0;
	if (c->seq % WRITER_CALL_EVERY == 0)
		session_wake(w->session);
}

static void
writer_tell_lost(struct writer *w)
{
	unsigned char *p = w->chunk->data;

	*p++ = TRACE_LOST;
	p = varint_put(p, 0);
	p = varint_put(p, w->pending_lost);
	w->pending_lost = 0;
	w->chunk->meta = 1;
	writer_publish(w, p);
}

PW_NOINLINE bool
writer_turn(struct writer *w, uint64_t *time)
{
	struct session_header *h = w->session;

	if (h == NULL)
		return false;
	writer_finish(w);
	if (__atomic_load_n(&h->closed, __ATOMIC_RELAXED))
		return false;
	if (*time <= w->time)
		*time = w->time + 1;
	if (!writer_claim(w)) {
		if (!__atomic_load_n(&h->closed, __ATOMIC_RELAXED))
			writer_lose(w);
		return false;
	}
	writer_label(w, *time);
	if (w->pending_lost != 0)
		writer_tell_lost(w);
	return true;
}

static PW_ALWAYS_INLINE unsigned char *
writer_put_tag(unsigned char *p, unsigned kind, unsigned call, unsigned more)
{
	unsigned code = more ? 0 : writer_short[call & 63];

	*p++ = (unsigned char)(kind | code);
	if (PW_UNLIKELY(code == 0))
		*p++ = (unsigned char)((call & 63) | more);
	return p;
}

void
writer_alloc(struct writer *w, uint64_t time, unsigned call, uintptr_t addr,
    size_t size, size_t align, uint32_t stack)
{
	unsigned char *p = writer_begin(w, &time, CODING_EVENT_MAX);

	if (p == NULL)
		return;
	p = writer_put_tag(p, TRACE_ALLOC, call, align ? CODING_ALIGNED : 0);
	p = writer_put_time(w, p, time);
	p = coding_put_addr(p, &w->addr, addr);
	p = varint_put(p, size);
	if (PW_UNLIKELY(align != 0))
		p = varint_put(p, align);
	p = coding_put_stack(p, &w->stack, stack);
	writer_publish(w, p);
}

void
writer_free(struct writer *w, uint64_t time, unsigned call, uintptr_t addr,
    uint32_t stack)
{
	unsigned char *p = writer_begin(w, &time, CODING_EVENT_MAX);

	if (p == NULL)
		return;
	p = writer_put_tag(p, TRACE_FREE, call, 0);
	p = writer_put_time(w, p, time);
	p = coding_put_addr(p, &w->addr, addr);
	p = coding_put_stack(p, &w->stack, stack);
	writer_publish(w, p);
}

void
writer_resize(struct writer *w, uint64_t time, unsigned call, uintptr_t addr,
    size_t size, uint32_t stack)
{
	unsigned char *p = writer_begin(w, &time, CODING_EVENT_MAX);

	if (p == NULL)
		return;
	p = writer_put_tag(p, TRACE_RESIZE, call, 0);
	p = writer_put_time(w, p, time);
	p = coding_put_addr(p, &w->addr, addr);
	p = varint_put(p, size);
	p = coding_put_stack(p, &w->stack, stack);
	writer_publish(w, p);
}

void
writer_cancel(struct writer *w, uint64_t time, uintptr_t addr)
{
	unsigned char *p = writer_begin(w, &time, CODING_EVENT_MAX);

	if (p == NULL)
		return;
	*p++ = TRACE_CANCEL;
	p = writer_put_time(w, p, time);
	p = coding_put_addr(p, &w->addr, addr);
	writer_publish(w, p);
}

void
writer_unsampled(struct writer *w, uint64_t time, uintptr_t addr)
{
	unsigned char *p = writer_begin(w, &time, CODING_EVENT_MAX);

	if (p == NULL)
		return;
	*p++ = CODING_TAG(TRACE_UNSAMPLED);
	p = writer_put_time(w, p, time);
	p = coding_put_addr(p, &w->addr, addr);
	writer_publish(w, p);
}
