/*
 * sampled.c - see sampled.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/sampled.h"

#include "base/os.h"

#define FIRST_BITS	9u	/* buckets of level 0: 32 KB ... */
#define MORE_BITS	2u	/* ... of each further one: four times as many */

static size_t
level_size(unsigned i)
{
	return sizeof(struct sampled_bucket) << (FIRST_BITS + MORE_BITS * i);
}

/* The filter has the highest bits of the hash, a bucket those below. */
static struct sampled_bucket *
level_bucket(struct sampled_bucket *level, unsigned i, const void *ptr)
{
	uint64_t h = sampled_hash(ptr) << SAMPLED_FILTER_BITS;

	return &level[h >> (64 - FIRST_BITS - MORE_BITS * i)];
}

/* The bucket of ptr in a level that is there, or NULL. */
static struct sampled_bucket *
bucket_find(const struct sampled *s, unsigned i, const void *ptr)
{
	struct sampled_bucket *level = __atomic_load_n(&s->level[i],
	    __ATOMIC_ACQUIRE);

	return level == NULL ? NULL : level_bucket(level, i, ptr);
}

/* The same; the level is mapped if it was not there. */
static struct sampled_bucket *
bucket_make(struct sampled *s, unsigned i, const void *ptr)
{
	struct sampled_bucket *none = NULL, *level;

	if (bucket_find(s, i, ptr) == NULL) {
		level = os_map(level_size(i));
		if (level == NULL)
			return NULL;
		if (!__atomic_compare_exchange_n(&s->level[i], &none, level,
		    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			os_unmap(level, level_size(i));
	}
	return bucket_find(s, i, ptr);
}

static bool
bucket_take(struct sampled_bucket *b, const void *ptr)
{
	for (unsigned i = 0; i < SAMPLED_SLOTS; i++) {
		uintptr_t none = 0;

		if (__atomic_load_n(&b->slot[i], __ATOMIC_RELAXED) == 0 &&
		    __atomic_compare_exchange_n(&b->slot[i], &none,
		    (uintptr_t)ptr, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

/* Where it stands, or NULL. */
static uintptr_t *
bucket_slot(struct sampled_bucket *b, const void *ptr)
{
	for (unsigned i = 0; i < SAMPLED_SLOTS; i++)
		if (__atomic_load_n(&b->slot[i], __ATOMIC_RELAXED) ==
		    (uintptr_t)ptr)
			return &b->slot[i];
	return NULL;
}

/* One member fewer (of n levels) that buckets sent on. */
static void
sampled_sent_fewer(struct sampled *s, unsigned n, const void *ptr)
{
	for (unsigned i = 0; i < n; i++)
		__atomic_fetch_sub(&bucket_find(s, i, ptr)->more, 1,
		    __ATOMIC_RELAXED);
}

static void
filter_count(struct sampled *s, const void *ptr, int by)
{
	uint8_t *f = &s->filter[sampled_hash(ptr) >>
	    (64 - SAMPLED_FILTER_BITS)];
	uint8_t v = __atomic_load_n(f, __ATOMIC_RELAXED);

	while (v != UINT8_MAX && !__atomic_compare_exchange_n(f, &v,
	    (uint8_t)(v + by), true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
}

bool
sampled_add(struct sampled *s, const void *ptr)
{
	filter_count(s, ptr, 1);
	for (unsigned i = 0; i < SAMPLED_LEVELS; i++) {
		struct sampled_bucket *b = bucket_make(s, i, ptr);

		if (b == NULL) {
			sampled_sent_fewer(s, i, ptr);
			break;
		}
		if (bucket_take(b, ptr))
			return true;
		__atomic_fetch_add(&b->more, 1, __ATOMIC_RELAXED);
		if (i == SAMPLED_LEVELS - 1)
			sampled_sent_fewer(s, SAMPLED_LEVELS, ptr);
	}
	filter_count(s, ptr, -1);
	return false;
}

/* Its place and level, or NULL. */
static uintptr_t *
sampled_find(const struct sampled *s, const void *ptr, unsigned *level)
{
	for (unsigned i = 0; i < SAMPLED_LEVELS; i++) {
		struct sampled_bucket *b = bucket_find(s, i, ptr);
		uintptr_t *slot;

		if (b == NULL)
			return NULL;
		slot = bucket_slot(b, ptr);
		if (slot != NULL) {
			*level = i;
			return slot;
		}
		if (__atomic_load_n(&b->more, __ATOMIC_RELAXED) == 0)
			return NULL;
	}
	return NULL;
}

bool
sampled_has(const struct sampled *s, const void *ptr)
{
	unsigned level;

	return sampled_maybe(s, ptr) && sampled_find(s, ptr, &level) != NULL;
}

bool
sampled_drop(struct sampled *s, const void *ptr)
{
	uintptr_t self = (uintptr_t)ptr, *slot;
	unsigned level;

	if (!sampled_maybe(s, ptr))
		return false;
	slot = sampled_find(s, ptr, &level);
	/* Two threads may free the same block: one of them is right. */
	if (slot == NULL || !__atomic_compare_exchange_n(slot, &self, 0, false,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	sampled_sent_fewer(s, level, ptr);
	filter_count(s, ptr, -1);
	return true;
}
