/*
 * backend_next.c - profile mode: the next allocator in line serves.
 *
 * Nothing is known of its blocks, so no claim is ever bad; wrong frees show in
 * the event stream.  A nested call goes where the program's own would have
 * gone: if that allocator takes a lock that the interrupted code holds, the
 * program would have hung without us too.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/backend_next.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "preload/backend.h"

struct next_calls next_calls;

/* POSIX says that dlsym's void * may be a function; ISO C has no word for it. */
#define NEXT_FIND(name)							\
	(*(void **)&next_calls.name = dlsym(RTLD_NEXT, #name))

int
next_find(void)
{
	NEXT_FIND(calloc);
	NEXT_FIND(malloc);
	NEXT_FIND(realloc);
	NEXT_FIND(free);
	NEXT_FIND(memalign);
	NEXT_FIND(posix_memalign);
	NEXT_FIND(aligned_alloc);
	NEXT_FIND(malloc_usable_size);
	NEXT_FIND(malloc_trim);
	NEXT_FIND(mallopt);
	NEXT_FIND(mallinfo2);
	if (next_calls.malloc == NULL || next_calls.calloc == NULL ||
	    next_calls.realloc == NULL || next_calls.free == NULL)
		return -1;
	return 0;
}

static int
next_start(struct session_header *session)
{
	(void)session;
	return next_find();
}

/* Aligned memory from whichever of the three calls there is. */
static void *
next_aligned(size_t align, size_t size)
{
	void *ptr = NULL;

	if (next_calls.memalign != NULL)
		return next_calls.memalign(align, size);
	if (next_calls.posix_memalign != NULL) {
		if (align < sizeof(void *))
			align = sizeof(void *);
		return next_calls.posix_memalign(&ptr, align, size) == 0 ?
		    ptr : NULL;
	}
	if (next_calls.aligned_alloc != NULL)
		return next_calls.aligned_alloc(align, size);
	return NULL;
}

static void *
next_serve(const struct backend_request *req)
{
	void *ptr;

	if (req->align == 0)
		return req->zero ? next_calls.calloc(1, req->size) :
		    next_calls.malloc(req->size);
	ptr = next_aligned(req->align, req->size);
	if (ptr != NULL && req->zero)
		memset(ptr, 0, req->size);
	return ptr;
}

static void *
next_take(struct backend_thread *t, const struct backend_request *req)
{
	int saved = errno;
	void *ptr = next_serve(req);

	(void)t;
	errno = saved;
	return ptr;
}

static void
next_note(void *ptr, uint32_t stack, uint32_t tid, uint64_t time)
{
	(void)ptr;
	(void)stack;
	(void)tid;
	(void)time;
}

static void
next_claim(struct backend_thread *t, struct backend_claim *c)
{
	(void)t;
	c->size = SIZE_MAX;
	c->allocated_by = TRACE_NCALLS;
	c->bad = c->findings = false;
}

static void
next_give(struct backend_thread *t, struct backend_claim *c, uint32_t stack,
    uint32_t tid, uint64_t time)
{
	int saved = errno;

	(void)t;
	(void)stack;
	(void)tid;
	(void)time;
	next_calls.free(c->ptr);
	errno = saved;
}

static void
next_unclaim(struct backend_thread *t, struct backend_claim *c)
{
	(void)t;
	(void)c;
}

static bool
next_resize(struct backend_thread *t, struct backend_claim *c,
    const struct backend_request *req)
{
	(void)t;
	(void)c;
	(void)req;
	return false;
}

static void *
next_realloc(struct backend_thread *t, struct backend_claim *c,
    const struct backend_request *req)
{
	int saved = errno;
	void *ptr = next_calls.realloc(c->ptr, req->size);

	(void)t;
	errno = saved;
	return ptr;
}

static size_t
next_usable(struct backend_thread *t, void *ptr, bool nested)
{
	(void)t;
	(void)nested;
	if (ptr == NULL || next_calls.malloc_usable_size == NULL)
		return 0;
	return next_calls.malloc_usable_size(ptr);
}

static int
next_trim(struct backend_thread *t, size_t pad)
{
	int saved = errno, some = 0;

	(void)t;
	if (next_calls.malloc_trim != NULL)
		some = next_calls.malloc_trim(pad);
	errno = saved;
	return some;
}

/* The largest free run is not among what mallinfo2 tells: 0, not known. */
static bool
next_figures(struct backend_figures *f)
{
	struct mallinfo2 m;

	if (next_calls.mallinfo2 == NULL)
		return false;
	m = next_calls.mallinfo2();
	f->footprint = m.arena + m.hblkhd;
	f->live = m.uordblks + m.hblkhd;
	f->overhead = 0;
	f->free = m.fordblks;
	f->largest = 0;
	return true;
}

/* fork is the next allocator's own affair: it has handlers of its own. */
static void
next_fork(uint32_t tid)
{
	(void)tid;
}

static void
next_thread_gone(struct backend_thread *t)
{
	(void)t;
}

const struct backend backend_next = {
	.name = "next",
	.start = next_start,
	.take = next_take,
	.note = next_note,
	.claim = next_claim,
	.give = next_give,
	.unclaim = next_unclaim,
	.resize = next_resize,
	.realloc = next_realloc,
	.usable = next_usable,
	.trim = next_trim,
	.figures = next_figures,
	.fork_prepare = next_fork,
	.fork_parent = next_fork,
	.fork_child = next_fork,
	.thread_gone = next_thread_gone,
};
