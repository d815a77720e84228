/*
 * early_lib.c - a library whose resolver allocates before anybody is ready.
 *
 * Libraries are relocated before the module is, so this resolver calls a
 * malloc that can't use its own relocated data yet.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

char	*early_lib(int *answer);

static char *early_lib_resolved;

static int
early_lib_answer(void)
{
	return 43;
}

static int
(*early_lib_resolve(void))(void)
{
	early_lib_resolved = malloc(6005);
	if (early_lib_resolved != NULL)
		early_lib_resolved[6004] = 'l';
	return early_lib_answer;
}

int	early_lib_said(void) __attribute__((ifunc("early_lib_resolve")));

char *
early_lib(int *answer)
{
	*answer = early_lib_said();
	return early_lib_resolved;
}
