/*
 * unwind_cfi.c - .eh_frame: from an address to the rules of its frame.
 *
 * .eh_frame_hdr holds a sorted table of (function, FDE).  The FDE names its
 * CIE; the instructions of both are run up to the address, which leaves one
 * rule per register.  Format: Linux Standard Base, "Exception Frames", and
 * DWARF 5 section 6.4.
 *
 * The bytes are the watched program's own and mapped, but every read is held
 * within the object, and the number of instructions is bounded by their
 * bytes.  What is not understood makes the whole answer "no information".
 * Objects without .eh_frame_hdr have none either.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#include <string.h>

/* Pointer encodings: low four bits the form, the next three the base. */
enum {
	ENC_ABS = 0x00, ENC_ULEB = 0x01, ENC_UDATA2 = 0x02, ENC_UDATA4 = 0x03,
	ENC_UDATA8 = 0x04, ENC_SLEB = 0x09, ENC_SDATA2 = 0x0a,
	ENC_SDATA4 = 0x0b, ENC_SDATA8 = 0x0c, ENC_PCREL = 0x10,
	ENC_DATAREL = 0x30, ENC_INDIRECT = 0x80, ENC_OMIT = 0xff
};

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

uint64_t
cfi_fixed(struct cfi_cursor *c, unsigned size)
{
	uint64_t v = 0;
	unsigned i;

	if ((size_t)(c->end - c->p) < size) {
		c->bad = true;
		return 0;
	}
	for (i = 0; i < size; i++)
		v |= (uint64_t)c->p[i] << 8 * i;
	c->p += size;
	return v;
}

uint64_t
cfi_uleb(struct cfi_cursor *c)
{
	uint64_t v = 0;
	unsigned shift = 0;
	unsigned byte;

	do {
		byte = (unsigned)cfi_fixed(c, 1);
		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return v;
}

int64_t
cfi_sleb(struct cfi_cursor *c)
{
	uint64_t v = 0;
	unsigned shift = 0;
	unsigned byte;

	do {
		byte = (unsigned)cfi_fixed(c, 1);
		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		v |= -1ull << shift;
	return (int64_t)v;
}

static uint64_t
cfi_value(struct cfi_cursor *c, unsigned form)
{
	switch (form) {
	case ENC_ABS: case ENC_UDATA8: case ENC_SDATA8:
		return cfi_fixed(c, 8);
	case ENC_ULEB:
		return cfi_uleb(c);
	case ENC_SLEB:
		return (uint64_t)cfi_sleb(c);
	case ENC_UDATA2:
		return cfi_fixed(c, 2);
	case ENC_SDATA2:
		return (uint64_t)(int64_t)(int16_t)cfi_fixed(c, 2);
	case ENC_UDATA4:
		return cfi_fixed(c, 4);
	case ENC_SDATA4:
		return (uint64_t)(int64_t)(int32_t)cfi_fixed(c, 4);
	}
	c->bad = true;
	return 0;
}

static uintptr_t
cfi_pointer(struct cfi_cursor *c, unsigned enc, uintptr_t data)
{
	uintptr_t at = (uintptr_t)c->p;
	uintptr_t v = cfi_value(c, enc & 0x0f);

	switch (enc & 0xf0) {
	case ENC_ABS:
		return v;
	case ENC_PCREL:
		return v + at;
	case ENC_DATAREL:
		return v + data;
	}
	c->bad = true;		/* indirect ones do not occur for code */
	return 0;
}

static struct cfi_cursor
cursor_at(const struct object_view *o, uintptr_t at)
{
	struct cfi_cursor c = { (const unsigned char *)at,
	    (const unsigned char *)o->end, at < o->start || at >= o->end };

	if (c.bad)
		c.p = c.end;
	return c;
}

/* The FDE that may hold pc, by binary search; 0: none. */
static PW_NOINLINE uintptr_t
fde_search(const struct object_view *o, uintptr_t pc)
{
	uintptr_t data = (uintptr_t)o->hdr;
	struct cfi_cursor c = cursor_at(o, data);
	int64_t wanted = (int64_t)(pc - data);
	const int32_t *pair;
	size_t lo = 0;
	size_t hi;
	size_t mid;

	if (cfi_fixed(&c, 4) >> 24 != (ENC_DATAREL | ENC_SDATA4) ||
	    o->hdr[0] != 1 || o->hdr[2] == ENC_OMIT)
		return 0;
	cfi_pointer(&c, o->hdr[1], data);	/* .eh_frame; not needed */
	hi = cfi_pointer(&c, o->hdr[2], data);
	pair = (const int32_t *)c.p;
	if (c.bad || hi > (size_t)(c.end - c.p) / 8 || hi == 0 ||
	    wanted < pair[0])
		return 0;
	/* pair[2 * lo] <= wanted < pair[2 * hi] */
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (wanted < pair[2 * mid])
			hi = mid;
		else
			lo = mid;
	}
	return data + (uintptr_t)(intptr_t)pair[2 * lo + 1];
}

/* The bytes of the entry at `at`, without its length. */
static void
entry_open(struct cfi_cursor *c, const struct object_view *o, uintptr_t at)
{
	uint64_t size;

	*c = cursor_at(o, at);
	size = cfi_fixed(c, 4);
	if (size == 0xffffffff)
		size = cfi_fixed(c, 8);
	if (c->bad || size < 4 || size > (size_t)(c->end - c->p))
		c->bad = true;
	else
		c->end = c->p + size;
}

/* What the augmentation's letters say; the cursor is behind their data. */
static void
cie_augmentation(struct cfi *f, struct cfi_cursor *c, const char *letters)
{
	const unsigned char *end;
	uint64_t size;

	if (*letters == '\0')
		return;
	if (*letters != 'z') {
		c->bad = true;
		return;
	}
	f->has_aug = true;
	size = cfi_uleb(c);
	if (c->bad || size > (size_t)(c->end - c->p)) {
		c->bad = true;
		return;
	}
	end = c->p + size;
	while (*++letters != '\0' && !c->bad)
		switch (*letters) {
		case 'R':
			f->fde_enc = (uint8_t)cfi_fixed(c, 1);
			break;
		case 'P':
			cfi_value(c, cfi_fixed(c, 1) & 0x0f);
			break;
		case 'L':
			cfi_fixed(c, 1);
			break;
		case 'S':
			f->signal = true;
			break;
		case 'B':
			break;
		default:
			c->p = end;	/* the rest can't be told apart */
			letters = " ";
			break;
		}
	c->p = end;
}

/* Leaves f->cie at the CIE's instructions. */
static PW_NOINLINE void
cie_read(struct cfi *f, const struct object_view *o, uintptr_t at)
{
	struct cfi_cursor *c = &f->cie;
	unsigned version;
	const char *letters;

	entry_open(c, o, at);
	if (cfi_fixed(c, 4) != 0)
		c->bad = true;
	version = (unsigned)cfi_fixed(c, 1);
	if (version != 1 && version != 3)
		c->bad = true;
	letters = (const char *)c->p;
	while (!c->bad && cfi_fixed(c, 1) != 0)
		;
	f->code_align = cfi_uleb(c);
	f->data_align = cfi_sleb(c);
	f->ra = (uint32_t)(version == 1 ? cfi_fixed(c, 1) : cfi_uleb(c));
	if (f->ra != CFI_RA)
		c->bad = true;
	if (!c->bad)
		cie_augmentation(f, c, letters);
}

/* Registers that we do not follow get their rule here. */
static void
rule_set(struct cfi *f, uint64_t reg, int64_t rule)
{
	if (reg < CFI_NREGS)
		f->now.reg[reg] = rule;
}

static const unsigned char *
block_skip(struct cfi_cursor *c)
{
	const unsigned char *block = c->p;
	uint64_t size = cfi_uleb(c);

	if (c->bad || size > (size_t)(c->end - c->p))
		c->bad = true;
	else
		c->p += size;
	return block;
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
		expr = block_skip(c);
		rule_set(f, reg, CFI_RULE(CFI_EXPR, (uintptr_t)expr));
		break;
	case CFA_VAL_EXPRESSION:
		expr = block_skip(c);
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
		f->now.cfa_expr = block_skip(c);
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
static PW_NOINLINE bool
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

static void
cfi_clear(struct cfi *f)
{
	memset(&f->now, 0, sizeof f->now);
	f->now.cfa_reg = CFI_RA;
	f->initial = f->now;
	f->code_align = 1;
	f->data_align = 1;
	f->nsaved = 0;
	f->ra = 0;
	f->fde_enc = ENC_ABS;
	f->has_aug = false;
	f->signal = false;
}

/* Leaves f->fde at the FDE's instructions, which begin at f->begin. */
static PW_NOINLINE bool
fde_read(struct cfi *f, const struct object_view *o, uintptr_t at, uintptr_t pc)
{
	struct cfi_cursor *c = &f->fde;
	uintptr_t size;

	entry_open(c, o, at);
	at = (uintptr_t)c->p;
	cie_read(f, o, at - (uintptr_t)cfi_fixed(c, 4));
	if (c->bad || f->cie.bad)
		return false;
	f->begin = cfi_pointer(c, f->fde_enc, (uintptr_t)o->hdr);
	size = cfi_value(c, f->fde_enc & 0x0f);
	if (f->has_aug)
		block_skip(c);
	return !c->bad && pc >= f->begin && pc - f->begin < size;
}

bool
cfi_find(struct cfi *f, const struct object_view *o, uintptr_t pc)
{
	uintptr_t data = (uintptr_t)o->hdr;
	uintptr_t fde = o->hdr == NULL ? 0 : fde_search(o, pc);

	if (fde == 0)
		return false;
	cfi_clear(f);
	if (!fde_read(f, o, fde, pc) ||
	    !cfi_run(f, &f->cie, data, 0, UINTPTR_MAX))
		return false;
	f->initial = f->now;
	return cfi_run(f, &f->fde, data, f->begin, pc);
}

/* --- rules to rows ---------------------------------------------------- */

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
