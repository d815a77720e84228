/*
 * backend_pool_impl.h - the process heap of check mode, inside.
 *
 * One range of addresses is reserved at the start and made accessible piece by
 * piece.  It is cut into two zones: the small one serves handlers that
 * interrupted us (nested calls), the main one everybody else.  A zone is a vmem
 * arena of pages with a pool above it.  Three kinds of block:
 *
 *	small	in front of the pool: rings of exact sizes, one set a thread
 *	middle	straight from the pool, under the zone's lock
 *	big	pages of their own, given back to the system when freed
 *
 * Bytes of a block (the pool's header and ours are 56 together):
 *
 *	pool_header 8 | bp_header 48 | data | guard ...
 *
 * A big block has the same shape; its pool_header is ours (POOL_KIND_OWN), and
 * the 8 bytes before it are the pages of the span.  In a block of the pool the
 * bp_header says where the pages began that were fresh when it was taken, in 16
 * bytes from the data; 0: none were.
 * `cap` is what lies behind bp_header: data and guard; at least BP_GUARD bytes
 * of it are guard.  Data begins at a multiple of 16 and blocks are multiples of
 * 16, so a cap is 8 more than one.
 *
 * Beside the range lies a table of one byte for every 16 bytes of it (enum
 * bp_state), not 0 only where the data of a block begins.  What is freed is
 * judged by that byte alone: no pointer is followed before it says LIVE, and
 * the exchange LIVE -> CLAIMED decides who of several wins.
 *
 * Invariants:
 *	B1  a LIVE or CLAIMED byte: a block with a sane header begins there;
 *	B2  FREED: the block is in a ring, in quarantine, in the deferred list
 *	    or kept for ever; its bp_header is whole, and its data as bp_fill_freed
 *	    left them.  RINGED: in a ring, but straight from the pool: as POOLED;
 *	B3  POOLED: the pool has it; its bp_header is whole unless a piece of
 *	    the pool's own that came later stands in it: a header, links;
 *	B4  GONE: a big block whose pages were given back; its header is in
 *	    heap.gone;
 *	B5  pages above the mark of their granule were never handed out and
 *	    read as zero.
 *
 * Lock order: nested zone (all signals blocked), main zone.  No thread holds
 * both but in fork.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BACKEND_POOL_IMPL_H
#define PW_PRELOAD_BACKEND_POOL_IMPL_H

#include "alloc/pool_impl.h"
#include "alloc/vmem_impl.h"
#include "base/list.h"
#include "base/lock.h"
#include "preload/backend.h"
#include "preload/backend_pool_header.h"

#define BP_GUARD	8u		/* least guard behind the data */
#define BP_BIG		(128u << 10)	/* requests from here on: own pages */
#define BP_FILL_MAX	(64u << 10)	/* filled at either end of a block */
#define BP_SIZE_MAX	((size_t)1 << 47)
#define BP_CLASSES	64u		/* cap 8, 24, ... 1016 */
#define BP_RING		32u		/* blocks a ring can hold */
#define BP_GRANULE	(64u << 10)	/* one freshness mark each */
#define BP_NGONE	256u
#define BP_QUARANTINE_SLOT	2048u	/* bytes of quarantine for each slot */
#define BP_QUARANTINE_SLOTS	1024u	/* at least */
#define BP_LEAD		(sizeof(struct pool_header) + sizeof(struct bp_header))
#define BP_BIG_LEAD	64u		/* pages of the span, then BP_LEAD */

/* Signature of guard words; every byte of one is odd, so never a NUL. */
#define BP_FILL_GUARD	0xFDu

enum bp_state {
	BP_NONE, BP_LIVE, BP_CLAIMED, BP_FREED, BP_POOLED, BP_GONE, BP_RINGED,
};

_Static_assert((BP_BIG + BP_BIG) / POOL_GRAIN < 1u << 16, "fresh fits");

struct bp_zone {
	/* Constant after start. */
	uintptr_t start;
	uintptr_t end;

	/* Read without the lock; grows only. */
	uintptr_t limit;	/* tables are accessible for [start, limit) */

	/* Under lock. */
	struct lock lock;
	uintptr_t floor;	/* below: blocks of an abandoned pool */
	struct poolwatch_vmem vmem;
	Pool pool;
	size_t footprint;	/* bytes made accessible */
	unsigned flushes;
	bool damaged;		/* a fault was met; what it met is not reused */
	bool no_more;		/* the pool may not ask for an arena now */
};

struct bp_ring {
	uint16_t head;
	uint16_t count;
	uint16_t max;		/* 0: never used */
	uint16_t batch;		/* blocks of the next refill */
	void *slot[BP_RING];
};

struct bp_cache {
	struct list all;	/* of heap.caches, or heap.idle */
	int64_t live;		/* bytes asked, taken less given, by us */
	int64_t whole;		/* the same in bytes of whole blocks */
	struct bp_ring ring[BP_CLASSES];
};

/* A big block that was freed: what a second free wants to know. */
struct bp_gone {
	void *ptr;
	struct bp_header header;
};

/* Under the main lock. */
struct bp_quarantine {
	void **slot;
	uint32_t head;
	uint32_t count;
	size_t bytes;		/* of whole blocks */
	size_t max;		/* of bytes; 0: nothing waits */
	uint32_t nslots;
};

struct bp_heap {
	/* Constant after start. */
	uintptr_t base;
	uintptr_t end;
	uint8_t *state;		/* enum bp_state of each 16 bytes */
	uint16_t *mark;		/* of each granule: what was handed out, /16 */
	size_t page;
	unsigned flags;		/* enum session_flag */
	struct session_header *session;	/* NULL: none */
	struct bp_zone main;
	struct bp_zone nested;

	/* Atomic. */
	struct bp_header *deferred;

	/* Under the main lock. */
	struct list caches;
	struct list idle;	/* caches without a thread */
	struct bp_gone *gone;
	unsigned ngone;		/* entries ever made */
	struct bp_quarantine quarantine;

	/* Written by handlers and for dead threads; atomic. */
	int64_t live;
	int64_t whole;

	uint32_t forking;	/* the thread that holds both locks for fork */
	uint64_t forkmask;	/* the signal mask it will go back to */
};

extern struct bp_heap bp_heap;

static inline struct bp_header *
bp_header(void *ptr)
{
	return (struct bp_header *)ptr - 1;
}

static inline struct pool_header *
bp_block(void *ptr)
{
	return (struct pool_header *)bp_header(ptr) - 1;
}

static inline void *
bp_data(struct pool_header *h)
{
	return (char *)h + BP_LEAD;
}

static inline size_t
bp_cap(void *ptr)
{
	return pool_size(bp_block(ptr)) - BP_LEAD;
}

static inline bool
bp_is_big(void *ptr)
{
	return pool_word_kind(pool_word(bp_block(ptr))) == POOL_KIND_OWN;
}

/* Of a big block: how many pages its span has. */
static inline uint64_t *
bp_span_pages(void *ptr)
{
	return (uint64_t *)bp_block(ptr) - 1;
}

static inline uint8_t *
bp_state(uintptr_t addr)
{
	return &bp_heap.state[(addr - bp_heap.base) / POOL_GRAIN];
}

/* What was written to the block before is seen by who sees the state. */
static inline void
bp_set_state(uintptr_t addr, enum bp_state state)
{
	__atomic_store_n(bp_state(addr), (uint8_t)state, __ATOMIC_RELEASE);
}

/* The zone in whose accessible part addr lies; or NULL. */
static inline struct bp_zone *
bp_zone(uintptr_t addr)
{
	struct bp_zone *z = addr >= bp_heap.main.start ? &bp_heap.main :
	    &bp_heap.nested;

	return addr >= z->start &&
	    addr < __atomic_load_n(&z->limit, __ATOMIC_ACQUIRE) ? z : NULL;
}

static inline bool
bp_is_nested(const void *ptr)
{
	return (uintptr_t)ptr < bp_heap.main.start;
}

/* Four words at a time, to fill with and to look at. */
typedef uint64_t bp_four __attribute__((vector_size(32), aligned(8),
    may_alias));

/* 8 bytes that name addr: its low and high 24 bits under a signature. */
static inline uint64_t
bp_word(unsigned signature, const void *addr)
{
	uint64_t a = (uintptr_t)addr, sig = (uint64_t)signature << 24;

	return sig | (a & 0xffffff) | (sig | (a >> 24 & 0xffffff)) << 32;
}

/*
 * A guard byte that equals the byte written over it hides the overrun.  What
 * is written is most often a NUL, a small number or text: no guard byte is
 * below 80.
 */
static inline uint64_t
bp_guard_word(const void *ptr)
{
	return bp_word(BP_FILL_GUARD, ptr) | 0x8080808080808080ull;
}

/* The bytes of a word that lie at or behind offset n of it. */
static inline uint64_t
bp_word_from(unsigned n)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return ~0ull << 8 * n;
#else
	return ~0ull >> 8 * n;
#endif
}

/* Are the guard in front and all bytes from size to the cap as we left them? */
static inline bool
bp_guard_ok(void *ptr, size_t size)
{
	const uint64_t *w = (uint64_t *)((char *)ptr + (size & ~(size_t)7));
	const uint64_t *end = (uint64_t *)((char *)ptr + bp_cap(ptr));
	uint64_t guard = bp_guard_word(ptr);
	uint64_t bad = bp_header(ptr)->guard ^ guard;

	bad |= (*w ^ guard) & bp_word_from(size & 7);
	while (++w < end)
		bad |= *w ^ guard;
	return bad == 0;
}

/* backend_pool_zone.c: the range, pages, arenas; caller holds the zone. */
int	bp_zone_start(void);
int	bp_zone_renew_l(struct bp_zone *, uintptr_t from);
/* more: the pool may ask for an arena itself, from deep inside. */
void	*bp_zone_cut_l(struct bp_zone *, size_t size, size_t align, bool more,
	    uintptr_t *fresh);
/* An arena for such a block, or a new pool for a damaged one.  false: none. */
bool	bp_zone_more_l(struct bp_zone *, size_t size, size_t align);
void	bp_zone_give_l(struct bp_zone *, void *ptr);
void	bp_zone_take_many_l(struct bp_zone *, size_t cap, struct bp_ring *);
bool	bp_zone_resize_l(struct bp_zone *, void *ptr, size_t size,
	    uintptr_t *fresh);
bool	bp_zone_trim_l(struct bp_zone *);
void	bp_enter_main(uint32_t tid);
void	bp_leave_main(void);

/* backend_pool_big.c: blocks with pages of their own; main zone held. */
void	*bp_big_take_l(size_t size, size_t align, bool grows);
void	bp_big_give_l(void *ptr);
bool	bp_big_resize_l(void *ptr, size_t size);
/* Of any two blocks; needs no zone. */
void	bp_copy(void *to, void *from, size_t size);
const struct bp_header *bp_big_gone_l(void *ptr);
void	*bp_span_l(struct bp_zone *, size_t size, size_t access, size_t align,
	    size_t phase);
void	bp_unspan_l(struct bp_zone *, void *addr, size_t size, size_t access);

/* backend_pool_cache.c: the rings. */
struct bp_cache *bp_cache_make(struct backend_thread *);
bool	bp_ring_refill(struct bp_ring *, uint32_t tid, unsigned class);
void	bp_ring_spill(struct bp_ring *, uint32_t tid, unsigned class);
void	bp_cache_flush_l(struct bp_cache *, uint32_t tid);
void	bp_cache_drop(struct backend_thread *);
void	bp_defer(void *ptr);
void	bp_deferred_l(void);

/* backend_pool_figures.c: false, a lock is held elsewhere. */
bool	bp_figures(struct backend_figures *);

/* backend_pool_guard.c: header, guards and fill of one block. */
void	bp_present(void *ptr, const struct backend_request *, uintptr_t fresh);
void	bp_guard_set(void *ptr, size_t size);
void	bp_fresh_note(void *ptr, uintptr_t fresh);
void	bp_fill_freed(void *ptr, size_t size, uintptr_t fresh);
void	bp_fill(void *ptr, size_t from, size_t size, unsigned signature,
	    uintptr_t fresh);

/* How far a block's pages are not fresh. */
static inline uintptr_t
bp_fresh_of(void *ptr)
{
	uint64_t fresh = bp_fresh(bp_header(ptr));

	return fresh == 0 || bp_is_big(ptr) ? UINTPTR_MAX - bp_heap.page :
	    (uintptr_t)ptr + fresh * POOL_GRAIN;
}

/* backend_pool_check.c: a FREED block no longer is: was it written to? */
void	bp_unfree(uint32_t tid, void *ptr);
/* Has a sweep told exactly that? */
bool	bp_told(uint32_t tid, const struct trace_error *);
bool	bp_late(struct backend_thread *, struct trace_error *);
void	bp_late_forget(void);
/* The pool's own data at that address are no more what they were; main zone held. */
void	bp_late_corrupt(uint32_t tid, uintptr_t at);
bool	bp_sweep(struct backend_thread *, uintptr_t *at, uint64_t since,
	    struct trace_error *);

/* The next block with a state at or behind at; 0: none below limit. */
uintptr_t bp_next_block(uintptr_t at, uintptr_t limit);

/* backend_pool_unused.c: bytes never written, of a block that was filled. */
uint64_t bp_unused(void *ptr);
void	bp_unused_add(uint32_t stack, uint64_t bytes);
void	bp_unused_live(struct backend_thread *, uint64_t since);

/* backend_pool_quarantine.c */
void	bp_quarantine_l(uint32_t tid, void *ptr);
void	bp_quarantine_flush_l(uint32_t tid);

/* backend_pool_fault.c */
bool	bp_fault(struct backend_thread *, const struct backend_fault *,
	    struct trace_error *);

/* backend_pool.c: can the header be what we wrote? */
bool	bp_header_is_sane(const struct bp_zone *, void *ptr);

/* backend_pool_verdict.c: what is wrong with a claimed pointer. */
void	bp_verdict_bad(struct backend_thread *, struct backend_claim *);
void	bp_verdict_smashed(struct backend_claim *);
void	bp_verdict_guards(struct backend_thread *, struct backend_claim *);
void	bp_verdict_mismatch(struct backend_claim *, const struct bp_header *);
/* The big block whose span holds at; 0: none.  Main zone held. */
uintptr_t bp_big_at_l(uintptr_t at);
/* The block that begins at or before at, within a megabyte; 0: none. */
uintptr_t bp_block_before(const struct bp_zone *, uintptr_t at);
/* The guards of a block that nobody claims; nothing is repaired. */
void	bp_verdict_look(struct backend_claim *);
/* An error's parts: kind and how it was found; the block it is about. */
void	bp_error_fill(struct trace_error *, unsigned kind, unsigned found);
void	bp_error_block(struct trace_error *, const struct bp_header *,
	    uintptr_t ptr, bool freed);
bool	bp_mismatched(const struct backend_claim *, const struct bp_header *);

/* With an arena more if need be, which is asked for from
 * here: the caller's stack may be the program's, and small. */
static PW_ALWAYS_INLINE void *
bp_zone_take_l(struct bp_zone *z, size_t size, size_t align, uintptr_t *fresh)
{
	void *ptr = bp_zone_cut_l(z, size, align, false, fresh);

	/* Twice: the first may find that the pool is damaged. */
	for (int i = 0; i < 2 && PW_UNLIKELY(ptr == NULL); i++) {
		if (!bp_zone_more_l(z, size, align) && !z->damaged)
			return NULL;
		ptr = bp_zone_cut_l(z, size, align, true, fresh);
	}
	return ptr;
}

/* The caller's cache, made at its first call; NULL without memory. */
static inline struct bp_cache *
bp_cache_get(struct backend_thread *t)
{
	return PW_LIKELY(t->cache != NULL) ? t->cache : bp_cache_make(t);
}

/*
 * A block of at least the class's cap; NULL without memory.  *mine: it was in
 * the ring since an earlier call, which told of its event after the block came.
 */
static inline void *
bp_cache_take(struct bp_cache *c, uint32_t tid, unsigned class, bool *mine)
{
	struct bp_ring *r = &c->ring[class];
	void *ptr;

	*mine = r->count != 0;
	if (PW_UNLIKELY(r->count == 0) && !bp_ring_refill(r, tid, class))
		return NULL;
	ptr = r->slot[r->head];
	r->head = (r->head + 1u) % BP_RING;
	r->count--;
	return ptr;
}

/* false: no ring is for blocks like this one. */
static inline bool
bp_cache_give(struct bp_cache *c, uint32_t tid, void *ptr)
{
	unsigned class = (unsigned)(bp_cap(ptr) / POOL_GRAIN);
	struct bp_ring *r;

	if (class >= BP_CLASSES)
		return false;
	r = &c->ring[class];
	if (PW_UNLIKELY(r->count >= r->max))
		bp_ring_spill(r, tid, class);
	r->slot[((unsigned)r->head + r->count) % BP_RING] = ptr;
	r->count++;
	return true;
}

#endif
