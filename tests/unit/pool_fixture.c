/*
 * pool_fixture.c - see pool_fixture.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "pool_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/check.h"
#include "base/os.h"

#define FX_AREA	((size_t)256 << 20)

struct fixture fx;

void
check_failed(const char *what, const char *file, int line)
{
	print_error("%s:%d: %s\n", file, line, what);
	abort();
}

unsigned
fx_seed(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : getenv("SEED");
	unsigned seed = word != NULL ? (unsigned)strtoul(word, NULL, 0) :
	    (unsigned)os_monotonic_ns();

	print_message("seed %u\n", seed);
	return seed;
}

static void
inside(void)
{
	if (fx.depth != 1)
		fx.outside = true;
}

static void *
on_alloc(size_t size)
{
	char *at = fx.place != NULL ? fx.place : fx.bump;

	inside();
	if (fx.grants == 0 || at + size > fx.area + FX_AREA ||
	    fx.narenas == FX_ARENAS) {
		fx.refused++;
		return NULL;
	}
	if (fx.grants > 0)
		fx.grants--;
	if (fx.allocs++ == 0 || size < fx.least)
		fx.least = size;
	fx.asked += size;
	if (fx.place == NULL)
		fx.bump = at + bits_align_up(size, 16) + fx.gap;
	fx.place = NULL;
	fx.arena[fx.narenas++] = (struct fx_piece){ at, size };
	return at;
}

static void
on_release(void *at, size_t size)
{
	if (fx.nreleased < FX_ARENAS)
		fx.released[fx.nreleased++] = (struct fx_piece){ at, size };
}

static void
on_lock(Pool *p)
{
	(void)p;
	fx.locks++;
	if (fx.depth++ != 0)
		fx.nested = true;
}

static void
on_unlock(Pool *p)
{
	(void)p;
	fx.depth--;
}

static void
on_print(Pool *p, const char *fmt, ...)
{
	size_t room = FX_TEXT - fx.len;
	va_list args;
	int n;

	(void)p;
	inside();
	fx.prints++;
	va_start(args, fmt);
	n = vsnprintf(fx.text + fx.len, room, fmt, args);
	va_end(args);
	fx.len += (size_t)n < room ? (size_t)n : room - 1;
}

static void
on_panic(Pool *p, const char *fmt, ...)
{
	va_list args;

	(void)p;
	inside();
	fx.panics++;
	va_start(args, fmt);
	vsnprintf(fx.why, sizeof(fx.why), fmt, args);
	va_end(args);
	if (fx.jump != NULL)
		longjmp(*fx.jump, 1);
}

void
fx_move(void *from, void *to)
{
	inside();
	if (fx.moves < FX_MOVES)
		fx.move[fx.moves] = (struct fx_pair){ from, to };
	fx.moves++;
}

int
fx_merge(void *low, void *high)
{
	inside();
	if (fx.merges < FX_ARENAS)
		fx.merge[fx.merges] = (struct fx_pair){ low, high };
	fx.merges++;
	return fx.merge_yes;
}

void
fx_logstack(Pool *p)
{
	(void)p;
	inside();
	if (fx.stacks < 64)
		fx.stack_at[fx.stacks] = fx.prints;
	fx.stacks++;
}

int
fx_begin(void **state)
{
	(void)state;
	memset(&fx, 0, sizeof(fx));
	fx.area = os_map(FX_AREA);
	if (fx.area == NULL)
		return -1;
	fx.bump = fx.area;
	fx.grants = -1;
	fx.gap = 4096;
	fx.pool.name = "fixture";
	fx.pool.minarena = 65536;
	fx.pool.alloc = on_alloc;
	fx.pool.release = on_release;
	fx.pool.lock = on_lock;
	fx.pool.unlock = on_unlock;
	fx.pool.print = on_print;
	fx.pool.panic = on_panic;
	return 0;
}

int
fx_end(void **state)
{
	(void)state;
	os_unmap(fx.area, FX_AREA);
	if (fx.panics != fx.expected)
		print_error("panics: %d, expected %d: %s\n", fx.panics,
		    fx.expected, fx.why);
	if (fx.depth != 0 || fx.nested || fx.outside)
		print_error("depth %d nested %d outside %d\n", fx.depth,
		    fx.nested, fx.outside);
	return fx.panics == fx.expected && fx.depth == 0 && !fx.nested &&
	    !fx.outside ? 0 : -1;
}

void
fx_panicked(const char *words)
{
	assert_int_equal(fx.panics, ++fx.expected);
	if (strstr(fx.why, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, fx.why);
}

void
fx_no_panic(void)
{
	if (fx.panics != fx.expected)
		fail_msg("panic: %s", fx.why);
}

void
fx_hush(void)
{
	fx.prints = 0;
	fx.len = 0;
	fx.text[0] = '\0';
}

bool
fx_said(const char *words)
{
	return strstr(fx.text, words) != NULL;
}

int
fx_count(const char *words)
{
	const char *at = fx.text;
	int n = 0;

	for (; (at = strstr(at, words)) != NULL; at += strlen(words))
		n++;
	return n;
}

void
fx_sound(void)
{
	poolcheck(&fx.pool);
	fx_no_panic();
}

size_t
fx_cost(size_t n)
{
	size_t before = fx.pool.curalloc, cost;
	void *v = poolalloc(&fx.pool, n);

	assert_non_null(v);
	cost = fx.pool.curalloc - before;
	poolfree(&fx.pool, v);
	return cost;
}

void
fx_write(void *v, size_t n, unsigned seed)
{
	uint8_t *b = v;

	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)(seed * 131 + i * 7 + (i >> 8));
}

void
fx_read(const void *v, size_t n, unsigned seed)
{
	const uint8_t *b = v;

	for (size_t i = 0; i < n; i++)
		if (b[i] != (uint8_t)(seed * 131 + i * 7 + (i >> 8)))
			fail_msg("byte %zu of %zu has changed", i, n);
}

static void
add_up(void *arg, void *data, size_t size, enum pool_kind kind)
{
	struct fx_tally *t = arg;

	(void)data;
	if (kind == POOL_BLOCK_ALLOC) {
		t->nalloc++;
		t->alloc += size;
	} else if (kind == POOL_BLOCK_FREE) {
		t->nfree++;
		if (size > t->largest_free)
			t->largest_free = size;
	} else
		t->ndead++;
}

struct fx_tally
fx_tally(void)
{
	struct fx_tally t = { 0 };

	poolwalk(&fx.pool, add_up, &t);
	return t;
}
