/*
 * mmalloc_arena.c - the one arena of a region, and where it ends.
 *
 * The arena grows and shrinks in place, by its edge header; each of the two
 * becomes true with one store (mmalloc_recover.c says why that matters):
 *
 *	grow	the file, then the new edge, then the old edge becomes the
 *		header of a free block that reaches to the new one;
 *	shrink	a new edge inside of the last free block, then that block's
 *		header shrinks to end there, then the file.
 *
 * The size in the arena's header and the header's top follow; after a crash
 * they are what the chain says.
 *
 * A region grows by an eighth at least, so that its file is not grown for each
 * block, and gives back when a quarter of it is free at the end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_impl.h"

#include <stdarg.h>

#include "base/bits.h"
#include "base/say.h"

#define GROW_SHIFT	3			/* by an eighth ... */
#define GROW_MAX	((size_t)64 << 20)	/* ... up to 64 MiB */

static const struct pool_ops mmalloc_ops = {
	.extend = region_extend_l,
	.ordered = true,
};

/* The call that found the fault goes on to its end and tells it then. */
void
region_panic_l(Pool *p, const char *fmt, ...)
{
	struct mmalloc_region *r =
	    PW_CONTAINER_OF(p, struct mmalloc_region, pool);
	va_list args;

	if (r->faulted)
		return;
	r->faulted = true;
	va_start(args, fmt);
	say_vformat(r->said, sizeof(r->said), fmt, args);
	va_end(args);
}

void
region_pool_init(struct mmalloc_region *r)
{
	r->pool = (Pool){
		.name = "mmalloc",
		.panic = region_panic_l,
		.ops = &mmalloc_ops,
	};
}

/* The arena's end is at top: what says so beside the chain. */
static void
set_end_l(struct mmalloc_region *r, size_t top)
{
	struct pool_arena *a = region_arena(r);

	a->size = a->given = top - MMALLOC_ARENA;
	r->pool.high = (uintptr_t)a + a->size;
	r->pool.cursize = a->size;
	header_store(&region_header(r)->top, top);
}

void
region_form(struct mmalloc_region *r)
{
	struct pool_arena *a = pool_arena_form(&r->pool, region_arena(r),
	    r->mapped - MMALLOC_ARENA);
	struct pool_header *h = pool_arena_first(a);
	size_t size = pool_size(h);

	pool_arena_link_l(&r->pool, a);
	set_end_l(r, r->mapped);
	pool_bins_insert(&r->pool, pool_links(h, size), size);
}

static struct pool_header *
arena_edge(struct mmalloc_region *r)
{
	return pool_arena_end(region_arena(r));
}

/* Bytes of the free block at the end, if it is one; not trusted. */
static size_t
tail_size(struct mmalloc_region *r)
{
	struct pool_header *edge = arena_edge(r);

	return pool_word(edge) & POOL_WORD_LEFT ?
	    pool_footer_size((struct pool_links *)edge - 1) : 0;
}

/* The file grew from old bytes on. */
static void
edge_advance_l(struct mmalloc_region *r, size_t old)
{
	struct pool_header *edge = arena_edge(r), *end;
	bool left = pool_word(edge) & POOL_WORD_LEFT;

	end = (struct pool_header *)(r->base + r->mapped) - 1;
	pool_set_word(end, pool_word_make(end, 0, POOL_KIND_EDGE, 0, true));
	set_end_l(r, r->mapped);
	pool_join_l(&r->pool, edge, r->mapped - old, left);
}

bool
region_extend_l(Pool *p, size_t block_size)
{
	struct mmalloc_region *r =
	    PW_CONTAINER_OF(p, struct mmalloc_region, pool);
	size_t old = r->mapped, tail = tail_size(r), more, extra;
	int error;

	more = bits_align_up(tail < block_size ? block_size - tail :
	    block_size, MMALLOC_UNIT);
	extra = old >> GROW_SHIFT < GROW_MAX ? old >> GROW_SHIFT : GROW_MAX;
	extra = bits_align_down(extra, MMALLOC_UNIT);
	error = region_grow(r, old + (more > extra ? more : extra));
	if (error != 0 && extra > more)
		error = region_grow(r, old + more);
	if (error == 0)
		edge_advance_l(r, old);
	else
		r->grow_error = error;
	return error == 0;
}

/* Where the file may end if the last block, at off, is free. */
static size_t
end_behind(size_t off)
{
	size_t top = bits_align_up(off + POOL_OVERHEAD, MMALLOC_UNIT);
	size_t rest = top - POOL_OVERHEAD - off;

	return rest != 0 && rest < POOL_MINBLOCK ? top + MMALLOC_UNIT : top;
}

/* The last free block, at h, ends with a new edge at top, or becomes it. */
static void
edge_retreat_l(struct mmalloc_region *r, struct pool_header *h, size_t top)
{
	struct pool_header *end = (struct pool_header *)(r->base + top) - 1;
	size_t rest = (size_t)((char *)end - (char *)h);

	pool_set_word(end, pool_word_make(end, 0, POOL_KIND_EDGE, 0,
	    rest != 0));
	if (rest != 0)
		pool_set_word(h, pool_word_make(h, rest, POOL_KIND_FREE, 0,
		    false));
	set_end_l(r, top);
	if (rest != 0)
		pool_bins_insert(&r->pool, pool_links(h, rest), rest);
	region_shrink(r, top);
}

void
region_trim_l(struct mmalloc_region *r, size_t least)
{
	struct pool_header *edge = arena_edge(r), *h;
	struct pool_links *l;
	size_t size = tail_size(r), top;

	if (size < least || size == 0)
		return;
	l = pool_left_l(&r->pool, edge);
	if (l == NULL)
		return;
	h = (struct pool_header *)((char *)edge - size);
	top = end_behind((size_t)((char *)h - r->base));
	if (top < r->mapped && pool_bins_remove(&r->pool, l, size))
		edge_retreat_l(r, h, top);
}
