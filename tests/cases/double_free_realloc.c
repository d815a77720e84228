/* expect: double-free in fault, block 40, access realloc */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	void *p = GET(40);

	PUT(p);
	p = realloc(BUG(hide(p), NULL), 80);
	free(hide(p));
}
