/*
 * plugin_lazy.c - a call bound late, to a function chosen by a resolver.
 *
 * The resolver calls back: then the frames of ld.so's trampoline, whose CFA is
 * rbx, stand between it and the caller.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

int	plugin_target(int);
int	plugin_outer(int (*fn)(void));
extern int plugin_resolved;
int plugin_resolved;

static int (*plugin_hook)(void);

static int
plugin_implementation(int n)
{
	return n + 1;
}

typedef int (*plugin_target_fn)(int);

__attribute__((used)) static plugin_target_fn
plugin_resolve(void)
{
	plugin_resolved = plugin_hook != 0 ? plugin_hook() : -2;
	return plugin_implementation;
}

int plugin_target(int) __attribute__((ifunc("plugin_resolve")));

int
plugin_outer(int (*fn)(void))
{
	int n;

	plugin_hook = fn;
	n = plugin_target(1);
	__asm__ volatile("" : "+r"(n) : : "memory");
	return n;
}
