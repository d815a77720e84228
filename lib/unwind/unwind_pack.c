/*
 * unwind_pack.c - the rules of a frame as a row of 64 bits.
 *
 * What a row can't say becomes ROW_FULL, which is slow and right.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

static bool
is_breg(int64_t rule, unsigned reg, int64_t off)
{
	unsigned r;
	int64_t o;
	bool deref;

	return CFI_TYPE(rule) == CFI_EXPR &&
	    expr_is_breg((const unsigned char *)CFI_VALUE(rule), &r, &o,
	    &deref) && !deref && r == reg && o == off;
}

/* The kernel's signal frame, as glibc and the vdso describe it. */
static bool
is_signal_frame(const struct cfi *f)
{
	unsigned reg;
	int64_t off;
	bool deref;

	return f->signal && f->now.cfa_expr != NULL &&
	    expr_is_breg(f->now.cfa_expr, &reg, &off, &deref) && deref &&
	    reg == CFI_RSP && off == 160 &&
	    is_breg(f->now.reg[CFI_RA], CFI_RSP, 168) &&
	    is_breg(f->now.reg[CFI_RBP], CFI_RSP, 120);
}

/* Where the caller's rbp is; false: a row can't say it. */
static bool
row_bp(int64_t rule, enum row_bp *how, int64_t *slot)
{
	int64_t off = CFI_VALUE(rule);
	unsigned reg = CFI_RBP;
	bool deref = false;

	*slot = 0;
	*how = ROW_BP_SAME;
	switch (CFI_TYPE(rule)) {
	case CFI_UNSET: case CFI_SAME: case CFI_UNDEFINED:
		return true;
	case CFI_OFFSET:
		*how = ROW_BP_AT_CFA;
		break;
	case CFI_EXPR:
		*how = ROW_BP_AT_BP;
		if (!expr_is_breg((const unsigned char *)CFI_VALUE(rule), &reg,
		    &off, &deref) || deref || reg != CFI_RBP)
			return false;
		break;
	default:
		return false;
	}
	*slot = off / 8;
	return off % 8 == 0 && *slot >= INT16_MIN && *slot <= INT16_MAX;
}

uint64_t
cfi_row(const struct cfi *f)
{
	const struct cfi_rules *r = &f->now;
	uint64_t full = ROW_MAKE(ROW_FULL, 0, 0, 0, 0);
	enum row_kind kind = ROW_FRAME;
	unsigned reg = r->cfa_reg;
	int64_t off = r->cfa_off;
	bool deref = false;
	enum row_bp bp;
	int64_t slot;
	unsigned byte;

	if (CFI_TYPE(r->reg[CFI_RA]) == CFI_UNDEFINED)
		return ROW_MAKE(ROW_STOP, 0, 0, 0, 0);
	if (is_signal_frame(f))
		return ROW_MAKE(ROW_SIGNAL, 0, 0, 0, 0);
	if (f->signal || r->reg[CFI_RA] != CFI_RULE(CFI_OFFSET, -8) ||
	    CFI_TYPE(r->reg[CFI_RSP]) != CFI_UNSET)
		return full;
	if (!row_bp(r->reg[CFI_RBP], &bp, &slot))
		return full;
	if (r->cfa_expr != NULL && bp == ROW_BP_SAME &&
	    expr_is_plt(r->cfa_expr, &byte))
		return ROW_MAKE(ROW_PLT, 0, 0, byte, 0);
	if (r->cfa_expr != NULL) {
		if (!expr_is_breg(r->cfa_expr, &reg, &off, &deref) || !deref)
			return full;
		kind = ROW_DEREF;
	}
	if ((reg != CFI_RSP && reg != CFI_RBP) || off != (int32_t)off)
		return full;
	/* What walk_run counts on. */
	if (kind == ROW_FRAME && reg == CFI_RSP && (off < 8 ||
	    (bp == ROW_BP_AT_CFA && (slot > -1 || slot * 8 < -off))))
		return full;
	return ROW_MAKE(kind, reg == CFI_RBP, bp, slot, off);
}
