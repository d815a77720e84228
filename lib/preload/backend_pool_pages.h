/*
 * backend_pool_pages.h - blocks with inaccessible pages round them.
 *
 * A range of its own, beside that of the zones, is cut into spans: so many
 * pages for the data of one block, and one behind them that is never
 * accessible, its guard.  The page in front of a span is the guard of another
 * one, or of nobody, so either end of the data can lie against a guard:
 *
 *	back	| slack | data | rest | guard		rest < alignment
 *	front	guard | data | slack | guard
 *
 * Slack and rest are full of guard bytes (bp_guard_word), held to be whole when
 * the block is freed, resized and at the end.  Accesses beyond them fault.
 *
 * What is known of a block stands in a slot of a table apart, and for every
 * page of the range another table tells the slot.  So nothing the program
 * writes reaches it, it outlives the pages, and it can be read without a lock.
 *
 * A freed block's pages go back to the system and become inaccessible at once.
 * Its addresses and its slot stay, until memory, slots or addresses run out:
 * then the oldest freed ones are forgotten first.  When that is not enough, a
 * block is not guarded and the zones serve it.
 *
 * Each live block is a mapping, and its guard another.  The kernel joins
 * neighbours again only if they are of one origin (anon_vma), so the whole
 * range gets its origin at the start, by one page that is touched and dropped.
 * A child of fork has an origin for each mapping it inherits: those are counted
 * for ever.  Three quarters of vm.max_map_count are for guards, the rest is the
 * program's.
 *
 * Invariants:
 *	G1  a slot is LIVE, CLAIMED or FREED exactly when all pages of its span,
 *	    the guard with them, name it;
 *	G2  the pages of a LIVE or CLAIMED one are accessible; who holds the lock
 *	    may read the slack of a LIVE one;
 *	G3  a FREED one is in the list of the freed, or in the deferred one with
 *	    its pages accessible still.
 *
 * Lock order: main zone, guards.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BACKEND_POOL_PAGES_H
#define PW_PRELOAD_BACKEND_POOL_PAGES_H

#include "preload/backend_pool_impl.h"

struct bp_guarded {
	uintptr_t ptr;		/* of the data */
	uint32_t first;		/* page, from the beginning of the range */
	uint32_t pages;		/* accessible ones */
	struct bp_header header;	/* guard is not used */
	uint32_t state;		/* enum bp_state; atomic */
	uint32_t next;		/* slot of the next in a list, 0: none */
};

/* Why a block could not be guarded. */
enum bp_guards_full {
	BP_GUARDS_ROOM, BP_GUARDS_MAPPINGS, BP_GUARDS_MEMORY,
};

struct bp_guard_list {
	uint32_t first;
	uint32_t last;
};

struct bp_guards {
	/* Constant after start. */
	uintptr_t base;
	size_t size;		/* 0: no block is ever guarded */
	struct bp_guarded *slot;	/* the first is nobody's */
	uint32_t *owner;	/* slot of each page, 0: none */
	uint32_t nslots;
	uint32_t rate;		/* one block in so many */
	uint32_t side;		/* enum session_guard_side */
	bool chosen;		/* only blocks that the request wants guarded */
	size_t max;		/* bytes, --guard-memory */
	uint32_t max_maps;	/* of the system */
	uint32_t max_live;	/* blocks, by the mappings they take */

	/* Read without the lock; grow only. */
	uintptr_t limit;	/* owner is accessible for [base, limit) */
	uint32_t ready;		/* slots that are accessible */

	/* Under lock. */
	struct lock lock;
	bool torn;		/* in a child: the lock was held when it forked */
	uint32_t used;		/* slots that were ever used */
	struct bp_guard_list unused;
	struct bp_guard_list freed;	/* oldest first */
	struct poolwatch_vmem vmem;
	size_t cost;		/* of all blocks, freed ones too, bytes */
	size_t live;		/* the part that live ones have of it */
	uint32_t nlive;
	uint32_t stuck;		/* blocks whose mappings are counted for ever */
	uint32_t most;		/* live at once */
	uint64_t taken;		/* blocks that were guarded */
	uint64_t forgotten;	/* freed ones, of them */

	/* Atomic. */
	uint32_t deferred;	/* slots, linked */
	uint32_t full;		/* enum bp_guards_full; the first time ... */
	uint32_t told;		/* ... has been told */
	uint32_t nseeds;
	uint64_t refused;	/* blocks that should have been guarded */
	uint8_t turn[256];	/* which side next, by site */
};

extern struct bp_guards bp_guards;

/* Is it an address of the range? */
static inline bool
bp_is_guarded(const void *ptr)
{
	return (uintptr_t)ptr - bp_guards.base < bp_guards.size;
}

static inline char *
bp_guarded_start(const struct bp_guarded *g)
{
	return (char *)bp_guards.base + (size_t)g->first * bp_heap.page;
}

/* Where its guard begins. */
static inline char *
bp_guarded_end(const struct bp_guarded *g)
{
	return bp_guarded_start(g) + (size_t)g->pages * bp_heap.page;
}

static inline unsigned
bp_guarded_state(const struct bp_guarded *g)
{
	return __atomic_load_n(&g->state, __ATOMIC_ACQUIRE);
}

static inline void
bp_guarded_set_state(struct bp_guarded *g, enum bp_state state)
{
	__atomic_store_n(&g->state, state, __ATOMIC_RELEASE);
}

/* backend_pool_pages.c: what backend_pool.c does with such blocks. */

/* NULL: the zones are to serve this one. */
void	*bp_guarded_due(struct backend_thread *, const struct backend_request *);
void	bp_guarded_note(void *ptr, uint32_t stack, uint32_t tid,
	    uint64_t time);
void	bp_guarded_claim(struct backend_thread *, struct backend_claim *);
void	bp_guarded_unclaim(struct backend_claim *);
void	bp_guarded_give(struct backend_thread *, struct backend_claim *,
	    uint32_t stack, uint32_t tid, uint64_t time);
bool	bp_guarded_resize(struct backend_claim *,
	    const struct backend_request *);
size_t	bp_guarded_usable(const void *ptr);

/* backend_pool_pages_start.c */
int	bp_guards_start(const struct session_header *);
/*
 * A word for the user that waits, or, at the end of a process, what was
 * guarded.  false: none.
 */
bool	bp_guards_word(char *text, size_t size, bool end);

/* backend_pool_pages_room.c: pages, slots and what they may cost. */
/* A span of the zeroed pages, a slot that is NONE and names it.  NULL: no room. */
struct bp_guarded *bp_guards_room_l(size_t pages, size_t align);
void	bp_guards_enter(uint32_t tid);
void	bp_guards_leave(void);
/* A FREED one: its pages go, now or when somebody else has the lock. */
void	bp_guards_retire(struct bp_guarded *, uint32_t tid, bool nested);
/* The slot whose span or guard holds the address, or NULL; needs no lock. */
struct bp_guarded *bp_guards_at(uintptr_t address);
void	bp_guards_fork_child(bool torn);

/* backend_pool_pages_verdict.c */
void	bp_guarded_bad(struct backend_claim *);
bool	bp_guarded_whole_slack(const struct bp_guarded *);
void	bp_guarded_set_slack(struct bp_guarded *);
void	bp_guarded_damaged(struct backend_thread *, struct backend_claim *,
	    struct bp_guarded *);
/* The next damaged live block from slot *at on; takes the lock. */
bool	bp_guarded_sweep(uint32_t tid, uint32_t *at, uint64_t since,
	    struct trace_error *);
/*
 * What an access to an address of the range did wrong.  false: nothing is
 * known of it.  Takes no lock.
 */
bool	bp_guarded_fault(uintptr_t address, bool write, struct trace_error *);

/* backend_pool_verdict.c, backend_pool_check.c: of what they share with us. */
void	bp_error_begin(struct backend_claim *, unsigned kind);
/* Is it the cookie of a new[] that makes the pointer a wrong one? */
void	bp_verdict_cookie(struct backend_claim *);
/* [from, to) should be guard bytes of the block: what is not?  false: all is. */
bool	bp_guard_range(struct trace_error *, char *ptr, char *from, char *to);
bool	bp_guard_tolerated(const struct trace_error *);
/* Damage is told now; false: it was before. */
bool	bp_told_add(uint32_t tid, const struct trace_error *);
/* Is there a word for the user? */
void	bp_late_word(bool waits);

#endif
