/* expect: bad-size in fault, requested 24, access check, call memalign */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)memalign(BUG(24, 32), 10);

	free(p);
}
