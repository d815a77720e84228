/* expect: invalid-free in fault, no block */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	int array[4] = { 0 };

	delete (int *)hide(BUG(array, new int));
	hide(array);
}
