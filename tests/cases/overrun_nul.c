/* expect: heap-overrun in fault, block 10, offset 10, length 1, bytes 00; by malloc calloc new_array */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(BUG(10, 11));

	strcpy(p, (char *)hide("george-vii"));
	PUT(p);
}
