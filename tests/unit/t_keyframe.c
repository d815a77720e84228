/*
 * t_keyframe.c - a replay that begins at a keyframe ends as one from the start.
 *
 * The heap at many moments is asked for twice, from the beginning and from the last keyframe before it, and
 * everything that can be asked of the two heaps is the same.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "keyframe_fixture.h"

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
	*found = seek ? trace_seek(v->reader, until) : 0;
	v->heap = heap_create(v->reader);
	assert_int_equal(heap_replay_until(v->heap, &(struct heap_until){
	    until, 0 }, &st, &no_memory), 0);
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
