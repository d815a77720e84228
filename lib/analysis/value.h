/*
 * value.h - what a value is by itself, whatever the trace says.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ANALYSIS_VALUE_H
#define PW_ANALYSIS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What fills blocks of check mode: 8 bytes, of which each half is a signature
 * over 24 bits of the block's address.
 */
enum value_signature {
	VALUE_NEW = 0xf9,	/* allocated, not yet written */
	VALUE_FREED = 0xf7,
	VALUE_UNUSED = 0xf1,	/* in no block */
	VALUE_GUARD = 0xfd,	/* and the top bit of each byte is set */
};

struct value_fill {
	unsigned signature;	/* enum value_signature */
	uint64_t address;	/* of a guard without the bits in unknown */
	uint64_t unknown;	/* bits of address that can't be known */
};

uint64_t value_fill_word(unsigned signature, uint64_t address);
/* Is it a whole word of fill? */
bool	value_is_fill(uint64_t value, struct value_fill *);
/* Behind "fills the block at ADDRESS": "since it was freed", ... */
const char *value_fill_words(unsigned signature);

/*
 * Whether value is fill that was read in another way: at an address that is no
 * multiple of 8 (turned by so many bytes), or from the other end.  true: a word of
 * fill by its form; many values are by chance, so a block must confirm it.
 */
bool	value_is_turned_fill(uint64_t value, unsigned bytes,
	    struct value_fill *);
bool	value_is_swapped_fill(uint64_t value, struct value_fill *);

/*
 * Half a word of fill, 4 bytes: the low one has address bits 0 to 23, the high
 * one 24 to 47; which it is can't be seen.
 */
bool	value_is_half_fill(uint64_t value, unsigned *signature,
	    uint32_t *address_bits);

/* What other allocators and tools fill memory with; NULL: none known. */
const char *value_mark(uint64_t value);

/* As text, as it lies in memory, escapes not needed: its length, 0: it is none. */
unsigned value_text(uint64_t value, char text[9]);

/* By its look: where Linux puts the stack of main on this machine. */
bool	value_is_stack(uint64_t value);

#endif
