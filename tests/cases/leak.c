/* expect: unjudged in fault, bytes 100, blocks 1; by malloc calloc memalign new new_array */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	void *p = GET(100);

	poke(p, 0, 'x');
	BUG((void)0, PUT(p));
}
