/*
 * unused.c - blocks of which a known part is written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *volatile kept;

static __attribute__((noinline)) char *
half(void)
{
	char *p = malloc(1000);

	return memset(p, 1, 504);
}

static __attribute__((noinline)) char *
whole(void)
{
	char *p = malloc(1000);

	return memset(p, 1, 1000);
}

static __attribute__((noinline)) char *
zeroes(void)
{
	return calloc(1, 1000);
}

/* Of its pages most are never touched. */
static __attribute__((noinline)) char *
pages(void)
{
	char *p = malloc(100000);

	return memset(p, 1, 20000);
}

int
main(void)
{
	for (int i = 0; i < 100; i++) {
		free(half());
		free(whole());
		free(zeroes());
	}
	free(pages());
	kept = half();
	if (fork() == 0) {
		free(kept);
		free(half());
		exit(0);
	}
	wait(NULL);
	return kept == NULL;
}
