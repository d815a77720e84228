/*
 * mmalloc_inspect.c - the blocks of a heap file, damaged or not, from outside.
 *
 * A header's check depends on its address in the program, so it is computed
 * with the address and compared with the word in the mapping.  A word whose
 * check fits tells the size of its block even where its low bytes were
 * overrun: fence and kind are then a fault, and the walk goes on.  Where the
 * check does not fit, the next header is looked for at each place one can be;
 * it has 18 bits of its own to prove itself, and a size that must fit.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_inspect.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "alloc/mmalloc_impl.h"
#include "base/bits.h"
#include "base/os.h"

#define FIRST_BLOCK	(MMALLOC_ARENA + sizeof(struct pool_arena))

struct walk {
	const struct mmalloc_view *v;
	mmalloc_block_fn *block;
	mmalloc_fault_fn *fault;
	void *arg;
	size_t nfaults;
	uint64_t last;		/* data of the block just before, or 0 */
};

static int
view_fail(struct mmalloc_view *v, int error, const char *why)
{
	v->why = why;
	return error;
}

static int
view_judge(struct mmalloc_view *v)
{
	int error;

	if (v->size < sizeof(v->header))
		return view_fail(v, EILSEQ, "not a heap file");
	memcpy(&v->header, v->map, sizeof(v->header));
	error = mmalloc_header_check(&v->header, v->size, &v->why);
	if (error == EUCLEAN && v->header.sum ==
	    mmalloc_sum_constant(&v->header))
		v->open = true;
	else if (error != 0)
		return error;
	else {
		v->open = v->header.state != MMALLOC_CLEAN;
		v->why = NULL;
	}
	v->top = v->open ? v->size & ~(size_t)(POOL_OVERHEAD - 1) :
	    v->header.top;
	if (v->top > v->header.window)
		v->top = v->header.window;
	return 0;
}

int
mmalloc_inspect_open(struct mmalloc_view *v, int fd)
{
	struct stat st;
	long at;
	int error;

	memset(v, 0, sizeof(*v));
	if (fstat(fd, &st) != 0)
		return view_fail(v, errno, "it cannot be looked at");
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return view_fail(v, EILSEQ, "not a heap file");
	v->size = (size_t)st.st_size;
	at = os_map_at(NULL, v->size, PROT_READ, MAP_SHARED, fd, 0);
	if (at > -4096 && at < 0)
		return view_fail(v, (int)-at, "it cannot be mapped");
	v->map = (const uint8_t *)at;
	error = view_judge(v);
	if (error != 0)
		os_unmap((void *)v->map, v->size);
	return error;
}

void
mmalloc_inspect_close(struct mmalloc_view *v)
{
	os_unmap((void *)v->map, v->size);
	v->map = NULL;
}

static struct pool_header *
view_at(const struct mmalloc_view *v, size_t off)
{
	return (struct pool_header *)(v->map + off);
}

/* Where the program sees it.  Not to be followed. */
static const struct pool_header *
view_as(const struct mmalloc_view *v, size_t off)
{
	return (const struct pool_header *)(uintptr_t)(v->header.base + off);
}

static void
tell(struct walk *w, const struct mmalloc_fault *f)
{
	w->nfaults++;
	if (w->fault != NULL)
		w->fault(w->arg, f);
}

static void
fault(struct walk *w, size_t off, size_t size, const char *what)
{
	tell(w, &(struct mmalloc_fault){ .off = off, .size = size,
	    .what = what });
}

/* A byte that should be what it is no more. */
static void
fault_byte(struct walk *w, size_t off, uint64_t block, uint8_t should,
    const char *what)
{
	tell(w, &(struct mmalloc_fault){ .off = off, .what = what,
	    .block = block, .is = w->v->map[off], .should = should });
}

/* Does a block with this word, its low two bytes aside, fit at off? */
static bool
word_fits(const struct mmalloc_view *v, size_t off, uint64_t word)
{
	size_t size = pool_word_size(word), room = v->top - off;

	return pool_word_is_sound(view_as(v, off),
	    (word & ~(uint64_t)0xff) | POOL_FENCE) && room > POOL_OVERHEAD &&
	    size >= POOL_MINBLOCK && size <= room - POOL_OVERHEAD;
}

static bool
is_edge(const struct mmalloc_view *v, size_t off, uint64_t word)
{
	return pool_word_is_sound(view_as(v, off),
	    (word & ~(uint64_t)0xff) | POOL_FENCE) &&
	    pool_word_kind(word) == POOL_KIND_EDGE &&
	    pool_word_size(word) == 0 &&
	    (v->open ? (off + POOL_OVERHEAD) % MMALLOC_UNIT == 0 :
	    off + POOL_OVERHEAD == v->top);
}

static bool
is_kind(uint64_t word)
{
	unsigned kind = pool_word_kind(word);

	return kind >= POOL_KIND_FREE && kind <= POOL_KIND_DEAD;
}

static size_t
resync(const struct mmalloc_view *v, size_t off)
{
	for (off += POOL_MINBLOCK; off + POOL_OVERHEAD < v->top;
	    off += POOL_GRAIN) {
		uint64_t word = pool_word(view_at(v, off));

		if ((word & 0xff) == POOL_FENCE && is_kind(word) &&
		    word_fits(v, off, word))
			return off;
		if (is_edge(v, off, word))
			return off;
	}
	return v->top - POOL_OVERHEAD;
}

static void
look_fence(struct walk *w, size_t off, uint64_t word)
{
	if ((word & 0xff) != POOL_FENCE)
		fault_byte(w, off, w->last, POOL_FENCE,
		    "the block before was overrun");
}

static void
look_alloc(struct walk *w, struct mmalloc_block *b)
{
	struct pool_header *h = view_at(w->v, b->off);
	struct pool_user u;
	uint8_t *wrong;

	if (!pool_user_read(h, view_as(w->v, b->off), &u)) {
		fault(w, b->off + b->block_size - sizeof(uint64_t), 0,
		    "the end of a block is overwritten");
		return;
	}
	b->addr += u.skip;
	b->size = u.size;
	wrong = pool_user_wrong(h, &u);
	if (wrong != NULL)
		fault_byte(w, (size_t)(wrong - w->v->map), b->addr,
		    pool_guard_byte(wrong),
		    "a guard byte of a block is overwritten");
}

static void
look_free(struct walk *w, const struct mmalloc_block *b)
{
	size_t at = b->off + b->block_size - sizeof(struct pool_links);
	const struct pool_links *as =
	    (const struct pool_links *)(uintptr_t)(w->v->header.base + at);
	uint64_t footer;

	memcpy(&footer, w->v->map + at + offsetof(struct pool_links, footer),
	    sizeof(footer));
	if (!w->v->open && le64toh(footer) !=
	    pool_footer_make(as, b->block_size))
		fault(w, at, 0, "the end of a free block is overwritten");
}

/* The block at off, whose word fits; where the next one is. */
static size_t
walk_block(struct walk *w, size_t off, uint64_t word)
{
	struct mmalloc_block b = {
		.addr = w->v->header.base + off + POOL_OVERHEAD,
		.off = off,
		.block_size = pool_word_size(word),
		.kind = pool_word_kind(word),
	};

	b.size = b.block_size - POOL_OVERHEAD;
	look_fence(w, off, word);
	if (!is_kind(word)) {
		fault(w, off, 0, "the kind of a block is overwritten");
		b.kind = POOL_KIND_ALLOC;
	} else if (b.kind == POOL_KIND_ALLOC)
		look_alloc(w, &b);
	else if (b.kind == POOL_KIND_FREE)
		look_free(w, &b);
	w->last = b.kind == POOL_KIND_ALLOC ? b.addr : 0;
	if (w->block != NULL)
		w->block(w->arg, &b);
	return off + b.block_size;
}

static void
walk_arena(struct walk *w)
{
	const struct mmalloc_view *v = w->v;
	const struct pool_arena *a =
	    (const struct pool_arena *)(v->map + MMALLOC_ARENA);
	size_t off = FIRST_BLOCK, next;

	if (a->magic != (POOL_MAGIC_ARENA ^ (v->header.base + MMALLOC_ARENA)))
		fault(w, MMALLOC_ARENA, 0, "the arena's magic is overwritten");
	while (off + POOL_OVERHEAD <= v->top) {
		uint64_t word = pool_word(view_at(v, off));

		if (is_edge(v, off, word)) {
			look_fence(w, off, word);
			return;
		}
		if (word_fits(v, off, word)) {
			off = walk_block(w, off, word);
			continue;
		}
		next = resync(v, off);
		fault(w, off, next - off, "the header of a block is "
		    "overwritten");
		w->last = 0;
		if (next <= off || next + POOL_OVERHEAD >= v->top)
			return;
		off = next;
	}
}

size_t
mmalloc_inspect_walk(const struct mmalloc_view *v, mmalloc_block_fn *block,
    mmalloc_fault_fn *fn, void *arg)
{
	struct walk w = { v, block, fn, arg, 0, 0 };

	if (v->top > FIRST_BLOCK && v->header.state != MMALLOC_FRESH)
		walk_arena(&w);
	return w.nfaults;
}
