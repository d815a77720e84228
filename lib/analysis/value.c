/*
 * value.c - see value.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "analysis/value.h"

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
value_is_stack(uint64_t value)
{
	return value >= 0x7ffc00000000ull && value < 0x7ffffffff000ull;
}
