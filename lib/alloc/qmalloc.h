/*
 * qmalloc.h - quickfit: malloc for a whole program, after qmalloc(9).
 *
 * There is one quickfit in a process.  Each thread keeps lists of freed
 * blocks of one exact size, threads exchange whole batches of them, and below
 * lies one pool (pool.h), which serves what is larger.
 *
 * Threads: every function may be called by any thread at any time; a block
 * may be freed by another thread than its allocator's.  The child of a fork may
 * go on allocating.  No function but the getters of tags is safe in a signal
 * handler.
 *
 * Failure is NULL: ENOMEM where there is no memory (and before qmallocinit,
 * when there is none), EINVAL where the arguments make no sense, EUCLEAN after
 * a panic that returned.  A panic tells of a corrupt block or a double free;
 * see qmallochooks.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_QMALLOC_H
#define PW_ALLOC_QMALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "public.h"

PW_BEGIN_DECLS

/* A flag of qmallocconf beside POOL_ANTAGONISM and the others of pool.h. */
enum {
	QMALLOC_GUARD = 1 << 16		/* guard all slack, look at it at free */
};

/*
 * Set, before qmallocinit, how many bytes of addresses the region has at most
 * (0: as many as can be had, 1 TiB at most; rounded up to pages), and flags.
 * QMALLOC_GUARD keeps the quick lists and guards the slack of their blocks.
 * With a POOL_ flag all requests go to the pool, which does what pool.h says
 * of the flag.  0, or -1 with errno EBUSY after qmallocinit, EINVAL for a size
 * no system has.
 * Ours.
 */
int	qmallocconf(size_t maxsize, int flags) PW_SYMBOL(qmallocconf);

/*
 * Who is told: print gets each line of qmallocsummary, panic the text of a
 * fault; both end in a newline.  NULL stands for descriptor 2, and for
 * descriptor 2 and abort.  Neither may call us; panic may return or jump.
 * After that, allocation gives NULL with EUCLEAN, qfree does nothing and
 * qmsize is 0.
 * Ours.
 */
void	qmallochooks(void (*print)(const char *text, size_t size),
	    void (*panic)(const char *text)) PW_SYMBOL(qmallochooks);

/*
 * Make the region.  Must be called before anything is allocated: until then
 * every allocation fails with ENOMEM.  Later calls do nothing, so libraries of
 * one program may each make theirs.
 * After mallocinit in qmalloc(9).
 */
void	qmallocinit(void) PW_SYMBOL(qmallocinit);

/*
 * Allocate size bytes, all zero, aligned to 16.  size 0 gives a unique address
 * too.  The caller owns the block until qfree or qrealloc takes it back.
 * After malloc in qmalloc(9).
 */
void	*qmalloc(size_t size) PW_SYMBOL(qmalloc);

/* The same; the bytes are zero only if clr is not 0. */
void	*qmallocz(size_t size, int clr) PW_SYMBOL(qmallocz);

/*
 * The same, zeroed, and retried every 100 milliseconds until there is memory:
 * for that time other threads' frees go to the pool at once.  NULL only where
 * waiting is of no use: EINVAL for more than the region can ever give, ENOMEM
 * before qmallocinit, EUCLEAN.
 * After smalloc in qmalloc(9).
 */
void	*qsmalloc(size_t size) PW_SYMBOL(qsmalloc);

/*
 * Allocate size zeroed bytes at an address equal to offset modulo align, if
 * align is not 0; within one piece of the span-byte windows, if span is not 0.
 * An align that is no power of two is met together with the next power of two
 * (the reference rounds up).  EINVAL where size is larger than span.
 * After mallocalign in qmalloc(9).
 */
void	*qmallocalign(size_t size, size_t align, long offset, size_t span)
	    PW_SYMBOL(qmallocalign);

/* n * size zeroed bytes; ENOMEM where the product does not fit. */
void	*qcalloc(size_t n, size_t size) PW_SYMBOL(qcalloc);

/*
 * Change the size of a block, without moving it if possible.  Contents are
 * kept up to the lesser size, the rest is zero.  NULL allocates; size 0 frees
 * and returns NULL.  On failure NULL, and the block is as it was.
 * After realloc in qmalloc(9).
 */
void	*qrealloc(void *, size_t size) PW_SYMBOL(qrealloc);

/* Give a block back; NULL is ignored. */
void	qfree(void *) PW_SYMBOL(qfree);

/*
 * Grow the block over its unused space; the bytes that may now be used.  NULL
 * has 0.  After msize in qmalloc(9).
 */
size_t	qmsize(void *) PW_SYMBOL(qmsize);

/*
 * Tags are not kept, unless the library is built with QMALLOC_TAGS: setting
 * does nothing, and getting gives all ones, as pool(2) has it.  NULL is
 * ignored.
 */
void	qsetmalloctag(void *, uintptr_t tag) PW_SYMBOL(qsetmalloctag);
void	qsetrealloctag(void *, uintptr_t tag) PW_SYMBOL(qsetrealloctag);
uintptr_t qgetmalloctag(void *) PW_SYMBOL(qgetmalloctag);
uintptr_t qgetrealloctag(void *) PW_SYMBOL(qgetrealloctag);

/*
 * Print the state: bytes on quick lists, free blocks of the pool, bytes that
 * live and bytes that remain, and each counter that is not 0.
 * After mallocsummary in qmalloc(9).
 */
void	qmallocsummary(void) PW_SYMBOL(qmallocsummary);

/*
 * How often a path was taken since the start, all threads together; the names
 * are qmalloc(3)'s.  All ones for a name that is none.
 * Ours.
 */
uint64_t qmalloccount(const char *name) PW_SYMBOL(qmalloccount);

/*
 * Give the quick lists of this thread and of the exchange back to the pool,
 * and its idle memory to the system; bytes that the system got.  Other
 * threads give theirs at their next free.
 * Ours.
 */
size_t	qmalloctrim(void) PW_SYMBOL(qmalloctrim);

PW_END_DECLS

#endif
