/*
 * mappings_fixture.h - a heap, and MAP and UNMAP events made by hand.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_TESTS_MAPPINGS_FIXTURE_H
#define PW_TESTS_MAPPINGS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "fake_trace.h"
#include "heap/heap_impl.h"

#define PAGE	4096u
#define AT(n)	(0x7f0000000000 + (uint64_t)(n) * PAGE)

static struct heap *heap;
static uint64_t now;

struct sums {
	uint64_t bytes, live, running, running_live;
	uint64_t walked_bytes, walked;
	uint64_t site_bytes, site_live;
};

static inline int
add_mapping(const struct heap_block *b, void *arg)
{
	struct sums *s = arg;

	s->walked_bytes += b->size;
	s->walked++;
	return 0;
}

/* H4, and R1 to R3. */
static inline void
check_invariants(void)
{
	const struct heap_mapped *m = heap_mapped(heap);
	struct sums s = { .bytes = 0 };

	for (size_t i = 0; i < heap->nprocs; i++) {
		const struct heap_proc *p = heap->procs[i];

		if (p == NULL)
			continue;
		assert_null(ranges_check(&p->ranges));
		assert_int_equal(p->ranges.n, p->mapped.live);
		s.bytes += p->mapped.live_bytes;
		s.live += p->mapped.live;
		s.running += p->ended ? 0 : p->mapped.live_bytes;
		s.running_live += p->ended ? 0 : p->mapped.live;
	}
	heap_walk_mappings(heap, add_mapping, &s);
	for (size_t i = 0; i < heap_nmapping_sites(heap); i++) {
		s.site_bytes += heap_mapping_site(heap, i)->live_bytes;
		s.site_live += heap_mapping_site(heap, i)->live_blocks;
	}
	assert_int_equal(m->live_bytes, s.bytes);
	assert_int_equal(m->live, s.live);
	assert_int_equal(s.walked_bytes, s.bytes);
	assert_int_equal(s.walked, s.live);
	assert_int_equal(s.site_bytes, s.bytes);
	assert_int_equal(s.site_live, s.live);
	assert_int_equal(heap->running_mapped_bytes, s.running);
	assert_int_equal(heap->running_mappings, s.running_live);
}

static inline void
apply(struct trace_event ev)
{
	ev.time = ++now;
	if (ev.tid == 0)
		ev.tid = 1;
	assert_int_equal(heap_apply(heap, &ev), 0);
}

static inline void
map_in(uint32_t proc, uint32_t tid, unsigned call, uint64_t at, uint64_t n)
{
	apply((struct trace_event){ .kind = TRACE_MAP, .proc = proc,
	    .tid = tid, .call = (uint8_t)call, .addr = AT(at),
	    .size = n * PAGE, .stack = call + 1, .access = PROT_READ,
	    .flags = call == TRACE_CALL_MREMAP ? 0 :
	    MAP_PRIVATE | MAP_ANONYMOUS });
}

static inline void
unmap_in(uint32_t proc, uint32_t tid, unsigned call, uint64_t at, uint64_t n,
    uint32_t failed)
{
	apply((struct trace_event){ .kind = TRACE_UNMAP, .proc = proc,
	    .tid = tid, .call = (uint8_t)call, .addr = AT(at),
	    .size = n * PAGE, .failed = failed });
}

/* So many pages are mapped, in so many mappings. */
static inline void
expect(uint64_t pages, uint64_t mappings)
{
	check_invariants();
	assert_int_equal(heap_mapped(heap)->live_bytes, pages * PAGE);
	assert_int_equal(heap_mapped(heap)->live, mappings);
}

static inline int
set_up(void **state)
{
	(void)state;
	fake_reset();
	fake_process(100, ~0u, "/bin/a");
	now = 0;
	heap = heap_create(FAKE_READER);
	return heap == NULL;
}

static inline int
tear_down(void **state)
{
	(void)state;
	heap_destroy(heap);
	return 0;
}

#define CHECKS(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
