/* expect: invalid-free in fault, no block, address 0x10 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	free(BUG((void *)0x10, GET(10)));
	hide(NULL);
}
