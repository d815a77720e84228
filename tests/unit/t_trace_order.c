/*
 * t_trace_order.c - a block's free precedes its next allocation, always.
 *
 * Two threads hand blocks to each other as fast as they can, recording as the
 * watched heap does: a free is stamped and recorded before anybody can
 * take the block, an allocation is stamped after it is ours.  Replay must
 * never see a live block allocated or a free one freed.  HANDOVERS in the
 * environment asks for more than the usual half million.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "trace_fixture.h"

#define BLOCKS	3u	/* few, so that each is handed over at once */

struct player {
	struct session_header *h;
	uint32_t tid;
	uint64_t turns;
	bool early;		/* stamp before the block is ours: wrong */
};

/* Which player may take the block next; 0: it is taken. */
static uint32_t turn[BLOCKS];
static bool stop_recorder;

static void
player_take(struct player *p, struct writer *w, uint32_t i)
{
	uint64_t time = 0;
	uint32_t mine = p->tid;

	if (p->early)
		time = session_now(p->h);
	for (unsigned spins = 1; !__atomic_compare_exchange_n(&turn[i], &mine,
	    0, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED); spins++) {
		mine = p->tid;
		if (spins % 2000 == 0)
			sched_yield();
	}
	if (!p->early)
		time = session_now_after(p->h);
	writer_alloc(w, time, TRACE_CALL_MALLOC, 0x1000 + i * 64, 1, 0, 0);
}

static void
player_give(struct player *p, struct writer *w, uint32_t i)
{
	writer_free(w, session_now(p->h), TRACE_CALL_FREE_CALL,
	    0x1000 + i * 64, 0);
	__atomic_store_n(&turn[i], 3 - p->tid, __ATOMIC_RELEASE);
}

static void *
player_run(void *arg)
{
	struct player *p = arg;
	struct writer w = { 0 };

	writer_start(&w, p->h, 0, p->tid, 0);
	for (uint64_t n = 0; n < p->turns; n++) {
		uint32_t i = (uint32_t)(n % BLOCKS);

		player_take(p, &w, i);
		player_give(p, &w, i);
	}
	writer_finish(&w);
	return NULL;
}

static void *
recorder_run(void *arg)
{
	struct fixture *f = arg;

	while (!__atomic_load_n(&stop_recorder, __ATOMIC_RELAXED)) {
		trace_file_round(f->file, f->h);
		usleep(500);
	}
	return NULL;
}

/* Allocations of live blocks and frees of free ones. */
static uint64_t
count_inversions(struct fixture *f, uint64_t *events)
{
	struct trace_reader *r = fixture_read(f, 0);
	struct trace_status st;
	struct trace_event ev;
	bool live[BLOCKS] = { 0 };
	uint64_t wrong = 0;

	while (trace_next(r, &ev, &st) > 0) {
		bool *l = &live[(ev.addr - 0x1000) / 64];

		wrong += *l != (ev.kind == TRACE_FREE);
		*l = ev.kind == TRACE_ALLOC;
		*events += 1;
	}
	trace_close(r);
	return wrong;
}

static uint64_t
play(uint64_t turns, bool early)
{
	struct fixture f;
	struct player a = { .tid = 1, .turns = turns, .early = early };
	struct player b = { .tid = 2, .turns = turns, .early = early };
	pthread_t ta, tb, recorder;
	uint64_t wrong, events = 0;

	for (uint32_t i = 0; i < BLOCKS; i++)
		turn[i] = 1;
	stop_recorder = false;
	fixture_open(&f, 1024, 64);
	a.h = b.h = f.h;
	pthread_create(&recorder, NULL, recorder_run, &f);
	pthread_create(&ta, NULL, player_run, &a);
	pthread_create(&tb, NULL, player_run, &b);
	pthread_join(ta, NULL);
	pthread_join(tb, NULL);
	__atomic_store_n(&stop_recorder, true, __ATOMIC_RELAXED);
	pthread_join(recorder, NULL);
	assert_int_equal(f.h->lost, 0);
	fixture_finish(&f);
	wrong = count_inversions(&f, &events);
	assert_int_equal(events, 4 * turns);
	fixture_close(&f);
	return wrong;
}

static void
handovers_replay_without_an_inversion(void **state)
{
	const char *more = getenv("HANDOVERS");
	uint64_t n = more ? strtoull(more, NULL, 10) : 500000;

	(void)state;
	assert_int_equal(play(n / 2, false), 0);
}

/* Proves that the one above can fail. */
static void
stamps_taken_too_early_are_seen_as_inversions(void **state)
{
	(void)state;
	assert_true(play(100000, true) > 0);
}

static uint32_t
count_free(const struct fixture *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->h->chunks_ready; i++)
		n += session_chunk(f->h, i)->state == SESSION_FREE;
	return n;
}

static void
a_chunk_is_free_as_soon_as_it_is_stored(void **state)
{
	struct fixture f;
	struct writer w = { 0 };
	struct trace_reader *r;
	struct trace_status st;
	struct trace_event ev;
	uint64_t limit;
	uint32_t early = 0, before;

	(void)state;
	fixture_open(&f, 128, 64);
	writer_start(&w, f.h, session_hello(f.h, 1, 0, ~0u, true), 1, 0);
	for (uint64_t i = 0; i < 200000; i++)
		writer_alloc(&w, i + 1, TRACE_CALL_MALLOC, 0x1000 + i * 16, i,
		    0, 0);
	before = count_free(&f);
	trace_file_limit(f.file, limit = trace_file_size(f.file));
	while (trace_file_round(f.file, f.h) < 0) {
		assert_true(trace_file_is_full(f.file));
		early = count_free(&f);
		trace_file_limit(f.file, limit += 1000);
	}
	assert_in_range(early, before + 1, 127);
	writer_finish(&w);
	fixture_finish(&f);
	r = fixture_read(&f, 0);
	while (trace_next(r, &ev, &st) > 0)
		;
	assert_int_equal(trace_counts(r)->events, 200000);
	assert_true(trace_info(r)->complete);
	trace_close(r);
	fixture_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    handovers_replay_without_an_inversion),
		cmocka_unit_test(stamps_taken_too_early_are_seen_as_inversions),
		cmocka_unit_test(a_chunk_is_free_as_soon_as_it_is_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
