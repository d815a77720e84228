/* expect: heap-overrun in fault, block 24, offset 24, length 6 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(24);

	memset(hide(p), 'A', BUG(30, 24));
	PUT(p);
}
