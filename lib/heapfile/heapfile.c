/*
 * heapfile.c - the blocks of a heap file, one after the other, and damage.
 *
 * The chain of headers is followed from the first block to the edge.  A header
 * is believed when its fence and its check fit its address and its size, and
 * its block ends in the file.  If only the fence is wrong, the block before was
 * overrun and the header is as good as ever.  If more is wrong the walk looks on
 * in steps of 16 bytes for a header whose right neighbour is sound as well, and
 * the bytes between are lost.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "heapfile/heapfile_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/mmalloc_layout.h"
#include "alloc/pool_impl.h"

struct walk {
	struct heapfile *hf;
	const char *end;	/* of what is mapped */
	bool no_memory;
};

void *
heapfile_more(void *array, size_t n, size_t element)
{
	/* Grown at powers of two, so an array needs no word for its room. */
	if ((n & (n - 1)) != 0)
		return array;
	return reallocarray(array, n == 0 ? 1 : 2 * n, element);
}

static void __attribute__((format(printf, 5, 6)))
add_fault(struct walk *w, const void *at, uint64_t block, const char *kind,
    const char *fmt, ...)
{
	struct heapfile *hf = w->hf;
	struct heapfile_fault *f = heapfile_more(hf->faults, hf->nfaults,
	    sizeof(*f));
	va_list ap;

	if (f == NULL) {
		w->no_memory = true;
		return;
	}
	hf->faults = f;
	f += hf->nfaults++;
	f->address = (uintptr_t)at;
	f->block = block;
	f->kind = kind;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

static void
add_block(struct walk *w, const struct heapfile_block *b)
{
	struct heapfile *hf = w->hf;
	struct heapfile_block *more = heapfile_more(hf->blocks, hf->nblocks,
	    sizeof(*more));

	if (more == NULL) {
		w->no_memory = true;
		return;
	}
	hf->blocks = more;
	more[hf->nblocks++] = *b;
}

enum header_state { HEADER_BAD, HEADER_FENCE, HEADER_EDGE, HEADER_GOOD };

/* Never reads outside what is mapped. */
static enum header_state
header_judge(const struct walk *w, const struct pool_header *h)
{
	uint64_t word, mended;
	size_t size;

	if ((size_t)(w->end - (const char *)h) < sizeof(*h))
		return HEADER_BAD;
	word = pool_word(h);
	mended = (word & ~(uint64_t)0xff) | POOL_FENCE;
	size = pool_word_size(word);
	if (!pool_word_is_sound(h, mended))
		return HEADER_BAD;
	if (pool_word_kind(word) == POOL_KIND_EDGE && size == 0)
		return word == mended ? HEADER_EDGE : HEADER_FENCE;
	if (pool_word_kind(word) < POOL_KIND_FREE ||
	    pool_word_kind(word) > POOL_KIND_DEAD || size < POOL_MINBLOCK ||
	    size > (size_t)(w->end - (const char *)h) - sizeof(*h))
		return HEADER_BAD;
	return word == mended ? HEADER_GOOD : HEADER_FENCE;
}

/* The next header that is sound and has a sound one behind it; or NULL. */
static struct pool_header *
find_on(struct walk *w, struct pool_header *from)
{
	char *at = (char *)from + POOL_GRAIN;

	for (; w->end - at >= (ptrdiff_t)sizeof(*from); at += POOL_GRAIN) {
		struct pool_header *h = (struct pool_header *)at;
		enum header_state s = header_judge(w, h);

		if (s == HEADER_EDGE || (s == HEADER_GOOD &&
		    header_judge(w, pool_right(h)) != HEADER_BAD))
			return h;
	}
	return NULL;
}

/* Bytes of the user's, and their guard. */
static void
take_used(struct walk *w, struct pool_header *h, struct heapfile_block *b)
{
	struct pool_user u;
	uint8_t *wrong;

	if (!pool_user_get(h, &u)) {
		b->size = pool_room(h);
		add_fault(w, (char *)pool_right(h) - 8, b->address,
		    "heap-overrun", "the trailer of the block is damaged");
		return;
	}
	b->address += u.skip;
	b->size = u.size;
	b->skip = (uint32_t)u.skip;
	wrong = pool_user_wrong(h, &u);
	if (wrong != NULL)
		add_fault(w, wrong, b->address, (uintptr_t)wrong < b->address ?
		    "heap-underrun" : "heap-overrun",
		    "offset %lld of a block of %llu bytes is %02x, not %02x",
		    (long long)((uintptr_t)wrong - b->address),
		    (unsigned long long)b->size, *wrong,
		    pool_guard_byte(wrong));
}

static void
take_block(struct walk *w, struct pool_header *h)
{
	struct heapfile_block b = { .address = (uintptr_t)pool_data(h),
		.class = HEAPFILE_FREE };
	unsigned kind = pool_word_kind(pool_word(h));

	if (kind == POOL_KIND_ALLOC) {
		b.class = HEAPFILE_UNMARKED;
		take_used(w, h, &b);
	} else
		b.size = pool_room(h);
	add_block(w, &b);
}

/* The fence before h is overwritten: by the block before, if there is one. */
static void
tell_fence(struct walk *w, struct pool_header *h)
{
	struct heapfile *hf = w->hf;
	struct heapfile_block *b = hf->nblocks == 0 ? NULL :
	    &hf->blocks[hf->nblocks - 1];

	if (b == NULL || b->address + b->size > (uintptr_t)h)
		add_fault(w, h, 0, "corrupt-heap",
		    "the first byte of a header is %02x, not %02x",
		    *(uint8_t *)h, POOL_FENCE);
	else
		add_fault(w, h, b->address, "heap-overrun",
		    "offset %llu of a block of %llu bytes is %02x, not %02x",
		    (unsigned long long)((uintptr_t)h - b->address),
		    (unsigned long long)b->size, *(uint8_t *)h, POOL_FENCE);
}

static void
walk_blocks(struct walk *w, struct pool_header *h)
{
	while (h != NULL && !w->no_memory) {
		enum header_state s = header_judge(w, h);
		struct pool_header *next;

		if (s == HEADER_BAD) {
			next = find_on(w, h);
			w->hf->lost += (size_t)((next == NULL ? w->end :
			    (char *)next) - (char *)h);
			add_fault(w, h, 0, "corrupt-heap", next == NULL ?
			    "no header here, nor behind: stopped" :
			    "lost: no header here, scanning forward");
			h = next;
			continue;
		}
		if (s == HEADER_FENCE)
			tell_fence(w, h);
		if (pool_word_kind(pool_word(h)) == POOL_KIND_EDGE)
			return;
		take_block(w, h);
		h = pool_right(h);
	}
}

static void
check_arena(struct walk *w, const struct pool_arena *a)
{
	if (a->magic != (POOL_MAGIC_ARENA ^ (uintptr_t)a))
		add_fault(w, a, 0, "corrupt-heap",
		    "the header of the arena is damaged");
	if (w->hf->top > w->hf->mapped)
		add_fault(w, w->end, 0, "corrupt-heap",
		    "the file ends here, %llu bytes too early",
		    (unsigned long long)(w->hf->top - w->hf->mapped));
}

int
heapfile_walk(struct heapfile *hf)
{
	struct walk w = { .hf = hf, .end = hf->map + hf->mapped };
	struct pool_arena *a = (struct pool_arena *)(uintptr_t)
	    (hf->map + MMALLOC_ARENA);

	if (hf->mapped < MMALLOC_ARENA + POOL_ARENA_OVERHEAD)
		return 0;	/* a heap without a block */
	check_arena(&w, a);
	walk_blocks(&w, pool_arena_first(a));
	return w.no_memory ? -1 : 0;
}
