/*
 * pool_check.c - is the pool what its invariants say?  Lookup, faults, walk.
 *
 * A pointer of the caller is judged in the order of what may be touched: its
 * arena is looked up by address, then the header in front of it is read, then
 * the end the header speaks of, if it lies in the arena.
 *
 * A fault is first described through print, then told to panic.  A panic that
 * returns leaves the pool poisoned: the public calls then refuse to touch it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/pool_impl.h"
#include "base/check.h"

#define POOL_PRINT(p, ...) \
	((p)->print != NULL ? (p)->print((p), __VA_ARGS__) : (void)0)

static const char *
name_of(const Pool *p)
{
	return p->name != NULL ? p->name : "?";
}

static void
poison(Pool *p, const char *what)
{
	if (!p->poisoned)
		p->why = what;
	p->poisoned = true;
	if (p->panic == NULL)
		check_failed(what, name_of(p), 0);
}

/* May the words of the block be read? */
static bool
is_readable(Pool *p, struct pool_header *h)
{
	struct pool_arena *a = pool_arena_find(p, (uintptr_t)h);

	return a != NULL && h >= pool_arena_first(a) && h < pool_arena_end(a) &&
	    pool_size(h) <= (size_t)((char *)pool_arena_end(a) - (char *)h);
}

void
pool_tags_get(Pool *p, struct pool_header *h, uint64_t tag[2])
{
	struct pool_user u;
	uint64_t word;

	tag[0] = tag[1] = 0;
	if (p->tagsize != 16 || !is_readable(p, h))
		return;
	word = pool_word(h);
	if (!pool_word_is_sound(h, word) || pool_word_size(word) < 48)
		return;
	if (!pool_user_get(h, &u))
		u.skip = 0;
	__builtin_memcpy(tag, (char *)pool_data(h) + u.skip, 16);
}

static void
print_block(Pool *p, struct pool_header *h)
{
	uint64_t word;

	if (p->print == NULL || !is_readable(p, h))
		return;
	word = pool_word(h);
	p->print(p, "pool %s block %p hdr %016lx size %zu, next hdr %016lx\n",
	    name_of(p), (void *)h, (unsigned long)word, pool_word_size(word),
	    (unsigned long)pool_word(pool_right(h)));
}

void
pool_fault(Pool *p, struct pool_header *h, const char *what)
{
	uint64_t tag[2];

	POOL_PRINT(p, "pool %s block %p: %s\n", name_of(p), (void *)h, what);
	print_block(p, h);
	pool_tags_get(p, h, tag);
	poison(p, what);
	if (p->panic == NULL)
		return;
	if (p->tagsize == 16)
		p->panic(p, "pool %s: %s, block %p, malloc tag 0x%lx, "
		    "realloc tag 0x%lx", name_of(p), what, (void *)h,
		    (unsigned long)tag[0], (unsigned long)tag[1]);
	else
		p->panic(p, "pool %s: %s, block %p", name_of(p), what,
		    (void *)h);
}

/* byte should be another one.  h NULL: byte is an address that is wrong. */
void
pool_fault_at(Pool *p, struct pool_header *h, const char *what,
    const uint8_t *byte, unsigned should)
{
	long off = 0;
	uint64_t tag[2];
	struct pool_user u;

	if (h == NULL) {
		pool_fault(p, (struct pool_header *)byte, what);
		return;
	}
	u.skip = 0;
	if (pool_user_get(h, &u))
		off = byte - ((uint8_t *)pool_data(h) + u.skip);
	POOL_PRINT(p, "pool %s block %p: %s at %p: should be %02x, is %02x\n",
	    name_of(p), (void *)h, what, (const void *)byte, should, *byte);
	print_block(p, h);
	pool_tags_get(p, h, tag);
	poison(p, what);
	if (p->panic != NULL)
		p->panic(p, "pool %s: %s, block %p, data %p, byte %ld of it "
		    "at %p should be %02x, is %02x, malloc tag 0x%lx, realloc "
		    "tag 0x%lx", name_of(p), what, (void *)h,
		    (void *)((char *)pool_data(h) + u.skip), off,
		    (const void *)byte, should, *byte, (unsigned long)tag[0],
		    (unsigned long)tag[1]);
}

static PW_NOINLINE struct pool_header *
fault_pointer(Pool *p, void *v)
{
	struct pool_header *h = pool_block(v);

	POOL_PRINT(p, "pool %s: %p is no block of it\n", name_of(p), v);
	print_block(p, h);
	poison(p, "D2B called on non-block (double-free?)");
	if (p->panic != NULL)
		p->panic(p, "pool %s: D2B called on non-block %p "
		    "(double-free?)", name_of(p), v);
	return NULL;
}

/*
 * A single NUL just behind the data, which may be forgiven: put right, true.
 * If more than that is wrong the next look finds it.
 */
static bool
tolerate(Pool *p, struct pool_header *h, const struct pool_user *u,
    uint8_t *byte, uint8_t should)
{
	uint8_t *end = (uint8_t *)pool_data(h) + u->skip + u->size;

	if (!(p->flags & POOL_TOLERANCE) || byte != end || *byte != 0)
		return false;
	*byte = should;
	POOL_PRINT(p, "pool %s block %p: mem user overflow, a single NUL at "
	    "%p, tolerated\n", name_of(p), (void *)h, (void *)byte);
	return true;
}

/* The guards of an allocated block; false: a fault was told. */
static bool
guards_ok(Pool *p, struct pool_header *h, const struct pool_user *u)
{
	uint8_t *wrong = pool_user_wrong(h, u);

	if (PW_LIKELY(wrong == NULL))
		return true;
	if (tolerate(p, h, u, wrong, pool_guard_byte(wrong))) {
		wrong = pool_user_wrong(h, u);
		if (wrong == NULL)
			return true;
	}
	pool_fault_at(p, h, wrong < (uint8_t *)pool_data(h) + u->skip ?
	    "mem user underflow" : "mem user overflow", wrong,
	    pool_guard_byte(wrong));
	return false;
}

/* The header behind an allocated block is not sound: whose fault is it? */
static PW_NOINLINE bool
fence_wrong(Pool *p, struct pool_header *h, const struct pool_user *u,
    struct pool_header *right)
{
	uint8_t *fence = (uint8_t *)right;
	uint64_t mended = (pool_word(right) & ~(uint64_t)0xff) | POOL_FENCE;

	if (*fence == POOL_FENCE) {
		pool_fault(p, right, "bad magic behind a block");
		return false;
	}
	if (pool_word_is_sound(right, mended) &&
	    u->size + u->skip == pool_room(h) &&
	    tolerate(p, h, u, fence, POOL_FENCE))
		return true;
	pool_fault_at(p, h, "mem user overflow", fence, POOL_FENCE);
	return false;
}

static PW_NOINLINE bool
alloc_ok_slow(Pool *p, struct pool_header *h, struct pool_user *u,
    struct pool_header *right)
{
	if (PW_UNLIKELY(!pool_user_get(h, u))) {
		pool_fault_at(p, h, "mem user overflow: corrupt trailer",
		    (uint8_t *)right - sizeof(uint64_t),
		    ((uint8_t *)right)[-(int)sizeof(uint64_t)]);
		return false;
	}
	if (PW_UNLIKELY(!guards_ok(p, h, u)))
		return false;
	return PW_LIKELY(pool_word_is_sound(right, pool_word(right))) ||
	    fence_wrong(p, h, u, right);
}

/* An allocated block of sound header that ends in its arena. */
static inline bool
alloc_ok(Pool *p, struct pool_header *h, struct pool_user *u)
{
	uint64_t word = pool_word(h);
	struct pool_header *right = pool_behind(h, pool_word_size(word));
	unsigned slack = pool_word_slack(word);

	if (PW_LIKELY(slack != POOL_SLACK_TRAILER &&
	    slack <= pool_word_size(word) - POOL_OVERHEAD &&
	    pool_slack_ok(right, slack) &&
	    pool_word_is_sound(right, pool_word(right)))) {
		u->size = pool_word_size(word) - POOL_OVERHEAD - slack;
		u->skip = u->align = u->offset = u->span = 0;
		return true;
	}
	return alloc_ok_slow(p, h, u, right);
}

struct pool_header *
pool_lookup_l(Pool *p, void *v, struct pool_user *u)
{
	struct pool_header *h = pool_block(v);
	struct poolwatch_pool_recent a = pool_arena_of(p, (uintptr_t)h);
	size_t off = (uintptr_t)h - a.at;	/* from there on: to the edge */
	size_t rest = a.size - sizeof(*h) - off;
	uint64_t word;

	if (PW_UNLIKELY(a.size == 0 || off < sizeof(struct pool_arena) ||
	    off >= a.size - sizeof(*h)))
		return fault_pointer(p, v);
	word = pool_word(h);
	if (PW_UNLIKELY(pool_word_kind(word) != POOL_KIND_ALLOC ||
	    !pool_word_is_sound(h, word) ||
	    pool_word_size(word) < POOL_MINBLOCK ||
	    pool_word_size(word) > rest))
		return fault_pointer(p, v);
	if (PW_UNLIKELY(!alloc_ok(p, h, u)))
		return NULL;
	if (PW_UNLIKELY((char *)pool_data(h) + u->skip != (char *)v))
		return fault_pointer(p, v);
	return h;
}

static bool
dead_ok(Pool *p, struct pool_header *h)
{
	uint8_t *b = (uint8_t *)pool_data(h) + POOL_KEPT;
	uint8_t *end = (uint8_t *)pool_right(h);

	for (; b < end; b++)
		if (*b != POOL_DEAD_BYTE) {
			pool_fault_at(p, h, "dangling pointer write", b,
			    POOL_DEAD_BYTE);
			return false;
		}
	return true;
}

/* The first check that looks behind the header of h. */
static bool
block_ok(Pool *p, struct pool_header *h, uint64_t word)
{
	struct pool_user u;

	switch (pool_word_kind(word)) {
	case POOL_KIND_ALLOC:
		return alloc_ok(p, h, &u);
	case POOL_KIND_QUICK:
		return true;
	case POOL_KIND_DEAD:
		return dead_ok(p, h);
	case POOL_KIND_FREE:
		if (pool_footer_size(pool_links(h, pool_word_size(word))) ==
		    pool_word_size(word))
			return true;
		pool_fault(p, h, "P2: corrupt tail of a free block");
		return false;
	default:
		pool_fault(p, h, "bad magic");
		return false;
	}
}

struct check_sum {
	size_t alloc;
	size_t free;
	size_t arenas;
};

/* What is wrong with the header, as one in a row; NULL: nothing. */
static const char *
header_wrong(struct pool_header *h, struct pool_header *end, uint64_t word,
    bool free_before)
{
	if (!pool_word_is_sound(h, word))
		return "bad magic";
	if (free_before != ((word & POOL_WORD_LEFT) != 0))
		return "P2: wrong about the block before";
	if (h == end)
		return pool_word_kind(word) == POOL_KIND_EDGE ? NULL :
		    "P1: found wrong tail";
	if (pool_word_size(word) < POOL_MINBLOCK ||
	    pool_word_size(word) > (size_t)((char *)end - (char *)h))
		return "P1: block leaves its arena";
	if (free_before && pool_word_kind(word) == POOL_KIND_FREE)
		return "P3: two free neighbours";
	return NULL;
}

/* false: a fault was told. */
static bool
check_arena(Pool *p, struct pool_arena *a, struct check_sum *sum)
{
	struct pool_header *h = pool_arena_first(a), *end = pool_arena_end(a);
	bool free_before = false;
	const char *wrong;
	uint64_t word;

	for (;; h = pool_right(h)) {
		word = pool_word(h);
		wrong = header_wrong(h, end, word, free_before);
		if (wrong != NULL) {
			pool_fault(p, h, wrong);
			return false;
		}
		if (h == end)
			break;
		if (!block_ok(p, h, word))
			return false;
		free_before = pool_word_kind(word) == POOL_KIND_FREE;
		*(free_before ? &sum->free : &sum->alloc) +=
		    pool_word_size(word);
	}
	sum->arenas += a->given;
	return true;
}

/* Walk everything; false when a fault was found (and told). */
bool
pool_check_l(Pool *p)
{
	struct check_sum sum = { 0 };
	const char *wrong;
	struct pool_arena *a;

	for (a = pool_arena_next(p, 0); a != NULL;
	    a = pool_arena_next(p, (uintptr_t)a)) {
		if (a->magic != (POOL_MAGIC_ARENA ^ (uintptr_t)a)) {
			pool_fault_at(p, NULL, "bad arena magic",
			    (uint8_t *)a, 0);
			return false;
		}
		if (!check_arena(p, a, &sum))
			return false;
	}
	wrong = pool_bins_check(p);
	if (wrong == NULL && (sum.alloc != p->curalloc ||
	    sum.free != p->curfree || sum.arenas != p->cursize))
		wrong = "P6: the sums are wrong";
	if (wrong == NULL)
		return true;
	pool_fault(p, NULL, wrong);
	return false;
}
