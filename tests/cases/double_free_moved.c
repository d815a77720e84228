/* expect: double-free in fault, block 40 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	void *p = GET(40), *q = realloc(p, 100000);

	BUG(free(hide(p)), (void)0);
	free(q);
}
