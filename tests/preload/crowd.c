/*
 * crowd.c - very many threads, very many processes; every block is freed once.
 *
 *	crowd threads N		N short threads, 16 at a time; half of what each
 *				takes is given back by the one that started it
 *	crowd flood N		64 threads, N events each; blocks are handed to the
 *				neighbour, who frees them
 *	crowd forks N		N children, one after the other
 *	crowd bomb N		a tree of processes N deep, four below each
 *
 * Prints how many blocks take() gave in all processes, and how many of these.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define FLOOD	64
#define ABREAST	16
#define BELOW	4

static struct counts {
	atomic_ulong blocks;
	atomic_ulong processes;
} *all;

static __thread unsigned long mine;

static __attribute__((noinline)) void *
take(size_t size)
{
	void *p = malloc(size);

	mine++;
	__asm__ volatile("" : : "r"(p) : "memory");
	return p;
}

static void
settle(void)
{
	atomic_fetch_add(&all->blocks, mine);
	mine = 0;
}

static void *
short_life(void *arg)
{
	void **gift = arg;

	for (int i = 0; i < 4; i++) {
		free(take(20 + (size_t)i));
		gift[i] = take(40);
	}
	settle();
	return NULL;
}

static void
threads(unsigned long n)
{
	pthread_t id[ABREAST];
	void *gift[ABREAST][4];

	for (unsigned long done = 0; done < n; done += ABREAST) {
		for (int i = 0; i < ABREAST; i++)
			if (pthread_create(&id[i], NULL, short_life, gift[i]))
				exit(9);
		for (int i = 0; i < ABREAST; i++) {
			pthread_join(id[i], NULL);
			for (int k = 0; k < 4; k++)
				free(gift[i][k]);
		}
	}
}

static _Atomic(void *) box[FLOOD];
static unsigned long each;

/* What is in a box belongs to who takes it out. */
static void *
flood_life(void *arg)
{
	unsigned me = (unsigned)(size_t)arg;

	for (unsigned long i = 0; i < each; i += 2)
		free(atomic_exchange(&box[(me + i) % FLOOD],
		    take(1 + (me + i) % 300)));
	settle();
	return NULL;
}

static void
flood(unsigned long n)
{
	pthread_t id[FLOOD];

	each = n;
	for (size_t i = 0; i < FLOOD; i++)
		if (pthread_create(&id[i], NULL, flood_life, (void *)i))
			exit(9);
	for (size_t i = 0; i < FLOOD; i++)
		pthread_join(id[i], NULL);
	for (size_t i = 0; i < FLOOD; i++)
		free(box[i]);
}

static void
child(void)
{
	void *p = take(50);

	free(take(60));
	free(p);
	settle();
	atomic_fetch_add(&all->processes, 1);
}

static void
forks(unsigned long n)
{
	while (n-- > 0) {
		pid_t pid = fork();

		if (pid == 0) {
			child();
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			exit(9);
	}
}

static void
bomb(unsigned long depth)
{
	pid_t pid[BELOW];

	child();
	if (depth == 0)
		return;
	for (int i = 0; i < BELOW; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			bomb(depth - 1);
			_exit(0);
		}
		if (pid[i] < 0)
			exit(9);
	}
	for (int i = 0; i < BELOW; i++)
		waitpid(pid[i], NULL, 0);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(unsigned long);
	} ways[] = {
		{ "threads", threads }, { "flood", flood },
		{ "forks", forks }, { "bomb", bomb },
	};

	if (argc != 3)
		return 2;
	all = mmap(NULL, sizeof(*all), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		return 9;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(argv[1], ways[i].name))
			ways[i].run(strtoul(argv[2], NULL, 10));
	settle();
	printf("%lu %lu\n", atomic_load(&all->blocks),
	    atomic_load(&all->processes));
	return 0;
}
