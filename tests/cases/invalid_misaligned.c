/* expect: invalid-free in fault, block 40, offset 1 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(40);

	PUT(hide(BUG(p + 1, p)));
	BUG(PUT(p), (void)0);
}
