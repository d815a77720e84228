/* expect: nothing; guard: use-after-free in peek, block 40, offset 0, access read, found at-fault, stack peek<fault, alloc_in fault, free_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(40), *q = (char *)realloc(p, 400);

	peek(BUG(p, q), 0);
	free(q);
}
