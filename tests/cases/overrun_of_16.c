/* expect: heap-overrun in fault, block 16, offset 16, length 1; guard: heap-overrun in poke, block 16, offset 16, access write, found at-fault, stack poke<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(16);

	poke(p, BUG(16, 15), 'x');
	PUT(p);
}
