/*
 * mmalloc_header.c - the first page of a heap file: made, judged, kept.
 *
 * The order of judging: is it a heap at all (EILSEQ), is it one of ours
 * (ENOTSUP), is it whole (EUCLEAN).  Nothing is read but the header itself.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_impl.h"

#include <errno.h>
#include <string.h>

#include "base/os.h"

void
mmalloc_header_make(struct mmalloc_header *h, uint64_t base, uint64_t window)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, MMALLOC_MAGIC, sizeof(h->magic));
	h->order = MMALLOC_ORDER;
	h->header_size = sizeof(*h);
	h->version = MMALLOC_VERSION;
	h->pointer_size = sizeof(void *);
	h->layout = MMALLOC_LAYOUT;
	h->base = base;
	h->window = window;
	h->sum = mmalloc_sum_constant(h);
	h->state = MMALLOC_FRESH;
}

static int
is_ours(const struct mmalloc_header *h, const char **why)
{
	*why = "made on a machine of the other byte order";
	if (h->order != MMALLOC_ORDER)
		return h->order == __builtin_bswap32(MMALLOC_ORDER) ?
		    ENOTSUP : EUCLEAN;
	*why = "made on a machine with pointers of another size";
	if (h->pointer_size != sizeof(void *))
		return ENOTSUP;
	*why = "made by a later version";
	if (h->version > MMALLOC_VERSION || h->layout > MMALLOC_LAYOUT)
		return ENOTSUP;
	*why = "the header is damaged";
	if (h->version == 0 || h->header_size != sizeof(*h) ||
	    h->sum != mmalloc_sum_constant(h))
		return EUCLEAN;
	return 0;
}

static bool
has_nonsense(const struct mmalloc_header *h)
{
	return h->base % OS_PAGE_MIN != 0 || h->base == 0 ||
	    h->window % MMALLOC_UNIT != 0 || h->window < MMALLOC_UNIT ||
	    h->base + h->window < h->base;
}

int
mmalloc_header_check(const struct mmalloc_header *h, uint64_t file_size,
    const char **why)
{
	int error;

	*why = "not a heap file";
	if (file_size < MMALLOC_ARENA ||
	    memcmp(h->magic, MMALLOC_MAGIC, sizeof(h->magic)) != 0)
		return EILSEQ;
	error = is_ours(h, why);
	if (error != 0)
		return error;
	*why = "the header is damaged";
	if (has_nonsense(h))
		return EUCLEAN;
	if (h->state == MMALLOC_FRESH)
		return 0;
	if (h->state == MMALLOC_CLEAN &&
	    h->saved_sum != mmalloc_sum_saved(h))
		return EUCLEAN;
	if (h->state != MMALLOC_CLEAN && h->state != MMALLOC_OPEN)
		return EUCLEAN;
	*why = "the file is shorter than its heap";
	if (file_size < MMALLOC_UNIT)
		return EUCLEAN;
	if (h->state == MMALLOC_CLEAN && (h->top > file_size ||
	    h->top > h->window || h->top % MMALLOC_UNIT != 0 || h->top == 0))
		return EUCLEAN;
	return 0;
}

void
mmalloc_header_save(struct mmalloc_region *r)
{
	struct mmalloc_header *h = region_header(r);
	struct mmalloc_saved *s = &h->saved;
	Pool *p = &r->pool;

	s->freeroot = (uintptr_t)p->freeroot;
	s->binmap = p->binmap;
	for (unsigned i = 0; i < POOL_NBINS; i++)
		s->bin[i] = (uintptr_t)p->bin[i];
	s->curfree = p->curfree;
	s->curalloc = p->curalloc;
	s->nfree = p->nfree;
	h->saved_sum = mmalloc_sum_saved(h);
	header_store(&h->state, MMALLOC_CLEAN);
}

/* Links may lead anywhere: the pool follows none that it has not looked at. */
bool
mmalloc_header_load(struct mmalloc_region *r)
{
	const struct mmalloc_saved *s = &region_header(r)->saved;
	struct pool_arena *a = region_arena(r);
	struct pool_header *end;
	Pool *p = &r->pool;

	if (a->magic != (POOL_MAGIC_ARENA ^ (uintptr_t)a) ||
	    a->size != r->mapped - MMALLOC_ARENA || a->given != a->size ||
	    a->up != NULL || a->down != NULL)
		return false;
	end = pool_arena_end(a);
	if (!pool_word_is_sound(end, pool_word(end)) ||
	    pool_word_kind(pool_word(end)) != POOL_KIND_EDGE ||
	    s->curfree + s->curalloc != a->size - POOL_ARENA_OVERHEAD)
		return false;
	p->freeroot = (struct pool_links *)(uintptr_t)s->freeroot;
	p->binmap = s->binmap;
	for (unsigned i = 0; i < POOL_NBINS; i++)
		p->bin[i] = (struct pool_links *)(uintptr_t)s->bin[i];
	p->curfree = s->curfree;
	p->curalloc = s->curalloc;
	p->nfree = s->nfree;
	return true;
}
