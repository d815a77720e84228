/*
 * unwind_cfi.c - .eh_frame: from an address to the rules of its frame.
 *
 * .eh_frame_hdr holds a sorted table of (function, FDE); where there is none,
 * all FDEs of .eh_frame are looked at in turn.  The FDE names its CIE; the instructions of both are run up to the address, which leaves one
 * rule per register.  Format: Linux Standard Base, "Exception Frames", and
 * DWARF 5 section 6.4.
 *
 * The bytes are the watched program's own and mapped, but every read is held
 * within the object, and the number of instructions is bounded by their
 * bytes.  What is not understood makes the whole answer "no information".
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

/* Pointer encodings: low four bits the form, the next three the base. */
enum {
	ENC_ABS = 0x00, ENC_ULEB = 0x01, ENC_UDATA2 = 0x02, ENC_UDATA4 = 0x03,
	ENC_UDATA8 = 0x04, ENC_SLEB = 0x09, ENC_SDATA2 = 0x0a,
	ENC_SDATA4 = 0x0b, ENC_SDATA8 = 0x0c, ENC_PCREL = 0x10,
	ENC_DATAREL = 0x30, ENC_INDIRECT = 0x80, ENC_OMIT = 0xff
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

/* Both kinds of LEB128; with sign, the highest bit given is repeated. */
static uint64_t
cfi_leb(struct cfi_cursor *c, bool with_sign)
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
	if (with_sign && shift < 64 && (byte & 0x40))
		v |= -1ull << shift;
	return v;
}

uint64_t
cfi_uleb(struct cfi_cursor *c)
{
	return cfi_leb(c, false);
}

int64_t
cfi_sleb(struct cfi_cursor *c)
{
	return (int64_t)cfi_leb(c, true);
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

uintptr_t
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

const unsigned char *
cfi_block(struct cfi_cursor *c)
{
	const unsigned char *block = c->p;
	uint64_t size = cfi_uleb(c);

	if (c->bad || size > (size_t)(c->end - c->p))
		c->bad = true;
	else
		c->p += size;
	return block;
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

static void
cfi_clear(struct cfi *f)
{
	f->now = (struct cfi_rules){ .cfa_reg = CFI_RA };
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
		cfi_block(c);
	return !c->bad && pc >= f->begin && pc - f->begin < size;
}

/*
 * The same without a table: FDEs one after the other.  Those of one CIE are
 * neighbours mostly, so it is read once.
 */
static PW_NOINLINE uintptr_t
fde_look(struct cfi *f, const struct object_view *o, uintptr_t pc)
{
	uintptr_t at = (uintptr_t)o->frames, here, last = 0, begin;
	struct cfi_cursor c;
	uint64_t id;

	for (;; at = (uintptr_t)c.end) {
		entry_open(&c, o, at);
		if (c.bad)
			return 0;	/* the end, where the length is 0 */
		here = (uintptr_t)c.p;
		id = cfi_fixed(&c, 4);
		if (id == 0)
			continue;
		if (here - id != last) {
			last = here - id;
			cfi_clear(f);
			cie_read(f, o, last);
		}
		if (f->cie.bad)
			continue;
		begin = cfi_pointer(&c, f->fde_enc, 0);
		if (pc - begin < cfi_value(&c, f->fde_enc & 0x0f) && !c.bad)
			return at;
	}
}

bool
cfi_find(struct cfi *f, const struct object_view *o, uintptr_t pc)
{
	uintptr_t data = (uintptr_t)o->hdr, fde = 0;

	if (o->hdr != NULL)
		fde = fde_search(o, pc);
	else if (o->frames != NULL)
		fde = fde_look(f, o, pc);

	if (fde == 0)
		return false;
	cfi_clear(f);
	if (!fde_read(f, o, fde, pc) ||
	    !cfi_run(f, &f->cie, data, 0, UINTPTR_MAX))
		return false;
	f->initial = f->now;
	return cfi_run(f, &f->fde, data, f->begin, pc);
}
