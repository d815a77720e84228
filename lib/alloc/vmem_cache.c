/*
 * vmem_cache.c - magazines: freed segments of a few quanta, kept ready.
 *
 * After Bonwick and Adams.  A magazine holds up to MAG_ROUNDS segments of one
 * size.  A slot has two for each size, the loaded one and the one before it, so
 * a thread that goes to and fro at the edge of a magazine exchanges none.  Full
 * and empty magazines are exchanged with the depot of the arena.  Threads pick
 * a slot by their own address, and take another one when it is busy: what is
 * done in a slot is a few stores, so nobody sleeps there.
 *
 * What is in a magazine is still a busy segment of the arena, with its tag; an
 * allocation that a magazine serves touches no tag and no lock of the arena.
 *
 * A byte for each quantum (vmem_state.c) says what begins there: nothing of
 * ours, a segment of n quanta that is out, or one that is in a magazine.  One
 * exchange of that byte decides whether a free is good, and who of several
 * threads that free the same gets it.
 *
 * Sizes are bounded to MAG_CLASSES quanta, full magazines in the depot to
 * DEPOT_MAX for each size: what is more goes back to the arena.
 *
 * Lock order: a slot, then the depot; the arena's lock is never taken with
 * either of them held.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/vmem_cache_impl.h"

#include "base/compiler.h"
#include "base/os.h"

#define MAG_PAGE	4096u
#define DEPOT_MAX	64u
#define DEPOT_OWNER	1u	/* locks here do not ask who has them */

bool
vmem_cache_create(struct poolwatch_vmem *vm, size_t qcache_max)
{
	size_t n = qcache_max >> vm->shift;
	struct vmem_cache *c;

	if (n == 0)
		return true;
	c = os_map(sizeof(*c));
	if (c == NULL)
		return false;
	c->nclasses = n > MAG_CLASSES ? MAG_CLASSES : (unsigned)n;
	c->shift = vm->shift;
	vm->cache = c;
	return true;
}

void
vmem_cache_destroy(struct poolwatch_vmem *vm)
{
	struct vmem_cache *c = vm->cache;

	if (c == NULL)
		return;
	while (c->pages != NULL) {
		void *next = *(void **)c->pages;

		os_unmap(c->pages, MAG_PAGE);
		c->pages = next;
	}
	vmem_state_free(c);
	os_unmap(c, sizeof(*c));
	vm->cache = NULL;
}

unsigned
vmem_cache_class(const struct poolwatch_vmem *vm, size_t size)
{
	size_t n = (size + vm->quantum - 1) >> vm->shift;

	return vm->cache == NULL || size > SIZE_MAX / 2 ||
	    n > vm->cache->nclasses ? 0 : (unsigned)n;
}

/* A slot of the caller's for a few instructions. */
static struct mag_slot *
slot_enter(struct vmem_cache *c)
{
	uintptr_t self = (uintptr_t)__builtin_thread_pointer();
	unsigned i = (unsigned)((uint64_t)self * 0x9e3779b97f4a7c15ull >>
	    (64 - MAG_SLOTS_LOG2));

	for (;; i = (i + 1) % MAG_SLOTS)
		if (!__atomic_exchange_n(&c->slot[i].busy, 1,
		    __ATOMIC_ACQUIRE))
			return &c->slot[i];
}

static void
slot_leave(struct mag_slot *s)
{
	__atomic_store_n(&s->busy, 0, __ATOMIC_RELEASE);
}

static struct magazine *
mag_pop(struct magazine **list)
{
	struct magazine *m = *list;

	if (m != NULL)
		*list = m->next;
	return m;
}

static void
mag_push(struct magazine **list, struct magazine *m)
{
	m->next = *list;
	*list = m;
}

/* The first magazine of a page makes room for the link of pages. */
static struct magazine *
mag_new_l(struct vmem_cache *c)
{
	struct magazine *m;
	char *page;

	if (c->empty == NULL) {
		page = os_map(MAG_PAGE);
		if (page == NULL)
			return NULL;
		*(void **)page = c->pages;
		c->pages = page;
		m = (struct magazine *)page;
		for (size_t i = 1; i < MAG_PAGE / sizeof(*m); i++)
			mag_push(&c->empty, &m[i]);
	}
	return mag_pop(&c->empty);
}

/* A full magazine for the empty one `had` (may be NULL), or NULL. */
static struct magazine *
depot_full(struct vmem_cache *c, unsigned class, struct magazine *had)
{
	struct mag_depot *d = &c->depot[class - 1];
	struct magazine *m;

	if (__atomic_load_n(&d->nfull, __ATOMIC_RELAXED) == 0)
		return NULL;
	lock_take(&c->lock, DEPOT_OWNER);
	m = mag_pop(&d->full);
	if (m != NULL) {
		__atomic_store_n(&d->nfull, d->nfull - 1, __ATOMIC_RELAXED);
		if (had != NULL)
			mag_push(&c->empty, had);
	}
	lock_give(&c->lock);
	return m;
}

/* An empty magazine for the full one `had` (may be NULL), or NULL. */
static struct magazine *
depot_empty(struct vmem_cache *c, unsigned class, struct magazine *had)
{
	struct mag_depot *d = &c->depot[class - 1];
	struct magazine *m = NULL;

	lock_take(&c->lock, DEPOT_OWNER);
	if (had == NULL || d->nfull < DEPOT_MAX)
		m = mag_new_l(c);
	if (m != NULL && had != NULL) {
		mag_push(&d->full, had);
		__atomic_store_n(&d->nfull, d->nfull + 1, __ATOMIC_RELAXED);
	}
	lock_give(&c->lock);
	return m;
}

static void
pair_swap(struct mag_pair *p)
{
	struct magazine *m = p->loaded;

	p->loaded = p->before;
	p->before = m;
}

/* A magazine with a round in it, loaded; or NULL. */
static PW_NOINLINE struct magazine *
pair_fill(struct vmem_cache *c, unsigned class, struct mag_pair *p)
{
	struct magazine *m;

	if (p->before != NULL && p->before->n > 0) {
		pair_swap(p);
		return p->loaded;
	}
	m = depot_full(c, class, p->before);
	if (m == NULL)
		return NULL;
	p->before = p->loaded;
	p->loaded = m;
	return m;
}

/* A magazine with room, loaded; or NULL. */
static PW_NOINLINE struct magazine *
pair_room(struct vmem_cache *c, unsigned class, struct mag_pair *p)
{
	struct magazine *m;

	if (p->before != NULL && p->before->n < MAG_ROUNDS) {
		pair_swap(p);
		return p->loaded;
	}
	m = depot_empty(c, class, p->before);
	if (m == NULL)
		return NULL;
	m->n = 0;
	p->before = p->loaded;
	p->loaded = m;
	return m;
}

bool
vmem_cache_take(struct poolwatch_vmem *vm, unsigned class, vmem_addr_t *addrp)
{
	struct vmem_cache *c = vm->cache;
	struct mag_slot *s = slot_enter(c);
	struct mag_pair *p = &s->pair[class - 1];
	struct magazine *m = p->loaded;
	uintptr_t addr;

	if (PW_UNLIKELY(m == NULL || m->n == 0))
		m = pair_fill(c, class, p);
	if (m == NULL) {
		slot_leave(s);
		return false;
	}
	addr = m->addr[--m->n];
	slot_leave(s);
	vmem_state_set(vmem_state_find(c, addr), (uint8_t)class);
	*addrp = addr;
	return true;
}

void
vmem_cache_note(struct poolwatch_vmem *vm, uintptr_t addr, unsigned class)
{
	uint8_t *state = vmem_state_make(vm->cache, addr);

	/* Without a byte the segment is simply never kept. */
	if (state != NULL)
		vmem_state_set(state, (uint8_t)class);
}

static bool
mag_put(struct vmem_cache *c, unsigned class, uintptr_t addr)
{
	struct mag_slot *s = slot_enter(c);
	struct mag_pair *p = &s->pair[class - 1];
	struct magazine *m = p->loaded;

	if (PW_UNLIKELY(m == NULL || m->n == MAG_ROUNDS))
		m = pair_room(c, class, p);
	if (m != NULL)
		m->addr[m->n++] = addr;
	slot_leave(s);
	return m != NULL;
}

enum vmem_kept
vmem_cache_give(struct poolwatch_vmem *vm, uintptr_t addr, size_t size,
    bool keep)
{
	uint8_t *state = vmem_state_find(vm->cache, addr);
	unsigned class = vmem_cache_class(vm, size);
	uint8_t was = state == NULL || (addr & (vm->quantum - 1)) != 0 ? 0 :
	    __atomic_load_n(state, __ATOMIC_RELAXED);

	if (was == 0)
		return VMEM_NOT_KEPT;
	if ((was & STATE_KEPT) || was != class || size == 0) {
		vmem_blame(vm, addr, size, was & STATE_KEPT ? 0 :
		    (size_t)was << vm->shift);
		return VMEM_BLAMED;
	}
	if (!__atomic_compare_exchange_n(state, &was,
	    (uint8_t)(was | STATE_KEPT), false, __ATOMIC_ACQ_REL,
	    __ATOMIC_RELAXED)) {
		vmem_blame(vm, addr, size, 0);
		return VMEM_BLAMED;
	}
	if (keep && __atomic_load_n(&vm->waiters, __ATOMIC_RELAXED) == 0 &&
	    mag_put(vm->cache, class, addr))
		return VMEM_KEPT;
	vmem_state_set(state, 0);
	return VMEM_NOT_KEPT;
}

bool
vmem_cache_holds(struct poolwatch_vmem *vm, uintptr_t addr)
{
	uint8_t *state = vm->cache == NULL ? NULL :
	    vmem_state_find(vm->cache, addr);

	return state != NULL && (addr & (vm->quantum - 1)) == 0 &&
	    (__atomic_load_n(state, __ATOMIC_RELAXED) & STATE_KEPT) != 0;
}

/* Every magazine of a class that is not empty, off the slots and the depot. */
static struct magazine *
take_all(struct vmem_cache *c, unsigned class)
{
	struct mag_depot *d = &c->depot[class - 1];
	struct magazine *all = NULL, *m;

	for (unsigned i = 0; i < MAG_SLOTS; i++) {
		struct mag_slot *s = &c->slot[i];
		struct mag_pair *p = &s->pair[class - 1];

		while (__atomic_exchange_n(&s->busy, 1, __ATOMIC_ACQUIRE))
			;
		if (p->loaded != NULL)
			mag_push(&all, p->loaded);
		if (p->before != NULL)
			mag_push(&all, p->before);
		p->loaded = p->before = NULL;
		slot_leave(s);
	}
	lock_take(&c->lock, DEPOT_OWNER);
	while ((m = mag_pop(&d->full)) != NULL)
		mag_push(&all, m);
	__atomic_store_n(&d->nfull, 0, __ATOMIC_RELAXED);
	lock_give(&c->lock);
	return all;
}

bool
vmem_cache_drain(struct poolwatch_vmem *vm)
{
	struct vmem_cache *c = vm->cache;
	struct magazine *all, *m;
	bool some = false;

	for (unsigned class = 1; c != NULL && class <= c->nclasses; class++) {
		all = take_all(c, class);
		while ((m = mag_pop(&all)) != NULL) {
			while (m->n > 0) {
				uintptr_t addr = m->addr[--m->n];

				vmem_state_set(vmem_state_find(c, addr), 0);
				vmem_free_plain(vm, addr,
				    (size_t)class << vm->shift);
				some = true;
			}
			lock_take(&c->lock, DEPOT_OWNER);
			mag_push(&c->empty, m);
			lock_give(&c->lock);
		}
	}
	return some;
}
