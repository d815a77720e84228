/* expect: heap-underrun in fault, block 40, offset -1, length 1, found at-free, alloc_in fault; by malloc calloc realloc memalign new new_array */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(40);

	poke(p, BUG(-1, 0), 'x');
	PUT(p);
}
