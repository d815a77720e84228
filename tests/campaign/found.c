/*
 * found.c - frees a block twice and says when, in seconds since 1970.
 *
 *	found MS WHERE	after MS milliseconds, in main or in a thread
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void *
twice(void *arg)
{
	char *volatile p = malloc(10);
	struct timespec t;

	free(p);
	clock_gettime(CLOCK_REALTIME, &t);
	free(p);
	printf("%lld.%06ld\n", (long long)t.tv_sec, t.tv_nsec / 1000);
	fflush(stdout);
	return arg;
}

int
main(int argc, char **argv)
{
	pthread_t thread;

	usleep(argc > 1 ? (useconds_t)atoi(argv[1]) * 1000 : 0);
	if (argc > 2 && argv[2][0] == 't') {
		if (pthread_create(&thread, NULL, twice, NULL) != 0)
			return 1;
		pthread_join(thread, NULL);
	} else {
		twice(NULL);
	}
	sleep(1);
	return 0;
}
