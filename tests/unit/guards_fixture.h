/*
 * guards_fixture.h - a heap in which every block is guarded, for its tests.
 *
 * What the hardware has to say is heard by a handler that jumps out of the fault.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_GUARDS_FIXTURE_H
#define PW_GUARDS_FIXTURE_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "base/os.h"
#include "preload/backend_pool_pages.h"

#define PAGE	((size_t)os_page_size())

void
check_failed(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

static const struct backend *const heap = &backend_pool;
static _Thread_local struct backend_thread self;

PW_UNUSED static struct backend_thread *
me(void)
{
	if (self.tid == 0)
		self.tid = (uint32_t)os_gettid();
	return &self;
}

PW_UNUSED static void *
take_as(size_t size, size_t align, unsigned call)
{
	struct backend_request r = {
		.size = size, .align = align, .call = call,
		.zero = call == TRACE_CALL_CALLOC,
	};
	void *p = heap->take(me(), &r);

	if (p != NULL)
		heap->note(p, 11, 12, 13);
	return p;
}

PW_UNUSED static void *
take(size_t size)
{
	void *p = take_as(size, 0, TRACE_CALL_MALLOC);

	assert_non_null(p);
	assert_true(bp_is_guarded(p));
	return p;
}

PW_UNUSED static struct backend_claim
free_as(void *p, unsigned call, bool nested)
{
	struct backend_claim c = { .ptr = p, .call = call, .nested = nested };

	heap->claim(me(), &c);
	if (!c.bad)
		heap->give(me(), &c, 21, 22, 23);
	return c;
}

PW_UNUSED static struct backend_claim
give(void *p)
{
	return free_as(p, TRACE_CALL_FREE_CALL, false);
}

PW_UNUSED static void
give_clean(void *p)
{
	struct backend_claim c = give(p);

	assert_false(c.bad);
	assert_false(c.findings);
}

/* --- faults ----------------------------------------------------------- */

static sigjmp_buf faulted;
static uintptr_t fault_at;

PW_UNUSED static void
on_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	fault_at = (uintptr_t)info->si_addr;
	siglongjmp(faulted, 1);
}

/* Read, or write, the byte: did it fault, there? */
PW_UNUSED static bool
faults(volatile char *at, bool write)
{
	struct sigaction act = { .sa_sigaction = on_fault,
	    .sa_flags = SA_SIGINFO };

	/* Before each: cmocka takes the signal for itself. */
	sigaction(SIGSEGV, &act, NULL);
	fault_at = 0;
	if (sigsetjmp(faulted, 1) != 0)
		return fault_at == (uintptr_t)at;
	if (write)
		*at = 1;
	else
		(void)*at;
	return false;
}

PW_UNUSED static void
assert_fault(char *p, long offset, bool write, unsigned kind, size_t size)
{
	struct trace_error e;

	assert_true(faults(p + offset, write));
	assert_true(bp_guarded_fault((uintptr_t)p + (uintptr_t)offset, write,
	    &e));
	assert_int_equal(e.kind, kind);
	assert_int_equal(e.access, write ? TRACE_ACCESS_WRITE :
	    TRACE_ACCESS_READ);
	assert_int_equal(e.found, TRACE_FOUND_AT_FAULT);
	assert_ptr_equal(e.block, p);
	assert_int_equal(e.offset, offset);
	assert_int_equal(e.size, size);
	assert_int_equal(e.alloc_stack, 11);
	if (kind == TRACE_ERROR_USE_AFTER_FREE) {
		assert_int_equal(e.free_stack, 21);
		assert_int_equal(e.free_tid, 22);
		assert_int_equal(e.free_time, 23);
	}
}

PW_UNUSED static int
start(void **state)
{
	static struct session_header session = {
		.flags = SESSION_FILL, .guard_rate = 1,
		.guard_memory = 64 << 20,
	};

	(void)state;
	return heap->start(&session);
}

#endif
