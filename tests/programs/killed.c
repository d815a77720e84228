/*
 * killed.c - a program that counts its own allocations until it is killed.
 *
 *	killed FILE	FILE is mapped; its words are the counts
 *
 * Three threads allocate and free, together ten million times; each counts what
 * it has completed in a word of its own: allocations in words 0 to 2, frees in
 * words 4 to 6.  Word 3 is set at the end, word 7 is the pid.  When a SIGKILL
 * strikes, a recording may hold at most one more of each kind a thread than
 * the words say, and none less.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS	3400000	/* killed long before the last */
#define KEPT	64

static volatile uint64_t *words;

__attribute__((noinline)) static void *
give(size_t size)
{
	void *p = malloc(size);

	if (!p)
		abort();
	*(volatile char *)p = 1;
	return p;
}

static void *
work(void *number)
{
	uintptr_t n = (uintptr_t)number;
	void *kept[KEPT] = { 0 };

	for (unsigned i = 0; i < ROUNDS; i++) {
		if (kept[i % KEPT]) {
			free(kept[i % KEPT]);
			words[4 + n]++;
		}
		kept[i % KEPT] = give(1 + i % 500);
		words[n]++;
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_t threads[2];
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;

	words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd < 0 || words == MAP_FAILED)
		return 2;
	words[7] = (uint64_t)getpid();
	for (uintptr_t i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)(i + 1)))
			return 2;
	work((void *)0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	words[3] = 1;
	return 0;
}
