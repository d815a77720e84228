/*
 * qmalloc_region.c - the addresses of quickfit, and the pool over them.
 *
 * qmallocinit reserves one range of addresses, of qmallocconf's size or as
 * large as can be had up to REGION_MAX.  Nothing is counted as memory before it
 * is used.  That all blocks lie in one known range makes "is it ours?" one
 * comparison, before anything that a bad pointer points at is read.  A vmem
 * arena over the range gives the pool its arenas: it takes back what the pool
 * has trimmed, and its addresses serve again.
 *
 * The addresses below committed may be read and written; they stay so after
 * the pool gave them back, then as zeros, for a late or wild qfree to find.
 *
 * An arena is as large as a part of what the pool has already, within limits;
 * when the range nears its end, what is left is asked for by pages, so that
 * none of it is stranded.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/qmalloc_impl.h"

#include <pthread.h>
#include <sys/mman.h>

#include "alloc/vmem.h"
#include "base/bits.h"
#include "base/os.h"

#define REGION_MAX	((size_t)1 << 40)
#define REGION_MIN	((size_t)1 << 24)	/* less is refused */
#define ARENA_FIRST	((size_t)1 << 18)
#define ARENA_MAX	((size_t)1 << 26)
#define ARENA_PART	8u	/* of what the pool has */

struct quick quick = {
	.caches = { &quick.caches, &quick.caches },
	.idle = { &quick.idle, &quick.idle },
};

void
quick_pool_lock(Pool *p)
{
	(void)p;
	lock_take_cheap(&quick.pool_lock, quick_tid());
}

void
quick_pool_unlock(Pool *p)
{
	(void)p;
	lock_give_cheap(&quick.pool_lock, quick_tid());
}

/* A fault: no way in stays open. */
void
quick_close(void)
{
	__atomic_store_n(&quick.poisoned, true, __ATOMIC_RELAXED);
	__atomic_store_n(&quick.fast_small, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&quick.fast_span, 0, __ATOMIC_RELAXED);
}

/* The short ways: to blocks that there may be, never into bare addresses. */
static void
region_open_l(void)
{
	if (quick.guard || quick.direct)
		return;
	__atomic_store_n(&quick.fast_span, quick.committed, __ATOMIC_RELAXED);
	__atomic_store_n(&quick.fast_small, QUICK_SMALL, __ATOMIC_RELAXED);
	if (quick_is_poisoned())	/* meanwhile, by another thread */
		quick_close();
}

static bool
region_commit_l(size_t upto)
{
	size_t more;

	if (upto <= quick.committed)
		return true;
	more = upto - quick.committed;
	if (os_protect((void *)(quick.base + quick.committed), more,
	    PROT_READ | PROT_WRITE) != 0)
		return false;
	__atomic_store_n(&quick.committed, upto, __ATOMIC_RELAXED);
	region_open_l();
	return true;
}

/* The pool's next arena, in its lock. */
static void *
region_grow_l(size_t size)
{
	size_t part = quick.pool.cursize / ARENA_PART;
	vmem_addr_t addr;

	size = bits_align_up(size, quick.page);
	if (vmem_alloc(quick.window, size, VMEM_NOWAIT, &addr) != 0)
		return NULL;
	if (!region_commit_l(addr - quick.base + size)) {
		vmem_free(quick.window, addr, size);
		return NULL;
	}
	quick.pool.minarena = part < ARENA_FIRST ? ARENA_FIRST :
	    part > ARENA_MAX ? ARENA_MAX : bits_align_up(part, quick.page);
	quick_note(QUICK_arena);
	quick.grown = true;
	return (void *)addr;
}

static void
region_shrink_l(void *arena, size_t size)
{
	size = bits_align_up(size, quick.page);
	os_advise(arena, size, MADV_DONTNEED);
	vmem_free(quick.window, (vmem_addr_t)arena, size);
	quick_note(QUICK_release);
}

/*
 * The pool has no memory: empty all lists into it, and ask for no more than
 * is needed next time.  false: it is no use to try again.
 */
bool
quick_relieve(void)
{
	if (quick_is_poisoned())
		return false;
	quick_note(QUICK_pressure);
	if (quick_self != &quick_nobody)
		quick_cache_flush(quick_self);
	quick_centre_flush(quick_tid());
	quick_cache_squeeze();
	quick_pool_lock(&quick.pool);
	quick.pool.minarena = quick.page;
	quick_pool_unlock(&quick.pool);
	return true;
}

size_t
qmalloctrim(void)
{
	if (quick.state != QUICK_READY || !quick_relieve())
		return 0;
	return pooltrim(&quick.pool);
}

static bool
region_reserve(void)
{
	size_t size = quick.maxsize != 0 ? quick.maxsize : REGION_MAX;
	void *base;

	quick.page = os_page_size();
	size = bits_align_up(size, quick.page);
	base = os_reserve(size);
	while (base == NULL && quick.maxsize == 0 && size > REGION_MIN) {
		size /= 2;
		base = os_reserve(size);
	}
	if (base == NULL)
		return false;
	quick.base = (uintptr_t)base;
	quick.span = size;
	quick.window = vmem_create("qmalloc", quick.base, size, quick.page, 0,
	    VMEM_NOWAIT);
	if (quick.window != NULL)
		return true;
	os_unmap(base, size);
	quick.base = quick.span = 0;
	return false;
}

static void
region_pool(void)
{
	Pool *p = &quick.pool;

	p->name = "qmalloc";
	p->minarena = ARENA_FIRST;
	p->flags = quick.flags & ~QMALLOC_GUARD;
	p->alloc = region_grow_l;
	p->release = region_shrink_l;
	p->lock = quick_pool_lock;
	p->unlock = quick_pool_unlock;
	p->panic = quick_pool_panic;
	p->tagsize = QUICK_PAD;
	if (quick.maxsize != 0 && quick.maxsize < ARENA_FIRST)
		p->minarena = quick.page;
}

/*
 * The fork handlers: nobody holds a lock while the process is copied.  A panic
 * that jumped out of the pool holds its lock for ever.
 */
static void
fork_before(void)
{
	uint32_t tid = quick_tid();

	lock_take(&quick.caches_lock, tid);
	for (size_t i = 0; i < QUICK_CLASSES; i++)
		lock_take(&quick.bin[i].lock, tid);
	quick.forking = !quick_is_poisoned();
	if (quick.forking)
		lock_take(&quick.pool_lock, tid);
}

static void
fork_parent(void)
{
	if (quick.forking)
		lock_give(&quick.pool_lock);
	for (size_t i = 0; i < QUICK_CLASSES; i++)
		lock_give(&quick.bin[i].lock);
	lock_give(&quick.caches_lock);
}

/* The lists of the other threads are lost with them; their counts are kept. */
static void
fork_child(void)
{
	lock_reset(&quick.pool_lock);
	for (size_t i = 0; i < QUICK_CLASSES; i++)
		lock_reset(&quick.bin[i].lock);
	lock_reset(&quick.caches_lock);
	quick.waiting = 0;
	if (quick_self != &quick_nobody)
		quick_self->tid = (uint32_t)os_gettid();
}

static void
region_open(void)
{
	quick.guard = (quick.flags & QMALLOC_GUARD) != 0;
	quick.direct = (quick.flags & ~QMALLOC_GUARD) != 0;
	quick_cache_start();
	__atomic_store_n(&quick.state, QUICK_READY, __ATOMIC_RELEASE);
	pthread_atfork(fork_before, fork_parent, fork_child);
}

void
qmallocinit(void)
{
	uint32_t none = QUICK_NONE;

	if (!__atomic_compare_exchange_n(&quick.state, &none, QUICK_STARTING,
	    false, __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
		while (__atomic_load_n(&quick.state, __ATOMIC_ACQUIRE) ==
		    QUICK_STARTING)
			os_futex_wait(&quick.state, QUICK_STARTING, 1000000);
		return;
	}
	if (!region_reserve()) {
		__atomic_store_n(&quick.state, QUICK_NONE, __ATOMIC_RELEASE);
		return;
	}
	region_pool();
	region_open();
}

int
qmallocconf(size_t maxsize, int flags)
{
	if (__atomic_load_n(&quick.state, __ATOMIC_ACQUIRE) != QUICK_NONE) {
		errno = EBUSY;
		return -1;
	}
	if (maxsize > SIZE_MAX / 2) {
		errno = EINVAL;
		return -1;
	}
	quick.maxsize = maxsize;
	quick.flags = flags;
	return 0;
}

void
qmallochooks(void (*print)(const char *, size_t), void (*panic)(const char *))
{
	quick.print = print;
	quick.panic = panic;
}
