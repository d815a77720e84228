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

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/os.h"
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

/* A ring lives on keyframes: so many in its bound, made at once. */
#define RING_KEYS	8u
#define RING_NAP_NS	1000000l
#define RING_BEHIND	4u	/* the maker may be a fourth behind */

/* One that was made. */
struct index_key {
	struct bytes bytes;
	uint64_t file;		/* its number */
};

struct record_index {
	pthread_t thread;
	int fd;
	uint64_t ring;		/* bytes; 0: the trace is none */
	bool stop;
	bool hungry;		/* a ring is full and needs one */
	bool over;		/* the thread makes no more */
	struct index_key *ready;	/* made and not yet taken */
	struct index_key *newest;	/* of a ring: the last one taken */
	uint64_t pos;		/* how far the thread has read ... */
	uint64_t file;		/* ... in which file */
	struct trace_reader *reader;
	struct heap *heap;
	uint64_t last_pos;	/* of the reader, at the last keyframe */
	uint64_t last_size;	/* stored bytes of the last keyframe, about */
	uint64_t began;		/* ns */
};

/* What this thread has had of a processor. */
static uint64_t
thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
nap(long ns)
{
	const struct timespec t = { 0, ns };

	nanosleep(&t, NULL);
}

static void
key_free(struct index_key *key)
{
	if (key != NULL)
		bytes_free(&key->bytes);
	free(key);
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
	while (!index_is_over(x) && x->ring == 0 &&
	    thread_ns() * INDEX_SHARE > os_monotonic_ns() - x->began)
		nap(INDEX_NAP_NS);
}

static void
index_offer(struct record_index *x)
{
	struct index_key *key = calloc(1, sizeof *key);

	if (key == NULL)
		return;
	if (trace_key_take(x->reader, &key->bytes) != 0 ||
	    heap_save(x->heap, &key->bytes) != 0) {
		key_free(key);
		return;
	}
	key->file = trace_file_number(x->reader);
	x->last_pos = trace_position(x->reader);
	x->last_size = key->bytes.size / 4;
	/* One that nobody has taken is older than this one, and goes. */
	key_free(__atomic_exchange_n(&x->ready, key, __ATOMIC_ACQ_REL));
}

static uint64_t
index_every(const struct record_index *x)
{
	uint64_t every = x->last_size * INDEX_PART;

	if (x->ring != 0)
		return 2 * x->last_size < x->ring / RING_KEYS ?
		    2 * x->last_size : x->ring / RING_KEYS;
	return every < INDEX_EVERY ? INDEX_EVERY : every;
}

/* Is it time for one?  Where a ring is full it is. */
static bool
index_wants(struct record_index *x)
{
	uint64_t pos = trace_position(x->reader);

	if (pos < x->last_pos)		/* the trace was cut */
		x->last_pos = pos;
	return pos - x->last_pos >= index_every(x) ||
	    __atomic_load_n(&x->hungry, __ATOMIC_ACQUIRE);
}

static void
index_tell_place(struct record_index *x)
{
	if (x->ring != 0)
		__atomic_store_n(&x->file, trace_file_number(x->reader),
		    __ATOMIC_RELAXED);
	__atomic_store_n(&x->pos, trace_position(x->reader),
	    __ATOMIC_RELAXED);
}

/* Up to a batch of events.  1 there may be more, 0 not now, -1 never. */
static int
index_batch(struct record_index *x)
{
	struct trace_event ev;
	struct trace_status st;
	int got = 1;

	for (unsigned i = 0; i < INDEX_BATCH && got > 0; i++) {
		got = trace_next(x->reader, &ev, &st);
		if ((got == 0 || (got > 0 && ev.kind == TRACE_KEY_DUE)) &&
		    trace_key_due(x->reader) && index_wants(x))
			index_offer(x);
		if (got > 0 && heap_apply(x->heap, &ev) != 0)
			return -1;
	}
	index_tell_place(x);
	return (x->ring == 0 && heap_totals(x->heap)->live_blocks >
	    INDEX_HEAP) || trace_counts(x->reader)->damaged ? -1 : got;
}

static void *
index_main(void *arg)
{
	const struct sched_param none = { 0 };
	struct record_index *x = arg;
	struct trace_status st;
	char path[64];
	int got = 1;

	if (x->ring == 0)
		sched_setscheduler(0, SCHED_IDLE, &none);
	snprintf(path, sizeof path, "/proc/self/fd/%d", x->fd);
	x->began = os_monotonic_ns();
	x->reader = trace_open(path, TRACE_MAKE_KEYS, &st);
	x->heap = x->reader ? heap_create(x->reader) : NULL;
	while (x->heap != NULL && got >= 0 && !index_is_over(x)) {
		got = index_batch(x);
		if (got == 0)
			nap(x->ring ? RING_NAP_NS : INDEX_NAP_NS);
		else
			index_give_way(x);
	}
	__atomic_store_n(&x->over, true, __ATOMIC_RELEASE);
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

static struct record_index *
index_create(int fd, uint64_t ring)
{
	struct record_index *x = calloc(1, sizeof *x);

	if (x == NULL)
		return NULL;
	x->fd = fd;
	x->ring = ring;
	if (index_start(x))
		return x;
	free(x);
	return NULL;
}

/* Is that the number of the file that the trace is now? */
static bool
is_file(uint64_t number, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && number == (uint64_t)st.st_ino;
}

struct record_index *
record_index_round(struct record_index *x, struct trace_file *f, int fd,
    uint64_t ring)
{
	uint64_t from = ring ? ring / RING_KEYS : INDEX_FROM;
	struct index_key *key;

	if (x == NULL)
		return trace_file_size(f) < from ? NULL :
		    index_create(fd, ring);
	key = __atomic_exchange_n(&x->ready, NULL, __ATOMIC_ACQ_REL);
	if (key == NULL)
		return x;
	/* Without it a trace is as good: it takes longer to look into. */
	if (is_file(key->file, fd)) {
		trace_file_keyframe(f, key->bytes.data, key->bytes.size);
		if (ring != 0) {
			key_free(x->newest);
			x->newest = key;
			return x;
		}
	}
	key_free(key);
	return x;
}

/* Bytes of the trace that the maker has not read, or all of them. */
static uint64_t
index_behind(const struct record_index *x, const struct trace_file *f)
{
	uint64_t file = __atomic_load_n(&x->file, __ATOMIC_RELAXED);
	uint64_t pos = __atomic_load_n(&x->pos, __ATOMIC_RELAXED);
	uint64_t size = trace_file_size(f);

	if (!is_file(file, x->fd))
		return size;
	return pos < size ? size - pos : 0;
}

bool
record_index_wait(struct record_index *x, const struct trace_file *f,
    uint64_t ns)
{
	uint64_t end = os_monotonic_ns() + ns;

	while (x != NULL && x->ring != 0 && index_behind(x, f) >
	    x->ring / RING_BEHIND &&
	    !__atomic_load_n(&x->over, __ATOMIC_ACQUIRE)) {
		if (os_monotonic_ns() >= end)
			return false;
		nap(RING_NAP_NS);
	}
	return true;
}

int
record_index_cut(struct record_index *x, struct trace_file *f,
    const char *path)
{
	int ret;

	if (x != NULL)
		__atomic_store_n(&x->hungry, x->newest == NULL,
		    __ATOMIC_RELEASE);
	if (x == NULL || x->newest == NULL) {
		errno = x != NULL && __atomic_load_n(&x->over,
		    __ATOMIC_ACQUIRE) ? ENOTSUP : EAGAIN;
		return -1;
	}
	ret = trace_file_cut(f, path, x->newest->bytes.data,
	    x->newest->bytes.size);
	key_free(x->newest);
	x->newest = NULL;
	return ret;
}

void
record_index_end(struct record_index *x)
{
	if (x == NULL)
		return;
	__atomic_store_n(&x->stop, true, __ATOMIC_RELAXED);
	pthread_join(x->thread, NULL);
	key_free(x->ready);
	key_free(x->newest);
	free(x);
}
