/* expect: nothing; by new_array; guard: heap-overrun in peek, block 80, offset 80, access read, found at-fault, stack peek<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(80);

	peek(p, BUG(80, 79));
	PUT(p);
}
