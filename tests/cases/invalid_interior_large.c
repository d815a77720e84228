/* expect: invalid-free in fault, block 500000, offset 4096 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(500000);

	PUT(hide(BUG(p + 4096, p)));
	BUG(PUT(p), (void)0);
}
