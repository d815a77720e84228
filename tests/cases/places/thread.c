/*
 * thread.c - the fault is met in a second thread.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <pthread.h>
#include "../case.h"

static void *
run(void *unused)
{
	fault();
	return unused;
}

int
main(void)
{
	pthread_t t;

	return pthread_create(&t, NULL, run, NULL) || pthread_join(t, NULL);
}
