/*
 * backend_pool_pages_room.c - pages and slots of guarded blocks, and their cost.
 *
 * A live block costs its pages; every one, freed or not, a slot, the entries of
 * its pages in our table and in the kernel's, and a share of the arena that
 * keeps the spans apart.  The sum is held under --guard-memory, and the
 * mappings under three quarters of what the system allows a process.
 *
 * Pages leave under the lock, so who holds it may look at those of live blocks.
 * A handler that interrupted its holder does not wait: what it frees goes on a
 * list that the next visitor empties.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_pages.h"

#include <string.h>
#include <sys/mman.h>

#include "base/bits.h"
#include "base/os.h"

#define LIMIT_STEP	((size_t)16 << 20)	/* its owners: four pages */
#define COST_BLOCK	(sizeof(struct bp_guarded) + 128)	/* span, maps */
#define COST_PAGE	(sizeof(uint32_t) + sizeof(void *))
#define FORGET_MAX	256u		/* blocks, for the sake of one */

static struct bp_guarded *
slot_at(uint32_t slot)
{
	return &bp_guards.slot[slot];
}

static uint32_t
slot_of(const struct bp_guarded *g)
{
	return (uint32_t)(g - bp_guards.slot);
}

static void
list_append(struct bp_guard_list *l, struct bp_guarded *g)
{
	g->next = 0;
	if (l->first == 0)
		l->first = slot_of(g);
	else
		slot_at(l->last)->next = slot_of(g);
	l->last = slot_of(g);
}

static struct bp_guarded *
list_take(struct bp_guard_list *l)
{
	struct bp_guarded *g;

	if (l->first == 0)
		return NULL;
	g = slot_at(l->first);
	l->first = g->next;
	return g;
}

/* --- tables that grow ------------------------------------------------- */

static bool
table_open(void *from, void *to)
{
	uintptr_t a = bits_align_down((uintptr_t)from, bp_heap.page);
	uintptr_t b = bits_align_up((uintptr_t)to, bp_heap.page);

	return os_protect((void *)a, b - a, PROT_READ | PROT_WRITE) == 0;
}

static bool
limit_raise(uintptr_t end)
{
	uintptr_t last = bp_guards.base + bp_guards.size, to;

	if (end <= bp_guards.limit)
		return true;
	to = bits_align_up(end - bp_guards.base, LIMIT_STEP) + bp_guards.base;
	if (to > last)
		to = last;
	if (!table_open(&bp_guards.owner[(bp_guards.limit - bp_guards.base) /
	    bp_heap.page], &bp_guards.owner[(to - bp_guards.base) /
	    bp_heap.page]))
		return false;
	__atomic_store_n(&bp_guards.limit, to, __ATOMIC_RELEASE);
	return true;
}

static struct bp_guarded *
slot_take_l(void)
{
	struct bp_guarded *g = list_take(&bp_guards.unused);
	uint32_t step = (uint32_t)(bp_heap.page / sizeof(*g)) * 16;

	if (g != NULL || bp_guards.used == bp_guards.nslots)
		return g;
	if (bp_guards.used >= bp_guards.ready) {
		uint32_t to = bp_guards.ready + step;

		if (to > bp_guards.nslots)
			to = bp_guards.nslots;
		if (!table_open(slot_at(bp_guards.ready), slot_at(to)))
			return NULL;
		__atomic_store_n(&bp_guards.ready, to, __ATOMIC_RELEASE);
	}
	return slot_at(bp_guards.used++);
}

/* --- a block's room --------------------------------------------------- */

static size_t
cost_freed(size_t pages)
{
	return COST_BLOCK + (pages + 1) * COST_PAGE;
}

static size_t
cost_live(size_t pages)
{
	return cost_freed(pages) + pages * bp_heap.page;
}

static void
owners_set(const struct bp_guarded *g, uint32_t slot)
{
	for (size_t i = 0; i <= g->pages; i++)
		__atomic_store_n(&bp_guards.owner[g->first + i], slot,
		    __ATOMIC_RELEASE);
}

static void
forget(struct bp_guarded *g)
{
	bp_guarded_set_state(g, BP_NONE);
	owners_set(g, 0);
	vmem_xfree(&bp_guards.vmem, (uintptr_t)bp_guarded_start(g),
	    ((size_t)g->pages + 1) * bp_heap.page);
	bp_guards.cost -= cost_freed(g->pages);
	list_append(&bp_guards.unused, g);
}

/* false: there is no freed block, or it is to be kept for ever. */
static bool
forget_oldest_l(void)
{
	struct bp_guarded *g = bp_heap.flags & SESSION_NOREUSE ? NULL :
	    list_take(&bp_guards.freed);

	if (g == NULL)
		return false;
	forget(g);
	bp_guards.forgotten++;
	return true;
}

static bool
refuse(enum bp_guards_full why)
{
	uint32_t none = BP_GUARDS_ROOM;

	__atomic_fetch_add(&bp_guards.refused, 1, __ATOMIC_RELAXED);
	if (__atomic_compare_exchange_n(&bp_guards.full, &none, why, false,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		bp_late_word(true);
	return false;
}

static bool
may_cost_l(size_t pages)
{
	size_t cost = cost_live(pages);
	uint64_t maps = (uint64_t)bp_guards.nlive + bp_guards.stuck;

	if (bp_guards.stuck == UINT32_MAX)
		maps = bp_guards.taken;
	if (maps >= bp_guards.max_live)
		return refuse(BP_GUARDS_MAPPINGS);
	if (cost > bp_guards.max || bp_guards.live > bp_guards.max - cost)
		return refuse(BP_GUARDS_MEMORY);
	while (bp_guards.cost > bp_guards.max - cost)
		if (!forget_oldest_l())
			return refuse(BP_GUARDS_MEMORY);
	return true;
}

static bool
span_take_l(size_t pages, size_t align, uintptr_t *addr)
{
	size_t size = (pages + 1) * bp_heap.page;
	unsigned n = FORGET_MAX;

	if (align <= bp_heap.page)
		align = 0;
	while (vmem_xalloc(&bp_guards.vmem, size, align, 0, 0, VMEM_ADDR_MIN,
	    VMEM_ADDR_MAX, VMEM_NOWAIT | VMEM_BESTFIT, addr) != 0)
		if (n-- == 0 || !forget_oldest_l())
			return false;
	if (limit_raise(*addr + size))
		return true;
	vmem_xfree(&bp_guards.vmem, *addr, size);
	return false;
}

static bool
span_open(struct bp_guarded *g)
{
	char *start = bp_guarded_start(g);
	size_t size = (size_t)(bp_guarded_end(g) - start);

	if (size == 0)
		return true;
	if (os_protect(start, size, PROT_READ | PROT_WRITE) != 0)
		return false;
	os_advise(start, size, MADV_DODUMP);
	return true;
}

/* Locked pages can't be dropped: they are cleared instead. */
static void
span_close(const struct bp_guarded *g)
{
	char *start = bp_guarded_start(g);
	size_t size = (size_t)(bp_guarded_end(g) - start);

	if (size == 0)
		return;
	if (os_advise(start, size, MADV_DONTNEED) != 0)
		memset(start, 0, size);
	os_protect(start, size, PROT_NONE);
	os_advise(start, size, MADV_DONTDUMP);
}

static void
count_live_l(const struct bp_guarded *g)
{
	bp_guards.cost += cost_live(g->pages);
	bp_guards.live += cost_live(g->pages);
	bp_guards.taken++;
	if (++bp_guards.nlive > bp_guards.most)
		bp_guards.most = bp_guards.nlive;
}

struct bp_guarded *
bp_guards_room_l(size_t pages, size_t align)
{
	struct bp_guarded *g;
	uintptr_t addr;

	if (bp_guards.torn || !may_cost_l(pages))
		return NULL;
	g = slot_take_l();
	if (g == NULL && forget_oldest_l())
		g = slot_take_l();
	if (g == NULL || !span_take_l(pages, align, &addr)) {
		if (g != NULL)
			list_append(&bp_guards.unused, g);
		refuse(BP_GUARDS_MEMORY);
		return NULL;
	}
	g->first = (uint32_t)((addr - bp_guards.base) / bp_heap.page);
	g->pages = (uint32_t)pages;
	if (!span_open(g)) {
		bp_guards.cost += cost_freed(pages);
		forget(g);
		refuse(BP_GUARDS_MAPPINGS);
		return NULL;
	}
	owners_set(g, slot_of(g));
	count_live_l(g);
	return g;
}

/* --- its end ---------------------------------------------------------- */

static void
retire_l(struct bp_guarded *g)
{
	span_close(g);
	bp_guards.nlive--;
	bp_guards.live -= cost_live(g->pages);
	bp_guards.cost -= g->pages * bp_heap.page;
	list_append(&bp_guards.freed, g);
}

static void
defer(struct bp_guarded *g)
{
	uint32_t top = __atomic_load_n(&bp_guards.deferred, __ATOMIC_RELAXED);

	do
		g->next = top;
	while (!__atomic_compare_exchange_n(&bp_guards.deferred, &top,
	    slot_of(g), true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

static void
deferred_l(void)
{
	uint32_t slot = __atomic_exchange_n(&bp_guards.deferred, 0,
	    __ATOMIC_ACQUIRE), next;

	for (; slot != 0; slot = next) {
		next = slot_at(slot)->next;
		retire_l(slot_at(slot));
	}
}

static bool
is_forking(void)
{
	return PW_UNLIKELY(bp_heap.forking != 0) &&
	    lock_is_mine(&bp_guards.lock, (uint32_t)os_gettid());
}

void
bp_guards_enter(uint32_t tid)
{
	if (!is_forking())
		lock_take(&bp_guards.lock, tid);
	if (__atomic_load_n(&bp_guards.deferred, __ATOMIC_RELAXED) != 0)
		deferred_l();
}

void
bp_guards_leave(void)
{
	if (!is_forking())
		lock_give(&bp_guards.lock);
}

void
bp_guards_retire(struct bp_guarded *g, uint32_t tid, bool nested)
{
	if (bp_guards.torn) {
		span_close(g);
		return;
	}
	if (nested) {
		defer(g);
		return;
	}
	bp_guards_enter(tid);
	retire_l(g);
	bp_guards_leave();
}

struct bp_guarded *
bp_guards_at(uintptr_t address)
{
	uint32_t slot;

	if (address - bp_guards.base >= bp_guards.size || address >=
	    __atomic_load_n(&bp_guards.limit, __ATOMIC_ACQUIRE))
		return NULL;
	slot = __atomic_load_n(&bp_guards.owner[(address - bp_guards.base) /
	    bp_heap.page], __ATOMIC_ACQUIRE);
	return slot == 0 ? NULL : slot_at(slot);
}

/*
 * torn: another thread was at work here.  Then nothing is guarded any more;
 * what is live can be freed, and is inaccessible then.
 */
void
bp_guards_fork_child(bool torn)
{
	bp_guards.torn = bp_guards.torn || torn;
	lock_reset(&bp_guards.lock);
	if (bp_guards.stuck != UINT32_MAX)
		bp_guards.stuck += bp_guards.nlive;
}
