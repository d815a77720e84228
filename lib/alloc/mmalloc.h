/*
 * mmalloc.h - heaps in files, with everything in them where it was.
 *
 * A region is a heap in a file.  It is always mapped at the address it was made
 * at, so pointers from block to block are good in the next process that
 * attaches it; sixteen keys say where to begin.  A region without a file lives
 * as long as its process, and so does the default one, which the descriptor
 * NULL stands for.
 *
 * One process at a time may write a file.  Every function may be called by
 * several threads at once, but for mmalloc_detach, which must be the last call
 * on its descriptor.  None may be called in a signal handler.  In the child of
 * a fork a region of a file is not there (NULL, EPERM; its addresses fault),
 * regions without a file are copies of the parent's.
 *
 * Calls that fail say why in errno, and mmalloc_errno remembers it.  Blocks are
 * checked when they are freed or resized: damage, or a pointer that is no
 * block, is told on descriptor 2 and to mmcheck's function, which usually
 * does not return.  If it does, the region is poisoned: allocation gives NULL
 * and errno EUCLEAN, mfree does nothing; it is still to be detached.
 *
 * After GNU mmalloc (mmalloc.texi).  The whole contract: mmalloc(3).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_MMALLOC_H
#define PW_ALLOC_MMALLOC_H

#include <stddef.h>

#include "public.h"

PW_BEGIN_DECLS

/*
 * Attach the heap in fd, open for reading and writing.  An empty file becomes
 * a new heap at baseaddr (a multiple of the page size; NULL: the library
 * chooses), another file must be a heap and baseaddr is not looked at.  fd -1:
 * a new region without a file.  fd stays the caller's and may be closed.
 *
 * The descriptor, which is the region's first address; mmalloc_detach takes it
 * back.  NULL with errno, and then nothing in the file was changed:
 *
 *	EACCES		fd is not open for reading and writing
 *	EBADF		fd is not open
 *	EEXIST		some of the addresses are taken by something else
 *	EFBIG, ENOSPC	no room for a new heap
 *	EILSEQ		not empty, and not a heap
 *	EINVAL		baseaddr is no multiple of the page size, or fd is no
 *			regular file
 *	EMFILE		too many regions
 *	ENOMEM		no memory, no room for the window of addresses
 *	ENOTSUP		a heap of another version, byte order, pointer size
 *	EUCLEAN		a damaged heap: mmalloc(3) says what can be done
 *	EWOULDBLOCK	another process (or this one) has attached it
 */
void	*mmalloc_attach(int fd, void *baseaddr) PW_SYMBOL(mmalloc_attach);

/*
 * Attach the heap in fd to look at it; no byte of the file is changed.  Several
 * processes may, as long as none has it attached to write.  Functions that
 * change a heap fail with EACCES.  fd is open for reading at least.
 */
void	*mmalloc_attach_readonly(int fd) PW_SYMBOL(mmalloc_attach_readonly);

/*
 * Give the region up: unmap it, unlock the file.  NULL does nothing.  NULL on
 * success, else md: mmalloc_errno tells.
 */
void	*mmalloc_detach(void *md) PW_SYMBOL(mmalloc_detach);

/*
 * Make a heap that mmalloc_attach refuses with EUCLEAN fit to be attached.  No
 * sound block is changed; what is between a header that is gone and the next
 * sound block is never used again.  Nobody may have the file attached.  The
 * number of words written; -1 with errno: what mmalloc_attach says, EUCLEAN if
 * the file's first page is damaged so that it cannot be told where it belongs,
 * or EIO.
 */
int	mmalloc_repair(int fd) PW_SYMBOL(mmalloc_repair);

/*
 * size bytes, aligned to 16, contents undefined (mcalloc: n * size bytes of 0).
 * NULL with errno ENOMEM (no memory, or no addresses left in the window),
 * ENOSPC, EDQUOT, EFBIG (the file cannot grow), EACCES, EPERM, EUCLEAN, or
 * EINVAL for size 0.
 */
void	*mmalloc(void *md, size_t size) PW_SYMBOL(mmalloc);
void	*mcalloc(void *md, size_t n, size_t size) PW_SYMBOL(mcalloc);

/*
 * Change the size of a block, moving it if need be; contents are kept up to the
 * lesser size, and so is the alignment mmemalign gave.  ptr NULL allocates.
 * size 0 frees and gives NULL.  On failure NULL, and the block is as it was.
 */
void	*mrealloc(void *md, void *ptr, size_t size) PW_SYMBOL(mrealloc);

/* Aligned to the page size; to align, a power of two (else EINVAL). */
void	*mvalloc(void *md, size_t size) PW_SYMBOL(mvalloc);
void	*mmemalign(void *md, size_t align, size_t size) PW_SYMBOL(mmemalign);

/* ptr is NULL or a block of this region. */
void	mfree(void *md, void *ptr) PW_SYMBOL(mfree);

/*
 * Sixteen words that live in the file, keynum 0 to 15; NULL at first.  A change
 * is one store.  setkey: 1, or 0 for a keynum out of range, md NULL, a region
 * that cannot be written.  getkey: NULL where there is none.
 */
int	mmalloc_setkey(void *md, int keynum, void *key)
	    PW_SYMBOL(mmalloc_setkey);
void	*mmalloc_getkey(void *md, int keynum) PW_SYMBOL(mmalloc_getkey);

/* errno of the last call on md (of any thread) if that failed, else 0. */
int	mmalloc_errno(void *md) PW_SYMBOL(mmalloc_errno);

/*
 * From now on func is called where damage is found, with no lock held; it may
 * jump away.  NULL: abort, as without mmcheck.  The region remembers that it is
 * checked: the whole heap is then looked through now, and at each attach and
 * detach.  1; 0 if the region cannot be written.
 */
int	mmcheck(void *md, void (*func)(void)) PW_SYMBOL(mmcheck);

/* Counted by a walk over all blocks.  All 0 where there is no region. */
struct mstats {
	size_t bytes_total;	/* of the heap, header and all */
	size_t chunks_used;
	size_t bytes_used;	/* of whole blocks */
	size_t chunks_free;
	size_t bytes_free;
};
struct mstats mmstats(void *md) PW_SYMBOL(mmstats);

/*
 * Write a line of text for each call on md to fd, which stays the caller's,
 * until another mmtrace; -1: no more.  Addresses and sizes in hexadecimal:
 *
 *	= Start
 *	+ PTR SIZE		allocated
 *	- PTR			freed
 *	< OLD			resized, with the next line
 *	> NEW SIZE
 *	! PTR SIZE		could not be resized (PTR 0: allocated)
 *
 * 1; 0 where there is no region.
 */
int	mmtrace(void *md, int fd) PW_SYMBOL(mmtrace);

PW_END_DECLS

#endif
