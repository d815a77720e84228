/*
 * unwind_full.c - one step with all registers, for frames rows can't say.
 *
 * Some frames find their CFA from rbx or r12 to r15 (_dl_runtime_resolve), or
 * by an expression of their own.  A walk follows only sp and bp.  So, when it
 * meets such a frame, this file first tries with these two; if that does not
 * do, it starts a second walk from its own frame, where every register is at
 * hand, through all frames up to the odd one, restoring registers as it goes.
 * It costs about half a microsecond a frame and is rare: one step, then the
 * quick walk goes on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#if defined(__x86_64__)

#define STEPS_MAX	1024u

#define BIT(reg)	(1u << (reg))
/* What a call leaves as it was, if the frame says nothing of it. */
#define CALLEE_SAVED	(BIT(CFI_RBX) | BIT(CFI_RBP) | BIT(12) | BIT(13) | \
			    BIT(14) | BIT(15))

static bool
full_rule(const struct walk *w, struct unwind_scratch *s, unsigned reg,
    int64_t rule, uintptr_t cfa, uintptr_t *out)
{
	const struct full_regs *r = &s->regs;
	uint64_t v = (uint64_t)CFI_VALUE(rule);
	uintptr_t addr;

	switch (CFI_TYPE(rule)) {
	case CFI_UNSET: case CFI_UNDEFINED:
		break;
	case CFI_SAME:
		*out = r->reg[reg];
		return r->known >> reg & 1;
	case CFI_OFFSET:
		return stack_read(w->process, w->thread, cfa + v, out);
	case CFI_VAL_OFFSET:
		*out = cfa + v;
		return true;
	case CFI_REGISTER:
		*out = v < CFI_NREGS ? r->reg[v] : 0;
		return v < CFI_NREGS && (r->known >> v & 1);
	case CFI_EXPR:
		return expr_eval(w->process, w->thread, s,
		    (const unsigned char *)CFI_VALUE(rule), &cfa, &addr) &&
		    stack_read(w->process, w->thread, addr, out);
	case CFI_VAL_EXPR:
		return expr_eval(w->process, w->thread, s,
		    (const unsigned char *)CFI_VALUE(rule), &cfa, out);
	}
	return false;
}

static bool
full_cfa(const struct walk *w, struct unwind_scratch *s, uintptr_t *cfa)
{
	const struct cfi_rules *now = &s->cfi.now;

	if (now->cfa_expr != NULL)
		return expr_eval(w->process, w->thread, s, now->cfa_expr,
		    NULL, cfa);
	*cfa = s->regs.reg[now->cfa_reg] + (uintptr_t)now->cfa_off;
	return s->regs.known >> now->cfa_reg & 1;
}

/* From the registers of a frame, s->regs, to those of its caller. */
static enum walk_result
full_apply(const struct walk *w, struct unwind_scratch *s, bool *exact)
{
	struct full_regs *r = &s->regs;
	struct full_regs *next = &s->next;
	uintptr_t pc = r->reg[CFI_RA] - !*exact;
	uintptr_t cfa;
	unsigned i;

	if (!objects_find(w->process, s, pc, &s->view) ||
	    !cfi_find(&s->cfi, &s->view, pc))
		return WALK_UNKNOWN;
	if (CFI_TYPE(s->cfi.now.reg[CFI_RA]) == CFI_UNDEFINED)
		return WALK_STOP;
	if (!full_cfa(w, s, &cfa))
		return WALK_UNKNOWN;
	*next = *r;
	next->reg[CFI_RSP] = cfa;
	next->known = (r->known & CALLEE_SAVED) | BIT(CFI_RSP);
	for (i = 0; i < CFI_NREGS; i++) {
		if (CFI_TYPE(s->cfi.now.reg[i]) == CFI_UNSET)
			continue;
		next->known &= ~BIT(i);
		if (full_rule(w, s, i, s->cfi.now.reg[i], cfa, &next->reg[i]))
			next->known |= BIT(i);
	}
	*exact = s->cfi.signal;
	if (!(next->known >> CFI_RSP & 1) || !(next->known >> CFI_RA & 1))
		return WALK_UNKNOWN;
	*r = *next;
	return r->reg[CFI_RA] == 0 ? WALK_STOP : WALK_GO;
}

static enum walk_result
full_from_walk(const struct walk *w, struct unwind_scratch *s, bool *exact)
{
	*exact = w->exact;
	s->regs.known = BIT(CFI_RSP) | BIT(CFI_RBP) | BIT(CFI_RA);
	s->regs.reg[CFI_RSP] = w->sp;
	s->regs.reg[CFI_RBP] = w->bp;
	s->regs.reg[CFI_RA] = w->pc;
	return full_apply(w, s, exact);
}

/* The caller's registers; a macro, for they must be of its frame. */
#define FULL_HERE(r) do {						\
	__asm__ volatile(						\
	    "movq %%rbx, 24(%0)\n\tmovq %%rbp, 48(%0)\n\t"		\
	    "movq %%rsp, 56(%0)\n\tmovq %%r12, 96(%0)\n\t"		\
	    "movq %%r13, 104(%0)\n\tmovq %%r14, 112(%0)\n\t"		\
	    "movq %%r15, 120(%0)\n\tleaq 0f(%%rip), %%rax\n\t"		\
	    "movq %%rax, 128(%0)\n0:"					\
	    : : "D"((r)->reg) : "rax", "memory");			\
	(r)->known = CALLEE_SAVED | BIT(CFI_RSP) | BIT(CFI_RA);		\
} while (0)

/* Walk from here to the frame that w stands at, then over it. */
static PW_NOINLINE enum walk_result
full_from_here(const struct walk *w, struct unwind_scratch *s, bool *exact)
{
	struct full_regs *r = &s->regs;
	unsigned i;

	FULL_HERE(r);
	*exact = true;
	for (i = 0; i < STEPS_MAX; i++) {
		if (r->reg[CFI_RA] == w->pc && r->reg[CFI_RSP] == w->sp)
			return full_apply(w, s, exact);
		if (full_apply(w, s, exact) != WALK_GO)
			break;
	}
	return WALK_UNKNOWN;
}

static enum walk_result
full_take(struct walk *w, struct unwind_scratch *s)
{
	bool exact;
	enum walk_result result = full_from_walk(w, s, &exact);

	if (result == WALK_UNKNOWN)
		result = full_from_here(w, s, &exact);
	if (result != WALK_GO)
		return result;
	w->pc = s->regs.reg[CFI_RA];
	w->sp = s->regs.reg[CFI_RSP];
	w->bp = s->regs.known >> CFI_RBP & 1 ? s->regs.reg[CFI_RBP] : 0;
	w->exact = exact;
	/* A caller's sp may be the end of its range, an interrupted one not. */
	return stack_find(w->process, w->thread,
	    exact ? w->sp : w->sp - sizeof w->sp, &w->range) ?
	    WALK_GO : WALK_UNKNOWN;
}

enum walk_result
full_step(struct walk *w)
{
	struct unwind_scratch *s = scratch_take(w->thread);
	enum walk_result result;

	if (s == NULL)
		return WALK_UNKNOWN;
	result = full_take(w, s);
	scratch_give(w->thread);
	return result;
}

#endif
