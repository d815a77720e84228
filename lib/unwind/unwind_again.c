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
 * when a walk did not come to the outermost frame.
 *
 * The frames of the memo are counted from the outermost, frame[1]; frame[0]
 * is a stop for the search, higher than any stack.  It holds between captures
 * only: who uses it says unwind_keep when all that depends on it is in step.
 * All frames are remembered, also those that a capture of max leaves out; a
 * stack of more than UNWIND_MEMO_MAX is remembered in unwind_deep.c's memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_deep.h"
#include "unwind/unwind_impl.h"

#include "base/os.h"
#include "trace/session.h"

#define SKIP	64u	/* captures that are not tried after one in vain */

#if defined(__x86_64__)

/* A walk under way: frames that are new go to [again_fresh, out). */
struct again {
	struct walk *walk;
	struct unwind_memo *memo;
	struct unwind_frame *out;
	struct unwind_frame *end;
	struct unwind_frame *plain;	/* inwards of it, steps were not */
	const struct unwind_frame *old;	/* the next of the memo to be met */
};

/*
 * The memo's frames, or those of its deep: which is constant in two copies of
 * all that walks, so that shallow stacks do not pay for deep ones.
 */
static PW_ALWAYS_INLINE struct unwind_frame *
again_frame(const struct again *a, const bool deep)
{
	return deep ? a->memo->deep->frame : a->memo->frame;
}

static PW_ALWAYS_INLINE struct unwind_frame *
again_fresh(const struct again *a, const bool deep)
{
	return deep ? a->memo->deep->fresh : a->memo->fresh;
}

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
again_meets(struct again *a, uintptr_t pc, uintptr_t sp, uintptr_t bp,
    const bool deep)
{
	const struct unwind_frame *outermost = again_frame(a, deep) + 1;
	const struct unwind_frame *f = a->old;

	while (f->sp < sp)
		f--;
	a->old = f;
	if (f->sp != sp || f->pc != pc || f->bp != bp)
		return false;
	f = deep ? deep_hold(a->memo->deep, f) : steps_hold(f, outermost);
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
			a->old = a->memo->deep != NULL ?
			    a->memo->deep->frame : a->memo->frame;
		if (w->exact)
			row = walk_exact_row(w);
	} while (w->exact);
	return AGAIN_MET;
}

static PW_ALWAYS_INLINE enum again_result
again_run(struct again *a, const bool deep)
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
		if (again_meets(a, pc, sp, bp, deep)) {
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
 * Frames of fresh to the memo; the memo's first `same` stay.  A bp that was
 * not read can't differ: it is its own slot.  The frame that was met lies
 * behind those of fresh: it may have been come to by another way than last
 * time, with bp in another place.
 */
static PW_ALWAYS_INLINE void
again_store(struct again *a, size_t same, uintptr_t *ips, const bool deep)
{
	struct unwind_memo *m = a->memo;
	struct unwind_frame *frame = again_frame(a, deep);
	const struct unwind_frame *fresh = again_fresh(a, deep);
	size_t n = (size_t)(a->out - fresh), i;

	for (i = 0; i < n; i++) {
		const struct unwind_frame *f = &fresh[i];
		struct unwind_frame *to = &frame[same + n - i];

		frame_put(to, f->pc, f->sp, f->bp,
		    f->slot ? f->slot : (uintptr_t)&to->bp);
		if (ips != NULL)
			ips[i] = to->pc;
	}
	if (same > 0)
		frame[same].slot = a->out->slot ? a->out->slot :
		    (uintptr_t)&frame[same].bp;
	m->next = (uint32_t)(same + n);
	m->plain = (uint32_t)(a->plain < a->out ?
	    same + (size_t)(a->out - a->plain) : same);
	if (deep)
		deep_note(m->deep, same, same + n);
}

/*
 * The outermost of total frames stored last time that are to be stored now,
 * of which `same` are the same; frames and the mark.
 */
static size_t
again_shared(const struct unwind_memo *m, size_t same, size_t left, size_t outer)
{
	if (left != m->left)
		return same < outer ? same : outer;
	if (left == 0 || same < outer)
		return same;
	return same < left + outer ? outer + 1 : same - left + 1;
}

/*
 * The stack is to be cut, or was last time: store what is not in common.  With
 * the mark in its place, stored entry i from the outermost on is frame i + 1,
 * or behind the mark i + left.
 */
static PW_NOINLINE size_t
again_cut(const struct unwind_frame *frame, struct unwind_memo *m,
    uintptr_t *ips, size_t max, size_t *same)
{
	size_t total = m->next, left = cut_left(total, max), i;
	size_t outer = cut_outer(max);
	size_t all = left == 0 ? total : total - left + 1;

	*same = again_shared(m, *same, left, outer);
	m->left = (uint32_t)left;
	for (i = *same; i < all; i++)
		if (left == 0 || i < outer)
			ips[all - 1 - i] = frame[i + 1].pc;
		else
			ips[all - 1 - i] = i > outer ? frame[i + left].pc :
			    SESSION_MARK(SESSION_MARK_CUT, left);
	return all - *same;
}

/* The long way, of which nothing is remembered. */
static PW_NOINLINE size_t
again_plain(struct unwind_thread *th, struct unwind_memo *m,
    const struct unwind_start *start, uintptr_t *ips, size_t max)
{
	m->next = 0;
	return unwind_capture(th, start, ips, max);
}

static size_t again_deep(struct unwind_thread *, struct unwind_memo *,
	    const struct unwind_start *, uintptr_t *ips, size_t max,
	    size_t *same);

/* The stack is deeper than all that was met: once more, with more room. */
static PW_NOINLINE size_t
again_grow(struct unwind_thread *th, struct unwind_memo *m,
    const struct unwind_start *start, uintptr_t *ips, size_t max,
    size_t *same)
{
	*same = 0;
	if (m->deep == NULL && deep_create(m))
		return again_deep(th, m, start, ips, max, same);
	m->skip = SKIP;
	return again_plain(th, m, start, ips, max);
}

static PW_ALWAYS_INLINE void
again_begin(struct again *a, uint32_t n, const bool deep)
{
	struct unwind_memo *m = a->memo;
	struct unwind_frame *frame = again_frame(a, deep);

	a->out = a->plain = again_fresh(a, deep);
	a->end = a->out + (deep ? UNWIND_DEEP_MAX : UNWIND_MEMO_MAX);
	if (PW_UNLIKELY(m->stamp != a->walk->stamp ||
	    m->hi != a->walk->range.hi))
		n = 0;
	frame[0].sp = UINTPTR_MAX;
	a->old = n == 0 ? frame : &frame[n < m->plain ? n : m->plain];
}

static PW_ALWAYS_INLINE size_t
again_capture(struct unwind_thread *th, struct unwind_memo *m,
    const struct unwind_start *start, uintptr_t *ips, size_t max,
    size_t *same, const bool deep)
{
	uint32_t n = m->n;
	struct walk w;
	struct again a = { .walk = &w, .memo = m };
	enum again_result result;
	size_t fresh;

	unwind_forget(m);
	*same = 0;
	if (PW_UNLIKELY(m->skip > 0)) {
		m->skip--;
		return again_plain(th, m, start, ips, max);
	}
	if (max == 0 || !walk_begin(&w, th, start))
		return again_plain(th, m, start, ips, max);
	again_begin(&a, n, deep);
	result = again_run(&a, deep);
	fresh = (size_t)(a.out - again_fresh(&a, deep));
	if (PW_UNLIKELY(result == AGAIN_LOST)) {
		m->skip = SKIP;
		return again_plain(th, m, start, ips, max);
	}
	if (result == AGAIN_MET)
		*same = (size_t)(a.old - again_frame(&a, deep));
	if (PW_UNLIKELY(result == AGAIN_DEEP || *same + fresh >
	    (size_t)(a.end - again_fresh(&a, deep))))
		return again_grow(th, m, start, ips, max, same);
	if (PW_LIKELY(*same + fresh <= max && m->left == 0)) {
		again_store(&a, *same, ips, deep);
	} else {
		again_store(&a, *same, NULL, deep);
		fresh = again_cut(again_frame(&a, deep), m, ips, max, same);
	}
	if (PW_UNLIKELY(w.nranges > 0))
		m->next = 0;
	m->stamp = w.stamp;
	m->hi = w.range.hi;
	return fresh;
}

static PW_NOINLINE size_t
again_deep(struct unwind_thread *th, struct unwind_memo *m,
    const struct unwind_start *start, uintptr_t *ips, size_t max,
    size_t *same)
{
	return again_capture(th, m, start, ips, max, same, true);
}

size_t
unwind_capture_again(struct unwind_thread *th, struct unwind_memo *m,
    const struct unwind_start *start, uintptr_t *ips, size_t max,
    size_t *same)
{
	if (PW_UNLIKELY(m->deep != NULL))
		return again_deep(th, m, start, ips, max, same);
	return again_capture(th, m, start, ips, max, same, false);
}

void
unwind_drop(struct unwind_memo *m)
{
	struct unwind_deep *deep = m->deep;

	unwind_forget(m);
	m->deep = NULL;
	m->refused = 0;
	if (deep != NULL)
		os_unmap(deep, sizeof *deep);
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

void
unwind_drop(struct unwind_memo *m)
{
	unwind_forget(m);
}

#endif
