/*
 * lives.c - a program whose recorder is killed: it must not notice.
 *
 *	lives N		four threads allocate N blocks each, and look at what
 *			they wrote into them; prints a sum of it, answers 3
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS	4
#define KEPT	16

static long n;

static void *
work(void *arg)
{
	uintptr_t me = (uintptr_t)arg, sum = 0;
	unsigned char *kept[KEPT] = { NULL };

	for (long i = 0; i < n; i++) {
		unsigned char **p = &kept[i % KEPT];
		size_t size = (size_t)(1 + i % 500);

		if (*p != NULL)
			sum = sum * 31 + (*p)[0];
		if (i % 5 == 0 && *p != NULL) {
			*p = realloc(*p, size);
		} else {
			free(*p);
			*p = malloc(size);
		}
		if (*p == NULL)
			return NULL;
		memset(*p, (int)(i + (long)me), size);
	}
	for (int i = 0; i < KEPT; i++)
		free(kept[i]);
	return (void *)sum;
}

int
main(int argc, char **argv)
{
	pthread_t t[THREADS];
	uintptr_t sum = 0;
	void *got;

	n = argc > 1 ? atol(argv[1]) : 0;
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, work, (void *)i))
			return 9;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &got);
		sum = sum * 31 + (uintptr_t)got;
	}
	printf("%lu\n", (unsigned long)sum);
	return 3;
}
