/*
 * constructor.c - the fault is met before main.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../case.h"

__attribute__((constructor)) static void
before_main(void)
{
	fault();
}

int
main(void)
{
	return 0;
}
