/*
 * hosts.c - loads, calls and unloads a plugin ten times.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	void (*work)(void);
	void *plugin;

	for (int i = 0; argc > 1 && i < 10; i++) {
		plugin = dlopen(argv[1], RTLD_NOW);
		if (plugin == NULL)
			return puts(dlerror()), 1;
		*(void **)&work = dlsym(plugin, "plugin_work");
		work();
		dlclose(plugin);
		free(malloc(10));
	}
	return 0;
}
