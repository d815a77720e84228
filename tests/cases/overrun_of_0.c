/* expect: heap-overrun in fault, block 0, offset 0, length 1; guard: heap-overrun in poke, block 0, offset 0, access write, found at-fault, stack poke<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(BUG(0, 1));

	poke(p, 0, 'x');
	PUT(p);
}
