/* expect: heap-overrun in fault, block 1, offset 1, length 1 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(1);

	poke(p, BUG(1, 0), 'x');
	PUT(p);
}
