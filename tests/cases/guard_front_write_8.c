/* expect: heap-underrun in fault, block 33, offset -8, length 1; with --guard-side=front; guard: heap-underrun in poke, block 33, offset -8, access write, found at-fault, stack poke<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(33);

	poke(p, BUG(-8, 8), 'x');
	PUT(p);
}
