/* expect: heap-overrun in fault, block 20, offset 20, length 1 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	char *p = (char *)realloc(GET(40), 20);

	poke(p, BUG(20, 19), 'x');
	free(p);
}
