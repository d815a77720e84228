/* expect: nothing; guard: heap-overrun in peek, block 32, offset 39, access read, found at-fault, stack peek<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(32);

	peek(p, BUG(39, 24));
	PUT(p);
}
