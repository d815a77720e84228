/*
 * backend_pool_zone.c - the reserved range, its zones, and the pool in each.
 *
 * The range is asked for as large as can be had: addresses cost nothing until
 * they are opened.  Under a limit on addresses (RLIMIT_AS) it takes half of
 * what the limit allows, for the program wants some too.
 *
 * Marks.  Blocks are carved from the front of free blocks, so in each granule
 * of 64 KiB what was ever handed out is a prefix; its end is the mark.  From
 * the mark on pages are as the system gave them: they read as zero, but for the
 * links at the end of the free block they are in, which the pool wipes when
 * they come into a block or into the middle of a free one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_impl.h"

#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/bits.h"
#include "base/os.h"
#include "preload/backend_pool_find.h"

#define RANGE_MAX	((size_t)256 << 30)
#define RANGE_MIN	((size_t)8 << 20)
#define ARENA_FIRST	((size_t)252 << 10)	/* with tables: 256 KiB */
#define ARENA_MAX	((size_t)4 << 20)
#define TRIM_EVERY	1024u
#define TRIM_LARGE	((size_t)16 << 20)

struct bp_heap bp_heap;

static void *
zone_grow(Pool *p, size_t size)
{
	struct bp_zone *z = p->private;
	size_t pages = bits_align_up(size, bp_heap.page);
	void *arena = z->no_more ? NULL : bp_span_l(z, pages, pages, 0, 0);

	p->minarena = bits_align_up(p->cursize / 4, bp_heap.page);
	if (p->minarena < ARENA_FIRST)
		p->minarena = ARENA_FIRST;
	if (p->minarena > ARENA_MAX)
		p->minarena = ARENA_MAX;
	return arena;
}

static void
zone_shrink(Pool *p, void *arena, size_t size)
{
	size_t pages = bits_align_up(size, bp_heap.page);

	bp_unspan_l(p->private, arena, pages, pages);
}

/*
 * The program wrote where it should not: what is damaged is left alone.  The
 * arguments are the pool's name, what is wrong, and the pool's header there.
 */
static void
zone_panic(Pool *p, const char *fmt, ...)
{
	struct bp_zone *z = p->private;
	uintptr_t at;
	va_list args;

	va_start(args, fmt);
	(void)va_arg(args, const char *);
	(void)va_arg(args, const char *);
	at = (uintptr_t)va_arg(args, void *);
	va_end(args);
	if (!z->damaged && z == &bp_heap.main)
		bp_late_corrupt(z->lock.word & ~LOCK_WAITERS, at);
	z->damaged = true;
}

static const struct pool_ops zone_ops = {
	.grow = zone_grow,
	.shrink = zone_shrink,
	.wipe = true,
};

/* A new, empty pool and arena over [from, zone's end). */
int
bp_zone_renew_l(struct bp_zone *z, uintptr_t from)
{
	memset(&z->pool, 0, sizeof(z->pool));
	z->pool.name = "heap";
	z->pool.minarena = ARENA_FIRST;
	z->pool.ops = &zone_ops;
	z->pool.panic = zone_panic;
	z->pool.private = z;
	z->floor = from;
	z->damaged = false;
	return vmem_start(&z->vmem, "heap", from, z->end - from,
	    bp_heap.page);
}

/* How many bytes of addresses we may ask for. */
static size_t
range_wanted(void)
{
	struct rlimit as;

	if (os_syscall(SYS_prlimit64, 0, RLIMIT_AS, 0, (long)&as, 0, 0) != 0 ||
	    as.rlim_cur == RLIM_INFINITY || as.rlim_cur / 2 > RANGE_MAX)
		return RANGE_MAX;
	return (size_t)1 << bits_log2_floor(as.rlim_cur / 2 | 1);
}

static bool
range_reserve(size_t size)
{
	size_t states = size / POOL_GRAIN;
	size_t marks = bits_align_up(size / BP_GRANULE *
	    sizeof(*bp_heap.mark), bp_heap.page);
	size_t starts = bits_align_up(size / BP_GRANULE * sizeof(*bp_starts),
	    bp_heap.page);
	char *at = os_reserve(size + states + marks + starts + BP_GRANULE);

	if (at == NULL)
		return false;
	bp_heap.base = bits_align_up((uintptr_t)at, BP_GRANULE);
	bp_heap.end = bp_heap.base + size;
	bp_heap.state = (uint8_t *)bp_heap.end;
	bp_heap.mark = (uint16_t *)(bp_heap.end + states);
	bp_starts = (uint16_t *)(bp_heap.end + states + marks);
	return true;
}

static int
zone_start(struct bp_zone *z, uintptr_t start, uintptr_t end)
{
	z->start = z->limit = start;
	z->end = end;
	return bp_zone_renew_l(z, start);
}

int
bp_zone_start(void)
{
	size_t size = range_wanted();
	uintptr_t cut;

	bp_heap.page = os_page_size();
	while (size >= RANGE_MIN && !range_reserve(size))
		size /= 2;
	if (size < RANGE_MIN)
		return -1;
	cut = bp_heap.base + size / 16;
	if (zone_start(&bp_heap.nested, bp_heap.base, cut) != 0 ||
	    zone_start(&bp_heap.main, cut, bp_heap.end) != 0)
		return -1;
	return 0;
}

static uint16_t *
mark_of(uintptr_t granule)
{
	return &bp_heap.mark[(granule - bp_heap.base) / BP_GRANULE];
}

/*
 * [from, to) is handed out: raise its marks, and return from where on it has
 * never been handed out before (to: nowhere).  The mark of a granule is at most
 * 4,096, so it fits.
 */
static uintptr_t
mark_raise(uintptr_t from, uintptr_t to)
{
	uintptr_t g = bits_align_down(to - 1, BP_GRANULE), fresh = to;
	bool all = true;	/* everything from fresh on is fresh */

	for (;; g -= BP_GRANULE) {
		uintptr_t mark = g + (uintptr_t)*mark_of(g) * POOL_GRAIN;
		uintptr_t lo = g > from ? g : from;
		uintptr_t hi = to - g < BP_GRANULE ? to : g + BP_GRANULE;

		if (all && mark < hi)
			fresh = mark > lo ? mark : lo;
		all = all && mark <= lo;
		if (mark < hi)
			*mark_of(g) = (uint16_t)((hi - g) / POOL_GRAIN);
		if (g <= from)
			break;
	}
	return fresh;
}

/*
 * Headers that stood in [from, to) are gone, and what is said of their data,
 * which lies BP_LEAD further on, with them.
 */
static void
states_clear(const struct bp_zone *z, uintptr_t from, uintptr_t to)
{
	from += BP_LEAD;
	to += BP_LEAD;
	if (to > z->limit)
		to = z->limit;
	if (from >= to)
		return;
	memset(bp_state(from), BP_NONE, (to - from) / POOL_GRAIN);
	bp_starts_clear(from, to);
}

/* Headers are 8 before a multiple of 16: whose mark is theirs too. */
static uintptr_t
mark_raise_block(uintptr_t from, uintptr_t to)
{
	return mark_raise(bits_align_up(from, POOL_GRAIN),
	    bits_align_up(to, POOL_GRAIN));
}

/* A block of the pool becomes ours: no old states in it, its marks raised. */
static uintptr_t
zone_adopt(const struct bp_zone *z, struct pool_header *h)
{
	uintptr_t at = (uintptr_t)h, end = at + pool_size(h);

	states_clear(z, at + POOL_OVERHEAD - BP_LEAD, end);
	bp_starts_set((uintptr_t)bp_data(h));
	return mark_raise_block(at, end);
}

/* The block of the pool for size bytes. */
static size_t
zone_block(size_t size)
{
	return bits_align_up(BP_LEAD + size + BP_GUARD, POOL_GRAIN);
}

static struct pool_header *
zone_cut(struct bp_zone *z, size_t size, size_t align)
{
	struct pool_place place = { .lead = BP_LEAD, .align = align };

	if (align <= POOL_GRAIN)
		return pool_take_l(&z->pool, zone_block(size));
	return pool_take_align_l(&z->pool, zone_block(size), &place);
}

/*
 * Nothing to be had from a pool whose free blocks were written over: leave it
 * as it is, and go on with a new one in addresses that were never used.
 */
static bool
zone_replace(struct bp_zone *z)
{
	return z->damaged && bp_zone_renew_l(z, z->limit) == 0;
}

/*
 * An arena more, not from deep inside the pool: its caller's stack may be small,
 * and the program's.
 */
PW_NOINLINE bool
bp_zone_more_l(struct bp_zone *z, size_t size, size_t align)
{
	if (z->damaged || z->pool.torn)
		return zone_replace(z);
	return pool_arena_grow_l(&z->pool, zone_block(size) + align);
}

PW_NOINLINE void *
bp_zone_cut_l(struct bp_zone *z, size_t size, size_t align, bool more,
    uintptr_t *fresh)
{
	struct pool_header *h;

	z->no_more = !more;
	h = zone_cut(z, size, align);
	z->no_more = false;
	if (h == NULL)
		return NULL;
	*fresh = zone_adopt(z, h);
	return bp_data(h);
}

void
bp_zone_take_many_l(struct bp_zone *z, size_t cap, struct bp_ring *r)
{
	struct pool_header *h[BP_RING / 2];
	size_t n = r->batch < BP_RING / 2 ? r->batch : BP_RING / 2, got;

	cap += BP_LEAD;
	got = pool_take_many_l(&z->pool, cap, n, h);
	if (got == 0 && zone_replace(z))
		got = pool_take_many_l(&z->pool, cap, n, h);
	for (size_t i = 0; i < got; i++) {
		zone_adopt(z, h[i]);
		bp_set_state((uintptr_t)bp_data(h[i]), BP_RINGED);
		r->slot[(r->head + r->count++) % BP_RING] = bp_data(h[i]);
	}
}

/* Many frees and little left: let idle arenas go. */
static void
zone_tidy(struct bp_zone *z)
{
	if (++z->flushes % TRIM_EVERY == 0 &&
	    z->pool.cursize > TRIM_LARGE &&
	    z->pool.curfree > z->pool.cursize / 4 * 3)
		pool_arena_trim_l(&z->pool);
}

/*
 * Back to the pool, if the pool's own bytes beside it are whole.  A block that
 * overran the next header, or one of a pool that fork tore, stays freed for
 * ever.
 */
void
bp_zone_give_l(struct bp_zone *z, void *ptr)
{
	struct pool_header *h = bp_block(ptr);
	struct pool_header *right = pool_right(h);

	if ((uintptr_t)h < z->floor || bp_is_big(ptr) ||
	    !pool_word_is_sound(h, pool_word(h)) ||
	    !pool_word_is_sound(right, pool_word(right)))
		return;
	bp_set_state((uintptr_t)ptr, BP_POOLED);
	pool_give_l(&z->pool, h);
	zone_tidy(z);
}

bool
bp_zone_resize_l(struct bp_zone *z, void *ptr, size_t size, uintptr_t *fresh)
{
	struct pool_header *h = bp_block(ptr);
	uintptr_t old = (uintptr_t)pool_right(h);

	if ((uintptr_t)h < z->floor ||
	    !pool_resize_l(&z->pool, h, zone_block(size)))
		return false;
	*fresh = (uintptr_t)pool_right(h);
	if (*fresh <= old)
		return true;
	states_clear(z, old, *fresh);
	*fresh = mark_raise_block(old, *fresh);
	return true;
}

/* The pages inside a large free block, before its links. */
static bool
trim_block(struct pool_header *h)
{
	uintptr_t from = bits_align_up((uintptr_t)h + BP_LEAD, bp_heap.page);
	uintptr_t to = bits_align_down((uintptr_t)pool_links(h, pool_size(h)),
	    bp_heap.page);

	return from < to &&
	    os_advise((void *)from, to - from, MADV_DONTNEED) == 0;
}

/* A header of the arena whose block does not leave it. */
static bool
size_is_sane(struct pool_arena *a, struct pool_header *h)
{
	char *end = (char *)pool_arena_end(a);

	return (char *)h < end && pool_word_is_sound(h, pool_word(h)) &&
	    pool_size(h) >= POOL_MINBLOCK &&
	    pool_size(h) <= (size_t)(end - (char *)h);
}

static bool
is_large_free(const struct pool_header *h)
{
	uint64_t word = pool_word(h);

	return pool_word_kind(word) == POOL_KIND_FREE &&
	    pool_word_size(word) >= 4 * bp_heap.page;
}

bool
bp_zone_trim_l(struct bp_zone *z)
{
	bool some = pool_arena_trim_l(&z->pool) != 0;
	struct pool_arena *a;
	struct pool_header *h;

	for (a = pool_arena_next(&z->pool, 0); a != NULL;
	    a = pool_arena_next(&z->pool, (uintptr_t)a))
		for (h = pool_arena_first(a); size_is_sane(a, h);
		    h = pool_right(h))
			if (is_large_free(h) && trim_block(h))
				some = true;
	return some;
}

/* Within fork the locks are the forking thread's already. */
static bool
main_is_forking(void)
{
	return PW_UNLIKELY(bp_heap.forking != 0) &&
	    lock_is_mine(&bp_heap.main.lock, (uint32_t)os_gettid());
}

void
bp_enter_main(uint32_t tid)
{
	if (!main_is_forking())
		lock_take(&bp_heap.main.lock, tid);
	if (__atomic_load_n(&bp_heap.deferred, __ATOMIC_RELAXED) != NULL)
		bp_deferred_l();
}

void
bp_leave_main(void)
{
	if (!main_is_forking())
		lock_give(&bp_heap.main.lock);
}
