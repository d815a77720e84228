/* expect: heap-overrun in fault, block 4096, offset 4096, length 1; guard: heap-overrun in poke, block 4096, offset 4096, access write, found at-fault, stack poke<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(4096);

	poke(p, BUG(4096, 4095), 'x');
	PUT(p);
}
