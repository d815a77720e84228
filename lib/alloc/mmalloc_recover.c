/*
 * mmalloc_recover.c - a heap whose program died between two stores.
 *
 * The promise.  A process that attaches a file may be killed at any moment.  A
 * process that attaches it afterwards finds every block that was allocated and
 * not freed, with what was written into it, at its address; a call that was
 * under way has happened or has not.  A block that was being resized is there
 * in its old place and size or in its new, with the contents that both have in
 * common.  (The kernel's dying is another matter: the pages of a file reach the
 * disk in no order.)
 *
 * The mechanism is no journal, but that one thing is always true: the chain of
 * block headers.  A header is one word and the chain changes in one store at a
 * time: what a store makes part of the chain was written before it, contents
 * included (pool_block.c, pool_realloc.c in an ordered pool, mmalloc_arena.c
 * for the end).  The stores of a dead process that came before the last one it
 * made are all in the pages of the file, in that order; another thread's are of
 * blocks of its own or came before it gave up the lock.  Everything else is
 * derived, and what is derived is made anew here: the end of the arena from the
 * chain, free neighbours are joined, then bins, tree, footers, left bits and
 * sums (pool_rebuild.c).  Keys are single stores.  The state of the header is
 * OPEN from before the first change to after the last, so a file that needs
 * this says so.
 *
 * Until the chain has been walked to its end nothing is written: a heap that is
 * refused (EUCLEAN: a stray pointer hit a header) is as its program left it,
 * and mmalloc_inspect.c finds what is intact.  Being killed in here is no
 * different: joining is one store for each step, and the file stays OPEN.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_impl.h"

#include <errno.h>

size_t
mmalloc_chain_end(const char *base, size_t size)
{
	const struct pool_arena *a =
	    (const struct pool_arena *)(base + MMALLOC_ARENA);
	size_t off = MMALLOC_ARENA + sizeof(*a), n;

	if (a->magic != (POOL_MAGIC_ARENA ^ (uintptr_t)a))
		return 0;
	for (; off + sizeof(struct pool_header) <= size; off += n) {
		const struct pool_header *h =
		    (const struct pool_header *)(base + off);
		uint64_t word = pool_word(h);
		unsigned kind = pool_word_kind(word);

		n = pool_word_size(word);
		if (!pool_word_is_sound(h, word))
			return 0;
		if (kind == POOL_KIND_EDGE) {
			off += sizeof(*h);
			return off % MMALLOC_UNIT == 0 ? off : 0;
		}
		if (kind < POOL_KIND_FREE || kind > POOL_KIND_DEAD ||
		    n < POOL_MINBLOCK || n > size - off)
			return 0;
	}
	return 0;
}

int
mmalloc_recover(struct mmalloc_region *r)
{
	struct pool_arena *a = region_arena(r);
	size_t top = mmalloc_chain_end(r->base, r->mapped);
	void *where;

	if (top == 0)
		return EUCLEAN;
	header_store(&region_header(r)->state, MMALLOC_OPEN);
	a->size = a->given = top - MMALLOC_ARENA;
	header_store(&region_header(r)->top, top);
	if (top < r->mapped)
		region_shrink(r, top);
	pool_arena_link_l(&r->pool, a);
	return pool_rebuild_l(&r->pool, &where) == NULL ? 0 : EUCLEAN;
}
