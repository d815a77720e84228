/* expect: mismatched-free in fault, block 4, allocated_by operator new, freed_by free */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	int *p = new int;

	BUG(free(p), delete p);
	hide(p);
}
