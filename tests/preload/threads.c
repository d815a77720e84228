/*
 * threads.c - very small threads, one after the other and many at once.
 *
 * Each allocates 50 blocks of 5001 bytes and frees those of its predecessor,
 * on the smallest stack that pthread_create takes.  Prints how many blocks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS	20
#define THREADS	16
#define BLOCKS	50

static void *blocks[THREADS][BLOCKS];

static void *
work(void *arg)
{
	void **mine = arg;

	for (int i = 0; i < BLOCKS; i++) {
		free(mine[i]);
		mine[i] = malloc(5001);
		if (mine[i] == NULL)
			abort();
	}
	return NULL;
}

int
main(void)
{
	pthread_t threads[THREADS];
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	if (pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN) != 0)
		return 1;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < THREADS; i++)
			if (pthread_create(&threads[i], &attr, work,
			    blocks[i]) != 0)
				return 2;
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
	}
	printf("%d\n", ROUNDS * THREADS * BLOCKS);
	return 0;
}
