/*
 * mmalloc_file.c - the addresses of a region and the file behind them.
 *
 * A region reserves a window of addresses when it is attached, with nothing
 * behind them, and never maps over anything that it has not reserved.  The
 * start of the window is the file; growth maps more of it.
 *
 * Where a new region goes.  Its addresses must be free in every process that
 * attaches the file later, so they should be some that the kernel does not
 * choose by itself: below the area for mmap at its most random (28 bits of
 * pages below 2^47, 0x7eff...), and of what sanitizers leave to a program on
 * x86-64 (ThreadSanitizer: from 0x7e8000000000), so in [0x7e8000000000,
 * 0x7f0000000000).  Which of its slots is tried first depends on the file, so
 * that two files can mostly be attached together.  If all are taken the kernel
 * chooses.
 *
 * A file grows by fallocate, so that a full disk is an error then and not a
 * SIGBUS later; where the file system cannot, zeros are written.  The limit on
 * file sizes is looked at first: going beyond it is a signal.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "alloc/mmalloc_impl.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/bits.h"
#include "base/os.h"

#define PLACE_FIRST	0x7e8000000000ull
#define PLACE_END	0x7f0000000000ull
#define PLACE_STEP	((size_t)1 << 30)	/* few slots are many tries */
#define WINDOW_LEAST	((size_t)1 << 20)

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE	0x100000
#endif

/* Nothing is mapped over: 0, or EEXIST, ENOMEM. */
static int
reserve_at(struct mmalloc_region *r, uintptr_t base, size_t size)
{
	long at = os_map_at((void *)base, size, PROT_NONE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (at > -4096 && at < 0)
		return (int)-at;
	if ((uintptr_t)at != base) {	/* a kernel that knows no NOREPLACE */
		os_unmap((void *)at, size);
		return EEXIST;
	}
	r->base = (char *)base;
	r->window = size;
	return 0;
}

static int
reserve_slot(struct mmalloc_region *r, size_t size)
{
	size_t step = bits_align_up(size, PLACE_STEP), n, i, at;
	int error = EEXIST;

	n = (PLACE_END - PLACE_FIRST) / step;
	at = n == 0 ? 0 : (r->ino * 31 + r->dev) % n;
	for (i = 0; i < n && error == EEXIST; i++)
		error = reserve_at(r, PLACE_FIRST + (at + i) % n * step, size);
	return n == 0 ? EEXIST : error;
}

static int
reserve_anywhere(struct mmalloc_region *r, size_t size)
{
	char *at = os_reserve(size);

	if (at == NULL)
		return ENOMEM;
	r->base = at;
	r->window = size;
	return 0;
}

/* Leave some addresses to others where they are rationed. */
static size_t
window_limit(size_t want, size_t least)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_AS, &lim) == 0 && lim.rlim_cur != RLIM_INFINITY &&
	    want > lim.rlim_cur / 4)
		want = bits_align_down(lim.rlim_cur / 4, MMALLOC_UNIT);
	return want > least ? want : least;
}

int
region_reserve(struct mmalloc_region *r, void *base, size_t want, size_t least)
{
	int error;

	for (want = window_limit(want, least);; want /= 2) {
		want = bits_align_up(want, MMALLOC_UNIT);
		if (want < least)
			want = least;
		if (base != NULL)
			error = reserve_at(r, (uintptr_t)base, want);
		else
			error = reserve_slot(r, want);
		if (base == NULL && error == EEXIST)
			error = reserve_anywhere(r, want);
		if (error == 0 && r->fd >= 0)
			os_advise(r->base, r->window, MADV_DONTFORK);
		if (error == 0 || want == least ||
		    (error != EEXIST && error != ENOMEM))
			return error;
	}
}

void
region_unreserve(struct mmalloc_region *r)
{
	if (r->window != 0)
		os_unmap(r->base, r->window);
	r->window = r->mapped = 0;
}

/* [from, to) of the window becomes the file, or memory. */
static int
map_part(struct mmalloc_region *r, size_t from, size_t to)
{
	int prot = r->readonly ? PROT_READ : PROT_READ | PROT_WRITE;
	long at;

	if (r->fd < 0)
		return -os_protect(r->base + from, to - from, prot);
	at = os_map_at(r->base + from, to - from, prot, MAP_SHARED | MAP_FIXED,
	    r->fd, (off_t)from);
	if (at > -4096 && at < 0)
		return (int)-at;
	os_advise(r->base + from, to - from, MADV_DONTFORK);
	return 0;
}

int
region_map(struct mmalloc_region *r, size_t size)
{
	int error = map_part(r, 0, size);

	if (error == 0)
		r->mapped = size;
	return error;
}

int
region_file_size_ok(size_t size)
{
	struct rlimit lim;

	return getrlimit(RLIMIT_FSIZE, &lim) == 0 &&
	    lim.rlim_cur != RLIM_INFINITY && size > lim.rlim_cur ? EFBIG : 0;
}

/* [from, to) lies behind the end of the file. */
static int
write_zeros(int fd, size_t from, size_t to)
{
	static const char zeros[OS_PAGE_MIN];

	while (from < to) {
		size_t size = to - from < sizeof(zeros) ? to - from :
		    sizeof(zeros);
		ssize_t n = os_write_at(fd, zeros, size, (off_t)from);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? EIO : (int)-n;
		from += (size_t)n;
	}
	return 0;
}

/* [from, to) of the file, which ends at old, has blocks on the disk. */
static int
file_grow(int fd, size_t from, size_t to, size_t old)
{
	int error = region_file_size_ok(to);

	if (error != 0)
		return error;
	error = -os_allocate(fd, (off_t)from, (off_t)(to - from));
	if (error == EOPNOTSUPP || error == ENOSYS)
		error = write_zeros(fd, old, to);
	return error;
}

static int
grow_in_file(struct mmalloc_region *r, size_t size)
{
	struct stat st;
	int error;

	if (fstat(r->fd, &st) != 0)
		return errno;
	error = file_grow(r->fd, r->mapped, size, (size_t)st.st_size);
	if (error == 0)
		error = map_part(r, r->mapped, size);
	if (error != 0)
		os_truncate(r->fd, st.st_size);
	return error;
}

int
region_grow(struct mmalloc_region *r, size_t size)
{
	int error;

	if (size > r->window)
		return ENOMEM;
	error = r->fd >= 0 ? grow_in_file(r, size) :
	    map_part(r, r->mapped, size);
	if (error == 0)
		r->mapped = size;
	return error;
}

void
region_shrink(struct mmalloc_region *r, size_t size)
{
	long at = os_map_at(r->base + size, r->mapped - size, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	if (at > -4096 && at < 0)
		return;
	if (r->fd >= 0)
		os_truncate(r->fd, (off_t)size);
	r->mapped = size;
}
