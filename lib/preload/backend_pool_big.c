/*
 * backend_pool_big.c - spans of pages: arenas, and blocks of their own.
 *
 * A span is taken from the zone's vmem arena, then made accessible; giving it
 * back drops the pages (they will read as zero) and makes the addresses
 * inaccessible, so a late access is caught by the hardware.
 *
 * A big block that realloc is growing gets more addresses than it asked for;
 * the pages behind its end stay inaccessible until it grows over them.  A
 * buffer that grows by a page at a time would otherwise be copied each time.
 *
 * A big block that must move takes its pages along: copying 8 GB of which the
 * program has touched a few pages would make it have them all.
 *
 * The header of a freed big block goes with its pages, so it is remembered
 * apart, for the last BP_NGONE of them.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_pages.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/bits.h"
#include "base/os.h"
#include "preload/backend_pool_find.h"

#define LIMIT_STEP	(1u << 20)
#define LIMIT_FIRST	(256u << 10)
#define BP_ODD		8u		/* behind the cap of a big block */
#define MOVE_MIN	(1u << 20)	/* below, copying is cheaper */

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP	4
#endif

/* Make part of a table accessible, for addresses [from, to). */
static bool
table_open(void *table, size_t unit, uintptr_t from, uintptr_t to)
{
	uintptr_t at = (uintptr_t)table;
	uintptr_t a = bits_align_down(at + (from - bp_heap.base) / unit,
	    bp_heap.page);
	uintptr_t b = bits_align_up(at + (to - bp_heap.base + unit - 1) / unit,
	    bp_heap.page);

	return os_protect((void *)a, b - a, PROT_READ | PROT_WRITE) == 0;
}

/* Let the tables cover addresses up to end. */
static bool
limit_raise(struct bp_zone *z, uintptr_t end)
{
	uintptr_t to;

	if (end <= z->limit)
		return true;
	to = z->limit == z->start && end - z->start <= LIMIT_FIRST ?
	    z->start + LIMIT_FIRST : bits_align_up(end, LIMIT_STEP);
	if (to > z->end)
		to = z->end;
	if (!table_open(bp_heap.state, POOL_GRAIN, z->limit, to) ||
	    !table_open(bp_heap.mark, BP_GRANULE / sizeof(*bp_heap.mark),
	    z->limit, to) ||
	    !table_open(bp_starts, BP_GRANULE / sizeof(*bp_starts), z->limit,
	    to))
		return false;
	__atomic_store_n(&z->limit, to, __ATOMIC_RELEASE);
	return true;
}

/*
 * size bytes of addresses, the first access of them accessible (multiples of
 * the page), at an address equal to phase modulo align (0: any page).
 */
void *
bp_span_l(struct bp_zone *z, size_t size, size_t access, size_t align,
    size_t phase)
{
	vmem_addr_t addr;

	if (vmem_xalloc(&z->vmem, size, align, phase, 0, VMEM_ADDR_MIN,
	    VMEM_ADDR_MAX, VMEM_NOWAIT | VMEM_BESTFIT, &addr) != 0)
		return NULL;
	if (!limit_raise(z, addr + size) ||
	    os_protect((void *)addr, access, PROT_READ | PROT_WRITE) != 0) {
		vmem_xfree(&z->vmem, addr, size);
		return NULL;
	}
	z->footprint += access;
	return (void *)addr;
}

/* Locked pages cannot be dropped: they are cleared instead. */
static void
pages_drop(void *addr, size_t size)
{
	if (os_advise(addr, size, MADV_DONTNEED) != 0)
		memset(addr, 0, size);
	os_protect(addr, size, PROT_NONE);
}

/* No states and no marks for [addr, addr + size). */
static void
tables_clear(uintptr_t addr, size_t size)
{
	uintptr_t from = bits_align_up(addr, BP_GRANULE), to =
	    bits_align_down(addr + size, BP_GRANULE);

	memset(bp_state(addr), BP_NONE, size / POOL_GRAIN);
	bp_starts_clear(addr, addr + size);
	if (from < to)
		memset(&bp_heap.mark[(from - bp_heap.base) / BP_GRANULE], 0,
		    (to - from) / BP_GRANULE * sizeof(*bp_heap.mark));
}

static void
span_return(struct bp_zone *z, void *addr, size_t size, size_t access)
{
	pages_drop(addr, access);
	z->footprint -= access;
	if ((uintptr_t)addr >= z->floor)
		vmem_xfree(&z->vmem, (uintptr_t)addr, size);
}

/* An arena goes back. */
void
bp_unspan_l(struct bp_zone *z, void *addr, size_t size, size_t access)
{
	tables_clear((uintptr_t)addr, access);
	span_return(z, addr, size, access);
}

/* An arena may have come there meanwhile, and a block of it begin there. */
static void
gone_clear(void *ptr)
{
	uint8_t gone = BP_GONE;

	__atomic_compare_exchange_n(bp_state((uintptr_t)ptr), &gone, BP_NONE,
	    false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* Forget what was freed in [addr, addr + size): it is handed out again. */
static void
gone_forget(uintptr_t addr, size_t size)
{
	unsigned n = bp_heap.ngone < BP_NGONE ? bp_heap.ngone : BP_NGONE;

	for (unsigned i = 0; i < n; i++) {
		struct bp_gone *g = &bp_heap.gone[i];

		if (g->ptr == NULL || (uintptr_t)g->ptr - addr >= size)
			continue;
		gone_clear(g->ptr);
		g->ptr = NULL;
	}
	bp_starts_clear(addr, addr + size);
}

static void
gone_remember(void *ptr)
{
	struct bp_gone *g;

	if (bp_heap.gone == NULL) {
		bp_heap.gone = os_map(BP_NGONE * sizeof(*bp_heap.gone));
		if (bp_heap.gone == NULL) {
			bp_set_state((uintptr_t)ptr, BP_NONE);
			return;
		}
	}
	g = &bp_heap.gone[bp_heap.ngone++ % BP_NGONE];
	if (g->ptr != NULL)
		gone_clear(g->ptr);
	g->ptr = ptr;
	g->header = *bp_header(ptr);
	bp_set_state((uintptr_t)ptr, BP_GONE);
}

const struct bp_header *
bp_big_gone_l(void *ptr)
{
	unsigned n = bp_heap.ngone < BP_NGONE ? bp_heap.ngone : BP_NGONE;

	for (unsigned i = 0; i < n; i++)
		if (bp_heap.gone[i].ptr == ptr)
			return &bp_heap.gone[i].header;
	return NULL;
}

/* Where the data of a big block lies in its span. */
static size_t
big_lead(size_t align)
{
	if (align <= BP_BIG_LEAD)
		return BP_BIG_LEAD;
	return align < bp_heap.page ? align : bp_heap.page;
}

static char *
big_span(void *ptr)
{
	return (char *)bits_align_down((uintptr_t)ptr - 1, bp_heap.page);
}

static size_t
big_span_size(void *ptr)
{
	return (size_t)*bp_span_pages(ptr) * bp_heap.page;
}

/* The accessible bytes of the span: a cap is 8 less than it might be. */
static size_t
big_access(void *ptr)
{
	return (size_t)((char *)ptr - big_span(ptr)) + bp_cap(ptr) + BP_ODD;
}

static void
big_set_access(void *ptr, size_t access)
{
	struct pool_header *h = bp_block(ptr);

	pool_set_word(h, pool_word_make(h, access - BP_ODD -
	    (size_t)((char *)ptr - big_span(ptr)) + BP_LEAD, POOL_KIND_OWN, 0,
	    false));
}

void *
bp_big_take_l(size_t size, size_t align, bool grows)
{
	size_t lead = big_lead(align), phase = 0;
	size_t access = bits_align_up(lead + size + BP_GUARD + BP_ODD,
	    bp_heap.page);
	size_t whole = grows ? access +
	    bits_align_up(access / 2, bp_heap.page) : access;
	char *span;

	if (align > bp_heap.page)
		phase = align - bp_heap.page;
	else
		align = 0;
	span = bp_span_l(&bp_heap.main, whole, access, align, phase);
	if (span == NULL)
		return NULL;
	gone_forget((uintptr_t)span, whole);
	bp_starts_set((uintptr_t)span + lead);
	*bp_span_pages(span + lead) = whole / bp_heap.page;
	big_set_access(span + lead, access);
	return span + lead;
}

void
bp_big_give_l(void *ptr)
{
	size_t access = big_access(ptr), whole = big_span_size(ptr);
	char *span = big_span(ptr);

	gone_remember(ptr);
	if (bp_heap.flags & SESSION_NOREUSE) {
		pages_drop(span, access);
		bp_heap.main.footprint -= access;
	} else
		span_return(&bp_heap.main, span, whole, access);
}

/* Within the span: give pages back, or open more. */
bool
bp_big_resize_l(void *ptr, size_t size)
{
	char *span = big_span(ptr);
	size_t access = big_access(ptr);
	size_t want = bits_align_up((size_t)((char *)ptr - span) + size +
	    BP_GUARD + BP_ODD, bp_heap.page);

	if (want > big_span_size(ptr))
		return false;
	if (want < access)
		pages_drop(span + want, access - want);
	if (want > access && os_protect(span + access, want - access,
	    PROT_READ | PROT_WRITE) != 0)
		return false;
	bp_heap.main.footprint += want - access;
	big_set_access(ptr, want);
	return true;
}

/*
 * The pages of [from, from + size) to another place; from stays mapped, empty:
 * a hole in the zone could be taken by somebody else's mapping.
 */
static bool
pages_move(char *to, char *from, size_t size)
{
	return (unsigned long)os_syscall(SYS_mremap, (long)from, (long)size,
	    (long)size, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
	    (long)to, 0) == (unsigned long)to;
}

void
bp_copy(void *to, void *from, size_t size)
{
	size_t page = bp_heap.page, head, pages;
	char *t = to, *f = from;

	head = (page - (uintptr_t)f % page) % page;
	/* Those of guarded blocks are of one origin, and stay. */
	if (size < MOVE_MIN || bp_is_guarded(t) || bp_is_guarded(f) || (uintptr_t)t % page != (uintptr_t)f % page) {
		memcpy(t, f, size);
		return;
	}
	pages = bits_align_down(size - head, page);
	memcpy(t, f, head);
	memcpy(t + head + pages, f + head + pages, size - head - pages);
	if (!pages_move(t + head, f + head, pages))
		memcpy(t + head, f + head, pages);
}
