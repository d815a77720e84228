/*
 * record.c - the recorder's rounds.
 *
 * A round takes what programs have published into the trace, looks after the
 * processes, makes room, and answers the front.  Then the recorder sleeps on
 * the futex wake: 50 ms while things move, up to 250 ms when nothing does; a
 * program that runs out of chunks or has a finding wakes it.  A reader can be
 * sure of a round's order only when the next one has begun, so a small round
 * that was called for has another soon behind it: findings are told at once.
 *
 * The end: no watched process lives, PROGRAM has ended, nobody else maps the
 * session file, and what they left has been taken.  Where the kernel can't
 * tell about the mapping, GRACE_NS without anybody must do; and so it must while
 * an image is on its way that is to find us: between exec and its first event it
 * has neither slot nor mapping.
 *
 * When the trace can't be written, or may not grow, closed is set (programs
 * go on, unrecorded) and the closing record says why, if it can be written:
 * with that or without it every reader knows that the trace is incomplete.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/record_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"
#include "trace/file.h"
#include "trace/format_file.h"

#define ROUND_NS	50000000ull	/* 20 rounds a second */
#define IDLE_NS		250000000ull
#define GRACE_NS	20000000ull
#define SOON_NS		2000000ull
#define FEW_BYTES	65536
#define THIN_PART	4		/* of the bound, the last in which the
					 * trace keeps only what it must */
#define RING_PART	4		/* a ring is cut when it is in its last */
#define RING_LAG_NS	60000000ull	/* less than a program waits */
#define RING_WAIT_NS	30000000000ull	/* for a keyframe to cut at */
#define DISK_NS		500000000ull	/* how often the disk is asked */

struct record {
	struct record_setup *setup;
	struct trace_file *file;
	struct record_watch watch;
	struct record_kin kin;
	struct record_index *index;	/* NULL: no keyframes yet */
	uint64_t taken;		/* bytes of records, all rounds */
	uint64_t alone_since;	/* ns; 0: somebody lives */
	uint64_t silent_since;	/* ns; who lives has never spoken; 0: nobody */
	uint64_t disk_asked;	/* ns */
	uint64_t room;		/* bytes the disk gave when it was asked ... */
	uint64_t room_size;	/* ... at this size of the trace */
	bool by_size;		/* the bound is --max-size, not the disk */
	uint64_t ring;		/* the bound, where the oldest part goes; or 0 */
};

/* Keep the descriptors that are ours; all others belong to the program. */
static void
close_others(const struct record_setup *s)
{
	const int keep[] = { s->session_fd, s->trace_fd, s->notify_fd,
	    s->front_pidfd, s->root_pidfd };
	int fd = 0, next;
	size_t i;

	for (;;) {
		next = INT_MAX;
		for (i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
			if (keep[i] >= fd && keep[i] < next)
				next = keep[i];
		if (next > fd)
			syscall(SYS_close_range, fd, next == INT_MAX ? ~0u :
			    (unsigned)next - 1, 0);
		if (next == INT_MAX)
			break;
		fd = next + 1;
	}
	/* What opens a file later must not get a standard number. */
	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_RDWR);
}

static void
leave_the_terminal(const struct record_setup *s)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM,
	    SIGPIPE, SIGXFSZ, SIGXCPU, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP,
	    SIGTTIN, SIGTTOU };
	sigset_t none;
	size_t i;

	setsid();
	close_others(s);
	if (chdir("/") < 0)
		return;		/* it then keeps its folder busy, no more */
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "poolwatch-rec");
}

static void
set_phase(struct record *r, enum record_phase phase)
{
	struct record_shared *shared = r->setup->shared;
	uint64_t one = 1;
	ssize_t n;

	__atomic_store_n(&shared->phase, phase, __ATOMIC_RELEASE);
	os_futex_wake(&shared->phase, INT_MAX);
	n = write(r->setup->notify_fd, &one, sizeof(one));
	(void)n;	/* full: the front has enough to read already */
}

static void
answer_flush(struct session_header *h, uint32_t asked)
{
	if (h->flush_done == asked)
		return;
	__atomic_store_n(&h->flush_done, asked, __ATOMIC_RELEASE);
	os_futex_wake(&h->flush_done, INT_MAX);
}

/* Programs are let go: nobody waits for room that will not come. */
static _Noreturn void
stop(struct record *r, enum record_why why, int error)
{
	struct record_setup *s = r->setup;

	static const uint32_t marks[] = {
		[RECORD_WHY_WRITE] = FORMAT_STOP_WRITE,
		[RECORD_WHY_DISK] = FORMAT_STOP_DISK,
		[RECORD_WHY_SIZE] = FORMAT_STOP_SIZE,
		[RECORD_WHY_ASKED] = FORMAT_STOP_ASKED,
	};

	__atomic_store_n(&s->session->closed, 1, __ATOMIC_RELEASE);
	__atomic_fetch_add(&s->session->freed, 1, __ATOMIC_RELEASE);
	os_futex_wake(&s->session->freed, INT_MAX);
	/* Where even that can't be written the trace has no end at all. */
	if (r->file)
		trace_file_stop(r->file, s->session, marks[why]);
	s->shared->why = why;
	s->shared->error = error;
	unlink(s->session_path);
	set_phase(r, RECORD_STOPPED);
	answer_flush(s->session, s->session->flush_asked);
	record_tell_answer(s->session, s->session->tell_asked,
	    why == RECORD_WHY_ASKED ? 0 : EPIPE);
	_exit(1);
}

/*
 * How far the next round may go: --max-size, or what the disk gave when it was
 * asked, which is now and then and when half of that is used up.  A closing
 * record has its place in front of either bound.
 */
static void
set_bound(struct record *r, uint64_t now)
{
	const struct record_setup *s = r->setup;
	uint64_t size = trace_file_size(r->file), disk, limit;
	uint64_t closing = trace_file_closing_size(s->session);

	if (now - r->disk_asked > DISK_NS ||
	    size - r->room_size > r->room / 2) {
		r->room = record_room(s->trace_fd);
		r->room_size = size;
		r->disk_asked = now;
	}
	disk = r->room > UINT64_MAX - r->room_size ? UINT64_MAX :
	    r->room_size + r->room;
	r->by_size = s->max_size && s->max_size <= disk;
	limit = r->by_size ? s->max_size : disk;
	r->ring = s->ring == NULL || limit == UINT64_MAX ? 0 : limit;
	trace_file_thin(r->file, r->ring == 0 &&
	    size >= limit / THIN_PART * (THIN_PART - 1));
	trace_file_limit(r->file, limit == UINT64_MAX ? limit :
	    limit > closing ? limit - closing : 0);
}

static _Noreturn void
stop_at_error(struct record *r, int error)
{
	if (!trace_file_is_full(r->file))
		stop(r, RECORD_WHY_WRITE, error);
	stop(r, r->by_size ? RECORD_WHY_SIZE : RECORD_WHY_DISK, 0);
}

static void
hear(struct record *r, uint32_t asked)
{
	struct session_header *h = r->setup->session;
	int error;

	if (h->tell_word == SESSION_TELL_STOP)
		stop(r, RECORD_WHY_ASKED, 0);
	error = record_tell(r->file, r->setup);
	if (error == ENOSPC && trace_file_is_full(r->file))
		stop_at_error(r, error);
	/* Readers are sure of a round once another has ended. */
	if (trace_file_round(r->file, h) < 0)
		stop_at_error(r, errno);
	record_tell_answer(h, asked, error);
}

static void
make_keyframes(struct record *r)
{
	r->index = record_index_round(r->index, r->file, r->setup->trace_fd,
	    r->ring);
}

/* Early enough that what comes until the next keyframe has room. */
static void
cut_in_time(struct record *r)
{
	if (r->ring != 0 && trace_file_size(r->file) >
	    r->ring / RING_PART * (RING_PART - 1))
		record_index_cut(r->index, r->file, r->setup->ring);
}

/*
 * The ring is full before there was a keyframe: programs wait, and drop events
 * in the end, which is counted; recording goes on when it is there.
 */
static int64_t
wait_for_ring(struct record *r, int64_t taken)
{
	const struct timespec nap = { 0, 1000000 };
	uint64_t end = os_monotonic_ns() + RING_WAIT_NS;

	while (taken < 0 && r->ring != 0 && trace_file_is_full(r->file) &&
	    os_monotonic_ns() < end) {
		make_keyframes(r);
		if (record_index_cut(r->index, r->file, r->setup->ring) == 0)
			taken = trace_file_round(r->file, r->setup->session);
		else if (errno != EAGAIN)
			break;
		else
			nanosleep(&nap, NULL);
	}
	return taken;
}

/*
 * What there is into the trace.  A ring lives on keyframes: where their maker
 * does not keep up nothing is taken, and programs wait.
 */
static int64_t
take_round(struct record *r)
{
	int64_t taken;

	if (!record_index_wait(r->index, r->file, RING_LAG_NS))
		return 1;
	taken = wait_for_ring(r, trace_file_round(r->file,
	    r->setup->session));
	if (taken < 0)
		stop_at_error(r, errno);
	make_keyframes(r);
	cut_in_time(r);
	return taken;
}

/* One round; the bytes taken, at least 1 when anything moved. */
static int64_t
do_round(struct record *r)
{
	struct session_header *h = r->setup->session;
	uint32_t asked = __atomic_load_n(&h->flush_asked, __ATOMIC_ACQUIRE);
	uint32_t told = __atomic_load_n(&h->tell_asked, __ATOMIC_ACQUIRE);
	uint64_t now = os_monotonic_ns(), one = 1;
	bool news = record_watch(&r->watch, r->setup);
	int64_t taken;
	ssize_t n;

	set_bound(r, now);
	if (record_kin(&r->kin, &r->watch, r->setup, r->file, now) < 0)
		stop_at_error(r, errno);
	taken = take_round(r);
	r->setup->shared->size = trace_file_size(r->file);
	r->taken += (uint64_t)taken;
	record_grow(h, r->setup->session_fd, r->taken, r->ring);
	if (now - r->setup->ticks.ns > 100000000)
		h->ticks_per_second = ticks_rate(&r->setup->ticks);
	answer_flush(h, asked);
	if (told != h->tell_done)
		hear(r, told);
	if (taken > 0) {
		n = write(r->setup->notify_fd, &one, sizeof(one));
		(void)n;
	}
	return taken ? taken : news;
}

/* The tree has ended as far as slots can tell. */
static bool
is_alone(const struct record *r)
{
	const struct record_setup *s = r->setup;

	if (r->watch.nlive)
		return false;
	if (__atomic_load_n(&s->session->root_done, __ATOMIC_ACQUIRE))
		return true;
	return record_is_dead(s->front_pidfd) && record_is_dead(s->root_pidfd);
}

/* An image is on its way that will find us, or died on it. */
static bool
is_expected(const struct record *r)
{
	const struct session_header *h = r->setup->session;

	return __atomic_load_n(&h->execs_begun, __ATOMIC_ACQUIRE) !=
	    __atomic_load_n(&h->execs_ended, __ATOMIC_ACQUIRE);
}

static bool
is_over(struct record *r)
{
	uint64_t now = os_monotonic_ns();
	int shared;

	if (!is_alone(r)) {
		r->alone_since = r->silent_since = 0;
		return false;
	}
	if (!r->alone_since)
		r->alone_since = now;
	shared = record_is_shared(r->setup->session_fd);
	if (shared > 0) {
		if (!r->silent_since)
			r->silent_since = now;
		r->alone_since = 0;
		return false;
	}
	r->silent_since = 0;
	if (shared == 0 && !is_expected(r))
		return true;
	return now - r->alone_since >= GRACE_NS;
}

/* PROGRAM has ended and the front wants to go, but others live on. */
static void
tell_survivors(struct record *r)
{
	struct session_header *h = r->setup->session;
	struct record_shared *shared = r->setup->shared;

	if (shared->phase == RECORD_LINGERS ||
	    !__atomic_load_n(&h->root_done, __ATOMIC_ACQUIRE))
		return;
	/* What was alive when this round began may be dead since. */
	record_watch(&r->watch, r->setup);
	if (is_alone(r) && (!r->silent_since ||
	    os_monotonic_ns() - r->silent_since < GRACE_NS))
		return;
	/* A child of fork takes a slot at its first event: it may sleep. */
	shared->survivors = record_count(&r->watch);
	if (!shared->survivors)
		shared->survivors = 1;
	set_phase(r, RECORD_LINGERS);
}

static uint64_t
next_wait(const struct record *r, uint64_t wait, bool called, int64_t taken)
{
	if (r->alone_since)
		return GRACE_NS / 4;
	if (r->silent_since && r->setup->shared->phase != RECORD_LINGERS)
		return GRACE_NS;
	if (called && taken > 0 && taken < FEW_BYTES)
		return SOON_NS;
	if (taken)
		return ROUND_NS;
	return wait * 3 / 2 < IDLE_NS ? wait * 3 / 2 : IDLE_NS;
}

static void
do_rounds(struct record *r)
{
	struct session_header *h = r->setup->session;
	uint64_t wait = ROUND_NS;
	uint32_t wake, before = 0;
	int64_t taken;

	for (;;) {
		wake = __atomic_load_n(&h->wake, __ATOMIC_ACQUIRE);
		taken = do_round(r);
		if (is_over(r))
			return;
		tell_survivors(r);
		wait = next_wait(r, wait, wake != before, taken);
		before = wake;
		__atomic_store_n(&h->recorder_waits, 1, __ATOMIC_SEQ_CST);
		os_futex_wait(&h->wake, wake, wait);
		__atomic_store_n(&h->recorder_waits, 0, __ATOMIC_RELAXED);
	}
}

_Noreturn void
record_run(struct record_setup *s)
{
	struct record r = { .setup = s, .file = s->file };

	leave_the_terminal(s);
	s->session->recorder_pid = (uint32_t)getpid();
	if (!r.file)
		stop(&r, RECORD_WHY_WRITE, s->file_error);
	r.disk_asked = os_monotonic_ns();
	r.room = record_room(s->trace_fd);
	do_rounds(&r);
	__atomic_store_n(&s->session->closed, 1, __ATOMIC_RELEASE);
	/* What came since the last round; then all but the closing record. */
	if (wait_for_ring(&r, trace_file_round(r.file, s->session)) < 0)
		stop_at_error(&r, errno);
	record_index_end(r.index);
	trace_file_limit(r.file, UINT64_MAX);
	if (trace_file_close(r.file, s->session) < 0) {
		r.file = NULL;
		stop(&r, RECORD_WHY_WRITE, errno);
	}
	unlink(s->session_path);
	set_phase(&r, RECORD_CLOSED);
	answer_flush(s->session, s->session->flush_asked);
	record_tell_answer(s->session, s->session->tell_asked, EPIPE);
	_exit(0);
}
