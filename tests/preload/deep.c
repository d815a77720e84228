/*
 * deep.c - stacks deeper than --depth.
 *
 * 777 bytes are asked for below 1,000 frames of two functions that call each
 * other, 778 below 1,000 of one that calls itself; 10 below none.  On a ladder
 * of 400 frames there are 3,000 and n at frame n.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>

#define DEEP	1000
#define LADDER	400

static void *kept[3];

static int __attribute__((noinline, noclone)) other(volatile int n);

static int __attribute__((noinline, noclone))
down(volatile int n)
{
	if (n == 0)
		kept[0] = malloc(777);
	else
		other(n - 1);
	return n;
}

static int __attribute__((noinline, noclone))
other(volatile int n)
{
	if (n == 0)
		kept[0] = malloc(777);
	else
		down(n - 1);
	return n;
}

static int __attribute__((noinline, noclone))
self(volatile int n)
{
	if (n == 0)
		kept[1] = malloc(778);
	else
		self(n - 1);
	return n;
}

static void *steps[LADDER + 1];

static int __attribute__((noinline, noclone))
ladder(volatile int n)
{
	steps[n] = malloc(3000 + (size_t)n);
	if (n < LADDER)
		ladder(n + 1);
	return n;
}

int
main(void)
{
	kept[2] = malloc(10);
	ladder(1);
	down(DEEP);
	self(DEEP);
	return 0;
}
