/*
 * value.c - see value.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "analysis/value.h"

#include "base/compiler.h"

#define GUARD_BITS	0x8080808080808080ull
#define HALF		0xffffffull

static uint64_t
word(unsigned signature, uint64_t address)
{
	uint64_t sig = (uint64_t)signature << 24;

	return sig | (address & HALF) |
	    (sig | (address >> 24 & HALF)) << 32;
}

uint64_t
value_fill_word(unsigned signature, uint64_t address)
{
	return word(signature, address) |
	    (signature == VALUE_GUARD ? GUARD_BITS : 0);
}

bool
value_is_fill(uint64_t value, struct value_fill *fill)
{
	unsigned low = value >> 24 & 0xff, high = value >> 56;

	if (low != high || (low != VALUE_NEW && low != VALUE_FREED &&
	    low != VALUE_UNUSED && low != VALUE_GUARD))
		return false;
	if (low == VALUE_GUARD && (value & GUARD_BITS) != GUARD_BITS)
		return false;
	*fill = (struct value_fill){ .signature = low,
		.address = (value & HALF) | (value >> 32 & HALF) << 24 };
	if (low != VALUE_GUARD)
		/* Blocks begin at multiples of 16. */
		return (fill->address & 15) == 0;
	fill->unknown = 0x808080808080ull;
	fill->address &= ~fill->unknown;
	return (fill->address & 15) == 0;
}

const char *
value_fill_words(unsigned signature)
{
	switch (signature) {
	case VALUE_NEW:
		return "until it is written to";
	case VALUE_FREED:
		return "since it was freed";
	case VALUE_GUARD:
		return "beyond its ends";
	default:
		return "as it is in use by nobody";
	}
}

bool
value_is_turned_fill(uint64_t value, unsigned bytes, struct value_fill *fill)
{
	unsigned bits = 8 * (bytes & 7);

	return value_is_fill(value << bits | value >> (64 - bits) % 64, fill);
}

bool
value_is_swapped_fill(uint64_t value, struct value_fill *fill)
{
	return value_is_fill(__builtin_bswap64(value), fill);
}

bool
value_is_half_fill(uint64_t value, unsigned *signature,
    uint32_t *address_bits)
{
	unsigned sig = value >> 24 & 0xff;

	/* Widened with its sign it is the same half. */
	if (value >> 32 != 0 && value >> 32 != 0xffffffff)
		return false;
	*signature = sig;
	*address_bits = value & HALF;
	return sig == VALUE_NEW || sig == VALUE_FREED || sig == VALUE_UNUSED;
}

/* Each byte of a value, or each 4 bytes of it. */
static const struct {
	uint32_t word;
	const char *what;
} marks[] = {
	{ 0xdeadbeef, "a mark for what must not be used, in many programs; "
	    "gperftools' debug malloc writes it in front of blocks" },
	{ 0xbaadf00d, "Windows' LocalAlloc: allocated, not written" },
	{ 0xfeeefeee, "Windows' HeapFree: freed" },
	{ 0xfaf0f1fe, "the guard behind a block of pool(3)" },
	{ 0xfdfdfdfd, "the guard of a block of Visual C's debug heap, or of "
	    "Python's debug allocators" },
	{ 0xcdcdcdcd, "Visual C's debug heap, Python's debug allocators: "
	    "allocated, not written; gperftools' debug malloc: freed" },
	{ 0xdddddddd, "Visual C's debug heap, Python's debug allocators: "
	    "freed" },
	{ 0xcccccccc, "Visual C: a local variable, not written" },
	{ 0xa5a5a5a5, "jemalloc with junk: allocated, not written" },
	{ 0x5a5a5a5a, "jemalloc with junk: freed" },
	{ 0xabababab, "scudo's pattern, gperftools' debug malloc: allocated, "
	    "not written; Windows' HeapAlloc: a guard" },
	{ 0xbebebebe, "AddressSanitizer: allocated by malloc, not written" },
	{ 0xdbdbdbdb, "OpenBSD's malloc: allocated, not written" },
	{ 0xdfdfdfdf, "OpenBSD's malloc, mimalloc for debugging: freed" },
	{ 0xd0d0d0d0, "mimalloc for debugging: allocated, not written" },
	{ 0xdededede, "mimalloc for debugging: the padding behind a block" },
	{ 0xdadadada, "pool(3) with noreuse: a block that was freed for ever" },
	{ 0xaaaaaaaa, "macOS's MallocPreScribble, Zig's undefined: allocated, "
	    "not written" },
	{ 0x55555555, "macOS's MallocScribble: freed" },
	{ 0x6b6b6b6b, "the Linux kernel's slabs with poison: freed" },
};

const char *
value_mark(uint64_t value)
{
	uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);

	if (high != low && high != 0 && high != 0xffffffff)
		return NULL;
	for (size_t i = 0; i < PW_ARRAY_LEN(marks); i++)
		if (marks[i].word == low)
			return marks[i].what;
	return NULL;
}

unsigned
value_text(uint64_t value, char text[9])
{
	unsigned n = 0;

	for (; n < 8 && value != 0; n++, value >>= 8) {
		text[n] = (char)(value & 0xff);
		if (text[n] < 0x20 || text[n] > 0x7e)
			return 0;
	}
	text[n] = '\0';
	return n;
}

bool
value_is_stack(uint64_t value)
{
	return value >= 0x7ffc00000000ull && value < 0x7ffffffff000ull;
}
