/* expect: heap-overrun in fault, block 40, offset 40, length 1, call realloc */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)GET(40);

	poke(p, BUG(40, 39), 'x');
	p = (char *)realloc(p, 80);
	free(p);
}
