/* expect: heap-overrun in none, block 20, offset 20, length 1, found at-exit, alloc_in fault; by malloc calloc realloc memalign new new_array */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

static void *volatile kept;

/* Nobody frees it, so nobody looks before the end. */
void
fault(void)
{
	char *p = (char *)GET(20);

	poke(p, BUG(20, 19), '!');
	kept = p;
}
