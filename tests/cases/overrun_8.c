/* expect: heap-overrun in fault, block 10, offset 18, length 1; by malloc calloc realloc reallocarray memalign posix_memalign aligned_alloc valloc new new_array new_aligned; guard: heap-overrun in poke, block 10, offset 18, access write, found at-fault, stack poke<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(10);

	poke(p, BUG(18, 1), 'x');
	PUT(p);
}
