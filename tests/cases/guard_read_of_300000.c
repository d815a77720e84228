/* expect: nothing; guard: heap-overrun in peek, block 300000, offset 300000, access read, found at-fault, stack peek<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(300000);

	peek(p, BUG(300000, 299999));
	PUT(p);
}
