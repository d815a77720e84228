/*
 * keyframe_fixture.h - a trace with keyframes, of all that can be recorded.
 *
 * Writers of two processes do it, at random; a maker reads along and puts
 * keyframes into the trace.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_TESTS_KEYFRAME_FIXTURE_H
#define PW_TESTS_KEYFRAME_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heap/heap.h"
#include "trace/format_file.h"
#include "trace/keyframe.h"
#include "trace_fixture.h"

#define WRITERS		5u
#define ADDRESSES	600u
#define ROUNDS		400u
#define STEPS		150u	/* events in a round */

static struct fixture fix;
static struct writer writers[WRITERS];
static uint64_t seed;

/* The maker. */
static struct trace_reader *maker;
static struct heap *maker_heap;
static unsigned made;

static uint64_t
random_of(uint64_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (seed >> 33) % n;
}

static uint64_t
now(void)
{
	return session_now(fix.h);
}

static void
map_something(struct writer *w)
{
	struct trace_event ev = {
		.call = TRACE_CALL_MMAP,
		.addr = 0x7000000 + 4096 * random_of(50),
		.size = 4096 * (1 + random_of(9)),
	};

	if (random_of(3) != 0)
		writer_map(w, now(), ev.call, ev.addr, ev.size, 3, 0x22, 0, 4);
	else
		writer_unmap(w, now(), TRACE_CALL_MUNMAP, ev.addr, ev.size,
		    random_of(4) == 0 ? 22 : 0, 0);
}

static void
say_something(struct writer *w)
{
	struct trace_error e = {
		.kind = (uint32_t)random_of(TRACE_NERRORS),
		.call = TRACE_NCALLS, .allocated_by = TRACE_NCALLS,
		.freed_by = TRACE_NCALLS, .stack = (uint32_t)random_of(6),
		.offset = -3, .nbytes = 4, .bytes = { 1, 2, 3, 255 },
	};
	char name[32];

	snprintf(name, sizeof name, "moment %u", (unsigned)random_of(1000));
	switch (random_of(6)) {
	case 0:
		writer_error(w, now(), &e);
		break;
	case 1:
		writer_thread(w, now(), w->tid, name);
		break;
	case 2:
		writer_note(w, now(), name);
		break;
	case 3:
		writer_heap(w, now(), random_of(1 << 20), 5, 6, 7);
		break;
	case 4:
		writer_module(w, now(), 0x400000 + 0x1000 * random_of(100),
		    0x500000, 0, "id", 2, "/lib/some.so");
		break;
	default:
		writer_unload(w, now(), 0x400000 + 0x1000 * random_of(100));
	}
}

/* Wrong frees, allocations on top of others: what a heap must bear anyhow. */
static void
step(struct writer *w)
{
	uint64_t addr = 0x10000 + 48 * random_of(ADDRESSES);
	uint64_t size = random_of(500);
	uint32_t stack = 1 + (uint32_t)random_of(7);

	switch (random_of(20)) {
	case 0:
		writer_free(w, now(), TRACE_CALL_REALLOC | TRACE_BY_REALLOC,
		    addr, stack);
		break;
	case 1:
		writer_alloc(w, now(), TRACE_CALL_REALLOC | TRACE_BY_REALLOC,
		    addr, size, 0, stack);
		break;
	case 2:
		writer_cancel(w, now(), addr);
		break;
	case 3:
		writer_resize(w, now(), TRACE_CALL_REALLOC, addr, size, stack);
		break;
	case 4:
		map_something(w);
		break;
	case 5:
		if (random_of(10) == 0)
			say_something(w);
		break;
	case 6: case 7: case 8: case 9: case 10: case 11:
		writer_free(w, now(), TRACE_CALL_FREE_CALL, addr, stack);
		break;
	default:
		writer_alloc(w, now(), random_of(2) ? TRACE_CALL_MALLOC :
		    TRACE_CALL_NEW, addr, size, 0, stack);
	}
}

static void
make_keyframe(void)
{
	struct bytes key = { .size = 0 };

	assert_int_equal(trace_key_take(maker, &key), 0);
	assert_int_equal(heap_save(maker_heap, &key), 0);
	assert_int_equal(trace_file_keyframe(fix.file, key.data, key.size), 0);
	bytes_free(&key);
	made++;
}

static void
follow(void)
{
	struct trace_event ev;
	struct trace_status st;

	while (trace_next(maker, &ev, &st) > 0) {
		if (ev.kind == TRACE_KEY_DUE)
			make_keyframe();
		assert_int_equal(heap_apply(maker_heap, &ev), 0);
	}
}

static void
begin(uint32_t mode)
{
	struct trace_status st;
	uint32_t slot;

	memset(writers, 0, sizeof writers);
	fixture_open(&fix, 256, 64);
	fix.h->mode = mode;
	trace_file_close(fix.file, fix.h);
	unlink(fix.trace_path);
	fix.file = trace_file_create(open(fix.trace_path,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600), fix.h,
	    fix.session_path);
	for (uint32_t i = 0; i < WRITERS; i++) {
		slot = i < 3 ? 0 : 1;
		if (i == 0 || i == 3)
			slot = session_hello(fix.h, 100 + i, 1, i ? 0 : ~0u,
			    true);
		writer_start(&writers[i], fix.h, slot, 1000 + i, 0);
		if (i == 0 || i == 3)
			writer_process(&writers[i], now(), 100 + i, 1,
			    i ? 0 : ~0u, true, "/bin/program", "program", 8);
	}
	maker = trace_open(fix.trace_path, TRACE_MAKE_KEYS, &st);
	assert_non_null(maker);
	maker_heap = heap_create(maker);
	made = 0;
}

/* One writer is silent for long: its chunk is open all the while. */
static void
record(void)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned n = random_of(STEPS) + 1; n > 0; n--)
			step(&writers[random_of(i % 100 ? WRITERS - 1 :
			    WRITERS)]);
		assert_true(trace_file_round(fix.file, fix.h) >= 0);
		if (i % 7 == 0)
			follow();
	}
	for (unsigned i = 0; i < WRITERS; i++)
		writer_finish(&writers[i]);
	fixture_finish(&fix);
	heap_destroy(maker_heap);
	trace_close(maker);
}

#endif
