/*
 * pool_fixture.h - a pool whose every hook writes down how it was called.
 *
 * The tests of pools share it: fx.pool has all hooks but move, merge and
 * logstack, which a test sets where it wants them.  alloc cuts arenas off a
 * mapping of its own, one behind the other and fx.gap bytes apart, or takes
 * fx.place; so a test decides which arenas are neighbours.  panic returns
 * unless fx.jump is set.
 *
 * At the end of each test the lock was balanced and never nested, no hook ran
 * without it, and panic was called as often as fx_panicked and friends have
 * looked: a test that meets an unexpected panic fails.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef TESTS_POOL_FIXTURE_H
#define TESTS_POOL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc/pool.h"

#define FX_ARENAS	256
#define FX_MOVES	2048
#define FX_TEXT		(1u << 18)

struct fx_pair {
	char *from;
	char *to;
};

struct fx_piece {
	char *at;
	size_t size;
};

struct fixture {
	Pool pool;

	/* alloc and release */
	char *area;
	char *bump;
	char *place;		/* where the next arena goes; nil: bump */
	size_t gap;
	int grants;		/* calls of alloc that succeed yet; -1: all */
	int allocs;
	int refused;
	size_t asked;		/* bytes granted, all in all */
	size_t least;		/* smallest size asked for */
	int narenas;
	struct fx_piece arena[FX_ARENAS];
	int nreleased;
	struct fx_piece released[FX_ARENAS];

	/* lock */
	int locks;
	int depth;
	bool nested;
	bool outside;		/* a hook ran without the lock */

	/* print, panic, logstack */
	int prints;
	size_t len;
	char text[FX_TEXT];
	int panics;
	int expected;
	char why[512];
	jmp_buf *jump;
	int stacks;
	int stack_at[64];	/* prints seen at the call of logstack */

	/* move, merge */
	int moves;
	struct fx_pair move[FX_MOVES];
	int merges;
	int merge_yes;
	struct fx_pair merge[FX_ARENAS];
};

extern struct fixture fx;

/* From the first argument, else SEED, else the clock; printed. */
unsigned fx_seed(int argc, char **argv);

int	fx_begin(void **state);
int	fx_end(void **state);

void	fx_move(void *from, void *to);
int	fx_merge(void *low, void *high);
void	fx_logstack(Pool *);

/* Exactly one panic since the last look, with these words in its text. */
void	fx_panicked(const char *words);
void	fx_no_panic(void);

/* Forget what was printed. */
void	fx_hush(void);
bool	fx_said(const char *words);
int	fx_count(const char *words);	/* of their occurrences in the text */

/* poolcheck, which must find nothing. */
void	fx_sound(void);

/* What curalloc grows by when n bytes are allocated. */
size_t	fx_cost(size_t n);

/* Bytes of n from the pattern of seed; and whether they are there still. */
void	fx_write(void *, size_t n, unsigned seed);
void	fx_read(const void *, size_t n, unsigned seed);

/* Of all blocks, by poolwalk. */
struct fx_tally {
	size_t nalloc;
	size_t nfree;
	size_t ndead;
	size_t alloc;		/* bytes of users */
	size_t largest_free;
};
struct fx_tally fx_tally(void);

#define FX_TEST(name)	cmocka_unit_test_setup_teardown(name, fx_begin, fx_end)

#endif
