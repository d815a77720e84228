/* expect: bad-size in fault, requested 4, access check, call posix_memalign */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	void *p = NULL;

	posix_memalign(&p, BUG(4, 8), 10);
	free(p);
}
