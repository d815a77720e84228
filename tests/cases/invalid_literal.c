/* expect: invalid-free in fault, no block */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	free(hide(BUG("literal", GET(10))));
	hide("");
}
