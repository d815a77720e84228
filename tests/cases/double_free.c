/* expect: double-free in fault, block 40; by malloc calloc realloc memalign new new_array new_aligned */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	void *p = GET(40);

	PUT(p);
	BUG(PUT(hide(p)), (void)0);
}
