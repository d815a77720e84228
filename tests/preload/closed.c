/*
 * closed.c - allocates where nothing can be opened any more.
 *
 *	closed WORD...	of descriptors, root, user, seccomp: what is given up
 *			first; overrun: a byte is written past a block
 *
 * Then 20,000 blocks of 3001 bytes, 1,000 of 3002 in a new thread, and 1,000
 * of 3003 in a child.  Answers the number of descriptors that are open at the
 * end, or 77 and why when something can't be given up here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DESCRIPTORS	1000

static void
give_and_take(int n, size_t size)
{
	while (n-- > 0)
		free(malloc(size));
}

static void *
in_thread(void *arg)
{
	give_and_take(1000, 3002);
	return arg;
}

/* Opening, and all that goes to the network, is death from now on. */
static int
close_kernel(void)
{
	static struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 6, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_open, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_readlink, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	static const struct sock_fprog program = {
		sizeof(filter) / sizeof(filter[0]), filter
	};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -1 :
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int
give_up(const char *word)
{
	if (!strcmp(word, "descriptors")) {
		for (int i = 0; i < DESCRIPTORS; i++)
			close(i);
		return 0;
	}
	if (!strcmp(word, "root"))
		return chroot("/proc/self/fdinfo") || chdir("/") ? -1 : 0;
	if (!strcmp(word, "overrun")) {
		char *volatile p = malloc(20);

		p[20] = 1;
		free(p);
		return 0;
	}
	if (!strcmp(word, "user"))
		return setgid(65534) || setuid(65534) ? -1 : 0;
	return close_kernel();
}

int
main(int argc, char **argv)
{
	pthread_t thread;
	int n = 0, ended;
	pid_t child;

	for (int i = 1; i < argc; i++)
		if (give_up(argv[i]) != 0)
			return 77;
	give_and_take(20000, 3001);
	if (pthread_create(&thread, NULL, in_thread, NULL) != 0)
		return 76;
	pthread_join(thread, NULL);
	child = fork();
	if (child == 0) {
		give_and_take(1000, 3003);
		_exit(0);
	}
	if (waitpid(child, &ended, 0) != child || ended != 0)
		return 75;
	for (int i = 0; i < DESCRIPTORS; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}
