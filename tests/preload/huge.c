/*
 * huge.c - a block far larger than what is touched of it stays as small.
 *
 *	huge malloc|calloc	8 GB, 1,000 bytes of it touched; then it grows,
 *				shrinks and is freed
 *
 * Prints the highest resident size in KB.  Answers 2 when a byte was lost, 77
 * when there is no such block here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GB	((size_t)1 << 30)
#define TOUCHED	1000

static long
highest(void)
{
	char line[200];
	long kb = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmHWM: %ld", &kb) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return kb;
}

static int
holds(const char *p, size_t stride, int n)
{
	for (int i = 0; i < n; i++)
		if (p[(size_t)i * stride] != (char)(i | 1))
			return 0;
	return 1;
}

int
main(int argc, char **argv)
{
	size_t size = 8 * GB, stride = size / TOUCHED;
	char *p, *between;

	p = argc > 1 && !strcmp(argv[1], "calloc") ? calloc(1, size) :
	    malloc(size);
	between = malloc(3000000);	/* so that growing must move */
	if (p == NULL || between == NULL)
		return 77;
	for (int i = 0; i < TOUCHED; i++)
		p[(size_t)i * stride] = (char)(i | 1);
	p = realloc(p, 9 * GB);
	if (p == NULL)
		return 77;
	if (!holds(p, stride, TOUCHED))
		return 2;
	p = realloc(p, 6 * GB);
	if (p == NULL || !holds(p, stride, TOUCHED / 2))
		return 2;
	/* A size that ends within a page, and a move again. */
	p = realloc(p, 10 * GB + 77);
	if (p == NULL || !holds(p, stride, TOUCHED / 2))
		return 2;
	free(p);
	free(between);
	printf("%ld\n", highest());
	return 0;
}
