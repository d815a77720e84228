/*
 * pool_place.c - blocks whose address matters: alignment, offset, span.
 *
 * A placed block is cut out of the middle of a free one; what is left before it
 * is a free block of its own or nothing at all, never a filler.  Data need not
 * begin at a multiple of 16: up to 15 bytes between header and data are skipped,
 * and guarded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

#define ALIGN_MAX	(POOL_BLOCK_MAX / 8)

/* A free block this large holds a place, unless span makes it hard; 0: none. */
size_t
pool_place_size(size_t block_size, const struct pool_place *pl)
{
	size_t room;

	if (pl->align > ALIGN_MAX || pl->span > ALIGN_MAX)
		return 0;
	room = block_size + pl->align + 2 * POOL_MINBLOCK;
	if (pl->span != 0)
		room += pl->align + pl->size + pl->span;
	room = (room + POOL_GRAIN - 1) & ~(size_t)(POOL_GRAIN - 1);
	return room <= POOL_BLOCK_MAX ? room : 0;
}

/* The first address not below at that is offset modulo align. */
static uintptr_t
align_up(uintptr_t at, const struct pool_place *pl)
{
	size_t over = at % pl->align;

	return at + (over <= pl->offset ? pl->offset - over :
	    pl->align - over + pl->offset);
}

static bool
in_span(uintptr_t at, const struct pool_place *pl)
{
	return pl->span == 0 || pl->size == 0 ||
	    at / pl->span == (at + pl->size - 1) / pl->span;
}

/*
 * Where in the free block [h, h + whole) the header of the block may stand:
 * bytes from h; SIZE_MAX: nowhere.
 */
size_t
pool_place(const struct pool_header *h, size_t whole, size_t block_size,
    const struct pool_place *pl, uintptr_t *data)
{
	uintptr_t base = (uintptr_t)h, at = base + pl->lead, to;
	size_t gap;

	for (;;) {
		at = align_up(at, pl);
		to = (at & ~(uintptr_t)(POOL_GRAIN - 1)) - pl->lead;
		gap = to - base;
		if (gap > whole || whole - gap < block_size)
			return SIZE_MAX;
		if (gap != 0 && gap < POOL_MINBLOCK)
			at = base + POOL_MINBLOCK + pl->lead;
		else if (in_span(at, pl))
			break;
		else
			at = (at + pl->size - 1) / pl->span * pl->span;
	}
	*data = at;
	return gap;
}

struct pool_header *
pool_take_align_l(Pool *p, size_t block_size, const struct pool_place *pl)
{
	size_t room = pool_place_size(block_size, pl), whole, gap, size;
	struct pool_header *h = room == 0 ? NULL : pool_find_l(p, room, &whole);
	uintptr_t data;

	if (h == NULL)
		return NULL;
	gap = pool_place(h, whole, block_size, pl, &data);
	if (gap == SIZE_MAX) {
		pool_unfind_l(p, h, whole);
		return NULL;
	}
	size = pool_split(p, block_size, whole - gap);
	if (size == whole - gap)
		pool_wipe(p, h, whole);
	pool_cut_behind_l(p, h, gap, size, whole, 0);
	return pool_behind(h, gap);
}
