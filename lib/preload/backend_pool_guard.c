/*
 * backend_pool_guard.c - the bytes of one block: header, guards, fill.
 *
 * Guards and fills are 8-byte words that name the block.  Data begins at
 * multiples of 16, so the byte expected at an address depends on its low three
 * bits alone, and whole words can be compared.
 *
 * Fill and zeroes stop at `fresh`: pages from there on have never been handed
 * out.  They read as zero, and touching them would make a program that asks for
 * much and uses little as large as it asked for.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_pool_impl.h"

#include <string.h>

#include "base/bits.h"

void
bp_guard_set(void *ptr, size_t size)
{
	uint64_t *w = (uint64_t *)((char *)ptr + (size & ~(size_t)7));
	uint64_t *end = (uint64_t *)((char *)ptr + bp_cap(ptr));
	uint64_t guard = bp_guard_word(ptr), mask = bp_word_from(size & 7);

	bp_header(ptr)->guard = guard;
	*w = (*w & ~mask) | (guard & mask);
	while (++w < end)
		*w = guard;
}

/* [from, to), multiples of 8, with one word. */
static void
fill_words(char *from, char *to, uint64_t word)
{
	bp_four four = { word, word, word, word };

	for (; to - from >= (ptrdiff_t)sizeof(four); from += sizeof(four))
		memcpy(from, &four, sizeof(four));
	for (; from < to; from += sizeof(word))
		memcpy(from, &word, sizeof(word));
}

/*
 * Fill the data bytes [from, size), but no more than BP_FILL_MAX at either end
 * and nothing of pages that are fresh.  Bytes of the last word that are behind
 * size are guards; they are set afterwards.
 */
void
bp_fill(void *ptr, size_t from, size_t size, unsigned signature,
    uintptr_t fresh)
{
	char *at = (char *)ptr + bits_align_up(from, 8);
	char *end = (char *)ptr + bits_align_up(size, 8);
	uint64_t word = bp_word(signature, ptr);
	char *old = (char *)bits_align_up(fresh, bp_heap.page);
	char *used = end < old ? end : old;

	if ((size_t)(end - at) <= 2 * BP_FILL_MAX || at >= end) {
		fill_words(at, used, word);
		return;
	}
	fill_words(at, used < at + BP_FILL_MAX ? used : at + BP_FILL_MAX, word);
	fill_words(end - BP_FILL_MAX, used, word);
}

/* Has the page, or a part of one, been written to?  Reading gives it none. */
static bool
is_zero(const char *from, const char *to)
{
	bp_four sum = { 0 }, four;
	uint64_t word, rest = 0;

	for (; to - from >= (ptrdiff_t)sizeof(four); from += sizeof(four)) {
		memcpy(&four, from, sizeof(four));
		sum |= four;
	}
	for (; from < to; from += sizeof(word)) {
		memcpy(&word, from, sizeof(word));
		rest |= word;
	}
	return (sum[0] | sum[1] | sum[2] | sum[3] | rest) == 0;
}

/*
 * A freed block, smaller than BP_BIG, is filled; pages of it that were fresh and
 * are still zero stay so, and what checks them knows both.
 */
void
bp_fill_freed(void *ptr, size_t size, uintptr_t fresh)
{
	char *end = (char *)ptr + bits_align_up(size, 8), *to;
	char *at = (char *)bits_align_up(fresh, bp_heap.page);
	uint64_t word = bp_word(POOL_FILL_FREE, ptr);

	bp_fill(ptr, 0, size, POOL_FILL_FREE, fresh);
	for (; at < end; at = to) {
		to = at + bp_heap.page < end ? at + bp_heap.page : end;
		if (!is_zero(at, to))
			fill_words(at, to, word);
	}
}

static void
present_zero(void *ptr, size_t size, uintptr_t fresh)
{
	uintptr_t at = (uintptr_t)ptr;

	if (fresh > at)
		memset(ptr, 0, size < fresh - at ? size : fresh - at);
}

/* Remember where the untouched part of a block begins. */
void
bp_fresh_note(void *ptr, uintptr_t fresh)
{
	uintptr_t at = (uintptr_t)ptr;
	uint64_t grains = 0;

	if (fresh < at + bp_cap(ptr))
		grains = fresh <= at ? 1 :
		    bits_align_up(fresh - at, POOL_GRAIN) / POOL_GRAIN;
	bp_set_fresh(bp_header(ptr), grains);
}

/* Make ptr what was asked for, and live. */
void
bp_present(void *ptr, const struct backend_request *req, uintptr_t fresh)
{
	struct bp_header *b = bp_header(ptr);
	uint64_t align = req->align == 0 ? 0 : bits_log2_floor(req->align);

	b->what = req->size | (uint64_t)req->call << BP_WHAT_CALL |
	    align << BP_WHAT_ALIGN;
	/* What tells of a free is written when it is freed. */
	b->alloc_stack = 0;
	b->alloc_time = b->who = 0;
	bp_fresh_note(ptr, fresh);
	if (req->zero)
		present_zero(ptr, req->size, fresh);
	else if (bp_heap.flags & SESSION_FILL)
		bp_fill(ptr, 0, req->size, POOL_FILL_ALLOC, fresh);
	bp_guard_set(ptr, req->size);
	bp_set_state((uintptr_t)ptr, BP_LIVE);
}
