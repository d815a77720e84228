/* expect: bad-size in fault, access alloc, call malloc */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

static volatile long four = 4;

void
fault(void)
{
	free(malloc((size_t)BUG(-four, four)));
}
