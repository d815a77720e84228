/*
 * hostile.c - a program whose names are out to harm a terminal.
 *
 * Functions have names that the test turns into escape sequences of the same
 * length (no assembler takes those), the thread has one; a third function is
 * called as libc calls its own.  Allocates below them,
 * frees one block twice.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/prctl.h>

void	red(void) __asm__("redE_31mE_0_titleB");
void	wide(void) __asm__("wideCC2JRRRtfel");
void	hidden(void) __asm__("__GI_hidden");

static void *kept[3];

__attribute__((noinline)) void
red(void)
{
	kept[0] = malloc(101);
}

__attribute__((noinline)) void
wide(void)
{
	kept[1] = malloc(102);
}

__attribute__((noinline)) void
hidden(void)
{
	kept[2] = malloc(103);
}

int
main(void)
{
	prctl(PR_SET_NAME, "na\033[5mme\n");
	red();
	wide();
	hidden();
	free(kept[0]);
	free(kept[0]);
	return 0;
}
