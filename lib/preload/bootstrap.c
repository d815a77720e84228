/*
 * bootstrap.c - memory before there is an allocator.
 *
 * malloc is called before main, before constructors, and even before our own
 * relocations are done; and dlsym, which finds us the next allocator, asks for
 * memory itself.  A bump arena serves all of them.  It is made of regions: the
 * first is static, the others are mapped when that is full.  Nothing is
 * used twice.
 *
 * Each block has a head in front of it.  Heads are linked (newest first) so
 * that start.c can tell the recording about blocks older than itself.
 *
 * Compiled without loop idioms (no call to memset may appear here) and without
 * any use of GOT, TLS or libc.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/bootstrap.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "base/os.h"

#define BOOTSTRAP_STATIC	(64u << 10)
#define BOOTSTRAP_MAPPED	(1u << 20)
#define BOOTSTRAP_REGIONS	64

enum bootstrap_state {
	BOOTSTRAP_NEW,		/* not told of yet */
	BOOTSTRAP_NEW_FREED,	/* nor is its free */
	BOOTSTRAP_TOLD,
	BOOTSTRAP_DONE,		/* free told, or never to be told */
};

struct bootstrap_head {
	struct bootstrap_head *next;
	size_t size;
	uint32_t call;
	uint32_t state;
};

struct bootstrap_region {
	char *base;
	size_t size;
	size_t used;
};

static char bootstrap_static[BOOTSTRAP_STATIC] __attribute__((aligned(64)));
static struct bootstrap_region bootstrap_regions[BOOTSTRAP_REGIONS];
static unsigned bootstrap_nregions;	/* those behind the static one */
static size_t bootstrap_used;		/* of the static one */
static struct bootstrap_head *bootstrap_heads;

/* size bytes behind a head, or NULL when the region has no room. */
static char *
bootstrap_cut(char *base, size_t room, size_t *used, size_t size, size_t align)
{
	size_t was = __atomic_load_n(used, __ATOMIC_RELAXED);
	uintptr_t at;

	do {
		at = bits_align_up((uintptr_t)base + was +
		    sizeof(struct bootstrap_head), align);
		if (at + size > (uintptr_t)base + room)
			return NULL;
	} while (!__atomic_compare_exchange_n(used, &was,
	    at + size - (uintptr_t)base, false,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return (char *)at;
}

static char *
bootstrap_grow(size_t size, size_t align)
{
	size_t room = size + align + sizeof(struct bootstrap_head);
	struct bootstrap_region *r;
	unsigned i;

	if (room < BOOTSTRAP_MAPPED)
		room = BOOTSTRAP_MAPPED;
	i = __atomic_fetch_add(&bootstrap_nregions, 1, __ATOMIC_RELAXED);
	if (i >= BOOTSTRAP_REGIONS) {
		__atomic_store_n(&bootstrap_nregions, BOOTSTRAP_REGIONS,
		    __ATOMIC_RELAXED);
		return NULL;
	}
	r = &bootstrap_regions[i];
	r->size = room;
	/* A reader that meets base unset takes the region for empty. */
	__atomic_store_n(&r->base, os_map(room), __ATOMIC_RELEASE);
	if (r->base == NULL)
		return NULL;
	return bootstrap_cut(r->base, room, &r->used, size, align);
}

static char *
bootstrap_find(size_t size, size_t align)
{
	struct bootstrap_region *r;
	char *p;

	p = bootstrap_cut(bootstrap_static, sizeof(bootstrap_static),
	    &bootstrap_used, size, align);
	for (unsigned i = 0; p == NULL && i < BOOTSTRAP_REGIONS; i++) {
		r = &bootstrap_regions[i];
		if (__atomic_load_n(&r->base, __ATOMIC_ACQUIRE) == NULL)
			break;
		p = bootstrap_cut(r->base, r->size, &r->used, size, align);
	}
	return p != NULL ? p : bootstrap_grow(size, align);
}

static struct bootstrap_head *
bootstrap_head(const void *ptr)
{
	return (struct bootstrap_head *)(uintptr_t)ptr - 1;
}

void *
bootstrap_take(size_t size, size_t align, unsigned call, bool ours)
{
	struct bootstrap_head *h;
	char *p;

	if (align < 16)
		align = 16;
	if (size > (size_t)1 << 40 || align > (size_t)1 << 40)
		return NULL;
	p = bootstrap_find(size, align);
	if (p == NULL)
		return NULL;
	h = bootstrap_head(p);
	h->size = size;
	h->call = call;
	h->state = ours ? BOOTSTRAP_DONE : BOOTSTRAP_NEW;
	h->next = __atomic_load_n(&bootstrap_heads, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&bootstrap_heads, &h->next, h,
	    false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return p;
}

bool
bootstrap_owns(const void *ptr)
{
	const struct bootstrap_region *r;

	if ((uintptr_t)ptr - (uintptr_t)bootstrap_static < BOOTSTRAP_STATIC)
		return true;
	if (PW_LIKELY(__atomic_load_n(&bootstrap_nregions,
	    __ATOMIC_RELAXED) == 0))
		return false;
	for (unsigned i = 0; i < BOOTSTRAP_REGIONS; i++) {
		r = &bootstrap_regions[i];
		if (__atomic_load_n(&r->base, __ATOMIC_ACQUIRE) != NULL &&
		    (uintptr_t)ptr - (uintptr_t)r->base < r->size)
			return true;
	}
	return false;
}

size_t
bootstrap_size(const void *ptr)
{
	return bootstrap_head(ptr)->size;
}

bool
bootstrap_give(void *ptr)
{
	struct bootstrap_head *h = bootstrap_head(ptr);

	if (h->state == BOOTSTRAP_NEW)
		h->state = BOOTSTRAP_NEW_FREED;
	if (h->state != BOOTSTRAP_TOLD)
		return false;
	h->state = BOOTSTRAP_DONE;
	return true;
}

void
bootstrap_tell(void (*tell)(void *ptr, size_t size, unsigned call, bool freed,
    void *arg), void *arg)
{
	struct bootstrap_head *h;

	h = __atomic_load_n(&bootstrap_heads, __ATOMIC_ACQUIRE);
	for (; h != NULL; h = h->next) {
		if (h->state > BOOTSTRAP_NEW_FREED)
			continue;
		tell(h + 1, h->size, h->call, h->state == BOOTSTRAP_NEW_FREED,
		    arg);
		h->state = h->state == BOOTSTRAP_NEW ?
		    BOOTSTRAP_TOLD : BOOTSTRAP_DONE;
	}
}
