/* expect: unjudged in fault, bytes 1000, blocks 10 */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	for (int i = 0; i < 10; i++) {
		void *p = GET(100);

		BUG(hide(p), PUT(p));
	}
}
