/*
 * family.c - every way to a child, each allocating a size of its own.
 *
 * family		3000 itself, then children by
 *	fork 3001, _Fork 3002, vfork+exec 3003, posix_spawn 3004, system 3005,
 *	popen 3006, fork+execl 3007, fork+execvp 3008, raw clone 3009,
 *	a failing exec 3010 (allocated after it failed), fork+execveat 3011
 * family N	allocates N bytes, frees nothing, exits with N % 100
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static char *self;
static void *volatile kept;

static void
leave(int n)
{
	kept = malloc((size_t)n);
	_exit(n % 100);
}

static void
expect(const char *how, int status, int n)
{
	if (!WIFEXITED(status) || WEXITSTATUS(status) != n % 100)
		printf("%s: wait status %#x\n", how, (unsigned)status);
}

static void
reap(const char *how, pid_t pid, int n)
{
	int status = -1;

	waitpid(pid, &status, 0);
	expect(how, status, n);
}

#define CHILD(how, made, n, does) do {					\
	pid_t pid_ = (made);						\
	if (pid_ == 0) {						\
		does;							\
		_exit(99);						\
	}								\
	reap(how, pid_, n);						\
} while (0)

static void
commands(void)
{
	char line[4096];
	FILE *f;

	snprintf(line, sizeof(line), "%s 3005", self);
	expect("system", system(line), 3005);
	snprintf(line, sizeof(line), "%s 3006", self);
	f = popen(line, "r");
	expect("popen", pclose(f), 3006);
	if (system(NULL) != 1)
		printf("system: no shell\n");
}

static void
images(void)
{
	char *args[] = { self, (char *)"3003", NULL };
	pid_t pid;

	CHILD("vfork", vfork(), 3003, execve(self, args, environ));
	args[1] = (char *)"3004";
	if (posix_spawn(&pid, self, NULL, NULL, args, environ) != 0)
		printf("posix_spawn\n");
	else
		reap("posix_spawn", pid, 3004);
	CHILD("execl", fork(), 3007, execl(self, self, "3007", NULL));
	args[1] = (char *)"3008";
	CHILD("execvp", fork(), 3008, execvp(self, args));
	args[1] = (char *)"3011";
	CHILD("execveat", fork(), 3011,
	    execveat(AT_FDCWD, self, args, environ, 0));
	CHILD("failing exec", fork(), 3010, {
		kept = malloc(10);
		if (execv("/proc/self/comm", args) != -1 || errno != EACCES)
			_exit(98);
		leave(3010);
	});
}

int
main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		leave(atoi(argv[1]));
	kept = malloc(3000);
	CHILD("fork", fork(), 3001, leave(3001));
	CHILD("_Fork", _Fork(), 3002, leave(3002));
	CHILD("clone", (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0), 3009,
	    leave(3009));
	images();
	commands();
	free(kept);
	return 0;
}
