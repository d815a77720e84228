/*
 * corrupt.c - blocks given back to the pool, and the pool's own words about them
 * overwritten (with an argument: not).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#define N	40
#define WORDS	56	/* the pool's and ours, in front of the data */

static __attribute__((noinline)) void
ask(void)
{
	for (int i = 0; i < N; i++)
		free(malloc(1900 + (size_t)i * 40));
}

int
main(int argc, char **argv)
{
	static char *volatile p[N];

	(void)argv;
	for (int i = 0; i < N; i++)
		p[i] = malloc(2000);
	for (int i = 1; i < N; i += 2)
		free(p[i]);
	for (int i = 1; i < N && argc == 1; i += 2)
		memset(p[i] - WORDS, 'A', 8);
	ask();
	for (int i = 0; i < N; i += 2)
		free(p[i]);
	return 0;
}
