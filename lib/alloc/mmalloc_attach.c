/*
 * mmalloc_attach.c - taking a file as a region, and giving it back.
 *
 * The file is opened anew, through /proc, so that its lock is this attach's
 * own: a lock goes with the open file, which the caller's descriptor shares with
 * its duplicates and with the children of forks, and two of them would not
 * exclude each other.  Without /proc a duplicate has to do.
 *
 * A new heap is first one page, written by one call while the file is empty,
 * that says FRESH.  From then on it is a heap, and making its arena is part of
 * attaching it; being killed before the arena's magic is there leaves it FRESH.
 *
 * Whatever may refuse a file comes before the first byte of it is changed; the
 * store that says OPEN is the last step.  (A file that was left OPEN is mended
 * before that: mmalloc_recover.c.)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>

#include "base/bits.h"
#include "base/os.h"
#include "base/say.h"

#define WINDOW	((size_t)64 << 30)

/* 0, and r->fd is an open file of our own. */
static int
file_open(struct mmalloc_region *r, int fd)
{
	int flags = fcntl(fd, F_GETFL), mode = r->readonly ? O_RDONLY : O_RDWR;
	char path[40];
	struct stat st;

	if (flags == -1 || fstat(fd, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	if ((flags & O_ACCMODE) != O_RDWR &&
	    (!r->readonly || (flags & O_ACCMODE) != O_RDONLY))
		return EACCES;
	r->dev = st.st_dev;
	r->ino = st.st_ino;
	if (region_has_file(r->dev, r->ino))
		return EWOULDBLOCK;
	say_format(path, sizeof(path), "/proc/self/fd/%d", fd);
	r->fd = os_open(path, mode, 0);
	if (r->fd < 0)
		r->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return r->fd < 0 ? errno : 0;
}

static int
file_lock(struct mmalloc_region *r)
{
	int how = r->readonly ? LOCK_SH : LOCK_EX;

	return flock(r->fd, how | LOCK_NB) == 0 ? 0 : errno;
}

static int
file_size(struct mmalloc_region *r, uint64_t *size)
{
	struct stat st;

	if (fstat(r->fd, &st) != 0)
		return errno;
	*size = (uint64_t)st.st_size;
	return 0;
}

static int
header_write(struct mmalloc_region *r)
{
	union {
		struct mmalloc_header header;
		char page[MMALLOC_ARENA];
	} u;
	ssize_t n;
	int error = region_file_size_ok(sizeof(u));

	if (error != 0)
		return error;
	memset(&u, 0, sizeof(u));
	mmalloc_header_make(&u.header, (uintptr_t)r->base, r->window);
	n = os_write_at(r->fd, &u, sizeof(u), 0);
	if (n == (ssize_t)sizeof(u))
		return 0;
	return n < 0 ? (int)-n : ENOSPC;
}

static int
attach_fresh(struct mmalloc_region *r)
{
	int error = region_grow(r, MMALLOC_UNIT);

	if (error == 0)
		region_form(r);
	return error;
}

static int
attach_new(struct mmalloc_region *r, void *base)
{
	int error = region_reserve(r, base, WINDOW, MMALLOC_UNIT);

	if (error == 0)
		error = header_write(r);
	if (error == 0)
		error = attach_fresh(r);
	if (error != 0 && r->fd >= 0)
		os_truncate(r->fd, 0);
	return error;
}

static int
attach_clean(struct mmalloc_region *r)
{
	if (!mmalloc_header_load(r))
		return EUCLEAN;
	pool_arena_link_l(&r->pool, region_arena(r));
	return 0;
}

/* A FRESH file whose arena was finished has a heap like any other. */
static int
attach_mapped(struct mmalloc_region *r, const struct mmalloc_header *h)
{
	struct pool_arena *a = region_arena(r);

	if (r->readonly)
		return h->state == MMALLOC_CLEAN ||
		    mmalloc_chain_end(r->base, r->mapped) != 0 ? 0 : EUCLEAN;
	if (h->state == MMALLOC_CLEAN)
		return attach_clean(r);
	if (h->state == MMALLOC_FRESH && a->magic == 0) {
		r->mapped = 0;
		return attach_fresh(r);
	}
	return mmalloc_recover(r);
}

static int
attach_old(struct mmalloc_region *r, uint64_t size)
{
	struct mmalloc_header h;
	const char *why;
	size_t whole;
	int error;

	if (size < MMALLOC_ARENA ||
	    os_read_at(r->fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h))
		return EILSEQ;
	error = mmalloc_header_check(&h, size, &why);
	if (error != 0)
		return error;
	whole = h.state == MMALLOC_CLEAN ? h.top :
	    bits_align_down(size, MMALLOC_UNIT);
	if (whole > h.window)
		whole = h.window;
	error = region_reserve(r, (void *)h.base, h.window,
	    whole > MMALLOC_UNIT ? whole : MMALLOC_UNIT);
	if (error != 0)
		return error;
	if (whole == 0)
		return r->readonly ? EUCLEAN : attach_fresh(r);
	error = region_map(r, whole);
	return error == 0 ? attach_mapped(r, &h) : error;
}

/* Nothing can refuse it any more but mmcheck's look at all of it. */
static int
attach_open(struct mmalloc_region *r)
{
	struct mmalloc_header *h = region_header(r);

	if (r->readonly)
		return 0;
	if (h->flags & MMALLOC_CHECKED)
		poolcheck(&r->pool);
	if (r->pool.poisoned)
		return EUCLEAN;
	header_store(&h->state, MMALLOC_OPEN);
	return 0;
}

int
region_attach(struct mmalloc_region *r, int fd, void *base)
{
	uint64_t size = 0;
	int error = file_open(r, fd);

	if (error == 0)
		error = file_lock(r);
	if (error == 0)
		error = file_size(r, &size);
	if (error == 0 && size == 0 && r->readonly)
		error = EILSEQ;
	if (error == 0)
		error = size == 0 ? attach_new(r, base) : attach_old(r, size);
	return error == 0 ? attach_open(r) : error;
}

int
region_attach_anonymous(struct mmalloc_region *r, void *base)
{
	int error = region_reserve(r, base, WINDOW, MMALLOC_UNIT);

	if (error == 0)
		error = region_grow(r, MMALLOC_UNIT);
	if (error != 0)
		return error;
	mmalloc_header_make(region_header(r), (uintptr_t)r->base, r->window);
	region_form(r);
	header_store(&region_header(r)->state, MMALLOC_OPEN);
	return 0;
}

static void *
attach(int fd, void *base, bool readonly)
{
	struct mmalloc_region *r;
	int error = region_admit();

	if (error != 0)
		goto out;
	error = ENOMEM;
	r = region_create();
	if (r == NULL)
		goto out_dismiss;
	r->readonly = readonly;
	error = fd < 0 && !readonly ? region_attach_anonymous(r, base) :
	    region_attach(r, fd, base);
	if (error != 0)
		goto out_destroy;
	region_enter(r);
	return r->base;

out_destroy:
	region_destroy(r);
out_dismiss:
	region_dismiss();
out:
	errno = error;
	return NULL;
}

void *
mmalloc_attach(int fd, void *baseaddr)
{
	if ((uintptr_t)baseaddr % os_page_size() != 0) {
		errno = EINVAL;
		return NULL;
	}
	return attach(fd, baseaddr, false);
}

void *
mmalloc_attach_readonly(int fd)
{
	return attach(fd, NULL, true);
}

/* A pool that is poisoned leaves its file OPEN: the next attach looks. */
static void
settle(struct mmalloc_region *r)
{
	if (r->pool.poisoned)
		return;
	if (region_header(r)->flags & MMALLOC_CHECKED)
		poolcheck(&r->pool);
	if (!r->pool.poisoned)
		region_trim_l(r, MMALLOC_UNIT);
	if (!r->pool.poisoned)
		mmalloc_header_save(r);
}

void *
mmalloc_detach(void *md)
{
	struct mmalloc_region *r = md == NULL ? NULL : region_find(md, false);

	if (r == NULL)
		return md;
	region_lock(r);
	if (!r->foreign && !r->readonly && r->fd >= 0)
		settle(r);
	region_done(r, 0);
	region_leave(r);
	region_destroy(r);
	region_dismiss();
	return NULL;
}
