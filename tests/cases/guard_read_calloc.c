/* expect: nothing; by calloc; guard: heap-overrun in peek, block 48, offset 48, access read, found at-fault, stack peek<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(48);

	peek(p, BUG(48, 47));
	PUT(p);
}
