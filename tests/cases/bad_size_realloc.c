/* expect: bad-size in fault, access alloc, call realloc */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

static volatile long four = 4;

/* The block lives on. */
void
fault(void)
{
	void *p = malloc(10), *q = realloc(p, (size_t)BUG(-four, four));

	free(q ? q : p);
}
