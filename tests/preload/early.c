/*
 * early.c - memory before main: from an IFUNC resolver, from constructors.
 *
 * Sizes tell the places apart: 6001 in the resolver, 6002 in a constructor,
 * 6003 in main, 6005 in the resolver of a library (early_lib.c).  All but
 * main's are freed, resized and measured later.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char	*early_lib(int *answer);

static char *resolved;
static char *constructed;

static int
answer(void)
{
	return 42;
}

/* Bound at start, when little of libc works and none of it is initialised. */
static int
(*resolve(void))(void)
{
	resolved = malloc(6001);
	if (resolved != NULL)
		resolved[6000] = 'r';
	return answer;
}

int	resolved_answer(void) __attribute__((ifunc("resolve")));

__attribute__((constructor)) static void
construct(void)
{
	constructed = calloc(1, 6002);
	constructed[6001] = 'c';
	/* dlsym keeps its error in memory of its own. */
	if (dlsym(RTLD_DEFAULT, "no_such_name_anywhere") == NULL)
		dlerror();
}

int
main(void)
{
	void *volatile p = malloc(6003);
	int said = 0;
	char *lib = early_lib(&said);

	free(p);
	if (said != 43 || lib == NULL || lib[6004] != 'l')
		return 4;
	free(lib);
	if (resolved_answer() != 42 || resolved == NULL ||
	    resolved[6000] != 'r' || constructed[6001] != 'c')
		return 1;
	if (malloc_usable_size(resolved) < 6001)
		return 2;
	resolved = realloc(resolved, 6004);
	if (resolved[6000] != 'r')
		return 3;
	free(resolved);
	free(constructed);
	return 0;
}
