/*
 * mappings.c - every call that maps or unmaps, by a program that counts along.
 *
 * mappings all		each call in each of its ways; says what it did:
 *			maps unmaps remaps, mappings and bytes that are left
 * mappings storm N	four threads map and unmap N times each
 * mappings timer S	a timer's handler maps and unmaps while the program
 *			does so and allocates, for S seconds
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)
#define RW	(PROT_READ | PROT_WRITE)

static long maps, unmaps, remaps, left, pages;
static size_t page = 4096;
static char *resolved, *constructed;

#define MUST(x)	do {							\
	if (!(x)) {							\
		printf("%s: %s\n", #x, strerror(errno));		\
		exit(1);						\
	}								\
} while (0)

/* So many pages more, in so many mappings more. */
static void
count(long *calls, long mappings, long of_pages)
{
	++*calls;
	left += mappings;
	pages += of_pages;
}

static char *
map(long n)
{
	char *p = mmap(NULL, (size_t)n * page, RW, ANON, -1, 0);

	MUST(p != MAP_FAILED);
	count(&maps, 1, n);
	return p;
}

static int
answer(void)
{
	return 42;
}

/* Bound at start, when little of libc works and none of it is initialised. */
static int
(*resolve(void))(void)
{
	resolved = mmap(NULL, 4096, RW, ANON, -1, 0);
	return answer;
}

int	resolved_answer(void) __attribute__((ifunc("resolve")));

__attribute__((constructor)) static void
construct(void)
{
	constructed = map(2);
}

static void
holes(void)
{
	char *p = map(10);

	MUST(munmap(p + 3 * page, 2 * page) == 0);
	count(&unmaps, 1, -2);
	/* Bytes that are no whole pages; then over what is and what is not. */
	MUST(munmap(p, page - 7) == 0);
	count(&unmaps, 0, -1);
	MUST(mmap(p + 2 * page, 2 * page, RW, ANON | MAP_FIXED, -1, 0) ==
	    p + 2 * page);
	count(&maps, 1, 1);
	MUST(munmap(p, 10 * page) == 0);
	count(&unmaps, -3, -8);
}

static void
failures(void)
{
	char *p = map(1), *shm;

	MUST(munmap(p + 1, page) == -1 && errno == EINVAL);
	MUST(munmap(p, 0) == -1 && errno == EINVAL);
	MUST(mmap(NULL, page, RW, MAP_PRIVATE, -1, 0) == MAP_FAILED &&
	    errno == EBADF);
	MUST(mmap(NULL, 0, RW, ANON, -1, 0) == MAP_FAILED && errno == EINVAL);
	/* Two pages, of which there is one: announced, and taken back. */
	MUST(munmap(p, page) == 0);
	count(&unmaps, -1, -1);
	p = map(2);
	MUST(munmap(p + page, page) == 0);
	count(&unmaps, 0, -1);
	MUST(mremap(p, 2 * page, 4 * page, MREMAP_MAYMOVE) == MAP_FAILED &&
	    errno == EFAULT);
	MUST(mremap(p + 1, page, page, MREMAP_MAYMOVE) == MAP_FAILED &&
	    errno == EINVAL);
	MUST(mremap(p, page, 0, MREMAP_MAYMOVE) == MAP_FAILED &&
	    errno == EINVAL);
	shm = shmat(-1, NULL, 0);
	MUST(shm == (void *)-1 && errno == EINVAL);
	MUST(shmdt(p) == -1 && errno == EINVAL);
}

static void
moves(void)
{
	char *p = map(4), *q = map(8), *r;

	p = mremap(p, 4 * page, 9 * page, MREMAP_MAYMOVE);
	MUST(p != MAP_FAILED);
	count(&remaps, 0, 5);
	MUST(mremap(p, 9 * page, 6 * page, 0) == p);
	count(&remaps, 0, -3);
	MUST(mremap(p, 6 * page, 6 * page, MREMAP_MAYMOVE | MREMAP_FIXED,
	    q + page) == q + page);
	count(&remaps, 1, -6);
	/* A part moves away. */
	r = mremap(q + 2 * page, page, 3 * page, MREMAP_MAYMOVE);
	MUST(r != MAP_FAILED);
	count(&remaps, 2, 2);
	r = mmap(NULL, page, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(r != MAP_FAILED);
	count(&maps, 1, 1);
	MUST(mremap(r, 0, page, MREMAP_MAYMOVE) != MAP_FAILED);
	count(&remaps, 1, 1);
}

static void
break_moves(void)
{
	char *at = sbrk(0);

	MUST(sbrk((intptr_t)(5 * page)) == at);
	count(&maps, 1, 5);
	MUST(sbrk(-(intptr_t)(2 * page)) == at + 5 * page);
	count(&unmaps, 0, -2);
	MUST(brk(at + 4 * page) == 0);
	count(&maps, 1, 1);
	MUST(brk(at + page) == 0);
	count(&unmaps, -1, -3);
	/* Neither moves it, and libc calls the second a success. */
	MUST(brk((void *)-page) == -1 && errno == ENOMEM);
	MUST(brk(NULL) == 0);
	MUST(brk((void *)page) == 0);
	MUST(sbrk(INTPTR_MAX) == (void *)-1);
	MUST(sbrk(0) == at + page);
}

static void
segments(void)
{
	int id = shmget(IPC_PRIVATE, 5 * page - 100, IPC_CREAT | 0600);
	char *p, *q;

	MUST(id != -1);
	p = shmat(id, NULL, 0);
	q = shmat(id, NULL, SHM_RDONLY);
	shmctl(id, IPC_RMID, NULL);
	MUST(p != (void *)-1 && q != (void *)-1);
	count(&maps, 1, 5);
	count(&maps, 1, 5);
	MUST(munmap(p, page) == 0);
	count(&unmaps, 0, -1);
	MUST(shmdt(p) == 0);
	count(&unmaps, -1, -4);
}

static void
files(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	char *p = mmap(NULL, 100, PROT_READ, MAP_PRIVATE, fd, 0);
	char *q = mmap64(NULL, page + 1, PROT_READ, MAP_SHARED, fd, 0);

	MUST(p != MAP_FAILED && q != MAP_FAILED);
	count(&maps, 1, 1);
	count(&maps, 1, 2);
	MUST(munmap(p, 100) == 0);
	count(&unmaps, -1, -1);
	close(fd);
}

/* Its parent's mappings are not its own; those it makes are. */
static void
child(void)
{
	char *p = map(2);
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		char *q = mmap(NULL, 3 * page, RW, ANON, -1, 0);

		_exit(munmap(p, 2 * page) != 0 || q == MAP_FAILED);
	}
	MUST(waitpid(pid, &status, 0) == pid && status == 0);
	count(&maps, 1, 3);
	count(&unmaps, 0, 0);
	/* Between vfork and exec the memory is one. */
	pid = vfork();
	if (pid == 0) {
		munmap(p, page);
		_exit(0);
	}
	MUST(waitpid(pid, &status, 0) == pid && status == 0);
	count(&unmaps, 0, -1);
}

static void *
thread_unmaps(void *p)
{
	return (void *)(intptr_t)munmap(p, page);
}

static void
threads(void)
{
	pthread_t t;
	void *r;
	char *p = map(3);

	MUST(pthread_create(&t, NULL, thread_unmaps, p + page) == 0);
	MUST(pthread_join(t, &r) == 0 && r == NULL);
	count(&unmaps, 1, -1);
}

static void
all(void)
{
	if (resolved_answer() != 42 || resolved == MAP_FAILED)
		exit(1);
	/* Who resolves comes before everything, and is not recorded. */
	resolved[0] = constructed[0] = 1;
	holes();
	failures();
	moves();
	break_moves();
	segments();
	files();
	child();
	threads();
	count(&unmaps, -1, -2);
	printf("%ld maps, %ld unmaps, %ld remaps, %ld pages in %ld left\n",
	    maps, unmaps, remaps, pages, left);
	fflush(stdout);
	/* What follows the last handler of exit is seen too. */
	munmap(constructed, 2 * page);
	_exit(0);
}

static void *
storm_thread(void *arg)
{
	for (long i = 0, n = (long)(intptr_t)arg; i < n; i++) {
		char *p = mmap(NULL, page, RW, ANON, -1, 0);

		MUST(p != MAP_FAILED && munmap(p, page) == 0);
	}
	return NULL;
}

static void
storm(long n)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		MUST(pthread_create(&t[i], NULL, storm_thread,
		    (void *)(intptr_t)n) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	printf("%ld\n", 4 * n);
}

static volatile sig_atomic_t handled;

static void
handler(int sig)
{
	int saved = errno;
	char *p = mmap(NULL, page, RW, ANON, -1, 0);

	(void)sig;
	if (p != MAP_FAILED && munmap(p, page) == 0)
		handled++;
	errno = saved;
}

static void
timer(long seconds)
{
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } };
	time_t end = time(NULL) + seconds;
	long looped = 0;

	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &every, NULL);
	while (time(NULL) < end) {
		for (int i = 0; i < 50; i++, looped++) {
			void *volatile block = malloc(100);

			free(block);
			munmap(mmap(NULL, page, RW, ANON, -1, 0), page);
		}
		nanosleep(&(struct timespec){ 0, 100000 }, NULL);
	}
	memset(&every, 0, sizeof every);
	setitimer(ITIMER_REAL, &every, NULL);
	printf("%ld\n", looped + handled);
}

int
main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0;

	page = (size_t)sysconf(_SC_PAGESIZE);
	if (argc > 1 && strcmp(argv[1], "all") == 0)
		all();
	else if (argc > 1 && strcmp(argv[1], "storm") == 0)
		storm(n);
	else if (argc > 1 && strcmp(argv[1], "timer") == 0)
		timer(n);
	else
		return 2;
	return 0;
}
