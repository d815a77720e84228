/* expect: bad-size in fault, access alloc, call calloc */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	free(calloc(BUG((size_t)-1 / 4, 4), 8));
}
