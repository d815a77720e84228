/*
 * order.c - blocks change hands between threads as fast as they can.
 *
 * order N: one thread allocates N blocks of 1501 bytes (too large for libc's
 * thread caches, so that a freed one is handed out again at once), the other
 * frees them; then the roles change.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#define SLOTS	4

static void *slots[SLOTS];
static long rounds;

static void
give(void)
{
	for (long i = 0; i < rounds; i++) {
		void **slot = &slots[i % SLOTS];
		void *p = malloc(1501);

		while (__atomic_load_n(slot, __ATOMIC_ACQUIRE) != NULL)
			sched_yield();
		__atomic_store_n(slot, p, __ATOMIC_RELEASE);
	}
}

static void *
take(void *arg)
{
	void *p;

	for (long i = 0; i < rounds; i++) {
		void **slot = &slots[i % SLOTS];

		while ((p = __atomic_load_n(slot, __ATOMIC_ACQUIRE)) == NULL)
			sched_yield();
		__atomic_store_n(slot, NULL, __ATOMIC_RELEASE);
		free(p);
	}
	return arg;
}

int
main(int argc, char **argv)
{
	pthread_t other;

	rounds = argc > 1 ? atol(argv[1]) : 1000;
	for (int i = 0; i < 2; i++) {
		pthread_create(&other, NULL, take, NULL);
		give();
		pthread_join(other, NULL);
	}
	return 0;
}
