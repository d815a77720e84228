/* expect: heap-overrun in none, block 300000, offset 300000, length 1, found at-exit, alloc_in fault; guard: heap-overrun in poke, block 300000, offset 300000, access write, found at-fault, stack poke<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

static void *volatile kept;

void
fault(void)
{
	char *p = (char *)GET(300000);

	poke(p, BUG(300000, 299999), '!');
	kept = p;
}
