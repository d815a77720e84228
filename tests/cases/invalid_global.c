/* expect: invalid-free in fault, no block */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

static char array[64];

void
fault(void)
{
	free(hide(BUG(array, GET(10))));
	hide(array);
}
