/*
 * backend_pool.c - check mode: our own heap serves (backend.h).
 *
 * The way of a small block: take -> the thread's ring (backend_pool_cache.c),
 * refilled from the pool of the main zone (backend_pool_zone.c) -> header,
 * guards, fill (backend_pool_guard.c); claim -> one exchange on its state byte
 * and a look at the guards; give -> the ring.  No lock and no system call on
 * that way.  Big blocks: backend_pool_big.c.  Verdicts: backend_pool_verdict.c.
 *
 * A nested call is served by the nested zone with all signals blocked, so its
 * lock is never waited for by the thread that holds it.  What it frees of the
 * main zone goes on a list that the next visitor of the main zone empties.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_pages.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/bits.h"
#include "base/os.h"

#define SMALL_MAX	((BP_CLASSES - 1) * POOL_GRAIN)
#define CAP_MAX		(SMALL_MAX + BP_GUARD)

static int
pool_start(struct session_header *session)
{
	list_init(&bp_heap.caches);
	list_init(&bp_heap.idle);
	bp_heap.flags = session == NULL ? 0 : session->flags;
	bp_heap.session = session;
	bp_heap.quarantine.max = session == NULL ? 0 : session->quarantine;
	if (bp_zone_start() != 0)
		return -1;
	if (session != NULL && session->guard_rate != 0)
		bp_guards_start(session);
	return 0;
}

static uint64_t
signals_block(void)
{
	uint64_t all = ~0ull, old = 0;

	os_syscall(SYS_rt_sigprocmask, SIG_BLOCK, (long)&all, (long)&old,
	    sizeof(old), 0, 0);
	return old;
}

static void
signals_restore(uint64_t mask)
{
	os_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0,
	    sizeof(mask), 0, 0);
}

/* The nested zone is ours; the mask to give to nested_leave. */
static uint64_t
nested_enter(void)
{
	uint64_t mask = signals_block();
	uint32_t tid = (uint32_t)os_gettid();

	if (bp_heap.forking == 0 || !lock_is_mine(&bp_heap.nested.lock, tid))
		lock_take(&bp_heap.nested.lock, tid);
	return mask;
}

static void
nested_leave(uint64_t mask)
{
	if (bp_heap.forking == 0 || !lock_is_mine(&bp_heap.nested.lock,
	    (uint32_t)os_gettid()))
		lock_give(&bp_heap.nested.lock);
	signals_restore(mask);
}

static void
count(struct bp_cache *c, int64_t live, int64_t whole)
{
	if (PW_LIKELY(c != NULL)) {
		__atomic_store_n(&c->live, c->live + live, __ATOMIC_RELAXED);
		__atomic_store_n(&c->whole, c->whole + whole, __ATOMIC_RELAXED);
		return;
	}
	__atomic_fetch_add(&bp_heap.live, live, __ATOMIC_RELAXED);
	__atomic_fetch_add(&bp_heap.whole, whole, __ATOMIC_RELAXED);
}

static void *
take_nested(const struct backend_request *req)
{
	uint64_t mask = nested_enter();
	uintptr_t fresh = 0;
	void *ptr = bp_zone_take_l(&bp_heap.nested, req->size, req->align,
	    &fresh);

	nested_leave(mask);
	if (ptr == NULL)
		return NULL;
	bp_present(ptr, req, fresh);
	count(NULL, (int64_t)req->size, (int64_t)pool_size(bp_block(ptr)));
	return ptr;
}

static PW_NOINLINE void *
take_large(struct bp_cache *c, uint32_t tid, const struct backend_request *req)
{
	bool big = req->size >= BP_BIG || req->align >= BP_BIG;
	bool grows = req->call == TRACE_CALL_REALLOC;
	uintptr_t fresh = 0;
	void *ptr;

	bp_enter_main(tid);
	if (big)
		ptr = bp_big_take_l(req->size, req->align, grows);
	else
		ptr = bp_zone_take_l(&bp_heap.main, req->size, req->align,
		    &fresh);
	bp_leave_main();
	if (ptr == NULL)
		return NULL;
	if (big)
		fresh = (uintptr_t)ptr;
	bp_present(ptr, req, fresh);
	count(c, (int64_t)req->size, (int64_t)pool_size(bp_block(ptr)));
	return ptr;
}

static void *
pool_take(struct backend_thread *t, const struct backend_request *req)
{
	struct bp_cache *c;
	void *ptr;

	if (req->size > BP_SIZE_MAX || req->align > BP_SIZE_MAX)
		return NULL;
	/* Also for whom we interrupted: it may have been about to ask. */
	if (t != NULL)
		t->mine = false;
	if (req->nested || t == NULL)
		return take_nested(req);
	if (PW_UNLIKELY(t->guard_left-- == 0) &&
	    (ptr = bp_guarded_due(t, req)) != NULL)
		return ptr;
	c = bp_cache_get(t);
	if (PW_UNLIKELY(c == NULL))
		return NULL;
	if (req->size > SMALL_MAX || req->align > POOL_GRAIN)
		return take_large(c, t->tid, req);
	ptr = bp_cache_take(c, t->tid,
	    (unsigned)((req->size + POOL_GRAIN - 1) / POOL_GRAIN), &t->mine);
	if (PW_UNLIKELY(ptr == NULL))
		return NULL;
	if (*bp_state((uintptr_t)ptr) == BP_FREED)
		bp_unfree(t->tid, ptr);
	bp_present(ptr, req, UINTPTR_MAX - bp_heap.page);
	count(c, (int64_t)req->size, (int64_t)pool_size(bp_block(ptr)));
	return ptr;
}

static void
bp_note(void *ptr, uint32_t stack, uint32_t tid, uint64_t time)
{
	struct bp_header *b = bp_header(ptr);

	if (PW_UNLIKELY(bp_is_guarded(ptr))) {
		bp_guarded_note(ptr, stack, tid, time);
		return;
	}
	b->alloc_stack = stack;
	bp_set_alloc_tid(b, tid);
	b->alloc_time = time;
}

bool
bp_header_is_sane(const struct bp_zone *z, void *ptr)
{
	const struct pool_header *h = bp_block(ptr);
	uint64_t word = pool_word(h);
	unsigned kind = pool_word_kind(word);
	size_t size = pool_word_size(word), room = size - BP_LEAD;
	uintptr_t limit = __atomic_load_n(&z->limit, __ATOMIC_RELAXED);

	return pool_word_is_sound(h, word) &&
	    (kind == POOL_KIND_ALLOC || kind == POOL_KIND_OWN) &&
	    size >= BP_LEAD + BP_GUARD && room <= limit - (uintptr_t)ptr &&
	    bp_size(bp_header(ptr)) + BP_GUARD <= room;
}

static void
pool_claim(struct backend_thread *t, struct backend_claim *c)
{
	struct bp_zone *z = bp_zone((uintptr_t)c->ptr);
	uint8_t live = BP_LIVE;

	c->size = SIZE_MAX;
	c->allocated_by = TRACE_NCALLS;
	c->bad = c->findings = false;
	if (PW_UNLIKELY(z == NULL) && bp_is_guarded(c->ptr)) {
		bp_guarded_claim(t, c);
		return;
	}
	if (z == NULL || (uintptr_t)c->ptr % POOL_GRAIN != 0 ||
	    !__atomic_compare_exchange_n(bp_state((uintptr_t)c->ptr), &live,
	    BP_CLAIMED, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		bp_verdict_bad(t, c);
		return;
	}
	if (PW_UNLIKELY(!bp_header_is_sane(z, c->ptr))) {
		bp_verdict_smashed(c);
		return;
	}
	c->size = bp_size(bp_header(c->ptr));
	c->allocated_by = bp_call(bp_header(c->ptr));
	if (PW_UNLIKELY(!bp_guard_ok(c->ptr, c->size)))
		bp_verdict_guards(t, c);
	else if (PW_UNLIKELY(bp_mismatched(c, bp_header(c->ptr))))
		bp_verdict_mismatch(c, bp_header(c->ptr));
}

static void
pool_unclaim(struct backend_thread *t, struct backend_claim *c)
{
	(void)t;
	if (PW_UNLIKELY(bp_is_guarded(c->ptr)))
		bp_guarded_unclaim(c);
	else
		bp_set_state((uintptr_t)c->ptr, BP_LIVE);
}

static void
give_nested_zone(void *ptr)
{
	uint64_t mask = nested_enter();

	bp_zone_give_l(&bp_heap.nested, ptr);
	nested_leave(mask);
}

static PW_NOINLINE void
give_large(uint32_t tid, void *ptr)
{
	bp_enter_main(tid);
	if (bp_is_big(ptr))
		bp_big_give_l(ptr);
	else
		bp_quarantine_l(tid, ptr);
	bp_leave_main();
}

/* Where the freed block goes. */
static void
retire(struct backend_thread *t, struct bp_cache *cache, void *ptr, bool nested)
{
	if ((bp_heap.flags & SESSION_NOREUSE) && !bp_is_big(ptr))
		return;
	if (PW_UNLIKELY(bp_is_nested(ptr)))
		give_nested_zone(ptr);
	else if (nested || cache == NULL)
		bp_defer(ptr);
	else if (bp_is_big(ptr) || !bp_cache_give(cache, t->tid, ptr))
		give_large(t->tid, ptr);
}

static inline void
unused_note(void *ptr, uint32_t stack)
{
	uint64_t bytes = bp_unused(ptr);

	if (PW_UNLIKELY(bytes != 0))
		bp_unused_add(stack, bytes);
}

static void
pool_give(struct backend_thread *t, struct backend_claim *c, uint32_t stack,
    uint32_t tid, uint64_t time)
{
	struct bp_header *b = bp_header(c->ptr);
	struct bp_cache *cache = c->nested || t == NULL ? NULL :
	    bp_cache_get(t);

	if (PW_UNLIKELY(bp_is_guarded(c->ptr))) {
		bp_guarded_give(t, c, stack, tid, time);
		return;
	}
	b->what = (b->what & (((uint64_t)1 << BP_WHAT_FREED) - 1)) |
	    (uint64_t)c->call << BP_WHAT_FREED;
	b->free_stack = stack;
	bp_set_free_tid(b, tid);
	b->free_time = time;
	if ((bp_heap.flags & SESSION_FILL) && !bp_is_big(c->ptr)) {
		if (bp_call(b) != TRACE_CALL_CALLOC)
			unused_note(c->ptr, b->alloc_stack);
		bp_fill_freed(c->ptr, bp_size(b), bp_fresh_of(c->ptr));
	}
	count(cache, -(int64_t)bp_size(b),
	    -(int64_t)pool_size(bp_block(c->ptr)));
	bp_set_state((uintptr_t)c->ptr, BP_FREED);
	retire(t, cache, c->ptr, c->nested);
}

/* Room for size bytes where the block stands; may move its end. */
static bool
resize_room(struct backend_thread *t, struct backend_claim *c, size_t size,
    uintptr_t *fresh)
{
	uint64_t was = bp_fresh(bp_header(c->ptr));
	bool big = bp_is_big(c->ptr), done;

	*fresh = bp_fresh_of(c->ptr);
	if (size + BP_GUARD <= bp_cap(c->ptr) && bp_cap(c->ptr) <= CAP_MAX)
		return true;
	if (c->nested || t == NULL || bp_is_nested(c->ptr) ||
	    big != (size >= BP_BIG))
		return false;
	bp_enter_main(t->tid);
	done = big ? bp_big_resize_l(c->ptr, size) :
	    bp_zone_resize_l(&bp_heap.main, c->ptr, size, fresh);
	bp_leave_main();
	if (done && !big && (was == 0 || (uintptr_t)c->ptr + was * POOL_GRAIN >=
	    *fresh))
		bp_fresh_note(c->ptr, *fresh);
	return done;
}

static bool
pool_resize(struct backend_thread *t, struct backend_claim *c,
    const struct backend_request *req)
{
	struct bp_header *b = bp_header(c->ptr);
	uintptr_t fresh;
	size_t was;

	if (PW_UNLIKELY(bp_is_guarded(c->ptr)))
		return bp_guarded_resize(c, req);
	was = pool_size(bp_block(c->ptr));
	if (req->size > BP_SIZE_MAX ||
	    !resize_room(t, c, req->size, &fresh))
		return false;
	count(c->nested || t == NULL ? NULL : bp_cache_get(t),
	    (int64_t)req->size - (int64_t)c->size,
	    (int64_t)pool_size(bp_block(c->ptr)) - (int64_t)was);
	b->what = (b->what & ~(((uint64_t)1 << BP_WHAT_CALL) - 1)) | req->size;
	bp_set_free_tid(b, 0);	/* its guards are new: see bp_told_behind */
	if ((bp_heap.flags & SESSION_FILL) && req->size > c->size &&
	    !bp_is_big(c->ptr))
		bp_fill(c->ptr, c->size, req->size, POOL_FILL_ALLOC, fresh);
	bp_guard_set(c->ptr, req->size);
	pool_unclaim(t, c);
	return true;
}

static size_t
pool_usable(struct backend_thread *t, void *ptr, bool nested)
{
	(void)t;
	(void)nested;
	if (PW_UNLIKELY(bp_is_guarded(ptr)))
		return bp_guarded_usable(ptr);
	if (bp_zone((uintptr_t)ptr) == NULL ||
	    (uintptr_t)ptr % POOL_GRAIN != 0 ||
	    __atomic_load_n(bp_state((uintptr_t)ptr), __ATOMIC_ACQUIRE) !=
	    BP_LIVE)
		return 0;
	return bp_size(bp_header(ptr));
}

static int
pool_trim(struct backend_thread *t, size_t pad)
{
	bool some;

	(void)pad;
	if (t == NULL)
		return 0;
	bp_enter_main(t->tid);
	if (t->cache != NULL)
		bp_cache_flush_l(t->cache, t->tid);
	bp_quarantine_flush_l(t->tid);
	some = bp_zone_trim_l(&bp_heap.main);
	bp_leave_main();
	return some;
}

/* Both zones at rest, and no handler of ours until fork is over. */
static void
pool_fork_prepare(uint32_t tid)
{
	uint64_t mask = signals_block();

	lock_take(&bp_heap.nested.lock, tid);
	lock_take(&bp_heap.main.lock, tid);
	lock_take(&bp_guards.lock, tid);
	bp_heap.forkmask = mask;
	__atomic_store_n(&bp_heap.forking, tid, __ATOMIC_RELAXED);
}

static void
pool_fork_parent(uint32_t tid)
{
	uint64_t mask = bp_heap.forkmask;

	(void)tid;
	__atomic_store_n(&bp_heap.forking, 0, __ATOMIC_RELAXED);
	lock_give(&bp_guards.lock);
	lock_give(&bp_heap.main.lock);
	lock_give(&bp_heap.nested.lock);
	signals_restore(mask);
}

/*
 * A child that fork did not prepare, made while another thread was at work in
 * a zone: nothing in it can be trusted.  Its blocks stay where they are, freed
 * ones for ever; new ones come from addresses that were never used.
 */
static void
zone_recover(struct bp_zone *z)
{
	bool torn = z->lock.word != 0;

	lock_reset(&z->lock);
	if (torn)
		bp_zone_renew_l(z, z->limit);
}

static void
pool_fork_child(uint32_t tid)
{
	(void)tid;
	bp_late_forget();
	bp_guards_fork_child(bp_heap.forking == 0 && bp_guards.lock.word != 0);
	if (bp_heap.forking != 0) {
		bp_heap.forking = 0;
		lock_reset(&bp_heap.main.lock);
		lock_reset(&bp_heap.nested.lock);
		signals_restore(bp_heap.forkmask);
		return;
	}
	if (bp_heap.main.lock.word != 0) {
		list_init(&bp_heap.caches);
		list_init(&bp_heap.idle);
		bp_heap.quarantine.count = 0;
		bp_heap.quarantine.bytes = 0;
	}
	zone_recover(&bp_heap.main);
	zone_recover(&bp_heap.nested);
}

static void
pool_thread_gone(struct backend_thread *t)
{
	if (t->cache == NULL)
		return;
	bp_enter_main((uint32_t)os_gettid());
	bp_cache_drop(t);
	bp_leave_main();
}

const struct backend backend_pool = {
	.name = "pool",
	.start = pool_start,
	.take = pool_take,
	.note = bp_note,
	.claim = pool_claim,
	.give = pool_give,
	.unclaim = pool_unclaim,
	.resize = pool_resize,
	.copy = bp_copy,
	.realloc = NULL,
	.usable = pool_usable,
	.trim = pool_trim,
	.figures = bp_figures,
	.late = bp_late,
	.sweep = bp_sweep,
	.unused = bp_unused_live,
	.fault = bp_fault,
	.word = bp_guards_word,
	.fork_prepare = pool_fork_prepare,
	.fork_parent = pool_fork_parent,
	.fork_child = pool_fork_child,
	.thread_gone = pool_thread_gone,
};
