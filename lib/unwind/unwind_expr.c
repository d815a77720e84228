/*
 * unwind_expr.c - DWARF expressions in unwind information.
 *
 * Three shapes make up nearly all there are, and rows can say them: a
 * register plus an offset, the word there, and the CFA of a lazy PLT.  The
 * others are evaluated, by unwind_full.c only, on a stack of eight values and
 * at most 256 operations; memory is read through stack_read.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#define DEPTH	8
#define OPS_MAX	256

enum {
	OP_ADDR = 0x03, OP_DEREF = 0x06, OP_CONST1U = 0x08, OP_CONST1S,
	OP_CONST2U, OP_CONST2S, OP_CONST4U, OP_CONST4S, OP_CONST8U, OP_CONST8S,
	OP_CONSTU, OP_CONSTS, OP_DUP, OP_DROP, OP_OVER, OP_PICK, OP_SWAP,
	OP_AND = 0x1a, OP_MINUS = 0x1c, OP_MUL = 0x1e, OP_NEG, OP_NOT, OP_OR,
	OP_PLUS, OP_PLUS_UCONST, OP_SHL, OP_SHR, OP_SHRA, OP_XOR, OP_BRA,
	OP_EQ, OP_GE, OP_GT, OP_LE, OP_LT, OP_NE, OP_SKIP, OP_LIT0 = 0x30,
	OP_LIT31 = 0x4f, OP_BREG0 = 0x70, OP_BREG31 = 0x8f, OP_BREGX = 0x92,
	OP_DEREF_SIZE = 0x94, OP_NOP = 0x96
};

/* expr was held to lie within its object when its rule was made. */
static struct cfi_cursor
expr_open(const unsigned char *expr)
{
	struct cfi_cursor c = { expr, expr + 10, false };
	uint64_t size = cfi_uleb(&c);

	c.end = c.p + size;
	return c;
}

bool
expr_is_breg(const unsigned char *expr, unsigned *reg, int64_t *off,
    bool *deref)
{
	struct cfi_cursor c = expr_open(expr);
	unsigned op = (unsigned)cfi_fixed(&c, 1);

	if (op < OP_BREG0 || op > OP_BREG31)
		return false;
	*reg = op - OP_BREG0;
	*off = cfi_sleb(&c);
	*deref = false;
	if (c.p < c.end && !(*deref = cfi_fixed(&c, 1) == OP_DEREF))
		return false;
	return !c.bad && c.p == c.end;
}

bool
expr_is_plt(const unsigned char *expr, unsigned *byte)
{
	static const unsigned char plt[] = {
		OP_BREG0 + CFI_RSP, 8, OP_BREG0 + CFI_RA, 0, OP_LIT0 + 15,
		OP_AND, OP_LIT0, OP_GE, OP_LIT0 + 3, OP_SHL, OP_PLUS
	};
	struct cfi_cursor c = expr_open(expr);
	unsigned lit;

	if (c.end - c.p != sizeof plt)
		return false;
	lit = c.p[6];
	if (!bytes_equal(c.p, plt, 6) || !bytes_equal(c.p + 7, plt + 7, 4) ||
	    lit < OP_LIT0 || lit > OP_LIT0 + 15)
		return false;
	*byte = lit - OP_LIT0;
	return true;
}

struct expr {
	const struct unwind_process *process;
	struct unwind_thread *thread;
	const struct full_regs *regs;
	struct cfi_cursor c;
	uintptr_t value[DEPTH];
	unsigned n;
};
_Static_assert(sizeof(struct expr) <=
    sizeof(((struct unwind_scratch *)0)->expr), "scratch");

static void
push(struct expr *e, uint64_t v)
{
	if (e->n == DEPTH)
		e->c.bad = true;
	else
		e->value[e->n++] = (uintptr_t)v;
}

static uintptr_t
pop(struct expr *e)
{
	if (e->n == 0) {
		e->c.bad = true;
		return 0;
	}
	return e->value[--e->n];
}

/* The value below the top i ones. */
static void
pick(struct expr *e, uint64_t i)
{
	if (i >= e->n)
		e->c.bad = true;
	else
		push(e, e->value[e->n - 1 - i]);
}

static void
push_register(struct expr *e, uint64_t reg)
{
	int64_t off = cfi_sleb(&e->c);

	if (reg >= CFI_NREGS || !(e->regs->known >> reg & 1))
		e->c.bad = true;
	else
		push(e, e->regs->reg[reg] + (uint64_t)off);
}

static void
push_memory(struct expr *e, unsigned size)
{
	uintptr_t word = 0;

	if (size == 0 || size > 8 ||
	    !stack_read(e->process, e->thread, pop(e), &word))
		e->c.bad = true;
	push(e, size < 8 ? word & ((1ull << size * 8) - 1) : word);
}

static void
jump(struct expr *e, const unsigned char *first, bool taken)
{
	int64_t by = (int16_t)cfi_fixed(&e->c, 2);

	if (!taken || e->c.bad)
		return;
	if (by < first - e->c.p || by > e->c.end - e->c.p)
		e->c.bad = true;
	else
		e->c.p += by;
}

static bool
push_constant(struct expr *e, unsigned op)
{
	struct cfi_cursor *c = &e->c;

	switch (op) {
	case OP_ADDR: case OP_CONST8U: case OP_CONST8S:
		push(e, cfi_fixed(c, 8));
		break;
	case OP_CONST1U:
		push(e, cfi_fixed(c, 1));
		break;
	case OP_CONST1S:
		push(e, (uint64_t)(int8_t)cfi_fixed(c, 1));
		break;
	case OP_CONST2U:
		push(e, cfi_fixed(c, 2));
		break;
	case OP_CONST2S:
		push(e, (uint64_t)(int16_t)cfi_fixed(c, 2));
		break;
	case OP_CONST4U:
		push(e, cfi_fixed(c, 4));
		break;
	case OP_CONST4S:
		push(e, (uint64_t)(int32_t)cfi_fixed(c, 4));
		break;
	case OP_CONSTU:
		push(e, cfi_uleb(c));
		break;
	case OP_CONSTS:
		push(e, (uint64_t)cfi_sleb(c));
		break;
	default:
		return false;
	}
	return true;
}

static bool
do_binary(struct expr *e, unsigned op)
{
	uint64_t b;
	uint64_t a;

	if (op != OP_AND && op != OP_MINUS && op != OP_MUL && op != OP_OR &&
	    op != OP_PLUS && op != OP_SWAP && !(op >= OP_SHL && op <= OP_XOR)
	    && !(op >= OP_EQ && op <= OP_NE))
		return false;
	b = pop(e);
	a = pop(e);
	switch (op) {
	case OP_AND:	push(e, a & b); break;
	case OP_MINUS:	push(e, a - b); break;
	case OP_MUL:	push(e, a * b); break;
	case OP_OR:	push(e, a | b); break;
	case OP_PLUS:	push(e, a + b); break;
	case OP_SHL:	push(e, b < 64 ? a << b : 0); break;
	case OP_SHR:	push(e, b < 64 ? a >> b : 0); break;
	case OP_SHRA:	push(e, (uint64_t)((int64_t)a >> (b & 63))); break;
	case OP_XOR:	push(e, a ^ b); break;
	case OP_EQ:	push(e, a == b); break;
	case OP_NE:	push(e, a != b); break;
	case OP_GE:	push(e, (int64_t)a >= (int64_t)b); break;
	case OP_GT:	push(e, (int64_t)a > (int64_t)b); break;
	case OP_LE:	push(e, (int64_t)a <= (int64_t)b); break;
	case OP_LT:	push(e, (int64_t)a < (int64_t)b); break;
	case OP_SWAP:	push(e, b); push(e, a); break;
	}
	return true;
}

static void
do_other(struct expr *e, unsigned op, const unsigned char *first)
{
	switch (op) {
	case OP_DEREF:
		push_memory(e, 8);
		break;
	case OP_DEREF_SIZE:
		push_memory(e, (unsigned)cfi_fixed(&e->c, 1));
		break;
	case OP_DUP:
		pick(e, 0);
		break;
	case OP_OVER:
		pick(e, 1);
		break;
	case OP_PICK:
		pick(e, cfi_fixed(&e->c, 1));
		break;
	case OP_DROP:
		pop(e);
		break;
	case OP_NEG:
		push(e, -(uint64_t)pop(e));
		break;
	case OP_NOT:
		push(e, ~(uint64_t)pop(e));
		break;
	case OP_PLUS_UCONST:
		push(e, pop(e) + cfi_uleb(&e->c));
		break;
	case OP_BRA:
		jump(e, first, pop(e) != 0);
		break;
	case OP_SKIP:
		jump(e, first, true);
		break;
	case OP_BREGX:
		push_register(e, cfi_uleb(&e->c));
		break;
	case OP_NOP:
		break;
	default:
		e->c.bad = true;
	}
}

bool
expr_eval(const struct unwind_process *p, struct unwind_thread *th,
    struct unwind_scratch *s, const unsigned char *expr, const uintptr_t *cfa,
    uintptr_t *value)
{
	struct expr *e = (struct expr *)s->expr;
	const unsigned char *first;
	unsigned op;
	unsigned i;

	*e = (struct expr){ .process = p, .thread = th, .regs = &s->regs,
	    .c = expr_open(expr) };
	first = e->c.p;
	if (cfa != NULL)
		push(e, *cfa);
	for (i = 0; i < OPS_MAX && e->c.p < e->c.end && !e->c.bad; i++) {
		op = (unsigned)cfi_fixed(&e->c, 1);
		if (op >= OP_LIT0 && op <= OP_LIT31)
			push(e, op - OP_LIT0);
		else if (op >= OP_BREG0 && op <= OP_BREG31)
			push_register(e, op - OP_BREG0);
		else if (!push_constant(e, op) && !do_binary(e, op))
			do_other(e, op, first);
	}
	*value = pop(e);
	return !e->c.bad && e->c.p == e->c.end;
}
