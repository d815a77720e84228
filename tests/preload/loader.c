/*
 * loader.c - the loader's doors: callbacks under its lock, and $ORIGIN.
 *
 *	loader callbacks	dl_iterate_phdr with a callback that allocates
 *				(100 times 100 blocks of 1701 bytes), while two
 *				threads load, allocate and unload
 *	loader origin LIB	LIB, by whose RUNPATH alone the library that it
 *				loads itself is found; answers 0 when it was
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static volatile int stop;

static int
callback(struct dl_phdr_info *info, size_t size, void *seen)
{
	(void)info;
	(void)size;
	if (*(int *)seen != 0)
		return 1;
	*(int *)seen = 1;
	for (int i = 0; i < 100; i++)
		free(malloc(1701));
	return 1;
}

static void *
loads(void *arg)
{
	void *lib;

	while (!stop) {
		free(malloc(1702));
		lib = dlopen("libm.so.6", RTLD_NOW);
		if (lib != NULL)
			dlclose(lib);
	}
	return arg;
}

static int
callbacks(void)
{
	pthread_t thread[2];

	for (int i = 0; i < 2; i++)
		if (pthread_create(&thread[i], NULL, loads, NULL) != 0)
			return 1;
	for (int i = 0; i < 100; i++) {
		int seen = 0;

		dl_iterate_phdr(callback, &seen);
	}
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	return 0;
}

int
main(int argc, char **argv)
{
	int (*found)(void);
	void *lib;

	if (argc < 3)
		return callbacks();
	lib = dlopen(argv[2], RTLD_NOW);
	if (lib == NULL)
		return 2;
	memcpy(&found, &(void *){ dlsym(lib, "found") }, sizeof(found));
	return found == NULL ? 3 : found();
}
