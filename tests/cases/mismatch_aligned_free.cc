/* expect: mismatched-free in fault, block 40, allocated_by operator new(align), freed_by free */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

void
fault(void)
{
	void *p = operator new(40, std::align_val_t(64));

	BUG(free(p), operator delete(p, std::align_val_t(64)));
	hide(p);
}
