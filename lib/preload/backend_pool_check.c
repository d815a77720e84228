/*
 * backend_pool_check.c - freed blocks that were written to, and the sweep.
 *
 * A freed block is full of words that name it (bp_fill).  It is looked at when
 * it is handed out again, when it goes back to the pool, and at an orderly end:
 * a byte that is not as it was left was written after the free.  At the end the
 * guards of all live blocks are looked at too, for a block that is never freed
 * is never claimed.
 *
 * What is found on the way is not about the block of the call in which it is
 * found.  It waits in a short list, which body.c empties.
 *
 * Other threads may go on during a sweep.  So what looks wrong counts only if
 * the block was the same before and behind the look: its state, and the time of
 * its allocation or free.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_pages.h"

#include <string.h>

#include "base/bits.h"
#include "base/os.h"

#define LATE_MAX	16u

uint32_t backend_late;

static struct {
	struct lock lock;
	uint32_t n;
	uint32_t word;		/* 1: there is one for the user too */
	struct trace_error error[LATE_MAX];
} late;

/*
 * Damage that a sweep has told: what is the same at the next one, or when the
 * block is freed, is no news.
 */
#define TOLD_MAX	256u

static struct {
	struct lock lock;
	uint32_t n;		/* entries ever made */
	struct told {
		uint64_t block, time, address, length;
	} entry[TOLD_MAX];
} told;

static struct told
told_of(const struct trace_error *e)
{
	return (struct told){ e->block, e->alloc_time, e->address, e->length };
}

/* A handler that finds the list busy tells it twice. */
bool
bp_told(uint32_t tid, const struct trace_error *e)
{
	struct told it = told_of(e);
	uint32_t n = told.n < TOLD_MAX ? told.n : TOLD_MAX;
	bool found = false;

	if (told.n == 0 || !lock_try(&told.lock, tid))
		return false;
	for (uint32_t i = 0; i < n && !found; i++)
		found = memcmp(&told.entry[i], &it, sizeof(it)) == 0;
	lock_give(&told.lock);
	return found;
}

bool
bp_told_add(uint32_t tid, const struct trace_error *e)
{
	if (bp_told(tid, e))
		return false;
	if (lock_try(&told.lock, tid)) {
		told.entry[told.n++ % TOLD_MAX] = told_of(e);
		lock_give(&told.lock);
	}
	return true;
}

static void
late_count_l(void)
{
	__atomic_store_n(&backend_late, late.n + late.word, __ATOMIC_RELAXED);
}

void
bp_late_word(bool waits)
{
	lock_take(&late.lock, (uint32_t)os_gettid());
	late.word = waits;
	late_count_l();
	lock_give(&late.lock);
}

bool
bp_late(struct backend_thread *t, struct trace_error *e)
{
	bool any;

	lock_take(&late.lock, t->tid);
	any = late.n != 0;
	if (any)
		*e = late.error[--late.n];
	late_count_l();
	lock_give(&late.lock);
	return any;
}

/* In a child of fork: what waited is the parent's, its lock perhaps torn. */
void
bp_late_forget(void)
{
	lock_reset(&late.lock);
	lock_reset(&told.lock);
	late.n = late.word = 0;
	late_count_l();
}

/* Are the 128 bytes at p the word, sixteen times? */
static PW_ALWAYS_INLINE bool
fill_is_whole(const char *p, bp_four should)
{
	const bp_four *four = (const bp_four *)p;
	bp_four bad = (four[0] ^ should) | (four[1] ^ should) |
	    (four[2] ^ should) | (four[3] ^ should);

	return (bad[0] | bad[1] | bad[2] | bad[3]) == 0;
}

/* The first byte in [from, to) that is not of the word, or to. */
static char *
fill_until(char *from, char *to, uint64_t word)
{
	const bp_four four = { word, word, word, word };
	const uint8_t *should = (const uint8_t *)&word;
	uint64_t w;

	while (to - from >= 128 && PW_LIKELY(fill_is_whole(from, four)))
		from += 128;
	for (; from < to; from += sizeof(w)) {
		memcpy(&w, from, sizeof(w));
		if (PW_UNLIKELY(w != word))
			break;
	}
	while (from < to && (uint8_t)*from == should[(uintptr_t)from & 7])
		from++;
	return from;
}

/* Where a freed block was found written to. */
struct bad {
	char *first;
	char *end;		/* of what was looked at */
	uint64_t word;		/* that should stand there */
};

/*
 * A freed block has pages that were fresh when it was taken: each is full of
 * fill, or of zeroes (bp_fill_freed).
 */
static bool
fresh_is_bad(struct bad *bad, char *from, char *end, uint64_t word)
{
	while (from < end) {
		char *to = (char *)bits_align_up((uintptr_t)from + 1,
		    bp_heap.page);
		uint64_t w;

		memcpy(&w, from, sizeof(w));
		bad->word = w == 0 ? 0 : word;
		bad->end = to < end ? to : end;
		bad->first = fill_until(from, bad->end, bad->word);
		if (bad->first != bad->end)
			return true;
		from = bad->end;
	}
	return false;
}

static bool
freed_is_bad(struct bad *bad, void *ptr)
{
	char *end = (char *)ptr + bits_align_up(bp_size(bp_header(ptr)), 8);
	char *old = (char *)bits_align_up(bp_fresh_of(ptr), bp_heap.page);

	bad->word = bp_word(POOL_FILL_FREE, ptr);
	bad->end = end < old ? end : old;
	bad->first = fill_until(ptr, bad->end, bad->word);
	if (PW_UNLIKELY(bad->first != bad->end))
		return true;
	return PW_UNLIKELY(old < end) && fresh_is_bad(bad, old, end,
	    bad->word);
}

/* What stands there, and what should. */
static void
freed_error(struct trace_error *e, void *ptr, const struct bad *bad,
    unsigned found)
{
	const struct bp_header *b = bp_header(ptr);
	const uint8_t *should = (const uint8_t *)&bad->word;
	char *first = bad->first, *last = first;

	for (char *p = first; p < bad->end; p++)
		if ((uint8_t)*p != should[(uintptr_t)p & 7])
			last = p;
	bp_error_fill(e, TRACE_ERROR_USE_AFTER_FREE, found);
	e->address = (uintptr_t)first;
	bp_error_block(e, b, (uintptr_t)ptr, true);
	e->length = (uint64_t)(last - first) + 1;
	e->window_from = b->free_time;
	e->bytes_at = e->address;
	e->nbytes = (uint32_t)(e->length < TRACE_ERROR_BYTES ? e->length :
	    TRACE_ERROR_BYTES);
	for (uint32_t i = 0; i < e->nbytes; i++) {
		e->bytes[i] = (uint8_t)first[i];
		e->should[i] = should[(uintptr_t)(first + i) & 7];
	}
}

static bool
freed_is_filled(void *ptr)
{
	return (bp_heap.flags & SESSION_FILL) && !bp_is_big(ptr);
}

/*
 * Onto the list, not by way of the caller's stack.  More than there is room for
 * is dropped: it is one fault, most often.
 */
static PW_NOINLINE void
freed_tell(uint32_t tid, void *ptr, const struct bad *bad)
{
	lock_take(&late.lock, tid);
	if (late.n < LATE_MAX) {
		freed_error(&late.error[late.n], ptr, bad, TRACE_FOUND_SWEEP);
		late.n += !bp_told(tid, &late.error[late.n]);
	}
	late_count_l();
	lock_give(&late.lock);
}

/*
 * What stood there was the pool's.  Who wrote over it is not known, but the
 * block in front is as near as anything.
 */
void
bp_late_corrupt(uint32_t tid, uintptr_t at)
{
	struct bp_zone *z = bp_zone(at);
	uintptr_t block = z != NULL ? bp_block_before(z, at) : 0;
	unsigned state = block != 0 ? *bp_state(block) : BP_NONE;
	struct trace_error *e;

	lock_take(&late.lock, tid);
	if (late.n < LATE_MAX) {
		e = &late.error[late.n++];
		bp_error_fill(e, TRACE_ERROR_CORRUPT_HEAP, TRACE_FOUND_AT_CALL);
		e->address = at;
		if (state == BP_LIVE || state == BP_FREED)
			bp_error_block(e, bp_header((void *)block), block,
			    state == BP_FREED);
	}
	__atomic_store_n(&backend_late, late.n, __ATOMIC_RELAXED);
	lock_give(&late.lock);
}

void
bp_unfree(uint32_t tid, void *ptr)
{
	struct bad bad;

	if (freed_is_filled(ptr) && PW_UNLIKELY(freed_is_bad(&bad, ptr)))
		freed_tell(tid, ptr, &bad);
	/* Seen before what is written to it now: see sweep_freed. */
	__atomic_store_n(bp_state((uintptr_t)ptr), (uint8_t)BP_RINGED,
	    __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

/*
 * Freed before the process was a fork's child: its pages were copied one after
 * the other, while other threads of the parent went on.
 */
static bool
sweep_freed(void *ptr, uint64_t since, struct trace_error *e)
{
	uint64_t time = bp_header(ptr)->free_time;
	struct bad bad;

	if (time < since || !freed_is_filled(ptr) || !freed_is_bad(&bad, ptr))
		return false;
	freed_error(e, ptr, &bad, TRACE_FOUND_AT_EXIT);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return *bp_state((uintptr_t)ptr) == BP_FREED &&
	    bp_header(ptr)->free_time == time;
}

static bool
sweep_live(const struct bp_zone *z, void *ptr, uint64_t since,
    struct trace_error *e)
{
	struct backend_claim c = { .ptr = ptr, .call = TRACE_NCALLS };
	uint64_t time = bp_header(ptr)->alloc_time;

	/* Not noted yet; or inherited: that is for the parent to tell. */
	if (time == 0 || time < since || !bp_header_is_sane(z, ptr) ||
	    bp_guard_ok(ptr, bp_size(bp_header(ptr))))
		return false;
	bp_verdict_look(&c);
	*e = c.error;
	e->found = TRACE_FOUND_AT_EXIT;
	e->window_from = time;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return c.findings && *bp_state((uintptr_t)ptr) == BP_LIVE &&
	    bp_header(ptr)->alloc_time == time;
}

uintptr_t
bp_next_block(uintptr_t at, uintptr_t limit)
{
	uint64_t eight;

	while (at < limit) {
		if (at / POOL_GRAIN % 8 == 0 &&
		    limit - at >= 8 * (size_t)POOL_GRAIN) {
			memcpy(&eight, bp_state(at), sizeof(eight));
			if (eight == 0) {
				at += 8 * (size_t)POOL_GRAIN;
				continue;
			}
		}
		if (*bp_state(at) != BP_NONE)
			return at;
		at += POOL_GRAIN;
	}
	return 0;
}

/* Main zone held. */
static bool
sweep_zone_l(const struct bp_zone *z, uintptr_t *at, uint64_t since,
    struct trace_error *e)
{
	uintptr_t limit = __atomic_load_n(&z->limit, __ATOMIC_ACQUIRE), p;

	for (p = bp_next_block(*at < z->start ? z->start : *at, limit); p != 0;
	    p = bp_next_block(p + POOL_GRAIN, limit)) {
		unsigned state = __atomic_load_n(bp_state(p),
		    __ATOMIC_ACQUIRE);

		if (((state == BP_LIVE && sweep_live(z, (void *)p, since, e)) ||
		    (state == BP_FREED && sweep_freed((void *)p, since, e))) &&
		    bp_told_add(z->lock.word & ~LOCK_WAITERS, e)) {
			*at = p + POOL_GRAIN;
			return true;
		}
	}
	return false;
}

/* Blocks have even addresses; an odd *at is of a guarded one. */
bool
bp_sweep(struct backend_thread *t, uintptr_t *at, uint64_t since,
    struct trace_error *e)
{
	uint32_t slot = *at & 1 ? (uint32_t)(*at >> 1) : 0;
	bool found = false;

	if (slot == 0) {
		bp_enter_main(t->tid);
		found = sweep_zone_l(&bp_heap.main, at, since, e);
		bp_leave_main();
	}
	if (!found) {
		found = bp_guarded_sweep(t->tid, &slot, since, e);
		*at = (uintptr_t)slot << 1 | 1;
	}
	return found;
}
