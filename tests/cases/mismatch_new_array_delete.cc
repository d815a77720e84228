/* expect: mismatched-free in fault, block 40, allocated_by operator new[], freed_by operator delete */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	int *p = new int[10];

	BUG(delete p, delete[] p);
	hide(p);
}
