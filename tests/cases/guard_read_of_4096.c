/* expect: nothing; guard: heap-overrun in peek, block 4096, offset 4096, access read, found at-fault, stack peek<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(4096);

	peek(p, BUG(4096, 4095));
	PUT(p);
}
