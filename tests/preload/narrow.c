/*
 * narrow.c - calls on little stacks: a signal's alternate one, a coroutine's.
 *
 * A handler on an alternate stack that has 4 KB beside what the kernel itself
 * needs there, and coroutines of 8 KB, behind a page that may not be touched.
 * Prints how many blocks of 1501 bytes (handler) and 1502 (coroutines).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define ROUNDS	200

static ucontext_t back;
static ucontext_t there;
static void *volatile p;

/* size bytes that end where they should, and nothing below. */
static void *
stack_of(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t all = (size + page - 1) / page * page;
	char *at = mmap(NULL, all + page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || mprotect(at, page, PROT_NONE) != 0)
		abort();
	return at + page + all - size;
}

static void
handler(int signal)
{
	(void)signal;
	p = malloc(1501);
	p = realloc(p, 1503);
	free(p);
}

static void
coroutine(void)
{
	for (;;) {
		p = malloc(1502);
		swapcontext(&there, &back);
		free(p);
		swapcontext(&there, &back);
	}
}

int
main(void)
{
	size_t kernel = getauxval(AT_MINSIGSTKSZ);
	struct sigaction action = { .sa_flags = SA_ONSTACK };
	stack_t alternate = { .ss_size = (kernel ? kernel : 2048) + 4096 };

	alternate.ss_sp = stack_of(alternate.ss_size);
	if (sigaltstack(&alternate, NULL) != 0)
		return 1;
	action.sa_handler = handler;
	sigaction(SIGUSR1, &action, NULL);
	getcontext(&there);
	there.uc_stack.ss_size = 8192;
	there.uc_stack.ss_sp = stack_of(there.uc_stack.ss_size);
	makecontext(&there, coroutine, 0);
	for (int i = 0; i < ROUNDS; i++) {
		raise(SIGUSR1);
		swapcontext(&back, &there);
		swapcontext(&back, &there);
	}
	printf("%d %d\n", ROUNDS, ROUNDS);
	return 0;
}
