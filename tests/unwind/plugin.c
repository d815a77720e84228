/*
 * plugin.c - a function, whose frame has a size that is chosen at build.
 *
 * Two builds have equal code but for that size: the call in one is at the
 * address of the call in the other, and a row of one is wrong in the other.
 * And one that has something called when the plugin is closed, as destructors
 * of C++ objects are.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

int	plugin_call(int (*fn)(void));
void	plugin_at_unload(int (*fn)(void));

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

extern void *__dso_handle;
extern int __cxa_atexit(void (*)(void *), void *, void *);

static void
unloading(void *arg)
{
	int (*fn)(void);

	*(void **)&fn = arg;
	plugin_call(fn);
}

void
plugin_at_unload(int (*fn)(void))
{
	__cxa_atexit(unloading, *(void **)&fn, &__dso_handle);
}
