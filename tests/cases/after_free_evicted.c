/* expect: use-after-free in fault, block 5000, offset 100, length 1, found sweep, free_in fault, alloc_in fault; guard: no, the twin reads what was freed */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

/* So much is freed behind it that it may not wait any longer. */
void
fault(void)
{
	char *p = (char *)GET(5000);

	PUT(p);
	poke(p, 100, BUG(~((unsigned char *)p)[100], ((unsigned char *)p)[100]));
	for (int i = 0; i < 1000; i++) {
		p = (char *)GET(6000);
		PUT(p);
	}
}
