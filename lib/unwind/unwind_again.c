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

/* The walk is at s.  Is that where the memo was, and does the rest hold? */
static PW_ALWAYS_INLINE bool
again_meets(struct again *a, const struct unwind_frame *s)
{
	const struct unwind_frame *outermost = a->memo->frame + 1, *f = a->old;

	while (f->sp < s->sp)
		f--;
	a->old = f;
	if (f->sp != s->sp || f->pc != s->pc || f->bp != s->bp)
		return false;
	f = steps_hold(f, outermost);
	if (PW_LIKELY(f == outermost))
		return true;
	a->old = f - 1;
	return false;
}

/* Over one frame, whose row is plain; false: nothing is done. */
static PW_ALWAYS_INLINE bool
again_step(const struct walk *w, uint64_t row, struct unwind_frame *s)
{
	uintptr_t cfa = s->sp + (uintptr_t)ROW_OFF(row);
	uintptr_t at = 0;

	if (ROW_FORM(row) == ROW_FORM_SP_BP) {
		at = cfa + (uintptr_t)ROW_SLOT(row);
	} else if (ROW_FORM(row) == ROW_FORM_BP_BP) {
		cfa = s->bp + (uintptr_t)ROW_OFF(row);
		at = cfa + (uintptr_t)ROW_SLOT(row);
		if (PW_UNLIKELY(at < s->sp || at >= cfa))
			return false;
	} else if (PW_UNLIKELY(ROW_FORM(row) != ROW_FORM_SP)) {
		return false;
	}
	if (PW_UNLIKELY(cfa > w->range.hi))
		return false;
	if (at != 0)
		s->bp = word_at(at);
	s->slot = at;
	s->pc = word_at(cfa - sizeof(uintptr_t));
	s->sp = cfa;
	return true;
}

/*
 * What again_step leaves alone, up to the next frame that is no signal's; it
 * is stored and *s.
 */
static PW_NOINLINE enum again_result
again_odd(struct again *a, uint64_t row, struct unwind_frame *s)
{
	struct walk *w = a->walk;
	enum walk_result result;

	w->pc = s->pc;
	w->sp = s->sp;
	w->bp = s->bp;
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
		*s = (struct unwind_frame){ w->pc + w->exact, w->sp, w->bp,
		    0 };
		a->plain = a->out;
		*a->out++ = *s;
		if (w->nranges > 0)
			a->old = a->memo->frame;
		if (w->exact)
			row = walk_exact_row(w);
	} while (w->exact);
	return AGAIN_MET;
}

static PW_ALWAYS_INLINE enum again_result
again_run(struct again *a, struct unwind_frame s)
{
	const struct walk *w = a->walk;
	const struct row_table *table = __atomic_load_n(&w->process->table,
	    __ATOMIC_ACQUIRE);
	const struct row_entry *entry = table->entry;
	uint64_t mask = table->mask, row;
	enum again_result result;

	*a->out++ = s;
	for (;;) {
		if (again_meets(a, &s)) {
			a->out--;
			return AGAIN_MET;
		}
		row = row_find(entry, mask, s.pc);
		if (PW_LIKELY(again_step(w, row, &s))) {
			if (PW_UNLIKELY(a->out == a->end))
				return AGAIN_DEEP;
			*a->out++ = s;
			continue;
		}
		result = again_odd(a, row, &s);
		if (result != AGAIN_MET)
			return result;
	}
}

/* The frame stands in the memo: what bp was not read from can't differ. */
static PW_ALWAYS_INLINE void
frame_settle(struct unwind_frame *f, uintptr_t slot)
{
	f->slot = slot ? slot : (uintptr_t)&f->bp;
}

/*
 * Frames of fresh to the memo and to ips; the memo's first `same` stay.  The
 * one that was met lies behind those of fresh: it may have been come to by
 * another way than last time, with bp in another place.
 */
static PW_ALWAYS_INLINE void
again_store(struct again *a, size_t same, uintptr_t *ips)
{
	struct unwind_memo *m = a->memo;
	size_t n = (size_t)(a->out - m->fresh), i;

	for (i = 0; i < n; i++) {
		struct unwind_frame *to = &m->frame[same + n - i];

		*to = m->fresh[i];
		frame_settle(to, to->slot);
		ips[i] = to->pc;
	}
	if (same > 0)
		frame_settle(&m->frame[same], a->out->slot);
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
	result = again_run(&a, (struct unwind_frame){ w.pc, w.sp, w.bp, 0 });
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
