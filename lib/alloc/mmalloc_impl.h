/*
 * mmalloc_impl.h - what a process knows of a region it has attached.
 *
 * Nothing of this is in the file: descriptor, lock, function and the pool with
 * its pointers to hooks are the process's own.
 *
 * Invariants, under the lock, of a region that is written:
 *	R1  [base, base + window) is ours: reserved, and at its start mapped
 *	    bytes of the file (of private memory where there is no file);
 *	R2  the file has mapped bytes at least, all with blocks on the disk;
 *	R3  the arena is [base + MMALLOC_ARENA, base + mapped);
 *	R4  header.top == mapped, but inside of grow and shrink.
 *
 * Lock order: the table's, then a region's.  A pool in a region has no lock.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ALLOC_MMALLOC_IMPL_H
#define PW_ALLOC_MMALLOC_IMPL_H

#include <pthread.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "alloc/mmalloc.h"
#include "alloc/mmalloc_layout.h"
#include "alloc/pool_impl.h"

struct mmalloc_region {
	/* Constant after attach. */
	char *base;		/* the descriptor, the header */
	size_t window;		/* bytes of addresses */
	int fd;			/* our own; -1: no file */
	dev_t dev;
	ino_t ino;
	bool readonly;
	bool foreign;		/* of the parent of a fork: not mapped here */

	/* Under lock. */
	pthread_mutex_t lock;
	Pool pool;
	size_t mapped;
	void (*abortfunc)(void);
	int grow_error;		/* why the file did not grow, in this call */
	size_t nfree_seen;	/* pool.nfree when the end was looked at */
	int trace_fd;		/* -1: none */
	bool faulted;		/* said has not been told yet */
	char said[256];

	int error;		/* mmalloc_errno; atomic */
};

static inline struct mmalloc_header *
region_header(const struct mmalloc_region *r)
{
	return (struct mmalloc_header *)r->base;
}

static inline struct pool_arena *
region_arena(const struct mmalloc_region *r)
{
	return (struct pool_arena *)(r->base + MMALLOC_ARENA);
}

/* A word of the header that is of meaning to whoever comes after a crash. */
static inline void
header_store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* mmalloc_header.c */

void	mmalloc_header_make(struct mmalloc_header *, uint64_t base,
	    uint64_t window);
/*
 * Judge a header read from a file of this size, reading nothing else.  0 or an
 * errno; *why says what is wrong.
 */
int	mmalloc_header_check(const struct mmalloc_header *, uint64_t file_size,
	    const char **why);
/* The pool's state to the header and back.  load: false, it is nonsense. */
void	mmalloc_header_save(struct mmalloc_region *);
bool	mmalloc_header_load(struct mmalloc_region *);

/* mmalloc_file.c: addresses and files.  0 or an errno. */

/*
 * Reserve a window: at base, or where nobody minds if base is NULL.  want bytes
 * or what is to be had, least at least.
 */
int	region_reserve(struct mmalloc_region *, void *base, size_t want,
	    size_t least);
void	region_unreserve(struct mmalloc_region *);
/* Map the first size bytes of the file (which has them). */
int	region_map(struct mmalloc_region *, size_t size);
/* More of the file and its mapping; on failure both are as before. */
int	region_grow(struct mmalloc_region *, size_t size);
/* Less of both.  What could not be given back is kept. */
void	region_shrink(struct mmalloc_region *, size_t size);
int	region_file_size_ok(size_t size);

/* mmalloc_arena.c: the one arena, and where it ends. */
bool	region_extend_l(Pool *, size_t block_size);
/* Give free bytes at the end back, if there are least; keep less than a unit. */
void	region_trim_l(struct mmalloc_region *, size_t least);
void	region_panic_l(Pool *, const char *fmt, ...);
void	region_pool_init(struct mmalloc_region *);
/* The file has an arena of one free block now. */
void	region_form(struct mmalloc_region *);

/* mmalloc_recover.c */

/*
 * Where the chain of blocks of an arena ends: the size of the file that holds
 * it, or 0, the chain is broken.  size bytes are mapped.
 */
size_t	mmalloc_chain_end(const char *base, size_t size);
/* Make the pool of a file that was left open.  0, EUCLEAN (nothing written). */
int	mmalloc_recover(struct mmalloc_region *);

/* mmalloc_region.c: the table of regions. */

struct mmalloc_region *region_create(void);
void	region_destroy(struct mmalloc_region *);
/* A place in the table: 0 or EMFILE; until region_dismiss. */
int	region_admit(void);
void	region_dismiss(void);
/* Under base. */
void	region_enter(struct mmalloc_region *);
void	region_leave(struct mmalloc_region *);
/* NULL: the default one, made if make is true. */
struct mmalloc_region *region_find(void *md, bool make);
bool	region_has_file(dev_t, ino_t);
void	region_lock(struct mmalloc_region *);
void	region_unlock(struct mmalloc_region *);
/* Unlock after a call; what was found wrong is told.  errno becomes error. */
void	region_done(struct mmalloc_region *, int error);

/* mmalloc_attach.c */
int	region_attach(struct mmalloc_region *, int fd, void *base);
int	region_attach_anonymous(struct mmalloc_region *, void *base);

/* mmalloc_trace.c: a line, if the region is traced. */
void	region_trace_l(struct mmalloc_region *, char what, const void *ptr,
	    size_t size);

#endif
