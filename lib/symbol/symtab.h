/*
 * symtab.h - the symbols of an object, found by an address inside.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_SYMBOL_SYMTAB_H
#define PW_SYMBOL_SYMTAB_H

#include <elfutils/libdwfl.h>
#include <stdint.h>

struct symtab;

/* The table borrows mod.  NULL without memory. */
struct symtab *symtab_create(Dwfl_Module *mod);
void	symtab_destroy(struct symtab *);

/* The function symbol that holds addr, borrowed from mod, or NULL. */
const char *symtab_find(const struct symtab *, uint64_t addr);

#endif
