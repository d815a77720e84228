/* expect: heap-underrun in fault, block 16, offset -8, length 1, found at-free, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(16);

	poke(p, BUG(-8, 8), 'x');
	PUT(p);
}
