/*
 * micro.c - small programs that do nothing but allocate, one a name.
 *
 *	micro NAME EVENTS
 *
 * Makes about EVENTS events (an allocation, a free, a realloc are one each).
 * Prints how many it made, the seconds that took, and the KB of memory that
 * are this process's own (anonymous and shared, not of files) at the end.  The
 * same seed each time.  NAME exit does nothing.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE	__attribute__((noinline))
#define KEEP(p)		__asm__ volatile("" : : "r"(p) : "memory")

typedef uint64_t	work(uint64_t events);

static uint32_t
next_random(uint32_t *r)
{
	*r = *r * 1664525u + 1013904223u;
	return *r >> 8;
}

static NOINLINE uint64_t
pairs(uint64_t events)
{
	for (uint64_t i = 0; i < events / 2; i++) {
		void *p = malloc(16 + i % 64);

		KEEP(p);
		free(p);
	}
	return events / 2 * 2;
}

static NOINLINE uint64_t
batches(uint64_t events)
{
	void *block[1000];
	uint64_t i, done = 0;

	while (done < events) {
		for (i = 0; i < 1000; i++)
			block[i] = malloc(16 + i % 240);
		for (i = 0; i < 1000; i++)
			free(block[i]);
		done += 2000;
	}
	return done;
}

/* Two hundred live blocks, replaced at random; sizes 2^4 to 2^16, log-uniform. */
static NOINLINE uint64_t
sizes(uint64_t events)
{
	static void *live[200];
	uint32_t r = 1, i;
	uint64_t done = 0;

	for (; done < events; done += 2) {
		i = next_random(&r) % 200;
		free(live[i]);
		live[i] = malloc((16 + next_random(&r) % 16) <<
		    next_random(&r) % 12);
	}
	return done - 200;
}

static NOINLINE uint64_t
growth(uint64_t events)
{
	uint64_t done = 0;
	size_t size;
	char *p;

	while (done < events) {
		p = malloc(16);
		for (size = 32; size <= 4096; size += 32, done++)
			p = realloc(p, size);
		free(p);
		done += 2;
	}
	return done;
}

static NOINLINE uint64_t
below(unsigned frames, uint64_t events)
{
	uint64_t done = frames ? below(frames - 1, events) : batches(events);

	KEEP(&done);
	return done;
}

static NOINLINE uint64_t
deep(uint64_t events)
{
	return below(60, events);
}

static void *
run_batches(void *events)
{
	return (void *)batches((uintptr_t)events);
}

static uint64_t
threads(uint64_t events)
{
	pthread_t other;
	void *done;

	pthread_create(&other, NULL, run_batches, (void *)(events / 2));
	events = batches(events / 2);
	pthread_join(other, &done);
	return events + (uintptr_t)done;
}

/* Hand-over by the thousand: who has a full box empties it, and back. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	void *block[1000];
	int full;		/* -1: no more */
} box = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, { 0 }, 0 };

static void *
consume(void *none)
{
	(void)none;
	pthread_mutex_lock(&box.lock);
	for (;;) {
		while (box.full == 0)
			pthread_cond_wait(&box.moved, &box.lock);
		if (box.full < 0)
			break;
		for (int i = 0; i < 1000; i++)
			free(box.block[i]);
		box.full = 0;
		pthread_cond_signal(&box.moved);
	}
	pthread_mutex_unlock(&box.lock);
	return NULL;
}

static uint64_t
handover(uint64_t events)
{
	uint64_t done = 0;
	pthread_t other;

	pthread_create(&other, NULL, consume, NULL);
	pthread_mutex_lock(&box.lock);
	for (; done < events; done += 2000) {
		while (box.full)
			pthread_cond_wait(&box.moved, &box.lock);
		for (int i = 0; i < 1000; i++)
			box.block[i] = malloc(32 + (size_t)i % 128);
		box.full = 1;
		pthread_cond_signal(&box.moved);
	}
	while (box.full)
		pthread_cond_wait(&box.moved, &box.lock);
	box.full = -1;
	pthread_cond_signal(&box.moved);
	pthread_mutex_unlock(&box.lock);
	pthread_join(other, NULL);
	return done;
}

/*
 * After Larson and Krishnan: each thread replaces blocks of its own thousand
 * at random, and leaves them to the next thread, which is born when it dies.
 */
struct larson {
	void *live[1000];
	uint32_t seed;
	unsigned lives;
	uint64_t each, done;
};

static void *
larson_life(void *arg)
{
	struct larson *l = arg;
	uint64_t n;

	for (n = 0; n < l->each; n += 2) {
		uint32_t i = next_random(&l->seed) % 1000;

		free(l->live[i]);
		l->live[i] = malloc(10 + next_random(&l->seed) % 490);
	}
	l->done += n;
	return NULL;
}

static void *
larson_line(void *arg)
{
	struct larson *l = arg;
	pthread_t heir;

	for (unsigned i = 0; i < l->lives; i++) {
		pthread_create(&heir, NULL, larson_life, l);
		pthread_join(heir, NULL);
	}
	return NULL;
}

static uint64_t
larson(uint64_t events)
{
	static struct larson line[2];
	pthread_t other;

	for (int i = 0; i < 2; i++)
		line[i] = (struct larson){ .seed = 7 + (uint32_t)i, .lives = 10,
		    .each = events / 20 };
	pthread_create(&other, NULL, larson_line, &line[0]);
	larson_line(&line[1]);
	pthread_join(other, NULL);
	return line[0].done + line[1].done - 2000;
}

static uint64_t
nothing(uint64_t events)
{
	(void)events;
	return 0;
}

static const struct {
	const char *name;
	work *run;
} works[] = {
	{ "pairs", pairs }, { "batches", batches }, { "threads", threads },
	{ "handover", handover }, { "sizes", sizes }, { "growth", growth },
	{ "deep", deep }, { "larson", larson }, { "exit", nothing },
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned long
status_kb(const char *status, const char *name)
{
	const char *p = strstr(status, name);

	return p ? strtoul(p + strlen(name), NULL, 10) : 0;
}

static unsigned long
own_kb(void)
{
	static char status[8192];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, status, sizeof(status) - 1);

	close(fd);
	return n < 0 ? 0 : status_kb(status, "RssAnon:") +
	    status_kb(status, "RssShmem:");
}

int
main(int argc, char **argv)
{
	unsigned long long done;
	double begin;

	for (size_t i = 0; argc == 3 && i < sizeof(works) / sizeof(*works); i++)
		if (!strcmp(argv[1], works[i].name)) {
			begin = now();
			done = works[i].run(strtoull(argv[2], NULL, 10));
			printf("%llu %.6f %lu\n", done, now() - begin,
			    own_kb());
			return 0;
		}
	fprintf(stderr, "usage: micro NAME EVENTS\n");
	return 2;
}
