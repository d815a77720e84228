/* expect: use-after-free in none, block 40, offset 3, length 1, found at-exit; guard: use-after-free in poke, block 40, offset 3, access write, found at-fault, stack poke<fault, alloc_in fault, free_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(40);

	BUG(PUT(p), (void)0);
	poke(p, 3, 'x');
	BUG((void)0, PUT(p));
}
