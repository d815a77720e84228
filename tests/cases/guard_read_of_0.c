/* expect: nothing; guard: heap-overrun in peek, block 0, offset 0, access read, found at-fault, stack peek<fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(0);

	BUG(peek(p, 0), (void)0);
	PUT(p);
}
