/*
 * subjects.c - glibc's malloc, the pool without checks and with all of them
 * that a block carries, and quickfit.
 *
 * glibc has no cheap figure of what it took from the system; it is the moving
 * of the break and the blocks it mapped by themselves, which the second bit
 * of the word before a block tells.  One thread means one arena.
 *
 * POOL_PARANOIA walks the whole heap in each call and is left out of "full".
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "tests/bench/alloc/subjects.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alloc/pmalloc.h"
#include "alloc/pool.h"
#include "alloc/qmalloc.h"

#define GLIBC_IS_MAPPED	2u
#define GLIBC_FLAGS	7u

static char *break_before;
static size_t mapped;
static struct poolwatch_pool *pool;
static size_t last_alloc;

static size_t
glibc_word(void *v)
{
	return ((size_t *)v)[-1];
}

static void
glibc_open(void)
{
	break_before = sbrk(0);
}

static void *
glibc_alloc(size_t size, size_t align)
{
	return align > 16 ? memalign(align, size) : malloc(size);
}

static size_t
glibc_block_size(void *v)
{
	return glibc_word(v) & ~(size_t)GLIBC_FLAGS;
}

static size_t
glibc_obtained(void)
{
	return (size_t)((char *)sbrk(0) - break_before) + mapped;
}

static void
glibc_note(void *v, int sign)
{
	if (glibc_word(v) & GLIBC_IS_MAPPED)
		mapped += (size_t)sign * glibc_block_size(v);
}

static void
pool_open_flags(int flags, size_t tagsize)
{
	pool = poolcreate("bench", NULL, flags);
	if (pool == NULL) {
		perror("poolcreate");
		exit(1);
	}
	pool->tagsize = tagsize;
	last_alloc = 0;
}

static void
pool_open_bare(void)
{
	pool_open_flags(0, 0);
}

static void
pool_open_full(void)
{
	pool_open_flags(POOL_ANTAGONISM | POOL_TOLERANCE, 16);
}

static void *
pool_alloc(size_t size, size_t align)
{
	last_alloc = pool->curalloc;
	return align > 16 ? poolallocalign(pool, size, align, 0, 0) :
	    poolalloc(pool, size);
}

static void *
pool_resize(void *v, size_t size)
{
	return poolrealloc(pool, v, size);
}

static void
pool_give(void *v)
{
	poolfree(pool, v);
}

static void *
full_alloc(size_t size, size_t align)
{
	last_alloc = pool->curalloc;
	return align > 16 ? pmallocalign(pool, size, align, 0, 0) :
	    pmalloc(pool, size);
}

static void *
full_resize(void *v, size_t size)
{
	return prealloc(pool, v, size);
}

static void
full_give(void *v)
{
	pfree(pool, v);
}

static size_t
pool_block_size(void *v)
{
	(void)v;
	return pool->curalloc - last_alloc;
}

static size_t
pool_obtained(void)
{
	return pool->cursize;
}

static void *
quick_alloc(size_t size, size_t align)
{
	return align > 16 ? qmallocalign(size, align, 0, 0) :
	    qmallocz(size, 0);
}

/* A header of one word stands before what qmsize tells of. */
static size_t
quick_block_size(void *v)
{
	return qmsize(v) + 8;
}

static size_t
unknown(void)
{
	return 0;
}

const struct subject subjects[] = {
	{ "glibc", 0, 0, 0, glibc_open, glibc_alloc, realloc, free,
	  glibc_block_size, glibc_obtained, glibc_note },
	{ "pool", 3.0, 20, 1.1, pool_open_bare, pool_alloc, pool_resize,
	  pool_give, pool_block_size, pool_obtained, NULL },
	{ "pool-full", 5.0, 40, 0, pool_open_full, full_alloc, full_resize,
	  full_give, pool_block_size, pool_obtained, NULL },
	{ "quickfit", 1.0, 20, 0, qmallocinit, quick_alloc, qrealloc, qfree,
	  quick_block_size, unknown, NULL },
};
const size_t nsubjects = sizeof(subjects) / sizeof(subjects[0]);
