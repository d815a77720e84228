/*
 * atexit.c - the fault is met after main.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../case.h"

static void
after_main(void)
{
	fault();
}

int
main(void)
{
	return atexit(after_main);
}
