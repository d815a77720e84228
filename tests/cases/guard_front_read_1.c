/* expect: nothing; with --guard-side=front; guard: heap-underrun in peek, block 33, offset -1, access read, found at-fault, stack peek<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(33);

	peek(p, BUG(-1, 0));
	PUT(p);
}
