/*
 * pool_user.c - the user's part of a block: size, guards, trailer, fills.
 *
 * What a block has beyond the bytes asked for is its slack, and all of it is
 * guard.  Up to 30 bytes of slack are noted in the header; more, or where and
 * why the data was placed, in a trailer at the end of the block, which counts
 * as slack too.  Behind the last byte of the data there is always a byte that
 * is watched: guard, or the fence of the next header.
 *
 * Guard bytes depend on their address alone and come in words: from any offset
 * to the end of a block, which is a multiple of 8, it is one word to mend and
 * some to store.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"

#include <string.h>

#define SLACK_MAX	(((uint64_t)1 << POOL_TRAILER_SLACK) - 1)
#define FILL_LONG	1024u	/* bytes */
#define CHECKED_MASK	(((uint64_t)1 << POOL_TRAILER_CHECK) - 1)

static const uint8_t guard_bytes[8] = {
	0xFE, 0xF1, 0xF0, 0xFA, 0xFE, 0xF1, 0xF0, 0xFA,
};

uint8_t
pool_guard_byte(const uint8_t *at)
{
	return guard_bytes[(uintptr_t)at & 7];
}

static inline uint64_t
guard_word(void)
{
	uint64_t word;

	memcpy(&word, guard_bytes, sizeof(word));
	return word;
}

/* The bytes of a word in memory that lie at or behind offset n of it. */
static inline uint64_t
word_from(unsigned n)
{
	return htole64(~0ull << 8 * n);
}

/* [from, to); to is a multiple of 8. */
static inline void
guard_set(uint8_t *from, const uint8_t *to)
{
	uint64_t guard = guard_word(), mask, *w;

	if (from >= to)
		return;
	w = (uint64_t *)((uintptr_t)from & ~(uintptr_t)7);
	mask = word_from((uintptr_t)from & 7);
	*w = (*w & ~mask) | (guard & mask);
	while ((const uint8_t *)++w < to)
		*w = guard;
}

/* The first byte of [from, to) that is no guard byte, or NULL. */
static inline uint8_t *
guard_wrong(uint8_t *from, const uint8_t *to)
{
	uint64_t guard = guard_word(), bad;
	uint64_t *w = (uint64_t *)((uintptr_t)from & ~(uintptr_t)7);

	if (from >= to)
		return NULL;
	bad = (*w ^ guard) & word_from((uintptr_t)from & 7);
	while ((const uint8_t *)++w < to)
		bad |= *w ^ guard;
	if (PW_LIKELY(bad == 0))
		return NULL;
	while (*from == pool_guard_byte(from))
		from++;
	return from;
}

static uint64_t
trailer_check(const struct pool_header *h, size_t block_size, uint64_t last,
    const struct pool_trailer *t)
{
	uint64_t x = ((uintptr_t)h >> 4) + block_size + (last & CHECKED_MASK);

	x *= 0x9e3779b97f4a7c15ull;
	if (last & POOL_TRAILER_PLACED) {
		x = (x ^ le64toh(t->align)) * 0xff51afd7ed558ccdull;
		x = (x ^ le64toh(t->span)) * 0xff51afd7ed558ccdull;
		x = (x ^ le64toh((uint64_t)t->offset)) * 0xc4ceb9fe1a85ec53ull;
	}
	return x >> POOL_TRAILER_CHECK;
}

static struct pool_trailer *
trailer_of(struct pool_header *h, size_t block_size)
{
	return (struct pool_trailer *)pool_behind(h, block_size) - 1;
}

static void
trailer_set(struct pool_header *h, size_t block_size, size_t slack,
    const struct pool_user *u)
{
	struct pool_trailer *t = trailer_of(h, block_size);
	uint64_t last = slack;

	if (u->align != 0) {
		last |= POOL_TRAILER_PLACED |
		    (uint64_t)u->skip << POOL_TRAILER_SKIP;
		t->align = htole64(u->align);
		t->offset = (int64_t)htole64(u->offset);
		t->span = htole64(u->span);
	}
	last |= trailer_check(h, block_size, last, t) << POOL_TRAILER_CHECK;
	t->last = htole64(last);
}

static bool
trailer_get(struct pool_header *h, const struct pool_header *as,
    size_t block_size, struct pool_user *u)
{
	struct pool_trailer *t = trailer_of(h, block_size);
	uint64_t last = le64toh(t->last), slack = last & SLACK_MAX;

	if (slack > block_size - POOL_OVERHEAD)
		return false;
	u->skip = last >> POOL_TRAILER_SKIP & (POOL_GRAIN - 1);
	if ((last & POOL_TRAILER_PLACED) && block_size < POOL_OVERHEAD +
	    sizeof(*t))
		return false;
	if (last >> POOL_TRAILER_CHECK !=
	    trailer_check(as, block_size, last, t) ||
	    slack + u->skip > block_size - POOL_OVERHEAD)
		return false;
	u->size = block_size - POOL_OVERHEAD - u->skip - slack;
	if (last & POOL_TRAILER_PLACED) {
		u->align = le64toh(t->align);
		u->offset = le64toh((uint64_t)t->offset);
		u->span = le64toh(t->span);
	}
	return true;
}

bool
pool_user_read(struct pool_header *h, const struct pool_header *as,
    struct pool_user *u)
{
	uint64_t word = pool_word(h);
	size_t room = pool_word_size(word) - POOL_OVERHEAD;
	unsigned slack = pool_word_slack(word);

	u->skip = u->align = u->offset = u->span = 0;
	if (PW_UNLIKELY(slack == POOL_SLACK_TRAILER))
		return trailer_get(h, as, room + POOL_OVERHEAD, u);
	u->size = room - slack;
	return slack <= room;
}

bool
pool_user_get(struct pool_header *h, struct pool_user *u)
{
	return pool_user_read(h, h, u);
}

/* Where the guard bytes behind the data end. */
static inline uint8_t *
guard_end(struct pool_header *h, size_t block_size, const struct pool_user *u)
{
	uint8_t *end = (uint8_t *)pool_behind(h, block_size);

	if (PW_UNLIKELY(u->align != 0))
		return end - sizeof(struct pool_trailer);
	return block_size - POOL_OVERHEAD - u->size < POOL_SLACK_TRAILER ?
	    end : end - sizeof(uint64_t);
}

static inline uint8_t *
user_end(struct pool_header *h, const struct pool_user *u)
{
	return (uint8_t *)pool_data(h) + u->skip + u->size;
}

static PW_NOINLINE unsigned
user_set_long(struct pool_header *h, size_t block_size,
    const struct pool_user *u)
{
	uint8_t *b = pool_data(h);

	for (size_t i = 0; i < u->skip; i++)
		b[i] = pool_guard_byte(b + i);
	guard_set(user_end(h, u), guard_end(h, block_size, u));
	trailer_set(h, block_size, block_size - POOL_OVERHEAD - u->skip -
	    u->size, u);
	return POOL_SLACK_TRAILER;
}

unsigned
pool_user_set(struct pool_header *h, size_t block_size,
    const struct pool_user *u)
{
	size_t slack = block_size - POOL_OVERHEAD - u->skip - u->size;

	if (PW_UNLIKELY(slack >= POOL_SLACK_TRAILER || u->align != 0))
		return user_set_long(h, block_size, u);
	guard_set(user_end(h, u), (uint8_t *)pool_behind(h, block_size));
	return (unsigned)slack;
}

uint8_t *
pool_user_wrong(struct pool_header *h, const struct pool_user *u)
{
	uint8_t *b = pool_data(h);

	for (size_t i = 0; PW_UNLIKELY(i < u->skip); i++)
		if (b[i] != pool_guard_byte(b + i))
			return b + i;
	return guard_wrong(user_end(h, u), guard_end(h, pool_size(h), u));
}

static inline uint32_t
fill_word(unsigned signature, const void *data)
{
	return (uint32_t)signature << 24 | ((uintptr_t)data & 0xffffff);
}

uint32_t
poolfillword(unsigned signature, const void *data)
{
	return fill_word(signature, data);
}

/* Words of 8 bytes: the processor's own loop is the fastest for many. */
static inline uint8_t *
fill_long(uint8_t *b, size_t n, uint64_t two)
{
#ifdef __x86_64__
	__asm__ volatile("rep stosq" : "+D"(b), "+c"(n) : "a"(two) : "memory");
#else
	for (; n > 0; n--, b += sizeof(two))
		memcpy(b, &two, sizeof(two));
#endif
	return b;
}

void
pool_fill(void *at, size_t size, unsigned signature, const void *addr)
{
	uint32_t word = fill_word(signature, addr);
	uint64_t two = (uint64_t)word << 32 | word;
	uint8_t *b = at;

	if (size >= FILL_LONG) {
		b = fill_long(b, size / sizeof(two), two);
		size %= sizeof(two);
	}
	for (; size >= 2 * sizeof(two); size -= 2 * sizeof(two)) {
		memcpy(b, &two, sizeof(two));
		memcpy(b + sizeof(two), &two, sizeof(two));
		b += 2 * sizeof(two);
	}
	for (; size >= sizeof(word); size -= sizeof(word), b += sizeof(word))
		memcpy(b, &word, sizeof(word));
	memcpy(b, &word, size);
}
