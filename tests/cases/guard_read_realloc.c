/* expect: nothing; guard: heap-overrun in peek, block 64, offset 64, access read, found at-fault, stack peek<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)realloc(GET(40), 64);

	peek(p, BUG(64, 63));
	PUT(p);
}
