/*
 * functions.h - all functions of an object file, by name.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_SYMBOL_FUNCTIONS_H
#define PW_SYMBOL_FUNCTIONS_H

#include <stddef.h>
#include <stdint.h>

#define FUNCTIONS_BUILD_ID	64u

/* An object; its build-id may be of size 0. */
struct functions_object {
	const char *path;
	unsigned char build_id[FUNCTIONS_BUILD_ID];
	size_t build_id_size;
};

/* A function as linked, at [low, high) of the file's addresses. */
typedef void	functions_fn(void *arg, const char *symbol, uint64_t low,
		    uint64_t high);

/*
 * Fill in the build-id of the file at object->path and call fn for each of its
 * functions; those of its debug file too, where it has been stripped.  0, or -1:
 * it can't be read.
 */
int	functions_each(struct functions_object *, functions_fn *, void *arg);

#endif
