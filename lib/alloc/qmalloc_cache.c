/*
 * qmalloc_cache.c - the quick lists of a thread.
 *
 * A thread gets its lists with its first small request and gives them to the
 * centre when it ends.  A list that is empty is filled with a batch of the
 * centre, or else with blocks cut from the pool: few at first, so short lives
 * stay small, then twice as many each time.  A list that is full sends its
 * older half to the centre.
 *
 * Where memory is short, whoever misses it sets max of all lists of all threads
 * to 0 (squeeze).  The owner notices at its next free, since a list with max 0
 * is always full: it gives all its lists to the pool and opens them again,
 * unless somebody waits in qsmalloc.
 *
 * A key of pthreads tells of a thread's end.  What the thread frees after that
 * goes to the pool.  pthread_setspecific may call calloc, which may be ours:
 * the lists are in place before it is called, and no lock is held.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/qmalloc_impl.h"

#include <pthread.h>
#include <string.h>

#include "base/os.h"

#define BATCH_FIRST	2u
#define BATCH_MAX	64u

struct quick_cache quick_nobody;
PW_TLS struct quick_cache *quick_self = &quick_nobody;

static PW_TLS bool cache_is_over;	/* the thread is ending */

uint32_t
quick_tid(void)
{
	uint32_t tid = quick_self->tid;

	return tid != 0 ? tid : (uint32_t)os_gettid();
}

/* Count for a thread with lists or without. */
void
quick_note(enum quick_counter n)
{
	if (quick_self != &quick_nobody)
		quick_count(quick_self, n);
	else
		__atomic_fetch_add(&quick.count[n], 1, __ATOMIC_RELAXED);
}

/* How many blocks a list may hold. */
uint32_t
quick_list_max(size_t grains)
{
	size_t n = QUICK_LIST_BYTES / (grains * POOL_GRAIN);

	if (n < QUICK_LIST_FEW)
		return QUICK_LIST_FEW;
	return n > QUICK_LIST_COUNT ? QUICK_LIST_COUNT : (uint32_t)n;
}

static void
lists_open(struct quick_cache *c)
{
	for (size_t i = POOL_MINBLOCK / POOL_GRAIN; i < QUICK_CLASSES; i++)
		__atomic_store_n(&c->list[i].max, quick_list_max(i),
		    __ATOMIC_RELAXED);
}

static struct quick_cache *
cache_get_l(void)
{
	struct quick_cache *c;

	if (list_empty(&quick.idle))
		return os_map(sizeof(*c));
	c = PW_CONTAINER_OF(quick.idle.next, struct quick_cache, all);
	list_remove(&c->all);
	return c;
}

static struct quick_cache *
cache_create(void)
{
	uint32_t tid = (uint32_t)os_gettid();
	struct quick_cache *c;

	lock_take(&quick.caches_lock, tid);
	c = cache_get_l();
	if (c != NULL) {
		c->tid = tid;
		lists_open(c);
		for (size_t i = 0; i < QUICK_CLASSES; i++)
			c->batch[i] = BATCH_FIRST;
		list_insert_after(&quick.caches, &c->all);
	}
	lock_give(&quick.caches_lock);
	return c;
}

struct quick_cache *
quick_thread(void)
{
	struct quick_cache *c = quick_self;
	int saved = errno;

	if (c != &quick_nobody)
		return c;
	if (cache_is_over || quick.state != QUICK_READY)
		return NULL;
	c = cache_create();
	if (c == NULL)
		return NULL;
	quick_self = c;
	pthread_setspecific(quick.key, c);
	errno = saved;
	return c;
}

/* The chain of a whole list, which is empty then. */
static void *
list_empty_out(struct quick_list *l, uint32_t *count)
{
	void *chain = l->head;

	*count = l->count;
	l->head = NULL;
	__atomic_store_n(&l->count, 0, __ATOMIC_RELAXED);
	return chain;
}

/* All lists to the pool. */
void
quick_cache_flush(struct quick_cache *c)
{
	uint32_t count;
	void *chain;

	for (size_t i = 0; i < QUICK_CLASSES; i++) {
		c->batch[i] = BATCH_FIRST;
		chain = list_empty_out(&c->list[i], &count);
		quick_chain_give(chain, count);
	}
}

void
quick_cache_squeeze(void)
{
	struct list *node;

	lock_take(&quick.caches_lock, quick_tid());
	list_for_each(node, &quick.caches) {
		struct quick_cache *c = PW_CONTAINER_OF(node,
		    struct quick_cache, all);

		for (size_t i = 0; i < QUICK_CLASSES; i++)
			__atomic_store_n(&c->list[i].max, 0, __ATOMIC_RELAXED);
	}
	lock_give(&quick.caches_lock);
}

/* The thread ends: its blocks to the centre, its counts to the heap's. */
static void
cache_end(void *arg)
{
	struct quick_cache *c = arg;
	uint32_t count, tid = c->tid;
	void *chain;

	for (size_t i = 0; i < QUICK_CLASSES; i++) {
		chain = list_empty_out(&c->list[i], &count);
		if (chain != NULL)
			quick_centre_give(i, tid, chain, count);
	}
	cache_is_over = true;
	quick_self = &quick_nobody;
	lock_take(&quick.caches_lock, tid);
	for (size_t i = 0; i < QUICK_NCOUNTERS; i++) {
		__atomic_fetch_add(&quick.count[i], c->count[i],
		    __ATOMIC_RELAXED);
		__atomic_store_n(&c->count[i], 0, __ATOMIC_RELAXED);
	}
	list_remove(&c->all);
	list_insert_after(&quick.idle, &c->all);
	lock_give(&quick.caches_lock);
}

void
quick_cache_start(void)
{
	pthread_key_t key;

	if (pthread_key_create(&key, cache_end) == 0)
		quick.key = key;
	else
		quick.key = UINT32_MAX;	/* setspecific refuses it */
}

static void
list_push(struct quick_list *l, void *data)
{
	*(void **)data = l->head;
	l->head = data;
	__atomic_store_n(&l->count, l->count + 1, __ATOMIC_RELAXED);
	quick_set_own(data, QUICK_FREED);
}

/*
 * Put n new blocks on the lists of their sizes.  The pool may have given more
 * than it was asked for, where what was left would have been no block; such a
 * one is handed out at once, so that a short list is no reason to ask again.
 */
static void *
lists_fill(struct quick_cache *c, size_t grains, struct pool_header **h,
    size_t n)
{
	void *odd = NULL, *data;
	size_t has;

	while (n-- != 0) {
		data = pool_data(h[n]);
		has = pool_size(h[n]) / POOL_GRAIN;
		if (has != grains && odd == NULL) {
			quick_set_own(data, QUICK_LIVE);
			odd = data;
		} else if (has < QUICK_CLASSES)
			list_push(&c->list[has], data);
		else
			quick_chain_give_one(data);
	}
	return odd;
}

static size_t
pool_take_some(size_t grains, size_t n, struct pool_header **h)
{
	size_t got = 0;

	quick_pool_lock(&quick.pool);
	if (!quick.pool.poisoned)
		got = pool_take_many_l(&quick.pool, grains * POOL_GRAIN,
		    n, h);
	quick_pool_unlock(&quick.pool);
	return got;
}

/* A thread without lists. */
static void *
take_one(size_t grains)
{
	struct pool_header *h;

	if (pool_take_some(grains, 1, &h) == 0 &&
	    (!quick_relieve() || pool_take_some(grains, 1, &h) == 0))
		return NULL;
	quick_set_own(pool_data(h), QUICK_LIVE);
	quick_note(QUICK_mallocpool);
	return pool_data(h);
}

/* Fill the list from the pool; a block that fits on no list, or NULL. */
static void *
take_batch(struct quick_cache *c, size_t grains)
{
	struct pool_header *h[BATCH_MAX];
	size_t n = c->batch[grains];

	quick_held_reclaim(c->tid);
	n = pool_take_some(grains, n, h);
	if (n == 0 && quick_relieve())
		n = pool_take_some(grains, 1, h);
	if (n != 0 && n < BATCH_MAX && n < quick_list_max(grains) / 4)
		c->batch[grains] = (uint16_t)(2 * c->batch[grains] > BATCH_MAX ?
		    BATCH_MAX : 2 * c->batch[grains]);
	return lists_fill(c, grains, h, n);
}

/* The first block of a list. */
static void *
list_pop(struct quick_list *l)
{
	void *data = l->head;

	if (data == NULL)
		return NULL;
	if (!quick_is_freed(data)) {
		l->head = NULL;
		quick_fault("qmalloc", data, "written to after it was freed");
		return NULL;
	}
	l->head = *(void **)data;
	__atomic_store_n(&l->count, l->count - 1, __ATOMIC_RELAXED);
	quick_set_own(data, QUICK_LIVE);
	return data;
}

/* A block of so many grains or a few more, whose contents are anything. */
void *
quick_cache_take(struct quick_cache *c, size_t grains)
{
	enum quick_counter path = QUICK_mallocquick;
	struct quick_list *l;
	void *data = NULL;
	uint32_t count;

	if (c == NULL)
		return take_one(grains);
	l = &c->list[grains];
	if (l->head == NULL) {
		path = QUICK_malloccentral;
		l->head = quick_centre_take(grains, c->tid, &count);
		__atomic_store_n(&l->count, count, __ATOMIC_RELAXED);
	}
	if (l->head == NULL) {
		path = QUICK_mallocpool;
		data = take_batch(c, grains);
	}
	if (data == NULL)
		data = list_pop(l);
	if (data != NULL)
		quick_count(c, path);
	return data;
}

/* The older half of a list to the centre. */
static void
list_spill(struct quick_list *l, size_t grains, uint32_t tid)
{
	uint32_t keep = l->count / 2, given = l->count - keep;
	void *last = l->head, *chain;

	for (uint32_t i = 1; i < keep && last != NULL; i++)
		last = quick_next(last);
	if (last == NULL)
		return;
	chain = *(void **)last;
	*(void **)last = NULL;
	__atomic_store_n(&l->count, keep, __ATOMIC_RELAXED);
	quick_centre_give(grains, tid, chain, given);
}

/* Is the thread to put blocks on its lists?  Gives them back if not. */
static bool
cache_is_open(struct quick_cache *c, struct quick_list *l)
{
	if (__atomic_load_n(&l->max, __ATOMIC_RELAXED) != 0)
		return true;
	quick_cache_flush(c);
	if (__atomic_load_n(&quick.waiting, __ATOMIC_RELAXED) != 0)
		return false;
	lists_open(c);
	return true;
}

/* Take a live, sound block back. */
void
quick_cache_give(struct quick_cache *c, void *data, size_t grains)
{
	enum quick_counter path = QUICK_freequick;
	struct quick_list *l;

	if (c == NULL || !cache_is_open(c, &c->list[grains])) {
		quick_note(QUICK_freepool);
		quick_chain_give_one(data);
		return;
	}
	l = &c->list[grains];
	if (l->count >= __atomic_load_n(&l->max, __ATOMIC_RELAXED)) {
		path = QUICK_freecentral;
		list_spill(l, grains, c->tid);
	}
	list_push(l, data);
	quick_count(c, path);
}
