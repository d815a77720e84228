/*
 * qmalloc_summary.c - what quickfit says of itself.
 *
 * Counts belong to the thread that makes them and are added up here, on
 * demand; other threads go on meanwhile, so sums are exact only when they are
 * at rest.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <stdarg.h>
#include <string.h>

#include "alloc/qmalloc_impl.h"
#include "base/os.h"
#include "base/say.h"

static const struct {
	const char *name;
	unsigned parts;		/* the sum of so many that follow */
} counters[] = {
#define AS_ROW(name, parts)	{ #name, parts },
	QUICK_COUNTERS(AS_ROW)
#undef AS_ROW
};

static uint64_t
count_one_l(unsigned n)
{
	uint64_t sum = __atomic_load_n(&quick.count[n], __ATOMIC_RELAXED);
	struct list *node;

	list_for_each(node, &quick.caches)
		sum += __atomic_load_n(&PW_CONTAINER_OF(node,
		    struct quick_cache, all)->count[n], __ATOMIC_RELAXED);
	return sum;
}

static uint64_t
count_sum(unsigned n)
{
	uint64_t sum = 0;

	lock_take(&quick.caches_lock, quick_tid());
	sum = count_one_l(n);
	for (unsigned i = 1; i <= counters[n].parts; i++)
		sum += count_one_l(n + i);
	lock_give(&quick.caches_lock);
	return sum;
}

uint64_t
qmalloccount(const char *name)
{
	for (unsigned n = 0; n < QUICK_NCOUNTERS; n++)
		if (strcmp(counters[n].name, name) == 0)
			return count_sum(n);
	return UINT64_MAX;
}

/* Bytes of the blocks on all lists and in the centre. */
static size_t
sum_quick(void)
{
	struct list *node;
	size_t sum = 0;

	lock_take(&quick.caches_lock, quick_tid());
	list_for_each(node, &quick.caches)
		for (size_t i = 0; i < QUICK_CLASSES; i++)
			sum += i * __atomic_load_n(&PW_CONTAINER_OF(node,
			    struct quick_cache, all)->list[i].count,
			    __ATOMIC_RELAXED);
	lock_give(&quick.caches_lock);
	for (size_t i = 0; i < QUICK_CLASSES; i++)
		sum += i * __atomic_load_n(&quick.bin[i].nblocks,
		    __ATOMIC_RELAXED);
	return sum * POOL_GRAIN;
}

static void
summary_line(const char *fmt, ...)
{
	char text[128];
	va_list args;
	size_t n;

	va_start(args, fmt);
	n = say_vformat(text, sizeof(text), fmt, args);
	va_end(args);
	if (quick.print != NULL)
		quick.print(text, n);
	else
		os_write_all(2, text, n);
}

static void
count_free(void *arg, void *data, size_t size, enum pool_kind kind)
{
	size_t *blocks = arg;

	(void)data;
	(void)size;
	*blocks += kind == POOL_BLOCK_FREE;
}

void
qmallocsummary(void)
{
	size_t lists = sum_quick(), blocks = 0, live = 0, rover = 0;

	if (quick.state == QUICK_READY && !quick_is_poisoned()) {
		poolwalk(&quick.pool, count_free, &blocks);
		quick_pool_lock(&quick.pool);
		live = quick.pool.curalloc - lists;
		rover = quick.pool.curfree;
		quick_pool_unlock(&quick.pool);
	}
	summary_line("quick: %zu bytes total\n", lists);
	if (blocks != 0)
		summary_line("rover: %zu blocks %zu bytes total\n", blocks,
		    rover);
	summary_line("total allocated %zu, %zu remaining\n", live,
	    quick.span - live);
	for (unsigned n = 0; n < QUICK_NCOUNTERS; n++)
		if (count_sum(n) != 0)
			summary_line("%s %llu\n", counters[n].name,
			    (unsigned long long)count_sum(n));
}
