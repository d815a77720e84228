/*
 * faults.c - a program that lives on its own faults: a handler of SIGSEGV on an
 * alternate stack of its own, which allocates and jumps out.
 *
 * Prints how often it was in the handler, and anything that is not as it left
 * it: the handler, its flags, the alternate stack.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define ROUNDS	1000
#define STACK	(64 * 1024)

static sigjmp_buf back;
static volatile int seen;
static char *wall;

static void
on_fault(int sig, siginfo_t *info, void *context)
{
	char *p = malloc(2001);

	(void)context;
	if (sig != SIGSEGV || info->si_addr != wall)
		_Exit(3);
	p[0] = 1;
	free(p);
	seen++;
	siglongjmp(back, 1);
}

static void
look(const void *stack)
{
	struct sigaction now;
	stack_t alt;

	sigaction(SIGSEGV, NULL, &now);
	if (now.sa_sigaction != on_fault ||
	    (now.sa_flags & (SA_SIGINFO | SA_ONSTACK)) !=
	    (SA_SIGINFO | SA_ONSTACK))
		printf("another handler\n");
	sigaltstack(NULL, &alt);
	if (alt.ss_sp != stack || alt.ss_size != STACK || alt.ss_flags != 0)
		printf("another stack\n");
}

int
main(void)
{
	stack_t alt = { .ss_sp = malloc(STACK), .ss_size = STACK };
	struct sigaction act = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
	volatile char *at;

	wall = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	at = wall;
	act.sa_sigaction = on_fault;
	sigaltstack(&alt, NULL);
	sigaction(SIGSEGV, &act, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		void *p = malloc(1001);

		if (sigsetjmp(back, 1) == 0)
			*at = 1;
		free(p);
	}
	look(alt.ss_sp);
	printf("%d\n", seen);
	return 0;
}
