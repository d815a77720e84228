/*
 * demangle.h - names of the linker to names of the programmer.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_SYMBOL_DEMANGLE_H
#define PW_SYMBOL_DEMANGLE_H

/*
 * The function that symbol names: a version (`@@V_2`) and a compiler's clone
 * (`.cold`, `.isra.0`) are dropped, C++ names and legacy Rust names are
 * demangled, the hash of the latter is dropped.  To be freed; NULL without
 * memory.
 */
char	*demangle(const char *symbol);

#endif
