/*
 * pool_arena.c - the arenas of a pool: getting them and giving them back.
 *
 * An arena comes from ops (a source that knows its pool), from alloc, or from
 * the vmem arena source, whichever is set first.  One that is wholly free goes
 * back with pooltrim; a pool that grows and shrinks by one block at the edge of
 * an arena would otherwise ask and give without end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"
#include "base/bits.h"

#define ARENA_OVERHEAD	(sizeof(struct pool_arena) + sizeof(struct pool_header))

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
		return p->free != NULL;
	return p->source != NULL;
}

static void
arena_give(Pool *p, void *arena, size_t size)
{
	if (p->ops != NULL)
		p->ops->shrink(p, arena, size);
	else if (p->alloc != NULL)
		p->free(arena, size);
	else
		vmem_free(p->source, (vmem_addr_t)arena, size);
}

static void
arena_link(Pool *p, struct pool_arena *a)
{
	a->down = p->arenalist;
	a->up = NULL;
	if (p->arenalist != NULL)
		p->arenalist->up = a;
	p->arenalist = a;
	if (p->low == 0 || (uintptr_t)a < p->low)
		p->low = (uintptr_t)a;
	if ((uintptr_t)a + a->size > p->high)
		p->high = (uintptr_t)a + a->size;
}

static void
arena_unlink(Pool *p, struct pool_arena *a)
{
	if (a->up != NULL)
		a->up->down = a->down;
	else
		p->arenalist = a->down;
	if (a->down != NULL)
		a->down->up = a->up;
}

static void
arena_form(struct pool_arena *a, size_t size)
{
	pool_form(&a->header, sizeof(*a), POOL_MAGIC_ARENA);
	a->size = size;
	a->pad = 0;
	pool_arena_end(a)->magic = POOL_MAGIC_ARENATAIL;
	pool_arena_end(a)->spare = 0;
	pool_arena_end(a)->size = 0;
}

/* A new arena with a free block of block_size bytes at least. */
bool
pool_arena_grow_l(Pool *p, size_t block_size)
{
	size_t size, quantum = p->quantum > POOL_GRAIN ? p->quantum :
	    POOL_GRAIN;
	struct pool_arena *a;
	struct pool_header *h;

	if (bits_add_overflows(block_size, ARENA_OVERHEAD + quantum, &size))
		return false;
	if (size < p->minarena)
		size = p->minarena;
	size = bits_align_up(size, quantum);
	if (p->maxsize != 0 &&
	    (p->cursize > p->maxsize || size > p->maxsize - p->cursize))
		return false;
	a = arena_get(p, size);
	if (a == NULL)
		return false;
	p->cursize += size;
	arena_form(a, size);
	arena_link(p, a);
	h = pool_arena_first(a);
	if (p->flags & POOL_ANTAGONISM)
		pool_fill(h, size - ARENA_OVERHEAD, POOL_FILL_UNALLOC, h + 1);
	pool_free_l(p, h, size - ARENA_OVERHEAD);
	return true;
}

/* Is all of it one free block? */
bool
pool_arena_is_idle(struct pool_arena *a)
{
	struct pool_header *h = pool_arena_first(a);

	return h->magic == POOL_MAGIC_FREE &&
	    h->size == a->size - ARENA_OVERHEAD && pool_free_is_sound(h);
}

void
pool_arena_release_l(Pool *p, struct pool_arena *a)
{
	pool_tree_remove(p, (struct pool_free *)pool_arena_first(a));
	if (p->torn)
		return;
	arena_unlink(p, a);
	p->cursize -= a->size;
	arena_give(p, a, a->size);
}

size_t
pool_arena_trim_l(Pool *p)
{
	struct pool_arena *a, *next;
	size_t given = 0;

	if (!arena_can_give(p))
		return 0;
	for (a = p->arenalist; a != NULL && !p->torn; a = next) {
		next = a->down;
		if (!pool_arena_is_idle(a))
			continue;
		given += a->size;
		pool_arena_release_l(p, a);
	}
	return given;
}
