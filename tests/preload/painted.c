/*
 * painted.c - how much of its caller's stack does a call take?
 *
 * Calls are made on a stack of ours that was painted before; what lost its
 * paint was used.  Prints the deepest, answers 1 when that is above LIMIT
 * bytes.  A first round warms up: binding of names, first chunks.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define PAINT	0x5a
#define ROOM	(64 << 10)

static unsigned char stack[ROOM] __attribute__((aligned(64)));
static ucontext_t back;
static ucontext_t there;
static void *volatile p;
static char *volatile mark;	/* where the stack stood before the call */
static void (*work)(void);

static void do_malloc(void) { p = malloc(100); }
static void do_free(void) { free(p); }
static void do_calloc(void) { p = calloc(3, 100); }
static void do_realloc(void) { p = realloc(p, 5000); }
static void do_realloc_large(void) { p = realloc(p, 900000); }
static void do_memalign(void) { p = memalign(256, 100); }
static void do_usable(void) { (void)malloc_usable_size(p); }
static char spare[200];
static void do_memcpy(void) { memcpy(p, spare, 100); }
static void do_memcpy_told(void) { memcpy(spare, p, 101); }
static void do_strnlen(void) { spare[0] = (char)strnlen(p, 50); }
static void do_strcmp(void) { spare[0] = (char)strcmp(p, spare + 100); }
static void do_large(void) { p = malloc(3000000); }

static const struct {
	const char *name;
	void (*work)(void);
} works[] = {
	{ "malloc", do_malloc }, { "usable", do_usable },
	{ "memcpy", do_memcpy }, { "memcpy, told", do_memcpy_told },
	{ "strnlen", do_strnlen }, { "strcmp", do_strcmp },
	{ "realloc", do_realloc }, { "realloc, large", do_realloc_large },
	{ "free", do_free }, { "calloc", do_calloc }, { "free", do_free },
	{ "memalign", do_memalign }, { "free", do_free },
	{ "malloc, large", do_large }, { "free, large", do_free },
};

static void __attribute__((noinline))
enter(void)
{
	char here;

	mark = &here;
	work();
}

static size_t
used(void)
{
	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = ROOM;
	there.uc_link = &back;
	memset(stack, PAINT, ROOM);
	makecontext(&there, enter, 0);
	swapcontext(&back, &there);
	for (size_t i = 0; i < ROOM; i++)
		if (stack[i] != PAINT)
			return (size_t)(mark - (char *)&stack[i]);
	return 0;
}

int
main(int argc, char **argv)
{
	size_t limit = argc > 1 ? (size_t)atoi(argv[1]) : 1024;
	size_t worst = 0, n;

	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
			work = works[i].work;
			n = used();
			if (round == 0 || n <= worst)
				continue;
			worst = n;
			printf("%zu bytes in %s\n", n, works[i].name);
		}
	}
	return worst > limit;
}
