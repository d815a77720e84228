/*
 * timer.c - a 1 kHz timer whose handler allocates interrupts a loop
 * that does nothing else.
 *
 * The loop's blocks have 4001 bytes, the handler's 4002.  Prints how many of
 * each were made; all are freed.  The handler also frees a block of the loop
 * and the loop one of the handler's, so each side's memory reaches the other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static unsigned long handled;
static void *volatile to_handler;	/* one block on its way */
static void *volatile to_loop;

static void
handler(int signal)
{
	void *p = malloc(4002);
	void *mine = malloc(4002);

	(void)signal;
	if (p == NULL || mine == NULL)
		abort();
	handled += 2;
	free(mine);
	free(__atomic_exchange_n(&to_handler, NULL, __ATOMIC_SEQ_CST));
	free(__atomic_exchange_n(&to_loop, p, __ATOMIC_SEQ_CST));
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler };
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } };
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 2);
	unsigned long looped = 0;
	void *p;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	do {
		for (int i = 0; i < 200; i++) {
			p = malloc(4001);
			if (p == NULL)
				abort();
			looped++;
			p = realloc(p, 4001);
			free(__atomic_exchange_n(&to_handler, p,
			    __ATOMIC_SEQ_CST));
			free(__atomic_exchange_n(&to_loop, NULL,
			    __ATOMIC_SEQ_CST));
		}
		nanosleep(&(struct timespec){ 0, 50000 }, NULL);
	} while (time(NULL) < end);
	every = (struct itimerval){ { 0, 0 }, { 0, 0 } };
	setitimer(ITIMER_REAL, &every, NULL);
	free(to_handler);
	free(to_loop);
	printf("%lu %lu\n", looped, handled);
	return handled > 0 ? 0 : 1;
}
