/*
 * sweep.c - main returns while threads take and give as fast as they can, some of
 * them just started; and a child of fork among them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS	4

static void *
work(void *arg)
{
	unsigned x = 7 + (unsigned)(long)arg;
	char *p[64] = { 0 };

	for (;;) {
		unsigned k = (x = x * 1664525u + 1013904223u) >> 26;
		size_t size = x % 16 == 0 ? x % 9000 : x % 600;

		free(p[k]);
		p[k] = malloc(size + 1);
		memset(p[k], (int)x, size + 1);
		if (x % 8 == 0)
			p[k] = realloc(p[k], 2 * size + 1);
	}
	return NULL;
}

int
main(void)
{
	pthread_t t;
	pid_t pid;

	for (long i = 0; i < THREADS; i++)
		pthread_create(&t, NULL, work, (void *)i);
	usleep(20000);
	pid = fork();
	if (pid == 0) {
		free(malloc(100));
		return 0;
	}
	waitpid(pid, NULL, 0);
	usleep(5000);
	return 0;
}
