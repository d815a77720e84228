/*
 * unseen.c - what a compiler must not see through: poke, peek and hide.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "case.h"

void
poke(void *block, long offset, int byte)
{
	((volatile char *)block)[offset] = (char)byte;
}

int
peek(const void *block, long offset)
{
	return ((const volatile char *)block)[offset];
}

void *
hide(const void *p)
{
	return (void *)(uintptr_t)p;
}
