/*
 * m_bad.c - a model that must fail: it proves that the harness can.
 *
 * Alone it writes one byte past a block; with -t its threads share a word
 * without a lock.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile unsigned long shared;

static void *
race(void *arg)
{
	int i;

	for (i = 0; i < 100000; i++)
		shared++;
	return arg;
}

static void
overrun(size_t size)
{
	volatile char *v = malloc(size);

	v[size] = 1;
	free((void *)v);
}

int
main(int argc, char **argv)
{
	pthread_t one, two;

	if (argc > 1 && strcmp(argv[1], "-t") == 0) {
		pthread_create(&one, NULL, race, NULL);
		pthread_create(&two, NULL, race, NULL);
		pthread_join(one, NULL);
		pthread_join(two, NULL);
	} else
		overrun(10);
	puts("nobody saw it");
	return 0;
}
