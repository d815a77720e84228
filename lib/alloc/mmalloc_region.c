/*
 * mmalloc_region.c - the regions of this process, by their first address.
 *
 * A descriptor is the address of the region's first byte, in the file; what the
 * process keeps of it is found in a table with a fixed number of slots, hashed
 * by address, which is read without a lock.  A slot is never made empty again,
 * only reusable: a search goes past it.
 *
 * Forks.  Before a fork all locks are taken, after it they are given back, in
 * parent and child.  A region without a file is the child's own copy then.  One
 * with a file stays the parent's: its pages are not mapped in the child
 * (MADV_DONTFORK, a matter of the kernel, so it holds for children that no
 * handler sees), and the handler closes the descriptor and marks the region, so
 * that calls are refused with EPERM.  Two processes that write one pool would
 * otherwise differ about everything that is not in the file.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

#define NREGIONS	128u	/* a power of two */
#define GONE		((char *)1)

struct slot {
	char *base;		/* NULL: never used; GONE; atomic */
	struct mmalloc_region *region;
};

static struct slot table[NREGIONS];
static unsigned nregions;		/* admitted; under table_lock */
static struct mmalloc_region *standard;	/* for NULL; atomic */
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static unsigned
slot_first(const char *base)
{
	uint64_t x = (uintptr_t)base >> 12;

	return (unsigned)(x * 0x9e3779b97f4a7c15ull >> 57);
}

static char *
slot_base(const struct slot *s)
{
	return __atomic_load_n(&s->base, __ATOMIC_ACQUIRE);
}

static void
each_region(void (*fn)(struct mmalloc_region *))
{
	for (unsigned i = 0; i < NREGIONS; i++)
		if (slot_base(&table[i]) > GONE)
			fn(table[i].region);
	if (standard != NULL)
		fn(standard);
}

void
region_lock(struct mmalloc_region *r)
{
	pthread_mutex_lock(&r->lock);
}

void
region_unlock(struct mmalloc_region *r)
{
	pthread_mutex_unlock(&r->lock);
}

static void
fork_prepare(void)
{
	pthread_mutex_lock(&table_lock);
	each_region(region_lock);
}

static void
fork_parent(void)
{
	each_region(region_unlock);
	pthread_mutex_unlock(&table_lock);
}

static void
disown(struct mmalloc_region *r)
{
	if (r->fd >= 0) {
		os_close(r->fd);
		r->fd = -1;
		r->foreign = true;
	}
	region_unlock(r);
}

static void
fork_child(void)
{
	each_region(disown);
	pthread_mutex_unlock(&table_lock);
}

static void
fork_watch(void)
{
	pthread_atfork(fork_prepare, fork_parent, fork_child);
}

struct mmalloc_region *
region_create(void)
{
	struct mmalloc_region *r = os_map(sizeof(*r));

	if (r == NULL)
		return NULL;
	pthread_once(&once, fork_watch);
	pthread_mutex_init(&r->lock, NULL);
	r->fd = r->trace_fd = -1;
	region_pool_init(r);
	return r;
}

/* Pages of a foreign region are not ours, if anything is there at all. */
void
region_destroy(struct mmalloc_region *r)
{
	if (!r->foreign)
		region_unreserve(r);
	if (r->fd >= 0)
		os_close(r->fd);
	pthread_mutex_destroy(&r->lock);
	os_unmap(r, sizeof(*r));
}

bool
region_has_file(dev_t dev, ino_t ino)
{
	bool has = false;

	pthread_mutex_lock(&table_lock);
	for (unsigned i = 0; i < NREGIONS; i++)
		if (slot_base(&table[i]) > GONE) {
			struct mmalloc_region *r = table[i].region;

			has |= r->fd >= 0 && r->dev == dev && r->ino == ino;
		}
	pthread_mutex_unlock(&table_lock);
	return has;
}

int
region_admit(void)
{
	int error;

	pthread_mutex_lock(&table_lock);
	error = nregions == NREGIONS ? EMFILE : 0;
	nregions += error == 0;
	pthread_mutex_unlock(&table_lock);
	return error;
}

void
region_dismiss(void)
{
	pthread_mutex_lock(&table_lock);
	nregions--;
	pthread_mutex_unlock(&table_lock);
}

static struct slot *
slot_find(const char *base)
{
	unsigned at = slot_first(base);

	for (unsigned i = 0; i < NREGIONS; i++) {
		struct slot *s = &table[(at + i) % NREGIONS];
		char *found = slot_base(s);

		if (found == base)
			return s;
		if (found == NULL)
			break;
	}
	return NULL;
}

/*
 * It was admitted, so there is a slot.  In a child of a fork that may be the one
 * of a region of the parent, whose addresses the child has given a new one.
 */
void
region_enter(struct mmalloc_region *r)
{
	unsigned at = slot_first(r->base);
	struct slot *s;

	pthread_mutex_lock(&table_lock);
	s = slot_find(r->base);
	for (; s == NULL; at = (at + 1) % NREGIONS)
		if (slot_base(&table[at]) <= GONE)
			s = &table[at];
	s->region = r;
	__atomic_store_n(&s->base, r->base, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&table_lock);
}

void
region_leave(struct mmalloc_region *r)
{
	pthread_mutex_lock(&table_lock);
	__atomic_store_n(&slot_find(r->base)->base, GONE, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&table_lock);
}

static struct mmalloc_region *
standard_make(void)
{
	struct mmalloc_region *r = region_create();

	if (r == NULL)
		return NULL;
	if (region_attach_anonymous(r, NULL) != 0) {
		region_destroy(r);
		return NULL;
	}
	return r;
}

static struct mmalloc_region *
standard_get(bool make)
{
	struct mmalloc_region *r = __atomic_load_n(&standard,
	    __ATOMIC_ACQUIRE);

	if (r != NULL || !make)
		return r;
	pthread_mutex_lock(&table_lock);
	if (standard == NULL)
		__atomic_store_n(&standard, standard_make(),
		    __ATOMIC_RELEASE);
	r = standard;
	pthread_mutex_unlock(&table_lock);
	if (r == NULL)
		errno = ENOMEM;
	return r;
}

struct mmalloc_region *
region_find(void *md, bool make)
{
	struct slot *s;

	if (md == NULL)
		return standard_get(make);
	s = (char *)md > GONE ? slot_find(md) : NULL;
	if (s == NULL)
		errno = EINVAL;
	return s == NULL ? NULL : s->region;
}

static void
tell(const char *said, void (*func)(void))
{
	os_write_all(2, said, strlen(said));
	os_write_all(2, "\n", 1);
	if (func != NULL)
		func();
	else
		abort();
}

void
region_done(struct mmalloc_region *r, int error)
{
	bool faulted = r->faulted;
	void (*func)(void) = r->abortfunc;
	char said[sizeof(r->said)];

	if (PW_UNLIKELY(faulted)) {
		memcpy(said, r->said, sizeof(said));
		r->faulted = false;
	}
	region_unlock(r);
	__atomic_store_n(&r->error, error, __ATOMIC_RELAXED);
	if (PW_UNLIKELY(faulted))
		tell(said, func);
	if (error != 0)
		errno = error;
}
