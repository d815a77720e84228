/* expect: invalid-free in fault, block 40, offset 16; by malloc new memalign */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(40);

	PUT(hide(BUG(p + 16, p)));
	BUG(PUT(p), (void)0);
}
