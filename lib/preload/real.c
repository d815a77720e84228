/*
 * real.c - the functions behind ours, found once at start.
 *
 * dlsym may ask for memory; it is served like any call (bootstrap.c when that
 * is before start).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/real.h"

#include <dlfcn.h>
#include <stdint.h>

struct real real;

void
real_init(void)
{
#define REAL_FIND(result, name, params)					\
	real.name = (result (*) params)(uintptr_t)dlsym(RTLD_NEXT, #name);
	REAL_FUNCTIONS(REAL_FIND)
#undef REAL_FIND
}
