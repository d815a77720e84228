/* expect: heap-underrun in none, block 33, offset -2, length 1, found at-exit, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

static void *volatile kept;

void
fault(void)
{
	char *p = (char *)GET(33);

	poke(p, BUG(-2, 2), 'x');
	kept = p;
}
