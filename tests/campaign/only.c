/*
 * only.c - a process that only exits; with a word it says what it takes.
 *
 *	only		one block, then out
 *	only memory	prints its memory in KB: pages written by it or shared
 *			with the recorder; a file's pages are the system's
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
	char line[200];
	long kb, sum = 0;
	FILE *f;

	(void)argv;
	free(malloc(100));
	if (argc < 2)
		return 0;
	f = fopen("/proc/self/smaps_rollup", "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Private_Dirty: %ld", &kb) == 1 ||
		    sscanf(line, "Shared_Dirty: %ld", &kb) == 1)
			sum += kb;
	if (f != NULL)
		fclose(f);
	printf("%ld\n", sum);
	return 0;
}
