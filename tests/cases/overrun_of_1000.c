/* expect: heap-overrun in fault, block 1000, offset 1000, length 1 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(1000);

	poke(p, BUG(1000, 999), 'x');
	PUT(p);
}
