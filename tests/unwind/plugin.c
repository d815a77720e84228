/*
 * plugin.c - one function, whose frame has a size that is chosen at build.
 *
 * Two builds have equal code but for that size: the call in one is at the
 * address of the call in the other, and a row of one is wrong in the other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

int	plugin_call(int (*fn)(void));

int
plugin_call(int (*fn)(void))
{
	char pad[PLUGIN_PAD];
	int n;

	__asm__ volatile("" : : "r"(pad) : "memory");
	n = fn();
	__asm__ volatile("" : "+r"(n) : "r"(pad) : "memory");
	return n;
}
