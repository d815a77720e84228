/*
 * pool.c - pool(2): the public calls, each entered, done and left.
 *
 * Entering takes the lock and, under POOL_PARANOIA, checks the whole pool: a
 * fault found then is the caller's, who wrote outside a block since the last
 * call; the same check at leaving would say that the fault is ours.
 *
 * How a request walks down: poolalloc -> pool_take_l (pool_block.c) -> the
 * tree (pool_tree.c), and when that has nothing large enough, a new arena
 * (pool_arena.c).  Layout and magics: pool_layout.h.
 *
 * Lock order: a pool, then the vmem arena that is its source.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool.h"

#include <errno.h>
#include <string.h>

#include "alloc/pool_impl.h"
#include "base/bits.h"

#define POOL_FLAGS_SERVED	(POOL_ANTAGONISM | POOL_PARANOIA | \
				 POOL_TOLERANCE | POOL_NOREUSE)

/* 0: entered, the lock is held; else an errno and it is not. */
static int
pool_enter(Pool *p)
{
	if (p->flags & ~POOL_FLAGS_SERVED)
		return ENOTSUP;
	if (p->quantum != 0 && !bits_is_pow2(p->quantum))
		return EINVAL;
	if (p->lock != NULL)
		p->lock(p);
	if (!p->poisoned && (p->flags & POOL_PARANOIA))
		pool_check_l(p);
	if (!p->poisoned)
		return 0;
	if (p->unlock != NULL)
		p->unlock(p);
	return EUCLEAN;
}

static void
pool_leave(Pool *p)
{
	if (!p->poisoned && (p->flags & POOL_PARANOIA))
		pool_check_l(p);
	if (p->unlock != NULL)
		p->unlock(p);
}

static void *
pool_fail(int error)
{
	errno = error;
	return NULL;
}

/* A taken block gets its user: size, guards, junk. */
static void *
pool_present(Pool *p, struct pool_header *h, size_t size)
{
	void *data = pool_data(h);

	pool_set_size(h, size);
	if (p->flags & POOL_ANTAGONISM)
		pool_fill(data, size, POOL_FILL_ALLOC, data);
	return data;
}

void *
poolalloc(Pool *p, size_t size)
{
	int error = pool_enter(p);
	struct pool_header *h;
	void *data = NULL;

	if (error != 0)
		return pool_fail(error);
	h = pool_take_l(p, size);
	if (h != NULL)
		data = pool_present(p, h, size);
	pool_leave(p);
	return data != NULL ? data : pool_fail(ENOMEM);
}

void *
poolallocalign(Pool *p, size_t size, size_t align, long offset, size_t span)
{
	size_t by = align < POOL_GRAIN ? POOL_GRAIN : align;
	struct pool_header *h;
	void *data = NULL;
	int error;

	if ((align != 0 && !bits_is_pow2(align)) || offset % POOL_GRAIN != 0 ||
	    (span != 0 && (!bits_is_pow2(span) || span < POOL_GRAIN)))
		return pool_fail(EINVAL);
	if (span != 0 && size > span)
		return pool_fail(ENOMEM);
	error = pool_enter(p);
	if (error != 0)
		return pool_fail(error);
	h = pool_take_align_l(p, size, by,
	    align == 0 ? 0 : (size_t)offset & (by - 1), span);
	if (h != NULL)
		data = pool_present(p, h, size);
	pool_leave(p);
	return data != NULL ? data : pool_fail(ENOMEM);
}

/* The allocated and sound block whose data is v; else a fault, NULL. */
static struct pool_header *
pool_find_l(Pool *p, void *v)
{
	struct pool_header *h = pool_block(v);
	const char *wrong;

	if ((uintptr_t)v % POOL_GRAIN != 0 || h->magic != POOL_MAGIC_ALLOC)
		wrong = "called on non-block (double-free?)";
	else
		wrong = pool_check_block_l(p, h);
	if (wrong == NULL)
		return h;
	pool_fault(p, h, wrong);
	return NULL;
}

/* POOL_NOREUSE: junk for ever; the first bytes keep their tags. */
static void
pool_bury_l(struct pool_header *h)
{
	h->magic = POOL_MAGIC_DEAD;
	memset((char *)pool_data(h) + POOL_KEPT, POOL_DEAD_BYTE,
	    pool_room(h) - POOL_KEPT);
}

static void
pool_retire_l(Pool *p, struct pool_header *h)
{
	if (p->flags & POOL_NOREUSE) {
		pool_bury_l(h);
		return;
	}
	p->nfree++;
	if (p->flags & POOL_ANTAGONISM)
		pool_fill((char *)pool_data(h) + POOL_KEPT,
		    pool_room(h) - POOL_KEPT, POOL_FILL_FREE, pool_data(h));
	pool_give_l(p, h);
}

void
poolfree(Pool *p, void *v)
{
	struct pool_header *h;

	if (v == NULL || pool_enter(p) != 0)
		return;
	h = pool_find_l(p, v);
	if (h != NULL)
		pool_retire_l(p, h);
	pool_leave(p);
}

/* Where it stands, or moved; NULL: no memory, nothing has changed. */
static void *
pool_realloc_l(Pool *p, struct pool_header *h, size_t size)
{
	size_t old = pool_get_size(h);
	struct pool_header *to;
	char *data = pool_data(h);

	if (!pool_resize_l(p, h, size)) {
		to = pool_take_l(p, size);
		if (to == NULL)
			return NULL;
		data = memcpy(pool_data(to), data, old);
		pool_retire_l(p, h);
		h = to;
	}
	pool_set_size(h, size);
	if ((p->flags & POOL_ANTAGONISM) && size > old)
		pool_fill(data + old, size - old, POOL_FILL_ALLOC, data);
	return data;
}

void *
poolrealloc(Pool *p, void *v, size_t size)
{
	struct pool_header *h;
	void *data = NULL;
	int error;

	if (v == NULL)
		return poolalloc(p, size);
	if (size == 0) {
		poolfree(p, v);
		return NULL;
	}
	error = pool_enter(p);
	if (error != 0)
		return pool_fail(error);
	h = pool_find_l(p, v);
	if (h != NULL)
		data = pool_realloc_l(p, h, size);
	pool_leave(p);
	return data != NULL ? data : pool_fail(h == NULL ? EUCLEAN : ENOMEM);
}

size_t
poolmsize(Pool *p, void *v)
{
	struct pool_header *h;
	size_t size = 0;

	if (v == NULL || pool_enter(p) != 0)
		return 0;
	h = pool_find_l(p, v);
	if (h != NULL) {
		size = pool_room(h);
		pool_set_size(h, size);
	}
	pool_leave(p);
	return size;
}

void
poolcheck(Pool *p)
{
	if (pool_enter(p) != 0)
		return;
	pool_check_l(p);
	if (p->unlock != NULL)
		p->unlock(p);
}

void
poolblockcheck(Pool *p, void *v)
{
	if (v == NULL || pool_enter(p) != 0)
		return;
	pool_find_l(p, v);
	if (p->unlock != NULL)
		p->unlock(p);
}

static enum pool_kind
pool_kind(const struct pool_header *h)
{
	switch (h->magic) {
	case POOL_MAGIC_ALLOC:
		return POOL_BLOCK_ALLOC;
	case POOL_MAGIC_DEAD:
		return POOL_BLOCK_DEAD;
	default:
		return POOL_BLOCK_FREE;
	}
}

void
poolwalk(Pool *p, pool_walk_fn *fn, void *arg)
{
	struct pool_header *h;

	if (pool_enter(p) != 0)
		return;
	for (struct pool_arena *a = p->arenalist; a != NULL; a = a->down)
		for (h = pool_arena_first(a); h < pool_arena_end(a);
		    h = pool_right(h))
			fn(arg, pool_data(h), h->magic == POOL_MAGIC_ALLOC ?
			    pool_get_size(h) : pool_room(h), pool_kind(h));
	if (p->unlock != NULL)
		p->unlock(p);
}

static void
pool_dump_arena(Pool *p, struct pool_arena *a)
{
	struct pool_header *h;

	p->print(p, "arena %p %zu\n", (void *)a, (size_t)a->size);
	for (h = pool_arena_first(a); h < pool_arena_end(a); h = pool_right(h))
		p->print(p, "%p %.8x %zu\n", (void *)h, h->magic,
		    (size_t)h->size);
}

void
pooldump(Pool *p)
{
	if (p->print == NULL || pool_enter(p) != 0)
		return;
	p->print(p, "pool %p %s\n", (void *)p,
	    p->name != NULL ? p->name : "?");
	for (struct pool_arena *a = p->arenalist; a != NULL; a = a->down)
		pool_dump_arena(p, a);
	if (p->unlock != NULL)
		p->unlock(p);
}

size_t
pooltrim(Pool *p)
{
	size_t given;

	if (pool_enter(p) != 0)
		return 0;
	given = pool_arena_trim_l(p);
	pool_leave(p);
	return given;
}
