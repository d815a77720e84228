/* expect: heap-overrun in fault, block 0, offset 0, length 1 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(BUG(0, 1));

	poke(p, 0, 'x');
	PUT(p);
}
