/* expect: use-after-free in none, block 24, offset 0, length 1, found at-exit, free_in fault, alloc_in fault; guard: no, the twin reads what was freed */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

/* Nobody wants the memory again. */
void
fault(void)
{
	char *p = (char *)GET(24);

	PUT(p);
	poke(p, 0, BUG(~((unsigned char *)p)[0], ((unsigned char *)p)[0]));
}
