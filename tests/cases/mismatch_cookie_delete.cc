/* expect: mismatched-free in fault, block 40, offset 8, allocated_by operator new[], freed_by operator delete */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

/* An array of these has a count in front: how many delete[] must destroy. */
struct counted {
	~counted() { value[0] = 0; }
	long value[2];
};

void
fault(void)
{
	counted *p = new counted[2];

	BUG(::operator delete(p), delete[] p);
}
