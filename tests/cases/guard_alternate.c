/* expect: nothing; with --guard-side=alternate; guard: heap-underrun in peek, block 32, offset -1, access read, found at-fault, stack peek<fault, alloc_in fault */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = NULL;

	/* The second time in front. */
	for (int i = 0; i < 2; i++) {
		free(p);
		p = (char *)GET(32);
	}
	peek(p, BUG(-1, 31));
	PUT(p);
}
