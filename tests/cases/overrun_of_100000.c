/* expect: heap-overrun in fault, block 100000, offset 100000, length 1; guard: heap-overrun in poke, block 100000, offset 100000, access write, found at-fault, stack poke<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(100000);

	poke(p, BUG(100000, 99999), 'x');
	PUT(p);
}
