/*
 * flags.c - shows which of pool(2)'s flags act.
 *
 * A NUL and an x are written one byte past a block each.  Then printed: does
 * an address come back among 100,000 blocks; and two bytes of a block that
 * nobody has written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void
past_the_end(char byte)
{
	char *volatile p = malloc(10);

	p[10] = byte;
	free(p);
}

int
main(void)
{
	unsigned char *volatile p = malloc(48);
	uintptr_t first = (uintptr_t)p;
	int back = 0;

	past_the_end('\0');
	past_the_end('x');
	free(p);
	for (int i = 0; i < 100000; i++) {
		p = malloc(48);
		back |= (uintptr_t)p == first;
		free(p);
	}
	p = malloc(4000);
	printf("back %d fill %02x%02x\n", back, p[3], p[7]);
	return 0;
}
