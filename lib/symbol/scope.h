/*
 * scope.h - functions without a readable linker's name, qualified.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_SYMBOL_SCOPE_H
#define PW_SYMBOL_SCOPE_H

#include <elfutils/libdw.h>

#define SCOPE_BUCKETS	256

struct arena;
struct scope_name;

/* Zero it and set arena before the first use; the arena gives all memory. */
struct scope_names {
	struct arena *arena;
	struct scope_name *names[SCOPE_BUCKETS];
};

/*
 * The name of the function die with its namespaces and classes, or NULL: it
 * has none, its language is not C++ or Rust, or memory is out.
 */
const char *scope_name(struct scope_names *, Dwarf_Die *die);

#endif
