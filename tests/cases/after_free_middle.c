/* expect: use-after-free in none, block 5000, offset 4999, length 1, found at-exit, free_in fault, alloc_in fault; guard: no, the twin reads what was freed */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(5000);

	PUT(p);
	poke(p, 4999, BUG(~((unsigned char *)p)[4999], ((unsigned char *)p)[4999]));
}
