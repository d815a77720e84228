/*
 * main.c - the fault is met in main.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "../case.h"

int
main(void)
{
	fault();
	return 0;
}
