/*
 * t_keyframe.c - a replay that begins at a keyframe ends as one from the start.
 *
 * Writers of two processes do all that is recorded, at random; a maker reads
 * along and puts keyframes into the trace.  Then the heap at many moments is
 * asked for twice, from the beginning and from the last keyframe before it, and
 * everything that can be asked of the two heaps is the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

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
	trace_key_want(maker);
}

static void
follow(void)
{
	struct trace_event ev;
	struct trace_status st;

	while (trace_next(maker, &ev, &st) > 0) {
		if (trace_key_due(maker, ev.time))
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
	trace_key_want(maker);
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

struct view {
	struct trace_reader *reader;
	struct heap *heap;
	struct heap_block *blocks;
	size_t n, room;
};

static int
keep(const struct heap_block *b, void *arg)
{
	struct view *v = arg;

	if (v->n == v->room) {
		v->room = v->room ? 2 * v->room : 64;
		v->blocks = realloc(v->blocks, v->room * sizeof *v->blocks);
		assert_non_null(v->blocks);
	}
	memset(&v->blocks[v->n], 0, sizeof *b);
	v->blocks[v->n].addr = b->addr;
	v->blocks[v->n].size = b->size;
	v->blocks[v->n].time = b->time;
	v->blocks[v->n].proc = b->proc;
	v->blocks[v->n].tid = b->tid;
	v->blocks[v->n].site = b->site;
	v->n++;
	return 0;
}

static int
by_place(const void *a, const void *b)
{
	const struct heap_block *x = a, *y = b;

	if (x->proc != y->proc)
		return x->proc < y->proc ? -1 : 1;
	return (x->addr > y->addr) - (x->addr < y->addr);
}

static void
view_open(struct view *v, uint64_t until, bool seek, int *found)
{
	struct trace_status st;
	bool no_memory;

	*v = (struct view){ .reader = fixture_read(&fix, 0) };
	*found = seek ? trace_seek(v->reader, until, &st) : 0;
	v->heap = heap_create(v->reader);
	assert_int_equal(heap_replay_until(v->heap, until, &st, &no_memory),
	    0);
	assert_false(no_memory);
	assert_int_equal(trace_counts(v->reader)->damaged, 0);
	heap_walk(v->heap, keep, v);
	heap_walk_mappings(v->heap, keep, v);
	qsort(v->blocks, v->n, sizeof *v->blocks, by_place);
}

static void
view_close(struct view *v)
{
	heap_destroy(v->heap);
	trace_close(v->reader);
	free(v->blocks);
}

static void
same_sites(const struct heap_site *(*get)(const struct heap *, size_t),
    size_t n, struct view *a, struct view *b)
{
	for (size_t i = 0; i < n; i++) {
		const struct heap_site *x = get(a->heap, i);
		const struct heap_site *y = get(b->heap, i);

		assert_int_equal(x->stack, y->stack);
		assert_int_equal(x->proc, y->proc);
		assert_int_equal(x->call, y->call);
		assert_memory_equal(&x->allocations, &y->allocations,
		    sizeof *x - offsetof(struct heap_site, allocations));
	}
}

static void
same_error(const struct heap_error *x, const struct heap_error *y)
{
	assert_int_equal(x->time, y->time);
	assert_int_equal(x->proc, y->proc);
	assert_int_equal(x->tid, y->tid);
	assert_int_equal(x->count, y->count);
	assert_int_equal(x->error.kind, y->error.kind);
	assert_int_equal(x->error.call, y->error.call);
	assert_int_equal(x->error.block, y->error.block);
	assert_int_equal(x->error.address, y->error.address);
	assert_int_equal(x->error.offset, y->error.offset);
	assert_int_equal(x->error.alloc_stack, y->error.alloc_stack);
	assert_int_equal(x->error.free_time, y->error.free_time);
	assert_memory_equal(x->error.bytes, y->error.bytes,
	    TRACE_ERROR_BYTES);
}

static void
same_words(struct view *a, struct view *b)
{
	assert_int_equal(heap_nnotes(a->heap), heap_nnotes(b->heap));
	for (size_t i = 0; i < heap_nnotes(a->heap); i++)
		assert_string_equal(heap_note(a->heap, i, NULL),
		    heap_note(b->heap, i, NULL));
	for (uint32_t i = 0; i < WRITERS; i++) {
		const char *x = heap_thread_name(a->heap, i / 3, 1000 + i);
		const char *y = heap_thread_name(b->heap, i / 3, 1000 + i);

		assert_true((x == NULL) == (y == NULL));
		if (x != NULL)
			assert_string_equal(x, y);
	}
	assert_int_equal(heap_nerrors(a->heap), heap_nerrors(b->heap));
	for (size_t i = 0; i < heap_nerrors(a->heap); i++)
		same_error(heap_error(a->heap, i), heap_error(b->heap, i));
}

static void
same_modules(struct view *a, struct view *b, uint64_t time)
{
	for (uint64_t addr = 0x400800; addr < 0x500000; addr += 0x1000) {
		const struct trace_module *x = trace_module_find(a->reader, 0,
		    addr, time);
		const struct trace_module *y = trace_module_find(b->reader, 0,
		    addr, time);

		assert_true((x == NULL) == (y == NULL));
		if (x == NULL)
			continue;
		assert_int_equal(x->start, y->start);
		assert_int_equal(x->loaded, y->loaded);
		assert_int_equal(x->unloaded, y->unloaded);
	}
}

static void
same(struct view *a, struct view *b, uint64_t time)
{
	assert_memory_equal(heap_totals(a->heap), heap_totals(b->heap),
	    sizeof(struct heap_totals));
	assert_memory_equal(heap_mapped(a->heap), heap_mapped(b->heap),
	    sizeof(struct heap_mapped));
	for (unsigned i = 0; i < 2; i++) {
		assert_memory_equal(heap_process_totals(a->heap, i),
		    heap_process_totals(b->heap, i),
		    sizeof(struct heap_totals));
		assert_memory_equal(heap_process_figures(a->heap, i, 1),
		    heap_process_figures(b->heap, i, 1),
		    offsetof(struct heap_figures, known));
	}
	assert_int_equal(heap_nsites(a->heap), heap_nsites(b->heap));
	same_sites(heap_site, heap_nsites(a->heap), a, b);
	assert_int_equal(heap_nmapping_sites(a->heap),
	    heap_nmapping_sites(b->heap));
	same_sites(heap_mapping_site, heap_nmapping_sites(a->heap), a, b);
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->blocks, b->blocks, a->n * sizeof *a->blocks);
	same_words(a, b);
	same_modules(a, b, time);
}

static void
compare_at(uint64_t until, int *found)
{
	struct view from_start, from_key;

	view_open(&from_start, until, false, found);
	view_open(&from_key, until, true, found);
	same(&from_start, &from_key, until);
	view_close(&from_start);
	view_close(&from_key);
}

/* At the beginning, at the end, and between. */
static void
compare(void)
{
	struct trace_reader *r = fixture_read(&fix, 0);
	uint64_t end = trace_duration(r);
	unsigned sought = 0;
	int found;

	trace_close(r);
	assert_true(end > 0);
	for (unsigned i = 0; i <= 40; i++) {
		compare_at(end / 40 * i, &found);
		sought += found > 0;
	}
	compare_at(~0ull - 1, &found);
	assert_int_equal(found, 1);
	assert_true(sought > 20);
}

static void
everything_is_the_same(uint32_t mode)
{
	seed = 4711 + mode;
	begin(mode);
	record();
	assert_true(made > 10);
	compare();
}

static void
in_profile_mode(void **state)
{
	(void)state;
	everything_is_the_same(SESSION_PROFILE);
	fixture_close(&fix);
}

static void
in_check_mode(void **state)
{
	(void)state;
	everything_is_the_same(SESSION_CHECK);
	fixture_close(&fix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_check_mode),
		cmocka_unit_test(in_profile_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
