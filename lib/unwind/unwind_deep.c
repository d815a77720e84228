/*
 * unwind_deep.c - what is remembered of stacks of thousands of frames.
 *
 * A stack that is reused has to be looked at whole: each word that its steps
 * read must still hold what it held (unwind_again.c), and there is no way to
 * know that frames stayed but to look.  Of a recursion ten thousand frames deep
 * that is most of a capture.  To compare with the memo frame by frame reads
 * three words of memo for each of the stack.  But a recursion repeats itself:
 *
 *	frame i repeats frame i - p when both have the same pc, are as large,
 *	have bp read at the same place and differ as much in bp from the frames
 *	that called them.
 *
 * A run of frames each of which repeats the one p outwards is known from its p
 * innermost: the words of the k-th time lie k * T further out and are the same,
 * but for those of bp, which are k * B more.  T and B are the same all along the
 * run, since each of the differences that make them up is.  So a run is looked
 * at with p frames in registers or near, and the stack's own words are all that
 * is read from far.
 *
 *	run[i] = length << 4 | p	frames i, i - 1 ... i - length + 1 each
 *					repeat the one p outwards; 0: no run
 *
 * Where p is not known it is searched up to PERIOD_MAX; a recursion through
 * more functions than that, or without order, is compared frame by frame.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_deep.h"

#include <sys/mman.h>

#include "base/compiler.h"
#include "base/os.h"

#if defined(__x86_64__)

#define PERIOD_MAX	8u
#define RUN_MIN		64u	/* shorter ones are not worth the trouble */
#define BLOCK		8u	/* times looked at in one go */
#define RUN_PERIOD(run)	((run) & 15)
#define RUN_LENGTH(run)	((run) >> 4)

_Static_assert(DEEP_WORDS == 2 * PERIOD_MAX, "two words a frame");

/*
 * A run to look at: npcs words that are the same each time, then nbps words of
 * bp.
 */
struct deep_run {
	const struct deep_word *word;
	size_t npcs;
	size_t nbps;
	size_t times;
	uintptr_t size;		/* T: bytes of one time */
	uintptr_t bp;		/* B */
};

bool
deep_create(struct unwind_memo *m)
{
	if (m->refused)
		return false;
	m->deep = os_map(sizeof *m->deep);
	if (m->deep == NULL) {
		m->refused = 1;
		return false;
	}
	os_advise(m->deep, sizeof *m->deep, MADV_NOHUGEPAGE);
	return true;
}

static bool
has_slot(const struct unwind_frame *f)
{
	return f->slot != (uintptr_t)&f->bp;
}

static bool
repeats(const struct unwind_frame *f, size_t p)
{
	const struct unwind_frame *g = f - p;

	if (f->pc != g->pc || f[-1].sp - f->sp != g[-1].sp - g->sp ||
	    f[-1].bp - f->bp != g[-1].bp - g->bp || has_slot(f) != has_slot(g))
		return false;
	return !has_slot(f) || f->slot - f->sp == g->slot - g->sp;
}

/* The run that frame i goes on with, or begins. */
static uint32_t
run_of(const struct unwind_deep *d, size_t i)
{
	uint32_t run = d->run[i - 1], p = RUN_PERIOD(run);
	const struct unwind_frame *f = &d->frame[i];

	if (p != 0 && i >= p + 2 && repeats(f, p))
		return run + (1u << 4);
	for (p = 1; p <= PERIOD_MAX && i >= p + 2; p++)
		if (repeats(f, p))
			return 1u << 4 | p;
	return 0;
}

void
deep_note(struct unwind_deep *d, size_t from, size_t n)
{
	size_t i;

	for (i = from > 0 ? from : 1; i <= n; i++)
		d->run[i] = i > 2 ? run_of(d, i) : 0;
}

/* What differs of one time, off bytes and bp of B further out. */
static PW_ALWAYS_INLINE uintptr_t
time_differs(const struct deep_word *w, const size_t npcs, const size_t nbps,
    uintptr_t off, uintptr_t bp)
{
	uintptr_t differ = 0;
	size_t i;

	for (i = 0; i < npcs; i++)
		differ |= *(const uintptr_t *)(w[i].addr + off) ^ w[i].value;
	for (; i < npcs + nbps; i++)
		differ |= *(const uintptr_t *)(w[i].addr + off) ^
		    (w[i].value + bp);
	return differ;
}

/*
 * How many times the words of a run are as they should be, as far as whole
 * BLOCKs of times are: so there is one branch for several loads.  With counts
 * that are constant all is in registers.
 */
static PW_ALWAYS_INLINE size_t
run_holds(const struct deep_run *r, const size_t npcs, const size_t nbps)
{
	const uintptr_t size = r->size, more = r->bp;
	uintptr_t off = 0, bp = 0, differ = 0;
	size_t k, i;

	for (k = 0; k + BLOCK <= r->times; k += BLOCK) {
#pragma GCC unroll 8
		for (i = 0; i < BLOCK; i++) {
			differ |= time_differs(r->word, npcs, nbps, off, bp);
			off += size;
			bp += more;
		}
		if (PW_UNLIKELY(differ != 0))
			break;
	}
	return k;
}

static void
run_words(struct deep_run *r, struct deep_word *word,
    const struct unwind_frame *f, size_t p)
{
	size_t i;

	r->word = word;
	r->npcs = p;
	r->nbps = 0;
	for (i = 0; i < p; i++, f--) {
		word[i] = (struct deep_word){ f->sp - sizeof f->pc, f->pc };
		if (has_slot(f))
			word[p + r->nbps++] =
			    (struct deep_word){ f->slot, f->bp };
	}
	if (r->bp == 0) {
		r->npcs += r->nbps;
		r->nbps = 0;
	}
}

/* How many frames from f outwards, f being the first, hold by the run of f. */
static PW_NOINLINE size_t
deep_run_holds(struct unwind_deep *d, const struct unwind_frame *f,
    uint32_t run)
{
	size_t p = RUN_PERIOD(run);
	struct deep_run r = {
		.times = (RUN_LENGTH(run) + p) / p,
		.size = f[-(ptrdiff_t)p].sp - f->sp,
		.bp = f[-(ptrdiff_t)p].bp - f->bp,
	};

	run_words(&r, d->word, f, p);
	if (r.nbps == 0 && r.npcs == 1)
		return run_holds(&r, 1, 0) * p;
	if (r.nbps == 0 && r.npcs == 2)
		return run_holds(&r, 2, 0) * p;
	if (r.nbps == 1 && r.npcs == 1)
		return run_holds(&r, 1, 1) * p;
	return run_holds(&r, r.npcs, r.nbps) * p;
}

const struct unwind_frame *
deep_hold(struct unwind_deep *d, const struct unwind_frame *f)
{
	const struct unwind_frame *outermost = d->frame + 1;
	uint32_t run;

	while (f > outermost) {
		run = d->run[f - 1 - d->frame];
		if (RUN_LENGTH(run) >= RUN_MIN)
			f -= deep_run_holds(d, f - 1, run);
		/* What a run does not say, because it is at its end or wrong. */
		if (*(const uintptr_t *)(f[-1].sp - sizeof f->pc) != f[-1].pc ||
		    *(const uintptr_t *)f[-1].slot != f[-1].bp)
			break;
		f--;
	}
	return f;
}

#endif
