/*
 * record_grow.c - room in the session, and the room left on the disk.
 *
 * The session file is sparse: what programs may store into is allocated
 * before it is announced, so that a full file system costs events and never
 * a SIGBUS.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/record_impl.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/os.h"

/*
 * A program in full flight fills a megabyte in some 15 ms; the disk may hold up
 * a write of ours for much longer.  8 MiB of chunks outlast that, but cost 2
 * ms, which a program of 20 ms would feel: there are as many as hold half of
 * what has been taken so far.
 */
#define FLOOD_PART	2u
#define FLOOD_CHUNKS	512u

/* A ring's round: a part of it, and of what its keyframes can follow at once. */
#define RING_ROUND	8u
#define RING_BYTES	(1u << 20)

#define KEEP_BYTES	(1ull << 30)
#define KEEP_PART	20		/* 1/20: 5% */

static uint32_t
count_chunks(struct session_header *h, uint32_t n, uint32_t state)
{
	uint32_t i, count = 0;

	for (i = 0; i < n; i++)
		count += __atomic_load_n(&session_chunk(h, i)->state,
		    __ATOMIC_RELAXED) == state;
	return count;
}

/*
 * A round takes all there is, and is to be a small part of a ring.  What threads
 * hold does not count: a thousand need a thousand.
 */
static bool
are_enough(struct session_header *h, uint32_t ready, uint64_t ring)
{
	uint64_t bytes = (uint64_t)ready * SESSION_CHUNK_SIZE;

	return ring != 0 && (bytes >= ring / RING_ROUND ||
	    bytes >= RING_BYTES) && count_chunks(h, ready, SESSION_OWNED) <
	    ready / 2;
}

/* Allocate elements [from, to) of an array in the file. */
static int
allocate(int fd, uint64_t off, uint64_t size, uint32_t from, uint32_t to)
{
	return fallocate(fd, 0, (off_t)(off + from * size),
	    (off_t)((to - from) * size));
}

/* Unless a program was faster and has raised it, perhaps to more. */
static void
announce_chunks(struct session_header *h, uint32_t was, uint32_t ready)
{
	if (!__atomic_compare_exchange_n(&h->chunks_ready, &was, ready, false,
	    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		return;
	__atomic_fetch_add(&h->freed, 1, __ATOMIC_RELEASE);
	os_futex_wake(&h->freed, INT_MAX);
}

static void
grow_chunks(struct session_header *h, int fd, uint64_t taken, uint64_t ring)
{
	uint32_t ready = h->chunks_ready, more = ready * 2;
	uint32_t max = session_chunks_max(h);

	if (ready >= FLOOD_CHUNKS ||
	    taken < (uint64_t)more * SESSION_CHUNK_SIZE * FLOOD_PART)
		if (count_chunks(h, ready, SESSION_FREE) >= ready / 2)
			return;
	if (ready >= max || are_enough(h, ready, ring))
		return;
	if (more > max)
		more = max;
	if (!allocate(fd, h->chunks_off, SESSION_CHUNK_SIZE, ready, more))
		announce_chunks(h, ready, more);
}

static void
grow_nodes(struct session_header *h, int fd)
{
	uint32_t ready = h->nodes_ready, more = ready * 2;
	uint32_t max = session_nodes_max(h);

	if (ready >= max || __atomic_load_n(&h->nodes_claimed,
	    __ATOMIC_RELAXED) < ready / 2)
		return;
	if (more > max)
		more = max;
	if (allocate(fd, h->nodes_off, sizeof(struct session_node), ready,
	    more))
		return;
	if (__atomic_compare_exchange_n(&h->nodes_ready, &ready, more, false,
	    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		os_futex_wake(&h->nodes_ready, INT_MAX);
}

static void
grow_procs(struct session_header *h, int fd)
{
	uint32_t ready = h->procs_ready, more = ready;
	uint32_t max = session_procs_max(h);
	uint32_t claimed = __atomic_load_n(&h->procs_claimed, __ATOMIC_RELAXED);

	while (more < max && claimed >= more / 2)
		more = more * 2 < max ? more * 2 : max;
	if (more == ready || allocate(fd, h->procs_off,
	    sizeof(struct session_proc), ready, more))
		return;
	__atomic_store_n(&h->procs_ready, more, __ATOMIC_RELEASE);
	os_futex_wake(&h->procs_ready, INT_MAX);
}

void
record_grow(struct session_header *h, int session_fd, uint64_t taken,
    uint64_t ring)
{
	grow_chunks(h, session_fd, taken, ring);
	grow_nodes(h, session_fd);
	grow_procs(h, session_fd);
}

uint64_t
record_room(int fd)
{
	struct statvfs v;
	struct stat st;
	uint64_t keep, avail;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || fstatvfs(fd, &v) < 0)
		return UINT64_MAX;
	keep = (uint64_t)v.f_blocks * v.f_frsize / KEEP_PART;
	if (keep > KEEP_BYTES)
		keep = KEEP_BYTES;
	avail = (uint64_t)v.f_bavail * v.f_frsize;
	return avail > keep ? avail - keep : 0;
}
