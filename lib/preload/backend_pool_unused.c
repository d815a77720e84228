/*
 * backend_pool_unused.c - bytes that a program asked for and never wrote.
 *
 * A block is full of fill that names it when it is given (bp_fill).  What still
 * stands there when it is freed, or when the process ends, was never written; nor
 * were pages that were fresh and are still zero.  Blocks that are given as
 * zeroes, and those with pages of their own, are not looked at.
 *
 * The sum belongs to the call path.  Its stack's node in the session has room
 * for it, which all processes share, so no record is written until the end.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_impl.h"

#include <string.h>

#include "base/bits.h"

#define UNUSED_MOST	0xf0000000u	/* words: what a node can hold */

/* How many words of [from, to) are word, in bytes. */
static uint64_t
words_equal(const char *from, const char *to, uint64_t word)
{
	bp_four should = { word, word, word, word }, sum = { 0 }, four;
	uint64_t n = 0, one;

	for (; to - from >= (ptrdiff_t)sizeof(four); from += sizeof(four)) {
		memcpy(&four, from, sizeof(four));
		sum -= (bp_four)(four == should);
	}
	for (; from < to; from += sizeof(one)) {
		memcpy(&one, from, sizeof(one));
		n += one == word;
	}
	return 8 * (n + sum[0] + sum[1] + sum[2] + sum[3]);
}

uint64_t
bp_unused(void *ptr)
{
	char *end = (char *)ptr + bits_align_down(bp_size(bp_header(ptr)), 8);
	char *at = (char *)bits_align_up(bp_fresh_of(ptr), bp_heap.page), *to;
	uint64_t n;

	n = words_equal(ptr, end < at ? end : at, bp_word(POOL_FILL_ALLOC, ptr));
	for (; at < end; at = to) {
		to = at + bp_heap.page < end ? at + bp_heap.page : end;
		if (words_equal(at, to, 0) == (uint64_t)(to - at))
			n += (uint64_t)(to - at);
	}
	return n;
}

void
bp_unused_add(uint32_t stack, uint64_t bytes)
{
	struct session_node *node;

	if (stack == 0 || bp_heap.session == NULL ||
	    stack >= session_nodes_max(bp_heap.session))
		return;
	node = &session_nodes(bp_heap.session)[stack];
	if (__atomic_load_n(&node->unused, __ATOMIC_RELAXED) < UNUSED_MOST)
		__atomic_fetch_add(&node->unused, (uint32_t)(bytes / 8),
		    __ATOMIC_RELAXED);
}

/* calloc's zeroes are what the program wanted. */
static bool
is_counted(uintptr_t ptr, uint64_t since)
{
	const struct bp_header *b = bp_header((void *)ptr);

	return *bp_state(ptr) == BP_LIVE && b->alloc_time != 0 &&
	    b->alloc_time >= since && bp_call(b) != TRACE_CALL_CALLOC &&
	    !bp_is_big((void *)ptr);
}

void
bp_unused_live(struct backend_thread *t, uint64_t since)
{
	struct bp_zone *z = &bp_heap.main;
	uintptr_t limit, p;

	if (!(bp_heap.flags & SESSION_FILL))
		return;
	bp_enter_main(t->tid);
	limit = __atomic_load_n(&z->limit, __ATOMIC_ACQUIRE);
	for (p = bp_next_block(z->start, limit); p != 0;
	    p = bp_next_block(p + POOL_GRAIN, limit))
		if (is_counted(p, since) && bp_header_is_sane(z, (void *)p))
			bp_unused_add(bp_header((void *)p)->alloc_stack,
			    bp_unused((void *)p));
	bp_leave_main();
}
