/* expect: mismatched-free in fault, block 40, allocated_by operator new[], access realloc */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = new char[40];

	BUG(p = (char *)realloc(p, 80); free(p), delete[] p);
	hide(p);
}
