/* expect: nothing; guard: heap-overrun in peek, block 1008, offset 1008, access read, found at-fault, stack peek<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(1008);

	peek(p, BUG(1008, 1007));
	PUT(p);
}
