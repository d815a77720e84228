/* expect: double-free in fault, block 300000 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	void *p = GET(300000);

	PUT(p);
	BUG(PUT(hide(p)), (void)0);
}
