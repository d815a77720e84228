/* expect: nothing; by memalign; guard: heap-overrun in peek, block 128, offset 128, access read, found at-fault, stack peek<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(128);

	peek(p, BUG(128, 127));
	PUT(p);
}
