/* expect: nothing; with --guard-side=alternate; guard: heap-underrun in peek, block 32, offset -1, access read, found at-fault, stack peek<fault, alloc_in get */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

/* One site, however the loop is unrolled; the call is no jump. */
__attribute__((noinline, noclone)) static char *
get(void)
{
	char *volatile p = (char *)GET(32);

	return p;
}

void
fault(void)
{
	char *p = NULL;

	/* The second time in front. */
	for (int i = 0; i < 2; i++) {
		free(p);
		p = get();
	}
	peek(p, BUG(-1, 31));
	PUT(p);
}
