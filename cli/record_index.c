/*
 * record_index.c - the recorder's second thread: keyframes.
 *
 * It reads the trace behind the recorder's back, as any reader would, and keeps
 * a heap.  When a few megabytes of trace have come since the last keyframe its
 * state becomes the next one, which the recorder's own thread puts into the
 * trace between two rounds.
 *
 * To replay costs more than to record, and the program has the first claim on
 * the machine: the thread runs when nothing else wants to (SCHED_IDLE), takes a
 * fifth of a processor at most, and begins once the trace is so long that
 * reading all of it would be felt.  Where it falls behind, the last part of the
 * trace has no keyframes; where heaps get so large that their states would
 * outweigh the trace, there are no more.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include "config.h"

#include "cli/record_impl.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "heap/heap.h"
#include "trace/keyframe.h"

#define INDEX_FROM	(8u << 20)	/* bytes of trace before there are any */
#define INDEX_EVERY	(2u << 20)	/* bytes of trace between two */
#define INDEX_PART	8u		/* or so many times what the last took */
#define INDEX_HEAP	(4u << 20)	/* live blocks: more make no keyframes */
#define INDEX_SHARE	5u		/* a fifth of a processor */
#define INDEX_BATCH	512u		/* events between two looks round */
#define INDEX_NAP_NS	20000000l
#define INDEX_STACK	((size_t)256 << 10)

struct record_index {
	pthread_t thread;
	int fd;
	bool stop;
	struct bytes *ready;	/* made and not yet taken */
	struct trace_reader *reader;
	struct heap *heap;
	uint64_t last_pos;	/* of the reader, at the last keyframe */
	uint64_t last_size;	/* stored bytes of the last keyframe, about */
	uint64_t began;		/* ns */
};

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
nap(void)
{
	const struct timespec t = { 0, INDEX_NAP_NS };

	nanosleep(&t, NULL);
}

static bool
index_is_over(const struct record_index *x)
{
	return __atomic_load_n(&x->stop, __ATOMIC_RELAXED);
}

/* No more than its share of the time since it began. */
static void
index_give_way(const struct record_index *x)
{
	while (!index_is_over(x) &&
	    clock_ns(CLOCK_THREAD_CPUTIME_ID) * INDEX_SHARE >
	    clock_ns(CLOCK_MONOTONIC) - x->began)
		nap();
}

static void
index_offer(struct record_index *x, const struct trace_event *ev)
{
	struct bytes *key = calloc(1, sizeof *key);

	if (key == NULL)
		return;
	if (trace_key_take(x->reader, ev, key) != 0 ||
	    heap_save(x->heap, key) != 0) {
		bytes_free(key);
		free(key);
		return;
	}
	x->last_pos = trace_position(x->reader);
	x->last_size = key->size / 4;
	/* One that nobody has taken is older than this one, and goes. */
	key = __atomic_exchange_n(&x->ready, key, __ATOMIC_ACQ_REL);
	if (key != NULL)
		bytes_free(key);
	free(key);
}

static void
index_want(struct record_index *x)
{
	uint64_t every = x->last_size * INDEX_PART;

	if (every < INDEX_EVERY)
		every = INDEX_EVERY;
	if (trace_position(x->reader) - x->last_pos >= every &&
	    !trace_key_wanted(x->reader))
		trace_key_want(x->reader);
}

/* Up to a batch of events.  1 there may be more, 0 not now, -1 never. */
static int
index_batch(struct record_index *x)
{
	struct trace_event ev;
	struct trace_status st;
	int got;

	for (unsigned i = 0; i < INDEX_BATCH; i++) {
		got = trace_next(x->reader, &ev, &st);
		if (got <= 0)
			return got;
		if (trace_key_due(x->reader, &ev))
			index_offer(x, &ev);
		if (heap_apply(x->heap, &ev) != 0)
			return -1;
	}
	index_want(x);
	return heap_totals(x->heap)->live_blocks > INDEX_HEAP ||
	    trace_counts(x->reader)->damaged ? -1 : 1;
}

static void *
index_main(void *arg)
{
	const struct sched_param none = { 0 };
	struct record_index *x = arg;
	struct trace_status st;
	char path[64];
	int got = 1;

	sched_setscheduler(0, SCHED_IDLE, &none);
	snprintf(path, sizeof path, "/proc/self/fd/%d", x->fd);
	x->began = clock_ns(CLOCK_MONOTONIC);
	x->reader = trace_open(path, TRACE_MAKE_KEYS, &st);
	x->heap = x->reader ? heap_create(x->reader) : NULL;
	while (x->heap != NULL && got >= 0 && !index_is_over(x)) {
		got = index_batch(x);
		if (got == 0)
			nap();
		else
			index_give_way(x);
	}
	heap_destroy(x->heap);
	trace_close(x->reader);
	return NULL;
}

/* With all signals blocked: the recorder's dispositions are not its affair. */
static bool
index_start(struct record_index *x)
{
	pthread_attr_t attr;
	sigset_t all, old;
	bool ok;

	if (pthread_attr_init(&attr) != 0)
		return false;
	pthread_attr_setstacksize(&attr, INDEX_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ok = pthread_create(&x->thread, &attr, index_main, x) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return ok;
}

struct record_index *
record_index_round(struct record_index *x, struct trace_file *f, int fd)
{
	struct bytes *key;

	if (x == NULL && trace_file_size(f) < INDEX_FROM)
		return NULL;
	if (x == NULL) {
		x = calloc(1, sizeof *x);
		if (x == NULL)
			return NULL;
		x->fd = fd;
		if (index_start(x))
			return x;
		free(x);
		return NULL;
	}
	key = __atomic_exchange_n(&x->ready, NULL, __ATOMIC_ACQ_REL);
	if (key == NULL)
		return x;
	/* A trace without it is as good: it takes longer to look into. */
	if (trace_file_keyframe(f, key->data, key->size) != 0)
		x->last_size = key->size;
	bytes_free(key);
	free(key);
	return x;
}

void
record_index_end(struct record_index *x)
{
	if (x == NULL)
		return;
	__atomic_store_n(&x->stop, true, __ATOMIC_RELAXED);
	pthread_join(x->thread, NULL);
	if (x->ready != NULL)
		bytes_free(x->ready);
	free(x->ready);
	free(x);
}
