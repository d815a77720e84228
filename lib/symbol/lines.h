/*
 * lines.h - what the DWARF of an object says of an address.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_SYMBOL_LINES_H
#define PW_SYMBOL_LINES_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_DEPTH	64	/* functions inlined into each other */

struct arena;
struct lines;

/* Strings are borrowed from the Dwarf or the arena; NULL: not known. */
struct lines_frame {
	const char *symbol;
	const char *name;	/* qualified, where symbol is not the linker's */
	const char *file;
	unsigned line;
	bool linkage;		/* symbol is the linker's name */
};

/*
 * dwarf and arena are borrowed; bias is added to the addresses of dwarf.  NULL
 * without memory.
 */
struct lines *lines_create(Dwarf *dwarf, uint64_t bias, struct arena *arena);
void	lines_destroy(struct lines *);

/*
 * The functions at addr, innermost inlined one first, into frames (room for
 * LINES_DEPTH).  Returns how many; 0: nothing is known.
 */
size_t	lines_find(struct lines *, uint64_t addr, struct lines_frame *frames);

#endif
