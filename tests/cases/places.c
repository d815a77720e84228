/*
 * places.c - the places where a case's fault is met; $CASE_PLACE names the one.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "case.h"

static int
is_place(const char *name)
{
	const char *place = getenv("CASE_PLACE");

	return place && strcmp(place, name) == 0;
}

__attribute__((constructor)) static void
before_main(void)
{
	if (is_place("constructor"))
		fault();
}

static void
after_main(void)
{
	fault();
}

/* In the same case as an object of its own, $CASE_OBJECT. */
static int
in_dlopened(void)
{
	void *object = dlopen(getenv("CASE_OBJECT"), RTLD_NOW);
	void (*f)(void);

	if (!object) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	*(void **)&f = dlsym(object, "fault");
	f();
	return 0;
}

static int
in_fork(void)
{
	int status = 1;
	pid_t pid;

	free(hide(malloc(100)));
	pid = fork();
	if (pid == 0) {
		fault();
		exit(0);
	}
	waitpid(pid, &status, 0);
	return status != 0;
}

static void
handler(int sig)
{
	(void)sig;
	fault();
}

static int
in_signal(void)
{
	signal(SIGUSR1, handler);
	free(hide(malloc(100)));
	return raise(SIGUSR1);
}

static void *
second(void *unused)
{
	fault();
	return unused;
}

static int
in_thread(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, second, NULL) || pthread_join(t, NULL);
}

int
main(void)
{
	if (is_place("atexit"))
		return atexit(after_main);
	if (is_place("constructor"))
		return 0;
	if (is_place("dlopened"))
		return in_dlopened();
	if (is_place("fork"))
		return in_fork();
	if (is_place("signal"))
		return in_signal();
	if (is_place("thread"))
		return in_thread();
	fault();
	return 0;
}
