/*
 * mmalloc_repair.c - a heap file that is refused, made fit to be attached.
 *
 * The chain of headers is closed where it is broken (mmalloc_inspect.c says
 * where): what lies between a header that is gone and the next sound one is one
 * block that is nobody's and is never used again (QUICK: a dead one would
 * have to be junk, and its bytes may be wanted); a header whose low bytes alone
 * were overrun gets them back; a block whose guards are gone has its slack too.
 * Then the file says OPEN, and the next attach makes the rest anew.  A sound
 * block is not touched.
 *
 * Each step is one store, and the file stays one that repair can be tried on.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "alloc/mmalloc_impl.h"
#include "base/bits.h"
#include "base/os.h"

struct repair {
	int fd;
	uint64_t base;
	uint64_t top;		/* where the file ends, in units */
	int n;			/* words written */
	int error;
	uint64_t wrong;		/* fault in the block that is told next; 0 */
};

static void
put_word(struct repair *r, uint64_t off, uint64_t word)
{
	word = htole64(word);
	if (r->error != 0)
		return;
	if (os_write_at(r->fd, &word, sizeof(word), (off_t)off) !=
	    (ssize_t)sizeof(word))
		r->error = EIO;
	else
		r->n++;
}

static void
put_block(struct repair *r, uint64_t off, size_t size,
    enum pool_block_kind kind)
{
	const struct pool_header *as = (const struct pool_header *)(uintptr_t)
	    (r->base + off);

	put_word(r, off, pool_word_make(as, size, kind, 0, false));
}

/* Bytes that belong to no block, up to the next one or to the end. */
static void
bury(struct repair *r, uint64_t off, size_t size)
{
	uint64_t end = off + size;

	if (end + POOL_OVERHEAD >= r->top) {
		end = r->top - POOL_OVERHEAD;
		put_block(r, end, 0, POOL_KIND_EDGE);
	}
	if (end - off >= POOL_MINBLOCK)
		put_block(r, off, end - off, POOL_KIND_QUICK);
}

static void
on_fault(void *arg, const struct mmalloc_fault *f)
{
	struct repair *r = arg;

	if (f->off == MMALLOC_ARENA)
		put_word(r, MMALLOC_ARENA, POOL_MAGIC_ARENA ^
		    (r->base + MMALLOC_ARENA));
	else if (f->size != 0)
		bury(r, f->off, f->size);
	else
		r->wrong = f->off;
}

/* A block's faults are told before it; all of it is its user's then. */
static void
on_block(void *arg, const struct mmalloc_block *b)
{
	struct repair *r = arg;

	if (r->wrong != 0 && b->kind != POOL_KIND_FREE)
		put_block(r, b->off, b->block_size, b->kind);
	else if (r->wrong == b->off)
		put_block(r, b->off, b->block_size, POOL_KIND_FREE);
	r->wrong = 0;
}

/* The size of the file to work on: where it was cut off, an end has room. */
static uint64_t
whole_size(const struct mmalloc_header *h, uint64_t size)
{
	bool cut = h->state == MMALLOC_CLEAN && h->top > size;

	return cut || size % MMALLOC_UNIT != 0 ?
	    bits_align_up(size + POOL_MINBLOCK + POOL_OVERHEAD, MMALLOC_UNIT) :
	    size;
}

/* Nothing derived is to be believed. */
static int
say_open(struct repair *r)
{
	struct mmalloc_header h;
	struct stat st;
	uint64_t state = MMALLOC_OPEN;
	const char *why;
	int error = 0;

	if (fstat(r->fd, &st) != 0)
		return errno;
	if (st.st_size < (off_t)MMALLOC_ARENA ||
	    os_read_at(r->fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h))
		return EILSEQ;
	r->top = whole_size(&h, (uint64_t)st.st_size);
	h.state = MMALLOC_OPEN;
	error = mmalloc_header_check(&h, r->top, &why);
	if (error == 0 && r->top != (uint64_t)st.st_size)
		error = -os_allocate(r->fd, st.st_size,
		    (off_t)r->top - st.st_size);
	if (error != 0)
		return error;
	return os_write_at(r->fd, &state, sizeof(state), offsetof(
	    struct mmalloc_header, state)) == (ssize_t)sizeof(state) ? 0 : EIO;
}

static int
repair(struct repair *r)
{
	struct mmalloc_view v;
	int error = say_open(r);

	if (error == 0)
		error = mmalloc_inspect_open(&v, r->fd);
	if (error != 0)
		return error;
	r->base = v.header.base;
	mmalloc_inspect_walk(&v, on_block, on_fault, r);
	mmalloc_inspect_close(&v);
	return r->error;
}

int
mmalloc_repair(int fd)
{
	struct mmalloc_region *region = region_create();
	struct repair r = { .fd = -1 };
	int error = region == NULL ? ENOMEM : region_open_file(region, fd);

	if (error == 0) {
		r.fd = region->fd;
		error = repair(&r);
	}
	if (region != NULL)
		region_destroy(region);
	if (error == 0)
		return r.n;
	errno = error;
	return -1;
}
