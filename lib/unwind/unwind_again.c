/*
 * unwind_again.c - a capture that goes only as far as things have changed.
 *
 * The memo of a thread holds its previous capture: of each frame the state
 * (pc, sp, bp) from which its step goes on, and where the words stand that
 * made this state: the return address at sp - 8, and perhaps a saved bp.  A
 * new capture walks from the innermost frame until it meets a state of the
 * memo, in all three.  A plain step is a pure function of that state, of its
 * row and of the words it reads; so if the words of the older steps still hold
 * what they held, a fresh walk would go the same way.  They are looked at from
 * there outwards and the first that differs ends it, so nothing is read that a
 * fresh walk would not read.  Then the walk goes on from where it was, and may
 * meet an older frame of the memo.
 *
 * Comparing return addresses alone would be wrong: the function that frames
 * join in may have been called by way of another, with only a saved bp to tell.
 *
 * What is not plain is not relied on: frames inside of a signal's, of one that
 * needed all registers or another range of stack.  Such steps are made anew
 * each time; only what lies outwards of the last of them can be met.  Memos
 * end with any load or unload, for rows may change, with another stack, and
 * when a walk did not come to the outermost frame within the depth asked for.
 *
 * The frames of the memo are counted from the outermost, frame[1]; frame[0]
 * is a stop for the search, higher than any stack.  It holds between captures
 * only: who uses it says unwind_keep when all that depends on it is in step.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#include "trace/session.h"

#define SKIP	64u	/* captures that are not tried after one in vain */

#if defined(__x86_64__)

/* A walk under way: frames that are new go to [memo->fresh, out). */
struct again {
	struct walk *walk;
	struct unwind_memo *memo;
	struct unwind_frame *out;
	struct unwind_frame *end;
	struct unwind_frame *plain;	/* inwards of it, steps were not */
	const struct unwind_frame *old;	/* the next of the memo to be met */
};

enum again_result { AGAIN_MET, AGAIN_OUTERMOST, AGAIN_LOST, AGAIN_DEEP };

static uintptr_t
word_at(uintptr_t addr)
{
	return *(const uintptr_t *)addr;
}

/*
 * Do the steps from f outwards still hold?  Returns the outermost frame that
 * they lead to: frame[1] if all do.
 */
static PW_ALWAYS_INLINE const struct unwind_frame *
steps_hold(const struct unwind_frame *f, const struct unwind_frame *outermost)
{
	for (; f > outermost; f--)
		if (word_at(f[-1].sp - sizeof(uintptr_t)) != f[-1].pc ||
		    word_at(f[-1].slot) != f[-1].bp)
			break;
	return f;
}

/*
 * A frame is written and soon read again.  Word by word: a compiler that makes
 * two words one vector makes the reader wait for both stores.
 */
static PW_ALWAYS_INLINE void
frame_put(struct unwind_frame *f, uintptr_t pc, uintptr_t sp, uintptr_t bp,
    uintptr_t slot)
{
	__atomic_store_n(&f->pc, pc, __ATOMIC_RELAXED);
	__atomic_store_n(&f->sp, sp, __ATOMIC_RELAXED);
	__atomic_store_n(&f->bp, bp, __ATOMIC_RELAXED);
	__atomic_store_n(&f->slot, slot, __ATOMIC_RELAXED);
}

/*
 * The walk is at this state.  Is that where the memo was, and does the rest
 * hold?
 */
static PW_ALWAYS_INLINE bool
again_meets(struct again *a, uintptr_t pc, uintptr_t sp, uintptr_t bp)
{
	const struct unwind_frame *outermost = a->memo->frame + 1, *f = a->old;

	while (f->sp < sp)
		f--;
	a->old = f;
	if (f->sp != sp || f->pc != pc || f->bp != bp)
		return false;
	f = steps_hold(f, outermost);
	if (PW_LIKELY(f == outermost))
		return true;
	a->old = f - 1;
	return false;
}

/*
 * What again_run leaves alone, from where the walk stands up to the next frame
 * that is no signal's; it is stored.
 */
static PW_NOINLINE enum again_result
again_odd(struct again *a, uint64_t row)
{
	struct walk *w = a->walk;
	enum walk_result result;

	w->exact = false;
	do {
		if (w->pc == 0)
			return AGAIN_LOST;
		result = walk_odd(w, row);
		if (result == WALK_STOP)
			return w->exact ? AGAIN_LOST : AGAIN_OUTERMOST;
		if (result == WALK_UNKNOWN)
			return AGAIN_LOST;
		if (a->out == a->end)
			return AGAIN_DEEP;
		a->plain = a->out;
		frame_put(a->out++, w->pc + w->exact, w->sp, w->bp, 0);
		if (w->nranges > 0)
			a->old = a->memo->frame;
		if (w->exact)
			row = walk_exact_row(w);
	} while (w->exact);
	return AGAIN_MET;
}

static PW_ALWAYS_INLINE enum again_result
again_run(struct again *a)
{
	struct walk *w = a->walk;
	const struct row_table *table = __atomic_load_n(&w->process->table,
	    __ATOMIC_ACQUIRE);
	const struct row_entry *entry = table->entry;
	uint64_t mask = table->mask, row;
	uintptr_t pc = w->pc, sp = w->sp, bp = w->bp, top = w->range.hi;
	uintptr_t cfa, at;
	enum again_result result;

	frame_put(a->out++, pc, sp, bp, 0);
	for (;;) {
		if (again_meets(a, pc, sp, bp)) {
			a->out--;
			return AGAIN_MET;
		}
		row = row_find(entry, mask, pc);
		if (PW_LIKELY(ROW_FORM(row) == ROW_FORM_SP)) {
			cfa = sp + (uintptr_t)ROW_OFF(row);
			at = 0;
			if (PW_UNLIKELY(cfa > top))
				goto odd;
		} else if (ROW_FORM(row) == ROW_FORM_SP_BP) {
			cfa = sp + (uintptr_t)ROW_OFF(row);
			at = cfa + (uintptr_t)ROW_SLOT(row);
			if (PW_UNLIKELY(cfa > top))
				goto odd;
			bp = word_at(at);
		} else if (ROW_FORM(row) == ROW_FORM_BP_BP) {
			cfa = bp + (uintptr_t)ROW_OFF(row);
			at = cfa + (uintptr_t)ROW_SLOT(row);
			if (PW_UNLIKELY(cfa > top || at < sp || at >= cfa))
				goto odd;
			bp = word_at(at);
		} else {
			goto odd;
		}
		if (PW_UNLIKELY(a->out == a->end))
			return AGAIN_DEEP;
		pc = word_at(cfa - sizeof pc);
		sp = cfa;
		frame_put(a->out++, pc, sp, bp, at);
		continue;
odd:
		w->pc = pc;
		w->sp = sp;
		w->bp = bp;
		result = again_odd(a, row);
		if (result != AGAIN_MET)
			return result;
		pc = w->pc;
		sp = w->sp;
		bp = w->bp;
		top = w->range.hi;
	}
}

/*
 * Frames of fresh to the memo and to ips; the memo's first `same` stay.  A bp
 * that was not read can't differ: it is its own slot.  The frame that was met
 * lies behind those of fresh: it may have been come to by another way than
 * last time, with bp in another place.
 */
static PW_ALWAYS_INLINE void
again_store(struct again *a, size_t same, uintptr_t *ips)
{
	struct unwind_memo *m = a->memo;
	size_t n = (size_t)(a->out - m->fresh), i;

	for (i = 0; i < n; i++) {
		const struct unwind_frame *f = &m->fresh[i];
		struct unwind_frame *to = &m->frame[same + n - i];

		frame_put(to, f->pc, f->sp, f->bp,
		    f->slot ? f->slot : (uintptr_t)&to->bp);
		ips[i] = to->pc;
	}
	if (same > 0)
		m->frame[same].slot = a->out->slot ? a->out->slot :
		    (uintptr_t)&m->frame[same].bp;
	m->next = (uint32_t)(same + n);
	m->plain = (uint32_t)(a->plain < a->out ?
	    same + (size_t)(a->out - a->plain) : same);
}

/* The long way, of which nothing is remembered. */
static PW_NOINLINE size_t
again_plain(struct unwind_thread *th, struct unwind_memo *m,
    const struct unwind_start *start, uintptr_t *ips, size_t max)
{
	m->next = 0;
	return unwind_capture(th, start, ips, max);
}

size_t
unwind_capture_again(struct unwind_thread *th, struct unwind_memo *m,
    const struct unwind_start *start, uintptr_t *ips, size_t max,
    size_t *same)
{
	uint32_t n = m->n;
	struct walk w;
	struct again a = { .walk = &w, .memo = m, .out = m->fresh,
	    .end = m->fresh + (max < UNWIND_MEMO_MAX ? max : UNWIND_MEMO_MAX),
	    .plain = m->fresh };
	enum again_result result;

	unwind_forget(m);
	*same = 0;
	if (PW_UNLIKELY(m->skip > 0)) {
		m->skip--;
		return again_plain(th, m, start, ips, max);
	}
	if (max == 0 || !walk_begin(&w, th, start))
		return again_plain(th, m, start, ips, max);
	if (PW_UNLIKELY(m->stamp != w.stamp || m->hi != w.range.hi))
		n = 0;
	m->frame[0].sp = UINTPTR_MAX;
	a.old = &m->frame[n < m->plain ? n : m->plain];
	if (n == 0)
		a.old = m->frame;
	result = again_run(&a);
	if (result == AGAIN_MET)
		*same = (size_t)(a.old - m->frame);
	if (PW_UNLIKELY(result == AGAIN_DEEP || result == AGAIN_LOST ||
	    *same + (size_t)(a.out - m->fresh) > (size_t)(a.end - m->fresh))) {
		m->skip = SKIP;
		*same = 0;
		return again_plain(th, m, start, ips, max);
	}
	again_store(&a, *same, ips);
	if (PW_UNLIKELY(w.nranges > 0))
		m->next = 0;
	m->stamp = w.stamp;
	m->hi = w.range.hi;
	return (size_t)(a.out - m->fresh);
}

#else

size_t
unwind_capture_again(struct unwind_thread *th, struct unwind_memo *m,
    const struct unwind_start *start, uintptr_t *ips, size_t max,
    size_t *same)
{
	*same = 0;
	m->next = 0;
	return unwind_capture(th, start, ips, max);
}

#endif
