/*
 * exits.c - every way out of a process, each with a status of its own.
 *
 * exits WAY: return 41, exit 42, quick 43, _exit 44, _Exit 45, thread 46 (exit
 * by another thread), failed-exec 47 (exit after an exec that the kernel
 * refused), handler 48 (_exit in an exit handler); or a signal: abort, or its
 * number, sent to itself.  Each first allocates 1001
 * bytes; an exit handler, where one runs, allocates 1002.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *volatile kept;
static int leave_in_handler;

static void
handler(void)
{
	kept = malloc(1002);
	if (leave_in_handler)
		_exit(48);
}

static void *
thread(void *arg)
{
	(void)arg;
	exit(46);
}

static void
fail_to_exec(const char *file)
{
	char *args[] = { (char *)"x", NULL };

	/* Executable, but nothing that the kernel knows. */
	execv(file, args);
	exit(47);
}

int
main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "return";
	pthread_t t;

	kept = malloc(1001);
	atexit(handler);
	at_quick_exit(handler);
	if (strcmp(way, "exit") == 0)
		exit(42);
	if (strcmp(way, "quick") == 0)
		quick_exit(43);
	if (strcmp(way, "_exit") == 0)
		_exit(44);
	if (strcmp(way, "_Exit") == 0)
		_Exit(45);
	if (strcmp(way, "failed-exec") == 0)
		fail_to_exec(argv[2]);
	if (strcmp(way, "thread") == 0) {
		pthread_create(&t, NULL, thread, NULL);
		pthread_join(t, NULL);
	}
	if (strcmp(way, "abort") == 0)
		abort();
	if (atoi(way) > 0) {
		kill(getpid(), atoi(way));
		for (;;)
			pause();
	}
	leave_in_handler = strcmp(way, "handler") == 0;
	return 41;
}
