/*
 * fork.c - the fault is met in a forked child.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <sys/wait.h>
#include <unistd.h>
#include "../case.h"

int
main(void)
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
