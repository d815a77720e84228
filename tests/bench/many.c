/*
 * many.c - N blocks given and taken from a few hundred call paths.
 *
 *	many N
 *
 * Fills a trace for the measurement of its readers: a window of 50,000 live
 * blocks, sizes of 1 to 4,096 bytes, stacks of 6 to 16 frames.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#define WINDOW	50000

static void	*path(unsigned bits, unsigned depth, size_t size);

__attribute__((noinline)) static void *
left(unsigned bits, unsigned depth, size_t size)
{
	return path(bits, depth, size);
}

__attribute__((noinline)) static void *
right(unsigned bits, unsigned depth, size_t size)
{
	return path(bits, depth, size);
}

__attribute__((noinline)) static void *
path(unsigned bits, unsigned depth, size_t size)
{
	if (depth == 0)
		return malloc(size);
	return (bits & 1 ? left : right)(bits >> 1, depth - 1, size);
}

int
main(int argc, char **argv)
{
	static void *window[WINDOW];
	unsigned long n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	unsigned r = 1;

	for (unsigned long i = 0; i < n; i++) {
		r = r * 1664525u + 1013904223u;
		free(window[r % WINDOW]);
		window[r % WINDOW] = path(r >> 8, 2 + (r >> 20) % 6,
		    1 + (r >> 16) % 4096);
	}
	for (unsigned i = 0; i < WINDOW; i++)
		free(window[i]);
	return 0;
}
