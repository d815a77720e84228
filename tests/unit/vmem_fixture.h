/*
 * vmem_fixture.h - what the tests of vmem arenas share.
 *
 * Whether an arena has magazines must make no difference but in speed, so a
 * test gets the number of quanta that they keep as its state, and BOTH runs it
 * without and with all of them.  Where a test counts what is allocated, settle
 * empties them first.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_TESTS_VMEM_FIXTURE_H
#define PW_TESTS_VMEM_FIXTURE_H

#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "alloc/vmem_impl.h"
#include "base/check.h"

#define Q	((size_t)0x1000)
#define FIRST	(VMEM_NOWAIT | VMEM_FIRSTFIT)
#define BEST	(VMEM_NOWAIT | VMEM_BESTFIT)
#define NEXT	(VMEM_NOWAIT | VMEM_NEXTFIT)
#define TOP	VMEM_ADDR_MAX
#define UNUSED	__attribute__((unused))

static UNUSED size_t kept_none = 0, kept_all = 16;

#define ALONE(f)	{ #f, f, NULL, NULL, &kept_none }
#define CACHED(f)	{ #f, f, NULL, NULL, &kept_all }
#define BOTH(f)		ALONE(f), { #f " with magazines", f, NULL, NULL, \
			    &kept_all }

void
check_failed(const char *what, const char *file, int line)
{
	print_error("%s:%d: %s\n", file, line, what);
	abort();
}

/* An arena of quantum q with the magazines that the state asks for. */
static UNUSED vmem_t *
arena_of(void **state, uintptr_t base, size_t size, size_t q)
{
	vmem_t *vm = vmem_create("test", base, size, q,
	    *(size_t *)*state * q, VMEM_NOWAIT);

	assert_non_null(vm);
	return vm;
}

static UNUSED vmem_t *
arena(void **state, uintptr_t base, size_t size)
{
	return arena_of(state, base, size, Q);
}

static UNUSED void
sound(vmem_t *vm)
{
	const char *wrong = vmem_check(vm);

	if (wrong != NULL)
		fail_msg("invariant %s does not hold", wrong);
}

static UNUSED void
nobody(void *arg, vmem_addr_t at, vmem_size_t size, int kind)
{
	(void)arg;
	(void)at;
	(void)size;
	(void)kind;
}

/* A walk empties the magazines. */
static UNUSED void
settle(vmem_t *vm)
{
	vmem_walk(vm, 0, nobody, NULL);
	sound(vm);
}

static UNUSED size_t
allocated(vmem_t *vm)
{
	settle(vm);
	return vmem_size(vm, VMEM_ALLOC);
}

static UNUSED size_t
total(vmem_t *vm)
{
	return vmem_size(vm, VMEM_ALLOC | VMEM_FREE);
}

static UNUSED vmem_addr_t
take(vmem_t *vm, size_t size, int flags)
{
	vmem_addr_t a;

	assert_int_equal(vmem_alloc(vm, size, flags, &a), 0);
	return a;
}

static char heard[64];		/* the last complaint */
static unsigned complaints;

static UNUSED void
hear(vmem_t *vm, vmem_addr_t addr, vmem_size_t size, const char *text)
{
	(void)vm;
	(void)addr;
	(void)size;
	complaints++;
	snprintf(heard, sizeof(heard), "%s", text);
}

/* Nothing was wrong, nothing is left. */
static UNUSED void
done(vmem_t *vm)
{
	assert_int_equal(allocated(vm), 0);
	vmem_destroy(vm);
}

/* The tests' own, so that a seed means the same everywhere. */
static UNUSED uint64_t dice_state;

static UNUSED size_t
dice(size_t n)
{
	dice_state = dice_state * 6364136223846793005u +
	    1442695040888963407u;
	return (size_t)(dice_state >> 33) % n;
}

static UNUSED void
dice_seed(void)
{
	const char *word = getenv("SEED");
	unsigned long seed = word != NULL ? strtoul(word, NULL, 0) :
	    (unsigned long)time(NULL);

	print_message("seed %lu\n", seed);
	dice_state = seed;
}

#endif
