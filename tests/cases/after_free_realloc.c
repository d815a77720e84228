/* expect: use-after-free in none, block 2000, offset 8, length 2, found at-exit, free_in fault, alloc_in fault; guard: no, the twin reads what was freed */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

/* The old address of what realloc has moved. */
void
fault(void)
{
	char *p = (char *)GET(2000);
	void *wall = GET(2000);
	char *q = (char *)realloc(p, 90000);
	unsigned char *old = (unsigned char *)hide(p);

	poke(old, 8, BUG(~old[8], old[8]));
	poke(old, 9, BUG(~old[9], old[9]));
	free(wall);
	free(q);
}
