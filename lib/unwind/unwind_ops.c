/*
 * unwind_ops.c - the instructions of CIEs and FDEs, run up to an address.
 *
 * Each changes one rule of the state, or moves the location at which the
 * following ones hold.  Registers that we do not follow (vectors) are read
 * over.  An instruction we do not know makes the cursor bad, and with it the
 * whole answer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

/* Instructions; the first three carry an operand in their low six bits. */
enum {
	CFA_ADVANCE_LOC = 0x40, CFA_OFFSET = 0x80, CFA_RESTORE = 0xc0,
	CFA_NOP = 0x00, CFA_SET_LOC, CFA_ADVANCE_LOC1, CFA_ADVANCE_LOC2,
	CFA_ADVANCE_LOC4, CFA_OFFSET_EXTENDED, CFA_RESTORE_EXTENDED,
	CFA_UNDEFINED, CFA_SAME_VALUE, CFA_REGISTER, CFA_REMEMBER_STATE,
	CFA_RESTORE_STATE, CFA_DEF_CFA, CFA_DEF_CFA_REGISTER,
	CFA_DEF_CFA_OFFSET, CFA_DEF_CFA_EXPRESSION, CFA_EXPRESSION,
	CFA_OFFSET_EXTENDED_SF, CFA_DEF_CFA_SF, CFA_DEF_CFA_OFFSET_SF,
	CFA_VAL_OFFSET, CFA_VAL_OFFSET_SF, CFA_VAL_EXPRESSION,
	CFA_GNU_ARGS_SIZE = 0x2e, CFA_GNU_NEGATIVE_OFFSET = 0x2f
};

/* Registers that we do not follow get their rule here. */
static void
rule_set(struct cfi *f, uint64_t reg, int64_t rule)
{
	if (reg < CFI_NREGS)
		f->now.reg[reg] = rule;
}

static void
state_save(struct cfi *f, struct cfi_cursor *c)
{
	if (f->nsaved == CFI_REMEMBER_MAX)
		c->bad = true;
	else
		f->saved[f->nsaved++] = f->now;
}

static void
state_restore(struct cfi *f, struct cfi_cursor *c)
{
	if (f->nsaved == 0)
		c->bad = true;
	else
		f->now = f->saved[--f->nsaved];
}

static void
cfa_set(struct cfi *f, uint64_t reg, int64_t off)
{
	f->now.cfa_reg = reg < CFI_NREGS ? (uint32_t)reg : CFI_RA;
	f->now.cfa_off = off;
	f->now.cfa_expr = NULL;
}

static void
cfi_op_register(struct cfi *f, struct cfi_cursor *c, unsigned op)
{
	uint64_t reg = cfi_uleb(c);
	const unsigned char *expr;

	switch (op) {
	case CFA_OFFSET_EXTENDED:
		rule_set(f, reg, CFI_RULE(CFI_OFFSET,
		    (int64_t)cfi_uleb(c) * f->data_align));
		break;
	case CFA_OFFSET_EXTENDED_SF:
		rule_set(f, reg, CFI_RULE(CFI_OFFSET,
		    cfi_sleb(c) * f->data_align));
		break;
	case CFA_GNU_NEGATIVE_OFFSET:
		rule_set(f, reg, CFI_RULE(CFI_OFFSET,
		    -(int64_t)cfi_uleb(c) * f->data_align));
		break;
	case CFA_VAL_OFFSET:
		rule_set(f, reg, CFI_RULE(CFI_VAL_OFFSET,
		    (int64_t)cfi_uleb(c) * f->data_align));
		break;
	case CFA_VAL_OFFSET_SF:
		rule_set(f, reg, CFI_RULE(CFI_VAL_OFFSET,
		    cfi_sleb(c) * f->data_align));
		break;
	case CFA_RESTORE_EXTENDED:
		if (reg < CFI_NREGS)
			f->now.reg[reg] = f->initial.reg[reg];
		break;
	case CFA_UNDEFINED:
		rule_set(f, reg, CFI_RULE(CFI_UNDEFINED, 0));
		break;
	case CFA_SAME_VALUE:
		rule_set(f, reg, CFI_RULE(CFI_SAME, 0));
		break;
	case CFA_REGISTER:
		rule_set(f, reg, CFI_RULE(CFI_REGISTER, cfi_uleb(c)));
		break;
	case CFA_EXPRESSION:
		expr = cfi_block(c);
		rule_set(f, reg, CFI_RULE(CFI_EXPR, (uintptr_t)expr));
		break;
	case CFA_VAL_EXPRESSION:
		expr = cfi_block(c);
		rule_set(f, reg, CFI_RULE(CFI_VAL_EXPR, (uintptr_t)expr));
		break;
	default:
		c->bad = true;
	}
}

static void
cfi_op_cfa(struct cfi *f, struct cfi_cursor *c, unsigned op)
{
	uint64_t reg;

	switch (op) {
	case CFA_DEF_CFA:
		reg = cfi_uleb(c);
		cfa_set(f, reg, (int64_t)cfi_uleb(c));
		break;
	case CFA_DEF_CFA_SF:
		reg = cfi_uleb(c);
		cfa_set(f, reg, cfi_sleb(c) * f->data_align);
		break;
	case CFA_DEF_CFA_REGISTER:
		cfa_set(f, cfi_uleb(c), f->now.cfa_off);
		break;
	case CFA_DEF_CFA_OFFSET:
		f->now.cfa_off = (int64_t)cfi_uleb(c);
		break;
	case CFA_DEF_CFA_OFFSET_SF:
		f->now.cfa_off = cfi_sleb(c) * f->data_align;
		break;
	default:
		f->now.cfa_expr = cfi_block(c);
		break;
	}
}

/* One instruction that does not advance the location. */
static void
cfi_op(struct cfi *f, struct cfi_cursor *c, unsigned op)
{
	unsigned low = op & 0x3f;

	switch (op & 0xc0) {
	case CFA_OFFSET:
		rule_set(f, low, CFI_RULE(CFI_OFFSET,
		    (int64_t)cfi_uleb(c) * f->data_align));
		return;
	case CFA_RESTORE:
		if (low < CFI_NREGS)
			f->now.reg[low] = f->initial.reg[low];
		return;
	}
	switch (op) {
	case CFA_NOP:
		break;
	case CFA_REMEMBER_STATE:
		state_save(f, c);
		break;
	case CFA_RESTORE_STATE:
		state_restore(f, c);
		break;
	case CFA_DEF_CFA: case CFA_DEF_CFA_SF: case CFA_DEF_CFA_REGISTER:
	case CFA_DEF_CFA_OFFSET: case CFA_DEF_CFA_OFFSET_SF:
	case CFA_DEF_CFA_EXPRESSION:
		cfi_op_cfa(f, c, op);
		break;
	case CFA_GNU_ARGS_SIZE:
		cfi_uleb(c);
		break;
	default:
		cfi_op_register(f, c, op);
		break;
	}
}

/* How far op moves the location; *set when it is where to, not how far. */
static bool
cfi_advance(const struct cfi *f, struct cfi_cursor *c, unsigned op,
    uintptr_t data, uintptr_t *loc)
{
	uint64_t delta;

	if ((op & 0xc0) == CFA_ADVANCE_LOC)
		delta = op & 0x3f;
	else if (op == CFA_ADVANCE_LOC1)
		delta = cfi_fixed(c, 1);
	else if (op == CFA_ADVANCE_LOC2)
		delta = cfi_fixed(c, 2);
	else if (op == CFA_ADVANCE_LOC4)
		delta = cfi_fixed(c, 4);
	else if (op == CFA_SET_LOC) {
		*loc = cfi_pointer(c, f->fde_enc, data);
		return true;
	} else
		return false;
	*loc += delta * f->code_align;
	return true;
}

/* Run instructions from loc until they pass pc. */
bool
cfi_run(struct cfi *f, struct cfi_cursor *c, uintptr_t data, uintptr_t loc,
    uintptr_t pc)
{
	unsigned op;

	while (!c->bad && c->p < c->end) {
		op = (unsigned)cfi_fixed(c, 1);
		if (!cfi_advance(f, c, op, data, &loc))
			cfi_op(f, c, op);
		else if (loc > pc)
			break;
	}
	return !c->bad;
}
