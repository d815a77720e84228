/* expect: invalid-free in fault, no block, address 0x123456789ab0 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	free(BUG((void *)0x123456789ab0, GET(10)));
	hide(NULL);
}
