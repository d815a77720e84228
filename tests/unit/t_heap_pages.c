/*
 * t_heap_pages.c - mappings in replay against an array of pages.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mappings_fixture.h"

/*
 * The model: which call mapped each page, and that call's number.  Every step
 * is one call of a program of NTHREADS threads, a few of which fail.
 */
#define NPAGES		700u
#define NTHREADS	3u

static uint32_t page_of[NPAGES];	/* 0: nothing there */
static uint32_t next_mapping;
static unsigned call_of[60000];
static uint64_t base_of[60000];
static uint64_t seed;

static uint64_t
random_below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % n;
}

static void
model_set(uint64_t at, uint64_t n, uint32_t to)
{
	for (uint64_t i = at; i < at + n; i++)
		page_of[i] = to;
}

static void
model_map(uint32_t tid, unsigned call, uint64_t at, uint64_t n)
{
	map_in(0, tid, call, at, n);
	call_of[++next_mapping] = call;
	base_of[next_mapping] = at;
	model_set(at, n, next_mapping);
}

static void
model_unmap(uint32_t tid, unsigned call, uint64_t at, uint64_t n)
{
	bool fails = random_below(4) == 0;

	unmap_in(0, tid, call, at, n, 0);
	if (fails)
		unmap_in(0, tid, call, at, n, ENOMEM);
	else
		model_set(at, n, 0);
}

static void
model_mremap(uint32_t tid, uint64_t at, uint64_t n)
{
	uint64_t to_n = 1 + random_below(40);
	uint64_t to = random_below(NPAGES - to_n);

	unmap_in(0, tid, TRACE_CALL_MREMAP, at, n, 0);
	if (random_below(4) == 0) {
		unmap_in(0, tid, TRACE_CALL_MREMAP, at, n, ENOMEM);
		return;
	}
	model_set(at, n, 0);
	model_map(tid, TRACE_CALL_MREMAP, to, to_n);
}

/* All pages that came by a shmat at that page. */
static void
model_shmdt(uint32_t tid, uint64_t at)
{
	unmap_in(0, tid, TRACE_CALL_SHMDT, at, 0, 0);
	for (uint64_t i = 0; i < NPAGES; i++)
		if (page_of[i] != 0 && base_of[page_of[i]] == at &&
		    call_of[page_of[i]] == TRACE_CALL_SHMAT)
			page_of[i] = 0;
}

static bool
segment_lives(uint64_t at)
{
	for (uint64_t i = 0; i < NPAGES; i++)
		if (page_of[i] != 0 && base_of[page_of[i]] == at &&
		    call_of[page_of[i]] == TRACE_CALL_SHMAT)
			return true;
	return false;
}

static void
model_step(void)
{
	uint64_t n = 1 + random_below(random_below(8) == 0 ? 300 : 12);
	uint64_t at = random_below(NPAGES - n);
	uint32_t tid = 1 + (uint32_t)random_below(NTHREADS);

	switch (random_below(8)) {
	case 0: case 1: case 2:
		model_map(tid, TRACE_CALL_MMAP, at, n);
		break;
	case 3:
		/* The kernel gives no two segments one address. */
		if (!segment_lives(at))
			model_map(tid, TRACE_CALL_SHMAT, at, n);
		break;
	case 4:
		model_shmdt(tid, at);
		break;
	case 5:
		model_mremap(tid, at, n);
		break;
	default:
		model_unmap(tid, TRACE_CALL_MUNMAP, at, n);
	}
}

struct walked {
	uint32_t page[NPAGES];
	uint32_t n;
};

static int
walk_model(const struct heap_block *b, void *arg)
{
	struct walked *w = arg;
	uint64_t first = (b->addr - AT(0)) / PAGE, n = b->size / PAGE;

	w->n++;
	for (uint64_t i = first; i < first + n; i++) {
		assert_int_equal(w->page[i], 0);
		w->page[i] = w->n;
		assert_int_not_equal(page_of[i], 0);
		assert_int_equal(page_of[i], page_of[first]);
		assert_int_equal(heap_mapping_site(heap, b->site)->call,
		    call_of[page_of[i]]);
	}
	return 0;
}

static void
model_check(void)
{
	static struct walked w;
	uint32_t runs = 0, pages = 0;

	memset(&w, 0, sizeof w);
	for (uint32_t i = 0; i < NPAGES; i++) {
		pages += page_of[i] != 0;
		runs += page_of[i] != 0 &&
		    (i == 0 || page_of[i - 1] != page_of[i]);
	}
	expect(pages, runs);
	heap_walk_mappings(heap, walk_model, &w);
	assert_int_equal(w.n, runs);
}

static void
random_calls_agree_with_an_array_of_pages(void **state)
{
	(void)state;
	seed = (uint64_t)time(NULL) << 20 | 1;
	print_message("seed %llu\n", (unsigned long long)seed);
	memset(page_of, 0, sizeof page_of);
	next_mapping = 0;
	for (int i = 0; i < 50000; i++) {
		model_step();
		if (i % 10 == 0)
			model_check();
	}
	model_check();
}

/* Many more than a leaf holds, in no order. */
static void
a_hundred_thousand_mappings_come_and_go(void **state)
{
	const uint64_t n = 100000, step = 77773;	/* coprime */
	uint64_t at = 0;

	(void)state;
	for (uint64_t i = 0; i < n; i++, at = (at + step) % n)
		map_in(0, 1, TRACE_CALL_MMAP, 2 * at, 1);
	expect(n, n);
	for (uint64_t i = 0; i < n; i++, at = (at + 3 * step) % n)
		unmap_in(0, 1, TRACE_CALL_MUNMAP, 2 * at, 1, 0);
	expect(0, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHECKS(random_calls_agree_with_an_array_of_pages),
		CHECKS(a_hundred_thousand_mappings_come_and_go),
	};

	return cmocka_run_group_tests_name("heap pages", tests, NULL, NULL);
}
