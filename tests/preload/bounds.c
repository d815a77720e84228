/*
 * bounds.c - allocates where room is short.
 *
 *	bounds give N		N blocks of 3005 bytes, given and taken
 *	bounds fill FILE	2,000 of them, then all room of FILE's file system is
 *				taken, then 200,000 of 3006 bytes
 *	bounds lock		locks all memory, then 20,000; answers 1 if more than
 *				512 MiB are resident
 *	bounds refuse COMMAND	runs it where madvise can't make room
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define POPULATE_WRITE	23
#define RESIDENT_MAX	(512l << 20)

static void
give_and_take(int n, size_t size)
{
	while (n-- > 0)
		free(malloc(size));
}

static int
fill(const char *name)
{
	static char bytes[65536];
	int fd = open(name, O_WRONLY | O_CREAT, 0600);
	size_t size = sizeof(bytes);

	give_and_take(2000, 3005);
	if (fd < 0)
		return 77;
	while (size > 0)
		if (write(fd, bytes, size) < 0)
			size /= 2;
	give_and_take(200000, 3006);
	return 0;
}

static int
lock(void)
{
	long pages = 0;
	FILE *f;

	if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
		return 77;
	give_and_take(20000, 3005);
	f = fopen("/proc/self/statm", "r");
	if (f == NULL || fscanf(f, "%*d %ld", &pages) != 1)
		return 2;
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE) > RESIDENT_MAX;
}

static int
refuse(char **command)
{
	static struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, POPULATE_WRITE, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	static const struct sock_fprog program = {
		sizeof(filter) / sizeof(filter[0]), filter
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 77;
	execvp(command[0], command);
	return 127;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (!strcmp(argv[1], "lock"))
		return lock();
	if (argc < 3)
		return 2;
	if (!strcmp(argv[1], "give"))
		give_and_take(atoi(argv[2]), 3005);
	else if (!strcmp(argv[1], "fill"))
		return fill(argv[2]);
	else
		return refuse(argv + 2);
	return 0;
}
