/*
 * unwind.c - the walk from a function to the outermost one.
 *
 * The state of a walk is (pc, sp, bp) and whether pc is exact (a signal
 * interrupted there) or a return address.  A step looks up the row of pc and
 * reads one or two words of the stack; nearly all take the short way in
 * walk_run, the others walk_odd.  Each word read lies within a range that is
 * known to be mapped (unwind_stack.c), at or above sp: a corrupt stack ends
 * the walk and nothing worse.
 *
 * A step is a pure function of that state, of the row and of the words read:
 * what unwind_again.c relies on.  Rows may change only when
 * ldso_stamp does.
 *
 * More frames than max: the last 32 places become a ring that holds the
 * outermost frames so far, put in order at the end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#include <sys/mman.h>

#include "base/os.h"
#include "trace/session.h"

#define FRAMES_MAX	100000u	/* deeper stacks are taken for endless */
#define FULL_MAX	16u	/* full steps of one walk */
#define RANGES_MAX	64u	/* changes of stack */
#define OVERFLOW_PAGES	32u	/* of a frame that did not fit */

extern void *__libc_stack_end __attribute__((weak));

struct unwind_process unwind_process;

void
unwind_on_object(void (*seen)(const struct unwind_object *, void *arg),
    void (*gone)(uintptr_t start, void *arg), void *arg)
{
	unwind_process.seen = seen;
	unwind_process.gone = gone;
	unwind_process.arg = arg;
}

int
unwind_init(void)
{
	struct unwind_process *p = &unwind_process;

	if (p->ready)
		return 0;
	p->page = os_page_size();
	if (&__libc_stack_end)
		p->stack_end = (uintptr_t)__libc_stack_end;
	if (rows_init(p) != 0 || objects_init(p) != 0)
		return -1;
	p->ready = true;
	return 0;
}

void
unwind_forked(void)
{
	/*
	 * Rows, objects and ld.so's counters are as they were, and nothing here
	 * is ever locked.  A claimed object slot whose thread died half-way
	 * stays claimed: the object's frames are found, its name is not told
	 * again.
	 */
}

#if defined(__x86_64__)

/* Offsets of rbp, rsp and rip in the signal frame of x86-64, from its sp. */
#define SIGNAL_BP	120
#define SIGNAL_SP	160
#define SIGNAL_PC	168

static bool
walk_read(struct walk *w, uintptr_t addr, uintptr_t *word)
{
	if (addr < w->range.lo || addr > w->range.hi - sizeof *word)
		return stack_read(w->process, w->thread, addr, word);
	*word = *(const uintptr_t *)addr;
	return true;
}

/*
 * The walk goes on at addr: higher on the stack than known so far, perhaps, or
 * on another one.
 */
static bool
walk_move(struct walk *w, uintptr_t addr)
{
	uintptr_t lo = w->range.lo;

	if (addr >= w->range.lo && addr <= w->range.hi - sizeof addr)
		return true;
	if (!stack_find(w->process, w->thread, addr, &w->range))
		return false;
	return w->range.lo == lo || ++w->nranges <= RANGES_MAX;
}

static enum walk_result
walk_frame(struct walk *w, uint64_t row, uintptr_t cfa)
{
	uintptr_t pc;
	uintptr_t bp = w->bp;
	uintptr_t at;

	if (cfa <= w->sp && cfa >= w->range.lo)
		return WALK_UNKNOWN;	/* a stack that goes backwards */
	if (!walk_move(w, cfa - sizeof pc) ||
	    !walk_read(w, cfa - sizeof pc, &pc))
		return WALK_UNKNOWN;
	if (ROW_BP(row) != ROW_BP_SAME) {
		at = ROW_BP(row) == ROW_BP_AT_CFA ? cfa : w->bp;
		if (!walk_read(w, at + (uintptr_t)ROW_SLOT(row), &bp))
			return WALK_UNKNOWN;
	}
	w->pc = pc;
	w->sp = cfa;
	w->bp = bp;
	w->exact = false;
	return WALK_GO;
}

/*
 * Where the signal found the stack pointer.  Of a stack that overflowed it
 * lies below what is mapped, by the frame that did not fit.
 */
static PW_NOINLINE bool
walk_interrupted(struct walk *w, uintptr_t sp)
{
	uintptr_t page = w->process->page;

	if (walk_move(w, sp))
		return true;
	for (unsigned i = 0; i < OVERFLOW_PAGES; i++) {
		sp = (sp | (page - 1)) + 1;
		if (walk_move(w, sp))
			return true;
	}
	return false;
}

static enum walk_result
walk_signal(struct walk *w)
{
	uintptr_t pc;
	uintptr_t sp;
	uintptr_t bp;

	if (!walk_read(w, w->sp + SIGNAL_PC, &pc) ||
	    !walk_read(w, w->sp + SIGNAL_SP, &sp) ||
	    !walk_read(w, w->sp + SIGNAL_BP, &bp))
		return WALK_UNKNOWN;
	if (!walk_interrupted(w, sp))
		return WALK_UNKNOWN;
	w->pc = pc;
	w->sp = sp;
	w->bp = bp;
	w->exact = true;
	return WALK_GO;
}

static PW_NOINLINE uint64_t
walk_row(struct walk *w, struct unwind_scratch *s)
{
	uintptr_t pc = w->exact ? w->pc : w->pc - 1;
	struct object_view *view = &s->view;
	uint64_t row = ROW_MAKE(ROW_UNKNOWN, 0, 0, 0, 0), code;

	if (!objects_find(w->process, s, pc, view))
		return row;
	if (cfi_find(&s->cfi, view, pc))
		row = cfi_row(&s->cfi);
	else if (ROW_KIND(code = code_row(w)) != ROW_UNKNOWN)
		row = code;
	else if (cfi_find(&s->cfi, view, w->pc) && s->cfi.begin == w->pc)
		/* No call returns to a beginning: makecontext put it there. */
		row = ROW_MAKE(ROW_STOP, 0, 0, 0, 0);
	return view->stays ? row | ROW_STAYS : row;
}

static PW_NOINLINE uint64_t
walk_fill(struct walk *w)
{
	struct unwind_scratch *s = scratch_take(w->thread);
	uint64_t row = ROW_MAKE(ROW_UNKNOWN, 0, 0, 0, 0);

	if (s == NULL)
		return row;	/* not known now, but not for ever */
	row = walk_row(w, s);
	scratch_give(w->thread);
	if (ROW_KIND(row) == ROW_UNKNOWN && !w->process->words.known)
		return row;	/* a load could not be noticed */
	rows_insert(w->process, w->stamp, row_key(w->pc, w->exact), row);
	return row;
}

PW_NOINLINE enum walk_result
walk_odd(struct walk *w, uint64_t row)
{
	uintptr_t cfa = ((row & ROW_BASE_BP) ? w->bp : w->sp) +
	    (uintptr_t)ROW_OFF(row);

	switch (ROW_KIND(row)) {
	case ROW_NONE:
		row = walk_fill(w);
		if (ROW_KIND(row) != ROW_NONE)
			return walk_odd(w, row);
		return WALK_UNKNOWN;
	case ROW_FRAME:
		return walk_frame(w, row, cfa);
	case ROW_DEREF:
		if (!walk_read(w, cfa, &cfa))
			return WALK_UNKNOWN;
		return walk_frame(w, row, cfa);
	case ROW_PLT:
		cfa = w->sp + 8 + ((w->pc & 15) >= ROW_PLT_BYTE(row)) * 8u;
		return walk_frame(w, ROW_MAKE(ROW_FRAME, 0, 0, 0, 0), cfa);
	case ROW_SIGNAL:
		return walk_signal(w);
	case ROW_FULL:
		if (++w->nfull > FULL_MAX)
			return WALK_UNKNOWN;
		return full_step(w);
	case ROW_STOP:
		return WALK_STOP;
	case ROW_UNKNOWN:
		break;
	}
	return WALK_UNKNOWN;
}

/*
 * Walk while rows are plain, storing each caller into [out, end).  Returns
 * where the next one goes; before end, it means that *row wants walk_odd.  A
 * return address of 0 is stored too.
 *
 * Of a row with base sp, cfi_row has held that the words it reads lie between
 * sp and the CFA, so one comparison is enough.
 */
static PW_ALWAYS_INLINE uintptr_t *
walk_run(struct walk *w, uintptr_t *out, uintptr_t *end, uint64_t *last)
{
	const struct row_table *table = __atomic_load_n(&w->process->table,
	    __ATOMIC_ACQUIRE);
	const struct row_entry *entry = table->entry;
	uint64_t mask = table->mask;
	uintptr_t pc = w->pc;
	uintptr_t sp = w->sp;
	uintptr_t bp = w->bp;
	uintptr_t top = w->range.hi;
	uint64_t row = ROW_NONE;
	uintptr_t cfa;
	uintptr_t at;

	while (out < end) {
		row = row_find(entry, mask, pc);
		if (PW_LIKELY(ROW_FORM(row) == ROW_FORM_SP)) {
			cfa = sp + (uintptr_t)ROW_OFF(row);
			if (PW_UNLIKELY(cfa > top))
				break;
		} else if (ROW_FORM(row) == ROW_FORM_SP_BP) {
			cfa = sp + (uintptr_t)ROW_OFF(row);
			if (PW_UNLIKELY(cfa > top))
				break;
			bp = *(const uintptr_t *)(cfa +
			    (uintptr_t)ROW_SLOT(row));
		} else if (ROW_FORM(row) == ROW_FORM_BP_BP) {
			cfa = bp + (uintptr_t)ROW_OFF(row);
			at = cfa + (uintptr_t)ROW_SLOT(row);
			if (PW_UNLIKELY(cfa > top || at < sp || at >= cfa))
				break;
			bp = *(const uintptr_t *)at;
		} else
			break;
		pc = *(const uintptr_t *)(cfa - sizeof pc);
		sp = cfa;
		*out++ = pc;
	}
	w->pc = pc;
	w->sp = sp;
	w->bp = bp;
	*last = row;
	return out;
}

static void
reverse(uintptr_t *ips, size_t n)
{
	uintptr_t first;
	size_t i;

	for (i = 0; i < n / 2; i++) {
		first = ips[i];
		ips[i] = ips[n - 1 - i];
		ips[n - 1 - i] = first;
	}
}

/* The ring ips[0..n) in order, oldest first, which is at oldest now. */
static void
ring_straighten(uintptr_t *ips, size_t n, size_t oldest)
{
	reverse(ips, oldest);
	reverse(ips + oldest, n - oldest);
	reverse(ips, n);
}

/*
 * Stored so far: ips[0..at) and, when wraps is not 0, a ring of the outermost
 * in ips[max - ring..max), its oldest at `at`.
 */
static size_t
capture_finish(uintptr_t *ips, size_t at, size_t max, size_t ring, size_t wraps)
{
	size_t base = max - ring;
	size_t total = base + wraps * ring + (at - base);
	size_t left = cut_left(total, max), outer = cut_outer(max), inner, i;

	if (wraps == 0)
		return at;
	if (left == 0)
		return max;
	inner = total - left - outer;
	if (outer > 0)
		ring_straighten(ips + base, ring, at == max ? 0 : at - base);
	for (i = 0; i < outer; i++) {
		ips[inner + 1 + i] = ips[base + i];
		__asm__ volatile("" : : : "memory");	/* not memmove */
	}
	ips[inner] = SESSION_MARK(SESSION_MARK_CUT, left);
	return inner + 1 + outer;
}

PW_NOINLINE uint64_t
walk_exact_row(const struct walk *w)
{
	const struct row_table *t = __atomic_load_n(&w->process->table,
	    __ATOMIC_ACQUIRE);

	return row_find(t->entry, t->mask, row_key(w->pc, true));
}

/* Walk on from ips[0], which is stored. */
static size_t
capture_walk(struct walk *w, uintptr_t *ips, size_t max)
{
	size_t ring = cut_outer(max) > 0 ? cut_outer(max) : 1;
	uintptr_t *base = ips + max - ring;
	uintptr_t *end = ips + max;
	uintptr_t *out = ips + 1;
	size_t wraps = 0;
	uint64_t row;
	enum walk_result result;

	for (;;) {
		if (out == end) {
			/* If there is one more, the oldest makes room. */
			if (wraps * ring > FRAMES_MAX)
				break;
			out = base;
			wraps++;
		}
		if (PW_UNLIKELY(w->exact))
			row = walk_exact_row(w);
		else if ((out = walk_run(w, out, end, &row)) == end)
			continue;
		if (w->pc == 0) {
			/* Threads and coroutines may end so; it is stored. */
			if (out == base && wraps-- > 0)
				out = end;
			out--;
			break;
		}
		result = walk_odd(w, row);
		if (result == WALK_STOP)
			break;
		*out++ = result == WALK_GO ? w->pc + w->exact :
		    SESSION_MARK(SESSION_MARK_END, 0);
		if (result == WALK_UNKNOWN)
			break;
	}
	return capture_finish(ips, (size_t)(out - ips), max, ring, wraps);
}

PW_NOINLINE bool
capture_refresh(struct unwind_process *p, struct unwind_thread *th,
    uint64_t stamp)
{
	struct unwind_scratch *s = scratch_take(th);

	if (s == NULL)
		return false;
	objects_refresh(p, s, stamp);
	scratch_give(th);
	return true;
}

static size_t
capture_nothing(uintptr_t *ips, size_t max)
{
	if (max == 1)
		return 1;
	ips[1] = SESSION_MARK(SESSION_MARK_END, 0);
	return 2;
}

size_t
unwind_capture(struct unwind_thread *th, const struct unwind_start *start,
    uintptr_t *ips, size_t max)
{
	struct walk w;

	if (max == 0)
		return 0;
	ips[0] = start->pc;
	if (!walk_begin(&w, th, start))
		return capture_nothing(ips, max);
	return capture_walk(&w, ips, max);
}

#else /* not x86-64: frame pointers, plain */

/*
 * Without rows only chains of frame pointers can be followed: two words, the
 * caller's frame pointer and the return address.  Code built without them
 * ends the stack early, or skips callers; nothing is read outside the stack.
 */
size_t
unwind_capture(struct unwind_thread *th, const struct unwind_start *start,
    uintptr_t *ips, size_t max)
{
	struct unwind_process *p = &unwind_process;
	uintptr_t sp = start->sp;
	uintptr_t bp = start->bp;
	uintptr_t next;
	size_t n = 0;

	while (n < max) {
		ips[n] = n == 0 ? start->pc : next;
		n++;
		if (!p->ready || bp < sp || bp % sizeof bp != 0)
			break;
		sp = bp;
		if (!stack_read(p, th, sp, &bp) ||
		    !stack_read(p, th, sp + sizeof bp, &next) || next == 0)
			break;
		if (bp <= sp)
			break;
	}
	return n;
}

#endif
