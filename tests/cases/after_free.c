/* expect: use-after-free in fault, block 40, offset 3, length 1, found sweep, free_in fault, alloc_in fault; by malloc calloc realloc memalign new new_array; guard: no, the twin reads what was freed */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

/* Blocks of its size are taken until it would be handed out again. */
void
fault(void)
{
	char *p = (char *)GET(40);

	PUT(p);
	poke(p, 3, BUG(~((unsigned char *)p)[3], ((unsigned char *)p)[3]));
	for (int i = 0; i < 100; i++) {
		p = (char *)GET(40);
		PUT(p);
	}
}
