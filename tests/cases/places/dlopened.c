/*
 * dlopened.c - the fault is met in an object loaded while running.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <dlfcn.h>
#include <stdio.h>
#include "../case.h"

int
main(void)
{
	void *object = dlopen(getenv("CASE_OBJECT"), RTLD_NOW);
	void (*f)(void);

	if (!object) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	*(void **)&f = dlsym(object, "fault");
	f();
	return 0;
}
