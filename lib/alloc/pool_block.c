/*
 * pool_block.c - cutting and joining the blocks of a pool.
 *
 * All sizes and addresses of blocks are multiples of POOL_GRAIN, so data is
 * aligned to 16.  An aligned block is cut out of the middle of a free one: what
 * is left before it is a free block of its own or nothing at all, never a
 * filler, so an aligned block is a block like any other.
 *
 * Neighbours are trusted only as far as they can be checked without following
 * anything they say: a program that wrote outside its blocks must meet a
 * diagnostic, not a crash of ours.  The tail of a free block carries a check
 * on its size and address for that.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

#include <string.h>

#include "base/bits.h"

#define TRIM_ALWAYS	0x10000u	/* a surplus this large always goes */

static const uint8_t guard_bytes[4] = POOL_GUARD_BYTES;

/* Block size for a request; 0 when it cannot be represented. */
size_t
pool_block_size(const Pool *p, size_t size)
{
	size_t quantum = p->quantum > POOL_GRAIN ? p->quantum : POOL_GRAIN;

	if (size > SIZE_MAX / 2)
		return 0;
	size += POOL_OVERHEAD;
	if (size < p->minblock)
		size = p->minblock;
	if (size < POOL_MINBLOCK)
		size = POOL_MINBLOCK;
	return bits_align_up(size, quantum);
}

void
pool_fill(void *at, size_t size, unsigned signature, const void *addr)
{
	uint32_t word = signature << 24 | ((uintptr_t)addr & 0xffffff);
	uint8_t *b = at;

	for (; size >= sizeof(word); size -= sizeof(word), b += sizeof(word))
		memcpy(b, &word, sizeof(word));
	memcpy(b, &word, size);
}

static void
tail_set(struct pool_header *h, uint64_t six)
{
	struct pool_tail *t = pool_tail(h);

	t->first = POOL_TAIL_FIRST;
	memcpy(t->slack, &six, sizeof(t->slack));
	t->last = POOL_TAIL_LAST;
	t->size = h->size;
}

static uint64_t
tail_get(const struct pool_tail *t)
{
	uint64_t six = 0;

	memcpy(&six, t->slack, sizeof(t->slack));
	return six;
}

static uint64_t
free_check(const struct pool_header *h, uint64_t size)
{
	return bits_mix64((uintptr_t)h ^ size << 1) >> 16;
}

/* Header and tail of a block whose data is all the user's. */
void
pool_form(struct pool_header *h, size_t size, uint32_t magic)
{
	h->magic = magic;
	h->spare = 0;
	h->size = size;
	tail_set(h, 0);
}

void
pool_form_free(struct pool_header *h, size_t size)
{
	h->magic = POOL_MAGIC_FREE;
	h->size = size;
	tail_set(h, free_check(h, size));
}

bool
pool_free_is_sound(struct pool_header *h)
{
	struct pool_tail *t;

	if (h->magic != POOL_MAGIC_FREE || h->size < POOL_MINBLOCK ||
	    h->size % POOL_GRAIN != 0 || h->size > SIZE_MAX / 2)
		return false;
	t = pool_tail(h);
	return t->first == POOL_TAIL_FIRST && t->last == POOL_TAIL_LAST &&
	    t->size == h->size && tail_get(t) == free_check(h, h->size);
}

/* The free block that ends at h, judged by its tail alone; or NULL. */
static struct pool_header *
left_free(struct pool_header *h)
{
	struct pool_tail *t = (struct pool_tail *)h - 1;
	struct pool_header *left;

	if (t->first != POOL_TAIL_FIRST || t->last != POOL_TAIL_LAST ||
	    t->size < POOL_MINBLOCK || t->size % POOL_GRAIN != 0)
		return NULL;
	left = (struct pool_header *)((char *)h - t->size);
	if (tail_get(t) != free_check(left, t->size))
		return NULL;
	return pool_free_is_sound(left) ? left : NULL;
}

/* Note the size asked for and guard the slack, all of it. */
void
pool_set_size(struct pool_header *h, size_t size)
{
	uint8_t *from = (uint8_t *)pool_data(h) + size;
	uint8_t *to = (uint8_t *)pool_tail(h);

	tail_set(h, (uint64_t)(to - from));
	for (; from < to; from++)
		*from = guard_bytes[(uintptr_t)from & 3];
}

size_t
pool_get_size(struct pool_header *h)
{
	uint64_t slack = tail_get(pool_tail(h));

	return slack > pool_room(h) ? SIZE_MAX : pool_room(h) - slack;
}

/* Make [h, h + size) free as it is; its neighbours are not. */
static void
block_insert(Pool *p, struct pool_header *h, size_t size)
{
	pool_form_free(h, size);
	pool_tree_insert(p, (struct pool_free *)h);
}

/* Take a sound free block out of the tree. */
static void
block_remove(Pool *p, struct pool_header *h)
{
	pool_tree_remove(p, (struct pool_free *)h);
	h->magic = POOL_MAGIC_UNALLOC;
}

/* The free right neighbour of a block that ends at h; or NULL. */
static struct pool_header *
right_free(Pool *p, struct pool_header *h)
{
	switch (h->magic) {
	case POOL_MAGIC_ALLOC:
	case POOL_MAGIC_DEAD:
	case POOL_MAGIC_ARENATAIL:
		return NULL;
	case POOL_MAGIC_FREE:
		if (pool_free_is_sound(h))
			return h;
		/* fall through */
	default:
		pool_fault(p, h, "bad magic of a neighbour");
		return NULL;
	}
}

/* Make [h, h + size) free and join it with its free neighbours. */
void
pool_free_l(Pool *p, struct pool_header *h, size_t size)
{
	struct pool_header *left, *right;

	h->magic = POOL_MAGIC_UNALLOC;
	right = right_free(p, (struct pool_header *)((char *)h + size));
	if (right != NULL) {
		size += right->size;
		block_remove(p, right);
	}
	left = left_free(h);
	if (left != NULL) {
		size += left->size;
		block_remove(p, left);
		h = left;
	}
	block_insert(p, h, size);
}

/*
 * Cut h, an allocated block, down to want bytes if what is over is worth it.
 * A quarter of the block is the reference's measure: less than that would
 * leave many blocks too small for anybody.
 */
void
pool_surplus_l(Pool *p, struct pool_header *h, size_t want)
{
	size_t extra = h->size - want;
	struct pool_header *rest;

	if (extra < POOL_MINBLOCK)
		return;
	if (!p->tight && extra < TRIM_ALWAYS &&
	    (extra < want / 4 || extra < p->minblock))
		return;
	p->curalloc -= extra;
	pool_form(h, want, h->magic);
	rest = pool_right(h);
	if (p->flags & POOL_ANTAGONISM)
		pool_fill(rest, extra, POOL_FILL_UNALLOC, rest + 1);
	pool_free_l(p, rest, extra);
}

/* The best free block for size bytes, out of the tree; grows the pool. */
static struct pool_header *
block_find(Pool *p, size_t size)
{
	struct pool_free *b = pool_tree_best(p, size);

	if (b == NULL) {
		if (p->torn || !pool_arena_grow_l(p, size))
			return NULL;
		b = pool_tree_best(p, size);
		if (b == NULL)
			return NULL;
	}
	if (!pool_free_is_sound(&b->header)) {
		pool_fault(p, &b->header, "free block is damaged");
		return NULL;
	}
	block_remove(p, &b->header);
	return p->torn ? NULL : &b->header;
}

struct pool_header *
pool_take_l(Pool *p, size_t size)
{
	size_t want = pool_block_size(p, size);
	struct pool_header *h = want == 0 ? NULL : block_find(p, want);

	if (h == NULL)
		return NULL;
	pool_form(h, h->size, POOL_MAGIC_ALLOC);
	p->curalloc += h->size;
	pool_surplus_l(p, h, want);
	return h;
}

size_t
pool_take_many_l(Pool *p, size_t size, size_t n, struct pool_header **out)
{
	size_t want = pool_block_size(p, size), got = 0, left;
	struct pool_header *h = want == 0 ? NULL : block_find(p, want);

	if (h == NULL)
		return 0;
	left = h->size;
	while (got < n && left >= want + POOL_MINBLOCK) {
		pool_form(h, want, POOL_MAGIC_ALLOC);
		p->curalloc += want;
		out[got++] = h;
		h = pool_right(h);
		left -= want;
	}
	if (got == 0) {
		pool_form(h, left, POOL_MAGIC_ALLOC);
		p->curalloc += left;
		out[got++] = h;
	} else
		block_insert(p, h, left);
	return got;
}

/* Where in the free block h the data may begin; 0: nowhere. */
static uintptr_t
align_place(const struct pool_header *h, size_t want, size_t align,
    size_t offset, size_t span, size_t size)
{
	uintptr_t base = (uintptr_t)h, end = base + h->size, at;
	size_t gap;

	at = base + sizeof(*h);
	for (;;) {
		at += (offset - at) & (align - 1);
		if (at - sizeof(*h) + want > end)
			return 0;
		gap = at - sizeof(*h) - base;
		if (gap != 0 && gap < POOL_MINBLOCK) {
			at += POOL_GRAIN;
			continue;
		}
		if (span == 0 || size == 0 ||
		    ((at ^ (at + size - 1)) & ~(span - 1)) == 0)
			return at;
		at = bits_align_down(at + size - 1, span);
	}
}

struct pool_header *
pool_take_align_l(Pool *p, size_t size, size_t align, size_t offset,
    size_t span)
{
	size_t want = pool_block_size(p, size), room, gap;
	struct pool_header *h;
	uintptr_t at;

	if (want == 0 || align > SIZE_MAX / 8 || span > SIZE_MAX / 8)
		return NULL;
	room = want + 2 * align + 2 * span + POOL_MINBLOCK;
	h = block_find(p, room);
	if (h == NULL)
		return NULL;
	at = align_place(h, want, align, offset, span, size);
	if (at == 0) {
		block_insert(p, h, h->size);
		return NULL;
	}
	gap = at - sizeof(*h) - (uintptr_t)h;
	if (gap != 0) {
		struct pool_header *front = h;
		size_t whole = h->size;

		h = (struct pool_header *)((char *)h + gap);
		h->size = whole - gap;
		block_insert(p, front, gap);
	}
	pool_form(h, h->size, POOL_MAGIC_ALLOC);
	p->curalloc += h->size;
	pool_surplus_l(p, h, want);
	return h;
}

void
pool_give_l(Pool *p, struct pool_header *h)
{
	p->curalloc -= h->size;
	pool_free_l(p, h, h->size);
}

/* Room for size bytes where h stands: true, and h is trimmed to it. */
bool
pool_resize_l(Pool *p, struct pool_header *h, size_t size)
{
	size_t want = pool_block_size(p, size);
	struct pool_header *right;

	if (want == 0)
		return false;
	if (h->size < want) {
		right = right_free(p, pool_right(h));
		if (right == NULL || h->size + right->size < want)
			return false;
		block_remove(p, right);
		if (p->torn)
			return false;
		p->curalloc += right->size;
		pool_form(h, h->size + right->size, POOL_MAGIC_ALLOC);
	}
	pool_surplus_l(p, h, want);
	return true;
}
