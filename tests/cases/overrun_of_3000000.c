/* expect: heap-overrun in fault, block 3000000, offset 3000000, length 1; guard: heap-overrun in poke, block 3000000, offset 3000000, access write, found at-fault, stack poke<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(3000000);

	poke(p, BUG(3000000, 2999999), 'x');
	PUT(p);
}
