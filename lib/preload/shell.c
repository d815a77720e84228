/*
 * shell.c - system and popen, whose children would pass us by.
 *
 * libc's own start their shell by an internal call.  popen is libc's, with
 * environ exchanged for the moment of the call.  system takes as long as the
 * command does, too long for that, so it is ours: POSIX's, with SIGINT and
 * SIGQUIT ignored while any thread is in it, and SIGCHLD blocked in the caller.
 * A thread can be cancelled at its beginning, not while it waits.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/lock.h"
#include "base/os.h"
#include "preload/exec.h"
#include "preload/real.h"

#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif

static struct lock shell_lock = LOCK_INIT;
static unsigned shell_users;
static struct sigaction shell_int;
static struct sigaction shell_quit;

static void
shell_ignore(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	lock_take(&shell_lock, (uint32_t)os_gettid());
	if (shell_users++ == 0) {
		sigaction(SIGINT, &ignore, &shell_int);
		sigaction(SIGQUIT, &ignore, &shell_quit);
	}
	lock_give(&shell_lock);
}

static void
shell_restore(void)
{
	lock_take(&shell_lock, (uint32_t)os_gettid());
	if (--shell_users == 0) {
		sigaction(SIGINT, &shell_int, NULL);
		sigaction(SIGQUIT, &shell_quit, NULL);
	}
	lock_give(&shell_lock);
}

/* The child has the signals as the caller had them. */
static int
shell_spawn(pid_t *pid, const char *command, const sigset_t *mask)
{
	char *argv[] = {
		(char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
		(char *)(uintptr_t)command, NULL,
	};
	posix_spawnattr_t attr;
	sigset_t reset;
	int error;

	sigemptyset(&reset);
	if (shell_int.sa_handler != SIG_IGN)
		sigaddset(&reset, SIGINT);
	if (shell_quit.sa_handler != SIG_IGN)
		sigaddset(&reset, SIGQUIT);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, mask);
	posix_spawnattr_setsigdefault(&attr, &reset);
	posix_spawnattr_setflags(&attr,
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	error = posix_spawn(pid, _PATH_BSHELL, NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	return error;
}

static int
shell_wait(pid_t pid)
{
	int status;
	long got;

	do
		got = os_syscall(SYS_wait4, pid, (long)&status, 0, 0, 0, 0);
	while (got == -EINTR);
	if (got < 0) {
		errno = (int)-got;
		return -1;
	}
	return status;
}

static int
shell_run(const char *command)
{
	sigset_t child, mask;
	int status, error;
	pid_t pid;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	shell_ignore();
	pthread_sigmask(SIG_BLOCK, &child, &mask);
	error = shell_spawn(&pid, command, &mask);
	/* As if the shell had said that it can't be executed. */
	status = error == 0 ? shell_wait(pid) : W_EXITCODE(127, 0);
	shell_restore();
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	if (error != 0)
		errno = error;
	return status;
}

PW_EXPORT int
system(const char *command)
{
	pthread_testcancel();
	if (command == NULL)
		return shell_run("exit 0") == 0;
	return shell_run(command);
}

struct shell_popen {
	const char *command;
	const char *type;
	FILE *file;
};

static int
shell_popen(void *arg)
{
	struct shell_popen *p = arg;

	p->file = real.popen(p->command, p->type);
	return p->file != NULL ? 0 : -1;
}

PW_EXPORT FILE *
popen(const char *command, const char *type)
{
	struct shell_popen p = { .command = command, .type = type };

	exec_with_environ(shell_popen, &p, _PATH_BSHELL);
	return p.file;
}
