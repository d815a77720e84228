/* expect: mismatched-free in fault, block 40, allocated_by malloc, freed_by operator delete[] */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	void *p = malloc(40);

	BUG(operator delete[](p), free(p));
	hide(p);
}
