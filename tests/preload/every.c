/*
 * every.c - a byte past the end of a block that lives on.
 *
 *	every ask	asks for a look itself, before and after
 *	every N		goes on for N allocations and frees it
 *	every wait	goes on until somebody makes the file "stop"
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <poolwatch/watch.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *volatile block;

static __attribute__((noinline)) void
work(long n)
{
	void *volatile p;

	for (long i = 0; i < n; i++) {
		p = malloc(40);
		free(p);
	}
}

static __attribute__((noinline)) void
ask(void)
{
	printf("%ld\n", poolwatch_check());
	block[30] = 'x';
	printf("%ld\n", poolwatch_check());
	printf("%ld\n", poolwatch_check());
	block[29] = 'x';
	((volatile char *)block)[31] = 'y';
	printf("%ld\n", poolwatch_check());
}

int
main(int argc, char **argv)
{
	block = malloc(30);
	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "ask") == 0) {
		ask();
	} else if (strcmp(argv[1], "wait") == 0) {
		((volatile char *)block)[30] = 'x';
		for (int i = 0; i < 3000 && access("stop", F_OK) != 0; i++) {
			work(5000);
			usleep(10000);
		}
	} else {
		work(atol(argv[1]));
		((volatile char *)block)[30] = 'x';
		work(atol(argv[1]));
	}
	free(block);
	return 0;
}
