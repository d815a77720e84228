/*
 * forks.c - children are forked while other threads are inside malloc.
 *
 * Three threads allocate without end; the main one forks 40 children, which
 * allocate and free in turn (801 bytes, 100 times) and fork one child each.
 * Answers 1 when a child fails; hangs when a lock stays behind.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN	40

static volatile int done;
static void *inherited[64];

static void *
churn(void *arg)
{
	void *p[32] = { NULL };

	for (unsigned i = 0; !done; i++) {
		free(p[i % 32]);
		p[i % 32] = malloc(i * 37 % 800);
		if (i % 100 == 0)
			usleep(500);
	}
	for (int i = 0; i < 32; i++)
		free(p[i]);
	return arg;
}

static void
allocate(void)
{
	void *p[100];

	for (int i = 0; i < 100; i++)
		p[i] = malloc(801);
	for (int i = 0; i < 100; i++)
		free(p[i]);
	for (int i = 0; i < 64; i++)
		free(inherited[i]);
}

static int
reap(pid_t pid)
{
	int status = -1;

	waitpid(pid, &status, 0);
	return status != 0;
}

static void
child(void)
{
	pid_t pid;

	allocate();
	pid = fork();
	if (pid == 0) {
		free(malloc(802));
		exit(0);
	}
	exit(reap(pid));
}

int
main(void)
{
	pthread_t threads[3];
	int failed = 0;
	pid_t pid;

	for (int i = 0; i < 64; i++)
		inherited[i] = malloc(64);
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, churn, NULL);
	for (int i = 0; i < CHILDREN; i++) {
		pid = fork();
		if (pid == 0)
			child();
		failed |= reap(pid);
	}
	done = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	printf("%d\n", CHILDREN);
	return failed;
}
