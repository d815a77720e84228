/*
 * crash.c - ways to die of a signal, and what a program sees of its handlers.
 *
 * The argument names the way.  "look" prints what is not as it would be without
 * poolwatch, and nothing else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct node {
	struct node *next;
	long value;
};

static sigjmp_buf back;
static volatile int seen;

static __attribute__((noinline)) void
on_plain(int sig)
{
	(void)sig;
	seen++;
}

static void
on_jump(int sig)
{
	(void)sig;
	seen++;
	siglongjmp(back, 1);
}

static void
on_info(int sig, siginfo_t *info, void *context)
{
	if (sig != SIGSEGV || info->si_addr != (void *)0x40 || context == NULL)
		_exit(3);
	seen++;
	siglongjmp(back, 1);
}

static void *volatile nowhere;

static __attribute__((noinline)) void
touch(void)
{
	*(volatile char *)nowhere = 1;
}

static __attribute__((noinline)) long
follow(struct node *n)
{
	return n->next->value;
}

/* A jump to an address that is none: its caller is what is known. */
static __attribute__((noinline)) void
jump(void)
{
	((void (*)(void))nowhere)();
	seen++;
}

static __attribute__((noinline)) int
recurse(int n)
{
	volatile char room[200];

	room[0] = (char)n;
	return recurse(n + 1) + room[0];
}

static void *
in_thread(void *arg)
{
	(void)arg;
	touch();
	return NULL;
}

static void *
deep_thread(void *arg)
{
	free(malloc(1));	/* or poolwatch does not know the thread */
	return (char *)arg + recurse(0);
}

static void
die_in_thread(void *(*how)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, how, NULL);
	pthread_join(thread, NULL);
}

/* A child that shares our memory sets and gets its own. */
static void
die_in_vfork(void)
{
	int status;

	if (vfork() == 0) {
		signal(SIGSEGV, SIG_IGN);
		signal(SIGSEGV, SIG_DFL);
		touch();
		_exit(0);
	}
	wait(&status);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		printf("vfork: status %#x\n", status);
	touch();
}

static void
die_in_fork(void)
{
	int status;

	if (fork() == 0) {
		free(malloc(10));
		touch();
	}
	wait(&status);
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		printf("fork: status %#x\n", status);
}

/* As crash reporters do: a handler, then the default, then once more. */
static void
on_reraise(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
expect(const char *what, int good)
{
	if (!good)
		printf("%s\n", what);
}

static void
look_initial(void)
{
	struct sigaction now;
	stack_t alt;

	memset(&now, 1, sizeof(now));
	sigaction(SIGSEGV, NULL, &now);
	expect("a handler at first", now.sa_handler == SIG_DFL);
	expect("flags at first", now.sa_flags == 0);
	expect("a mask at first", !sigismember(&now.sa_mask, SIGINT));
	sigaltstack(NULL, &alt);
	expect("a stack at first", alt.ss_flags == SS_DISABLE);
	expect("signal's first", signal(SIGABRT, on_plain) == SIG_DFL);
	expect("signal's second", signal(SIGABRT, SIG_IGN) == on_plain);
	expect("signal's third", signal(SIGABRT, SIG_DFL) == SIG_IGN);
	expect("signal's fourth", signal(SIGABRT, SIG_DFL) == SIG_DFL);
}

static void
look_set(void)
{
	struct sigaction act = { .sa_flags = SA_SIGINFO | SA_NODEFER }, now;

	act.sa_sigaction = on_info;
	sigemptyset(&act.sa_mask);
	sigaddset(&act.sa_mask, SIGUSR1);
	sigaction(SIGSEGV, &act, &now);
	expect("an old handler", now.sa_handler == SIG_DFL);
	sigaction(SIGSEGV, NULL, &now);
	expect("another handler", now.sa_sigaction == on_info);
	expect("other flags", (now.sa_flags & ~0x04000000) ==
	    (SA_SIGINFO | SA_NODEFER));
	expect("another mask", sigismember(&now.sa_mask, SIGUSR1) &&
	    !sigismember(&now.sa_mask, SIGUSR2));
	nowhere = (void *)0x40;
	seen = 0;
	if (sigsetjmp(back, 1) == 0)
		touch();
	expect("not called with info", seen == 1);
	expect("plain after info", signal(SIGSEGV, on_jump) ==
	    (void (*)(int))on_info);
	sigaction(SIGSEGV, NULL, &now);
	expect("a plain handler", now.sa_handler == on_jump &&
	    !(now.sa_flags & SA_SIGINFO) && (now.sa_flags & SA_RESTART));
	if (sigsetjmp(back, 1) == 0)
		touch();
	expect("not called plainly", seen == 2);
	expect("sigset", sigset(SIGSEGV, on_plain) == on_jump);
	raise(SIGSEGV);
	expect("not called by raise", seen == 3);
	signal(SIGSEGV, SIG_IGN);
	raise(SIGSEGV);
	expect("called though ignored", seen == 3);
	expect("bad signal", sigaction(SIGKILL, &act, NULL) == -1);
}

/* The handler is called once, then the default is back. */
static void
look_reset(void)
{
	struct sigaction act = { .sa_flags = SA_RESETHAND }, now;

	act.sa_handler = on_plain;
	sigaction(SIGFPE, &act, NULL);
	seen = 0;
	raise(SIGFPE);
	expect("SA_RESETHAND: not called", seen == 1);
	sigaction(SIGFPE, NULL, &now);
	expect("SA_RESETHAND: still there", now.sa_handler == SIG_DFL);
	expect("System V", sysv_signal(SIGFPE, on_plain) == SIG_DFL);
	raise(SIGFPE);
	expect("System V: not called", seen == 2);
	expect("System V: still there", signal(SIGFPE, SIG_DFL) == SIG_DFL);
}

static void
die(const char *way)
{
	struct node *n = malloc(sizeof(*n));
	char *big = malloc(200000);

	if (!strcmp(way, "null"))
		touch();
	else if (!strcmp(way, "member"))
		nowhere = (void *)0x28, touch();
	else if (!strcmp(way, "freed"))
		nowhere = big + 5000, free(big), touch();
	else if (!strcmp(way, "behind"))
		nowhere = big + 200800, touch();
	else if (!strcmp(way, "freed-word"))
		n->next = n, free(n), seen = (int)follow(n);
	else if (!strcmp(way, "unset-word"))
		seen = (int)follow(n);
	else if (!strcmp(way, "jump"))
		jump();
	else if (!strcmp(way, "abort"))
		abort();
	else if (!strcmp(way, "kill"))
		kill(getpid(), SIGSEGV);
	else if (!strcmp(way, "fpe"))
		__asm__ volatile("xorl %%ecx, %%ecx; xorl %%edx, %%edx;"
		    "movl $1, %%eax; idivl %%ecx" : : : "eax", "ecx", "edx");
	else if (!strcmp(way, "ill"))
		__asm__ volatile("ud2");
	else if (!strcmp(way, "stack"))
		recurse(0);
	else if (!strcmp(way, "thread"))
		die_in_thread(in_thread);
	else if (!strcmp(way, "thread-stack"))
		die_in_thread(deep_thread);
	else if (!strcmp(way, "vfork"))
		die_in_vfork();
	else if (!strcmp(way, "fork"))
		die_in_fork();
	else if (!strcmp(way, "reraise"))
		signal(SIGSEGV, on_reraise), touch();
	else if (!strcmp(way, "handled-freed")) {
		signal(SIGSEGV, on_jump);
		nowhere = big + 5000, free(big);
		if (sigsetjmp(back, 1) == 0)
			touch();
	} else if (!strcmp(way, "handled-null")) {
		signal(SIGSEGV, on_jump);
		if (sigsetjmp(back, 1) == 0)
			touch();
	} else if (!strcmp(way, "overrun"))
		((char *)n)[sizeof(*n)] = 1, touch();
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "look") == 0) {
		look_initial();
		look_set();
		look_reset();
	} else {
		die(argv[1]);
	}
	return 0;
}
