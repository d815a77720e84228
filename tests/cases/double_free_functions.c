/* expect: double-free in drop, block 40, alloc_in get, free_in drop_first */
/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "case.h"

__attribute__((noinline)) static void *
get(void)
{
	void *p = hide(malloc(40));

	return hide(p);
}

__attribute__((noinline)) static void
drop_first(void *p)
{
	free(p);
	hide(p);
	hide("not folded with drop");
}

__attribute__((noinline)) static void
drop(void *p)
{
	free(p);
	hide(p);
}

void
fault(void)
{
	void *p = get();

	drop_first(p);
	BUG(drop(hide(p)), (void)0);
	hide(p);
}
