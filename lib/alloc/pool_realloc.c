/*
 * pool_realloc.c - poolrealloc: another size, in place, beside it, elsewhere.
 *
 * In this order: where the block stands, with its free right neighbour or
 * without; from the start of its free left neighbour on, and then the contents
 * slide down; in a new block.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool.h"

#include <errno.h>
#include <string.h>

#include "alloc/pool_impl.h"

/* The block stands as its user wants it: bytes from old on are new. */
static void *
settle_l(Pool *p, struct pool_header *h, const struct pool_user *u, size_t old)
{
	char *data = pool_user_data(h, u);

	if ((p->flags & POOL_ANTAGONISM) && u->size > old)
		pool_fill(data + old, u->size - old, POOL_FILL_ALLOC, data);
	pool_set_kind(h, POOL_KIND_ALLOC, pool_user_set(h, pool_size(h), u));
	return data;
}

static bool
stays_in_span(struct pool_header *h, const struct pool_user *u, size_t size)
{
	uintptr_t at = (uintptr_t)pool_user_data(h, u);

	return u->span == 0 || size == 0 ||
	    at / u->span == (at + size - 1) / u->span;
}

/*
 * Where it stands.  Until its guards are set a block that changes its size is
 * all its user's: guards and trailer go where a neighbour's header was.
 */
static void *
realloc_here_l(Pool *p, struct pool_header *h, struct pool_user *u,
    size_t size, size_t want)
{
	size_t whole, old = u->size;

	if (!stays_in_span(h, u, size) || !pool_fit_l(p, h, want, &whole))
		return NULL;
	if (pool_word_slack(pool_word(h)) == POOL_SLACK_TRAILER)
		pool_set_kind(h, POOL_KIND_ALLOC, 0);
	pool_recut_l(p, h, pool_split(p, want, whole), whole, 0);
	u->size = size;
	return settle_l(p, h, u, old);
}

/*
 * The user's bytes go to the start of a free block that ends where h begins;
 * all of whole is one block then.  In an ordered pool old and new data do not
 * overlap, so the copy is whole before the header that swallows h is stored.
 */
static void
slide_l(Pool *p, struct pool_header *left, struct pool_header *h,
    const struct pool_user *u, size_t whole)
{
	char *data = pool_data(left);

	p->curalloc += whole - pool_size(h);
	memmove(data, pool_data(h), u->size);
	pool_set_word(left, pool_word_make(left, whole, POOL_KIND_ALLOC, 0,
	    false));
	if (data + u->size <= (char *)h)
		pool_set_word(h, 0);
}

/* Into the free block before, and the one behind if that is free too. */
static void *
realloc_left_l(Pool *p, struct pool_header *h, struct pool_user *u,
    size_t size, size_t want)
{
	size_t room = pool_size(h), lsize, rsize, old = u->size;
	struct pool_links *l, *r;
	struct pool_header *left;

	if (!(pool_word(h) & POOL_WORD_LEFT) || u->align != 0 ||
	    (p->flags & POOL_NOREUSE))
		return NULL;
	l = pool_left_l(p, h);
	if (l == NULL || !pool_right_l(p, pool_behind(h, room), &r))
		return NULL;
	lsize = pool_footer_size(l);
	rsize = r == NULL ? 0 : pool_footer_size(r);
	room += lsize + rsize;
	if (room < want || (p->ops != NULL && p->ops->ordered &&
	    old > lsize - POOL_OVERHEAD))
		return NULL;
	if ((r != NULL && !pool_bins_remove(p, r, rsize)) ||
	    !pool_bins_remove(p, l, lsize))
		return NULL;
	left = (struct pool_header *)((char *)h - lsize);
	slide_l(p, left, h, u, room);
	pool_recut_l(p, left, pool_split(p, want, room), room, 0);
	u->size = size;
	return settle_l(p, left, u, old);
}

/*
 * Elsewhere.  Getting memory may compact the pool; a quick block stays where it
 * is then.  Where nothing moves the kind is left alone: a heap in a file would
 * come out of a crash with a block that is nobody's.
 */
static void *
realloc_move_l(Pool *p, struct pool_header *h, struct pool_user *u, size_t size)
{
	unsigned slack = pool_word_slack(pool_word(h));
	struct pool_user to = *u;
	void *from = pool_user_data(h, u);
	char *data;

	to.size = size;
	if (p->move != NULL)
		pool_set_kind(h, POOL_KIND_QUICK, slack);
	data = u->align == 0 ? pool_alloc_l(p, size) : pool_allocalign_l(p, &to);
	if (p->move != NULL)
		pool_set_kind(h, POOL_KIND_ALLOC, slack);
	if (data == NULL)
		return NULL;
	memcpy(data, from, size < u->size ? size : u->size);
	pool_retire_l(p, h);
	return data;
}

static void *
realloc_l(Pool *p, struct pool_header *h, struct pool_user *u, size_t size)
{
	size_t want = size > SIZE_MAX / 2 ? 0 : pool_block_size(p,
	    u->align == 0 ? size : size + u->skip + POOL_USER_TRAILER);
	void *data;

	if (want == 0 || (u->span != 0 && size > u->span))
		return NULL;
	data = realloc_here_l(p, h, u, size, want);
	if (data == NULL && !p->poisoned)
		data = realloc_left_l(p, h, u, size, want);
	if (data == NULL && !p->poisoned)
		data = realloc_move_l(p, h, u, size);
	return data;
}

void *
poolrealloc(Pool *p, void *v, size_t size)
{
	struct pool_header *h;
	struct pool_user u;
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
		return pool_fail(p, error);
	pool_log(p, POOL_CALL_BEGIN, "poolrealloc %p %p %zu", (void *)p, v,
	    size);
	h = pool_lookup_l(p, v, &u);
	if (h != NULL)
		data = realloc_l(p, h, &u, size);
	if (p->flags & POOL_LOGGING)
		pool_log_result(p, data, "poolrealloc %p %p %zu", (void *)p, v,
		    size);
	pool_leave(p);
	return data != NULL ? data : pool_fail(p, ENOMEM);
}
