/* expect: invalid-free in fault, no block, access realloc */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char array[64] = "";
	void *p = realloc(hide(BUG(array, GET(10))), 100);

	BUG((void)p, free(p));
	hide(array);
}
