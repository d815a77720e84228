/* expect: double-free in fault, block 40 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	void *p = GET(40), *q;

	PUT(p);
	for (int i = 0; i < 100; i++) {
		q = GET(200);
		PUT(hide(q));
	}
	BUG(PUT(hide(p)), (void)0);
}
