/* expect: invalid-free in fault, no block */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char array[64] = "";

	free(hide(BUG(array, GET(10))));
	hide(array);
}
