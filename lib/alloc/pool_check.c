/*
 * pool_check.c - is the pool what its invariants say?  Faults, walk, dump.
 *
 * A fault is first described through print, then told to panic.  A panic that
 * returns leaves the pool poisoned: the public calls then refuse to touch it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"
#include "base/check.h"

static const uint8_t guard_bytes[4] = POOL_GUARD_BYTES;

#define POOL_PRINT(p, ...) \
	((p)->print != NULL ? (p)->print((p), __VA_ARGS__) : (void)0)

void
pool_fault(Pool *p, struct pool_header *h, const char *what)
{
	const char *name = p->name != NULL ? p->name : "?";

	POOL_PRINT(p, "pool %s block %p: %s\n", name, (void *)h, what);
	p->poisoned = true;
	if (p->panic != NULL)
		p->panic(p, "pool %s: %s, block %p", name, what, (void *)h);
	else
		check_failed(what, name, 0);
}

/* The first byte of the slack that is not as it should be, or NULL. */
static uint8_t *
slack_wrong(struct pool_header *h, size_t size)
{
	uint8_t *b = (uint8_t *)pool_data(h) + size;
	uint8_t *end = (uint8_t *)pool_tail(h);

	for (; b < end; b++)
		if (*b != guard_bytes[(uintptr_t)b & 3])
			return b;
	return NULL;
}

/* Only a NUL just behind the data, and nothing else: put right, true. */
static bool
check_tolerate(Pool *p, struct pool_header *h, size_t size, uint8_t *wrong)
{
	uint8_t *end = (uint8_t *)pool_data(h) + size;

	if (!(p->flags & POOL_TOLERANCE) || wrong != end || *wrong != 0)
		return false;
	*wrong = size == pool_room(h) ? POOL_TAIL_FIRST :
	    guard_bytes[(uintptr_t)wrong & 3];
	if (slack_wrong(h, size) != NULL) {
		*wrong = 0;
		return false;
	}
	POOL_PRINT(p, "pool %s block %p: a NUL behind the end, tolerated\n",
	    p->name != NULL ? p->name : "?", (void *)h);
	return true;
}

static const char *
check_alloc(Pool *p, struct pool_header *h)
{
	struct pool_tail *t = pool_tail(h);
	size_t size = pool_get_size(h);
	uint8_t *wrong;

	if (t->first != POOL_TAIL_FIRST &&
	    (size != pool_room(h) || !check_tolerate(p, h, size, &t->first)))
		return "mem user overflow (tail)";
	if (t->last != POOL_TAIL_LAST || t->size != h->size)
		return "corrupt tail";
	if (size == SIZE_MAX)
		return "too much block data";
	wrong = slack_wrong(h, size);
	if (wrong != NULL && !check_tolerate(p, h, size, wrong))
		return "mem user overflow";
	return NULL;
}

static const char *
check_dead(struct pool_header *h)
{
	uint8_t *b = (uint8_t *)pool_data(h) + POOL_KEPT;
	uint8_t *end = (uint8_t *)pool_tail(h);

	for (; b < end; b++)
		if (*b != POOL_DEAD_BYTE)
			return "dangling pointer write";
	return NULL;
}

/* What is wrong with this block; NULL: nothing. */
const char *
pool_check_block_l(Pool *p, struct pool_header *h)
{
	if (h->size < POOL_MINBLOCK || h->size % POOL_GRAIN != 0)
		return "bad size";
	switch (h->magic) {
	case POOL_MAGIC_ALLOC:
		return check_alloc(p, h);
	case POOL_MAGIC_DEAD:
		return check_dead(h);
	case POOL_MAGIC_FREE:
		return pool_free_is_sound(h) ? NULL : "corrupt free block";
	default:
		return "bad magic";
	}
}

struct check_sum {
	size_t alloc;
	size_t free;
	size_t arenas;
};

/* false: a fault was told. */
static bool
check_arena(Pool *p, struct pool_arena *a, struct check_sum *sum)
{
	struct pool_header *h, *end = pool_arena_end(a);
	bool free_before = false;
	const char *wrong;

	for (h = pool_arena_first(a); h < end; h = pool_right(h)) {
		wrong = h->size > (size_t)((char *)end - (char *)h) ?
		    "P1: block leaves its arena" : pool_check_block_l(p, h);
		if (wrong == NULL && free_before && h->magic == POOL_MAGIC_FREE)
			wrong = "P3: two free neighbours";
		if (wrong != NULL) {
			pool_fault(p, h, wrong);
			return false;
		}
		free_before = h->magic == POOL_MAGIC_FREE;
		*(free_before ? &sum->free : &sum->alloc) += h->size;
	}
	if (h != end || h->magic != POOL_MAGIC_ARENATAIL) {
		pool_fault(p, h, "P1: found wrong tail");
		return false;
	}
	sum->arenas += a->size;
	return true;
}

/* Walk everything; false when a fault was found (and told). */
bool
pool_check_l(Pool *p)
{
	struct check_sum sum = { 0 };
	const char *wrong;

	for (struct pool_arena *a = p->arenalist; a != NULL; a = a->down)
		if (!check_arena(p, a, &sum))
			return false;
	wrong = pool_tree_check(p);
	if (wrong == NULL && (sum.alloc != p->curalloc ||
	    sum.free != p->curfree || sum.arenas != p->cursize))
		wrong = "P6: the sums are wrong";
	if (wrong == NULL)
		return true;
	pool_fault(p, NULL, wrong);
	return false;
}
