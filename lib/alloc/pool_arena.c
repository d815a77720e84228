/*
 * pool_arena.c - the arenas of a pool: getting, finding, giving back.
 *
 * An arena comes from ops (a source that knows its pool), from alloc, or from
 * the vmem arena source, whichever is set first.  One that is wholly free goes
 * back with pooltrim; a pool that grows and shrinks by one block at the edge of
 * an arena would otherwise ask and give without end.
 *
 * No pointer of a caller is followed before its arena is known.  The arenas
 * are a splay tree by address, whose links are in their headers; in front of it
 * stands a small table, recent, of the last answer for each of some ranges of
 * addresses, so that the tree is left alone most of the time.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

#include <string.h>

#include "base/bits.h"

#define RECENT_LEAST	(1u << 13)

static void *
arena_get(Pool *p, size_t size)
{
	vmem_addr_t addr;

	if (p->ops != NULL)
		return p->ops->grow(p, size);
	if (p->alloc != NULL)
		return p->alloc(size);
	if (p->source != NULL &&
	    vmem_alloc(p->source, size, VMEM_NOWAIT, &addr) == 0)
		return (void *)addr;
	return NULL;
}

static bool
arena_can_give(const Pool *p)
{
	if (p->ops != NULL)
		return p->ops->shrink != NULL;
	if (p->alloc != NULL)
		return p->release != NULL;
	return p->source != NULL;
}

void
pool_arena_give_l(Pool *p, struct pool_arena *arena, size_t size)
{
	arena->magic = 0;
	if (!arena_can_give(p))
		return;
	if (p->ops != NULL)
		p->ops->shrink(p, arena, size);
	else if (p->alloc != NULL)
		p->release(arena, size);
	else
		vmem_free(p->source, (vmem_addr_t)arena, size);
}

/* The arena at this address, or the last one on the way, becomes the root. */
static struct pool_arena *
arena_splay(struct pool_arena *t, uintptr_t at)
{
	struct pool_arena side = { .up = NULL, .down = NULL };
	struct pool_arena *less = &side, *more = &side, *y;

	while (at - (uintptr_t)t >= t->size) {
		if (at < (uintptr_t)t) {
			y = t->down;
			if (y != NULL && at < (uintptr_t)y) {
				t->down = y->up;
				y->up = t;
				t = y;
				y = t->down;
			}
			if (y == NULL)
				break;
			more->down = t;
			more = t;
		} else {
			y = t->up;
			if (y != NULL && at - (uintptr_t)y >= y->size &&
			    at > (uintptr_t)y) {
				t->up = y->down;
				y->down = t;
				t = y;
				y = t->up;
			}
			if (y == NULL)
				break;
			less->up = t;
			less = t;
		}
		t = y;
	}
	less->up = t->down;
	more->down = t->up;
	t->down = side.up;
	t->up = side.down;
	return t;
}

PW_NOINLINE struct pool_arena *
pool_arena_find(Pool *p, uintptr_t addr)
{
	struct pool_arena *a;

	if (p->arenalist == NULL || addr < p->low || addr >= p->high)
		return NULL;
	a = p->arenalist = arena_splay(p->arenalist, addr);
	if (addr - (uintptr_t)a >= a->size)
		return NULL;
	/* The one arena of a heap in a file grows where it stands. */
	if (p->ops == NULL || !p->ops->ordered)
		p->recent[addr >> p->shift & (POOL_NRECENT - 1)] =
		    (struct poolwatch_pool_recent){ (uintptr_t)a, a->size };
	return a;
}

/* The lowest arena that begins above addr. */
struct pool_arena *
pool_arena_next(Pool *p, uintptr_t addr)
{
	struct pool_arena *a = p->arenalist, *next = NULL;

	while (a != NULL)
		if ((uintptr_t)a > addr) {
			next = a;
			a = a->down;
		} else
			a = a->up;
	return next;
}

/* One entry of recent for each part of [low, high), if arenas lie together. */
static void
recent_renew(Pool *p)
{
	unsigned shift = bits_log2_floor((p->high - p->low) / POOL_NRECENT |
	    RECENT_LEAST) + 1;

	if (shift == p->shift)
		return;
	p->shift = shift;
	memset(p->recent, 0, sizeof(p->recent));
}

void
pool_arena_link_l(Pool *p, struct pool_arena *a)
{
	struct pool_arena *t = p->arenalist;

	a->up = a->down = NULL;
	if (t != NULL) {
		t = arena_splay(t, (uintptr_t)a);
		if (t < a) {
			a->down = t;
			a->up = t->up;
			t->up = NULL;
		} else {
			a->up = t;
			a->down = t->down;
			t->down = NULL;
		}
	}
	p->arenalist = a;
	p->cursize += a->given;
	if (p->low == 0 || (uintptr_t)a < p->low)
		p->low = (uintptr_t)a;
	if ((uintptr_t)a + a->size > p->high)
		p->high = (uintptr_t)a + a->size;
	recent_renew(p);
}

void
pool_arena_unlink_l(Pool *p, struct pool_arena *a)
{
	struct pool_arena *t;

	a = arena_splay(p->arenalist, (uintptr_t)a);
	t = a->down;
	if (t != NULL) {
		t = arena_splay(t, UINTPTR_MAX);
		t->up = a->up;
	} else
		t = a->up;
	p->arenalist = t;
	p->cursize -= a->given;
	memset(p->recent, 0, sizeof(p->recent));
}

/* An arena of one free block that is in no bin yet. */
struct pool_arena *
pool_arena_form(Pool *p, void *at, size_t given)
{
	struct pool_arena *a = at;
	struct pool_header *first = pool_arena_first(a), *end;
	size_t size = bits_align_down(given - POOL_ARENA_OVERHEAD,
	    pool_quantum(p));

	a->up = a->down = NULL;
	a->size = size + POOL_ARENA_OVERHEAD;
	a->given = given;
	end = pool_arena_end(a);
	pool_set_word(end, pool_word_make(end, 0, POOL_KIND_EDGE, 0, true));
	pool_set_word(first,
	    pool_word_make(first, size, POOL_KIND_FREE, 0, false));
	__atomic_store_n(&a->magic, POOL_MAGIC_ARENA ^ (uintptr_t)a,
	    __ATOMIC_RELEASE);
	return a;
}

/* How much to ask for; 0: more than the pool may have. */
static size_t
grow_size(Pool *p, size_t block_size)
{
	size_t size = block_size + POOL_ARENA_OVERHEAD;

	if (size < p->minarena)
		size = bits_align_up(p->minarena, POOL_GRAIN);
	if (p->maxsize != 0 &&
	    (p->cursize > p->maxsize || size > p->maxsize - p->cursize)) {
		pool_log_note(p, POOL_LOGGING, "pool too big: %zu+%zu > %zu",
		    p->cursize, size, p->maxsize);
		return 0;
	}
	return size;
}

/* A new arena with a free block of block_size bytes at least. */
bool
pool_arena_grow_l(Pool *p, size_t block_size)
{
	size_t given = grow_size(p, block_size), size;
	struct pool_arena *a = NULL;
	struct pool_header *h;

	if (p->ops != NULL && p->ops->extend != NULL)
		return p->ops->extend(p, block_size);
	if (given != 0) {
		pool_log_note(p, POOL_LOGGING, "newarena %zu", given);
		a = arena_get(p, given);
	}
	if (a == NULL)
		return false;
	if ((uintptr_t)a % POOL_GRAIN != 0) {
		pool_fault_at(p, NULL, "alloc gave a misaligned arena",
		    (uint8_t *)a, 0);
		return false;
	}
	pool_arena_form(p, a, given);
	pool_arena_link_l(p, a);
	h = pool_arena_first(a);
	size = pool_size(h);
	if (p->flags & POOL_ANTAGONISM)
		pool_fill(pool_data(h), size - POOL_OVERHEAD,
		    POOL_FILL_UNALLOC, pool_data(h));
	pool_bins_insert(p, pool_links(h, size), size);
	if (p->merge != NULL)
		pool_merge_l(p, a);
	return true;
}

/* Is all of it one free block? */
bool
pool_arena_is_idle(struct pool_arena *a)
{
	struct pool_header *h = pool_arena_first(a);
	uint64_t word = pool_word(h);
	size_t size = a->size - POOL_ARENA_OVERHEAD;

	return pool_word_is_sound(h, word) &&
	    pool_word_kind(word) == POOL_KIND_FREE &&
	    pool_word_size(word) == size &&
	    pool_footer_size(pool_links(h, size)) == size;
}

void
pool_arena_release_l(Pool *p, struct pool_arena *a)
{
	size_t size = a->size - POOL_ARENA_OVERHEAD, given = a->given;

	if (!pool_bins_remove(p, pool_links(pool_arena_first(a), size), size))
		return;
	pool_arena_unlink_l(p, a);
	pool_arena_give_l(p, a, given);
}

size_t
pool_arena_trim_l(Pool *p)
{
	struct pool_arena *a;
	uintptr_t at = 0;
	size_t given = 0;

	if (!arena_can_give(p))
		return 0;
	while (!p->torn && (a = pool_arena_next(p, at)) != NULL) {
		at = (uintptr_t)a;
		if (!pool_arena_is_idle(a))
			continue;
		given += a->given;
		pool_arena_release_l(p, a);
	}
	return given;
}
