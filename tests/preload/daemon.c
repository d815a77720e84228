/*
 * daemon.c - becomes a daemon as the books have it, and allocates there.
 *
 *	daemon FILE [ROOT]	two forks, a session, every descriptor but
 *				2 closed, ROOT (if given) as the root folder;
 *				5,000 blocks of 3004 bytes; "done" is put into
 *				FILE, which was opened and mapped before, and at
 *				byte 128 the pid of who it belongs to then
 *
 * With ROOT it runs /bin/true there at the end, which may be missing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t starter;

static void
leave(void)
{
	if (fork() > 0)
		_exit(0);
	setsid();
	starter = getpid();
	if (fork() > 0)
		_exit(0);
	umask(0);
}

int
main(int argc, char **argv)
{
	int fd = argc > 1 ? open(argv[1], O_RDWR) : -1, status = 0;
	char *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);

	if (word == MAP_FAILED)
		return 2;
	leave();
	for (int i = 0; i < 1000; i++)
		if (i != 2)
			close(i);
	if (argc > 2 && chroot(argv[2]) != 0)
		strcpy(word, "no chroot");
	if (chdir("/") != 0)
		_exit(2);
	for (int i = 0; i < 5000; i++)
		free(malloc(3004));
	for (int i = 0; i < 1000 && getppid() == starter; i++)
		usleep(1000);
	snprintf(word + 128, 16, "%d", (int)getppid());
	if (argc > 2 && word[0] == 0 && fork() == 0) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(0);
	}
	wait(&status);
	if (word[0] == 0)
		strcpy(word, status == 0 ? "done" : "a child failed");
	return 0;
}
