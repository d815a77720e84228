/* expect: heap-overrun in fault, block 24, offset 24, length 1 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(24);

	poke(p, BUG(24, 23), 'x');
	PUT(p);
}
