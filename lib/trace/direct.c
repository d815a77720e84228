/*
 * direct.c - a session that nobody drains: its file is the trace.
 *
 * The file is as long as its bound from the beginning and has holes wherever
 * nothing was written yet: what makes room later must do without a descriptor,
 * for the program may have changed its root, its user or its rights.  So a
 * piece is made ready by MADV_POPULATE_WRITE, which has the file system
 * allocate it and says so when it can't, where a store would kill the program
 * with SIGBUS.  A kernel before 5.14 does not know it: there the file is small
 * and allocated as a whole.
 *
 * Beyond the chunks that are in use the mapping is inaccessible.  A program
 * that locks its memory would otherwise lock, and fill, all of the file.  Each
 * process moves that border when it takes a chunk behind it.
 *
 * Whether somebody still writes a reader sees by a lock: an OFD lock belongs
 * to the open file, and a mapping keeps that open when the descriptor is long
 * closed; forked children share it, executed ones take their own.  On
 * overlayfs the mapping is of another file; so the lock is tried, and
 * SESSION_LOCKED says whether it holds.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/direct.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/os.h"
#include "trace/ticks.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#define DIRECT_LEAST	(1ull << 20)
#define DIRECT_DEFAULT	(10ull << 30)
#define DIRECT_KEEP	(1ull << 30)
#define DIRECT_KEEP_PART 20u		/* 1/20: 5% */
#define DIRECT_WHOLE	(64ull << 20)	/* where nothing can be added */
#define DIRECT_AS_PART	8u		/* of RLIMIT_AS */
#define DIRECT_WINDOW	64u		/* chunks: 1 MiB */
#define DIRECT_NODES	4096u		/* made ready at a time: 64 KiB */
#define PAGE		OS_PAGE_MIN

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
direct_limit(int resource)
{
	struct rlimit l;

	if (os_syscall(SYS_prlimit64, 0, resource, 0, (long)&l, 0, 0) != 0 ||
	    l.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	return l.rlim_cur;
}

/* What the file system has for us, and what of it by default. */
static void
direct_space(int fd, uint64_t *room, uint64_t *usual)
{
	struct statfs s;
	uint64_t keep, avail;

	*room = *usual = DIRECT_DEFAULT;
	if (os_syscall(SYS_fstatfs, fd, (long)&s, 0, 0, 0, 0) != 0)
		return;
	keep = least(DIRECT_KEEP, (uint64_t)s.f_blocks * (uint64_t)s.f_bsize /
	    DIRECT_KEEP_PART);
	avail = (uint64_t)s.f_bavail * (uint64_t)s.f_bsize;
	*room = avail > keep ? avail - keep : 0;
	*usual = least(DIRECT_DEFAULT, avail / 10);
}

uint64_t
direct_bound(int fd, uint64_t wanted)
{
	uint64_t room, usual, bound;

	direct_space(fd, &room, &usual);
	bound = least(wanted != 0 ? wanted : usual, room);
	bound = least(bound, (uint64_t)SESSION_DIRECT_MAX * SESSION_CHUNK_SIZE);
	bound = least(bound, direct_limit(RLIMIT_FSIZE));
	bound = least(bound, direct_limit(RLIMIT_AS) / DIRECT_AS_PART);
	return bound >= DIRECT_LEAST ? bound : 0;
}

static void
direct_lay_out(struct session_header *h, uint64_t bound, uint64_t stacks)
{
	uint64_t procs = least((uint64_t)SESSION_DIRECT_PROCS *
	    sizeof(struct session_proc), bound / 16);
	uint64_t nodes = least(stacks, bound / 4);

	h->procs_off = bits_align_up(sizeof(*h), PAGE);
	h->nodes_off = h->procs_off + bits_align_up(procs, PAGE);
	h->chunks_off = h->nodes_off + bits_align_up(nodes, PAGE);
	h->file_size = h->chunks_off + (bound - h->chunks_off) /
	    SESSION_CHUNK_SIZE * SESSION_CHUNK_SIZE;
	h->flags = SESSION_DIRECT;
}

static int
direct_lock(int fd, int command, struct flock *l)
{
	*l = (struct flock){
		.l_type = command == F_OFD_GETLK ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET,
	};
	return (int)os_syscall(SYS_fcntl, fd, command, (long)l, 0, 0, 0);
}

bool
direct_is_locked(int fd)
{
	struct flock l;

	return direct_lock(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

struct session_header *
direct_map(int fd, const struct session_header *h, uint64_t size)
{
	long at = os_map_at(NULL, size, PROT_NONE, MAP_SHARED, fd, 0);
	struct flock l;

	if (at < 0 && at > -4096)
		return NULL;
	/* Nothing is there to be read ahead, of which the kernel makes 2 MiB. */
	os_advise((void *)at, size, MADV_RANDOM);
	direct_lock(fd, F_OFD_SETLK, &l);
	if (os_protect((void *)at, h->chunks_off,
	    PROT_READ | PROT_WRITE) == 0)
		return (struct session_header *)at;
	os_unmap((void *)at, size);
	return NULL;
}

static bool
direct_populate(const void *p, size_t size, int *error)
{
	uintptr_t from = (uintptr_t)p & ~(uintptr_t)(os_page_size() - 1);

	*error = -os_advise((void *)from, (uintptr_t)p + size - from,
	    MADV_POPULATE_WRITE);
	return *error == 0;
}

bool
direct_ready(struct session_header *h, const void *p, size_t size)
{
	int error;

	return h->flags & SESSION_ALLOCATED || direct_populate(p, size, &error);
}

/* The kernel can't say whether there is room: what is allocated now is all. */
static int
direct_allocate(int fd, struct session_header *layout, uint64_t bound,
    uint64_t stacks)
{
	direct_lay_out(layout, least(bound, DIRECT_WHOLE), stacks);
	layout->flags |= SESSION_ALLOCATED;
	os_truncate(fd, (off_t)layout->file_size);
	return -os_allocate(fd, 0, (off_t)layout->file_size);
}

static struct session_header *
direct_begin(int fd, struct session_header *layout, uint64_t bound,
    uint64_t stacks, int *error)
{
	struct session_header *h;

	direct_lay_out(layout, bound, stacks);
	*error = -os_truncate(fd, (off_t)layout->file_size);
	h = *error == 0 ? direct_map(fd, layout, layout->file_size) : NULL;
	if (h == NULL)
		return NULL;
	if (direct_populate(h, sizeof(*h), error))
		return h;
	os_unmap(h, layout->file_size);
	if (*error != EINVAL)
		return NULL;
	*error = direct_allocate(fd, layout, bound, stacks);
	return *error == 0 ? direct_map(fd, layout, layout->file_size) : NULL;
}

struct session_header *
direct_create(int fd, uint64_t bound, uint64_t stacks, int *error)
{
	size_t size = bits_align_up(sizeof(struct session_header), PAGE);
	struct session_header *layout = os_map(size), *h;

	*error = ENOMEM;
	if (layout == NULL)
		return NULL;
	h = direct_begin(fd, layout, bound, stacks, error);
	if (h != NULL) {
		h->version = SESSION_VERSION;
		h->header_size = sizeof(*h);
		h->procs_off = layout->procs_off;
		h->nodes_off = layout->nodes_off;
		h->chunks_off = layout->chunks_off;
		h->file_size = layout->file_size;
		h->flags = layout->flags;
		h->nodes_claimed = 1;	/* 0 is the root: no stack */
	} else if (*error == 0) {
		*error = ENOMEM;
	}
	os_unmap(layout, size);
	return h;
}

/* Nothing is recorded from now on, by anybody. */
static void
direct_stop(struct session_header *h, enum session_stop why)
{
	uint32_t goes_on = SESSION_GOES_ON;

	__atomic_compare_exchange_n(&h->stopped, &goes_on, why, false,
	    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	__atomic_store_n(&h->closed, 1, __ATOMIC_RELEASE);
}

/* Chunks up to i are accessible in this process. */
static bool
direct_reach(struct session_header *h, uint32_t i, uint32_t *window)
{
	uint32_t max = session_chunks_max(h);
	uint32_t end = i / DIRECT_WINDOW * DIRECT_WINDOW + DIRECT_WINDOW;

	if (i < *window)
		return true;
	if (end > max)
		end = max;
	if (os_protect((char *)h + h->chunks_off,
	    (size_t)end * SESSION_CHUNK_SIZE, PROT_READ | PROT_WRITE) != 0)
		return false;
	*window = end;
	return true;
}

struct session_chunk *
direct_take_chunk(struct session_header *h, uint32_t *window)
{
	uint32_t max = session_chunks_max(h);
	uint32_t i = __atomic_load_n(&h->chunks_claimed, __ATOMIC_RELAXED);
	struct session_chunk *c;

	do {
		if (i >= max) {
			direct_stop(h, SESSION_STOP_SIZE);
			return NULL;
		}
	} while (!__atomic_compare_exchange_n(&h->chunks_claimed, &i, i + 1,
	    true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	c = session_chunk(h, i);
	if (!direct_reach(h, i, window) || !direct_ready(h, c, sizeof(*c))) {
		direct_stop(h, SESSION_STOP_DISK);
		return NULL;
	}
	__atomic_store_n(&c->state, SESSION_OWNED, __ATOMIC_RELEASE);
	direct_rate(h);
	return c;
}

bool
direct_nodes(struct session_header *h, uint32_t id)
{
	struct session_node *nodes = session_nodes(h);
	uint32_t max = session_nodes_max(h);
	uint32_t ready = __atomic_load_n(&h->nodes_ready, __ATOMIC_ACQUIRE);
	uint32_t more;

	while (id >= ready) {
		more = (uint32_t)least(ready + DIRECT_NODES, max);
		if (more <= id && more == max)
			return false;
		if (!direct_ready(h, nodes + ready,
		    (more - ready) * sizeof(*nodes)))
			return false;
		/* Whoever was faster did the same. */
		if (__atomic_compare_exchange_n(&h->nodes_ready, &ready, more,
		    false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
			ready = more;
	}
	return true;
}

void
direct_rate(struct session_header *h)
{
	struct ticks t = {
		.clock = h->clock,
		.shift = h->tick_shift,
		.raw = h->clock_raw,
		.ns = h->clock_ns,
	};

	__atomic_store_n(&h->ticks_per_second, ticks_rate(&t),
	    __ATOMIC_RELAXED);
}
