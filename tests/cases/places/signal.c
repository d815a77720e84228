/*
 * signal.c - the fault is met in a signal handler.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <signal.h>
#include "../case.h"

static void
handler(int sig)
{
	(void)sig;
	fault();
}

int
main(void)
{
	signal(SIGUSR1, handler);
	free(hide(malloc(100)));
	return raise(SIGUSR1);
}
