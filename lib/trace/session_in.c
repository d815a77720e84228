/*
 * session_in.c - the inside's way into the session file, and its clock.
 *
 * The file is checked before it is trusted: a process may find a stale path
 * in its environment.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/writer.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/os.h"
#include "trace/direct.h"

#define SLOT_WAIT_NS	100000000u

/* Offsets are in order, aligned, and inside of size bytes. */
static bool
session_layout_ok(const struct session_header *h, uint64_t size)
{
	return h->file_size <= size &&
	    h->procs_off >= sizeof(struct session_header) &&
	    h->procs_off <= h->nodes_off && h->nodes_off <= h->chunks_off &&
	    h->chunks_off <= h->file_size &&
	    h->procs_off % 64 == 0 && h->nodes_off % 64 == 0 &&
	    h->chunks_off % 64 == 0 && h->tick_shift < 64;
}

static bool
session_head_ok(const struct session_header *h, uint64_t size)
{
	for (int i = 0; i < 8; i++)
		if (h->magic[i] != SESSION_MAGIC[i])
			return false;
	return h->version == SESSION_VERSION &&
	    h->header_size == sizeof(struct session_header) &&
	    session_layout_ok(h, size);
}

static struct session_header *
session_map(int fd)
{
	struct session_header *h, *whole = NULL;
	uint64_t bytes;
	long size;

	size = os_syscall(SYS_lseek, fd, 0, SEEK_END, 0, 0, 0);
	if (size < (long)sizeof *h)
		return NULL;
	h = os_map_file(fd, sizeof *h, 0);
	if (h == NULL)
		return NULL;
	bytes = h->file_size;
	if (session_head_ok(h, (uint64_t)size))
		whole = h->flags & SESSION_DIRECT ? direct_map(fd, h, bytes) :
		    os_map_file(fd, (size_t)bytes, 0);
	os_unmap(h, sizeof *h);
	return whole;
}

struct session_header *
session_attach(const char *path)
{
	struct session_header *h;
	int fd = os_open(path, O_RDWR | O_NOFOLLOW | O_NOCTTY, 0);

	if (fd < 0)
		return NULL;
	h = session_map(fd);
	os_close(fd);
	return h;
}

/* An old kernel can't make room here: the recorder has to. */
static bool
session_await_slot(struct session_header *h, uint32_t slot)
{
	uint64_t end = os_monotonic_ns() + SLOT_WAIT_NS, now;
	uint32_t ready;

	for (;;) {
		ready = __atomic_load_n(&h->procs_ready, __ATOMIC_ACQUIRE);
		if (slot < ready)
			return true;
		now = os_monotonic_ns();
		if (now >= end || h->flags & SESSION_LOSSY ||
		    __atomic_load_n(&h->closed, __ATOMIC_RELAXED))
			return false;
		session_wake(h);
		os_futex_wait(&h->procs_ready, ready, end - now);
	}
}

static bool
session_slot_ready(struct session_header *h, uint32_t slot)
{
	const struct session_proc *p = session_procs(h) + slot;

	if (slot >= session_procs_max(h))
		return false;
	if (h->flags & SESSION_DIRECT)
		return direct_ready(h, p, sizeof *p);
	return slot < __atomic_load_n(&h->procs_ready, __ATOMIC_ACQUIRE) ||
	    direct_ready(h, p, sizeof *p) || session_await_slot(h, slot);
}

/* What is claimed can be filled: the recorder looks for who did not. */
static uint32_t
session_claim_slot(struct session_header *h)
{
	uint32_t n = __atomic_load_n(&h->procs_claimed, __ATOMIC_RELAXED);

	do
		if (!session_slot_ready(h, n)) {
			__atomic_add_fetch(&h->lost, 1, __ATOMIC_RELAXED);
			return ~0u;
		}
	while (!__atomic_compare_exchange_n(&h->procs_claimed, &n, n + 1,
	    true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return n;
}

uint32_t
session_hello(struct session_header *h, uint32_t pid, uint32_t ppid,
    uint32_t parent_slot, bool judged)
{
	uint32_t slot = session_claim_slot(h);
	struct session_proc *p;

	if (slot == ~0u)
		return slot;
	p = session_procs(h) + slot;
	p->pid = pid;
	p->ppid = ppid;
	p->parent = parent_slot;
	p->start = session_now(h);
	p->judged = judged;
	__atomic_store_n(&p->state, SESSION_PROC_HELLO, __ATOMIC_RELEASE);
	return slot;
}

void
session_goodbye(struct session_header *h, uint32_t slot,
    enum session_proc_state state, int status, uint64_t time)
{
	struct session_proc *p;

	if (slot >= session_procs_max(h))
		return;
	if (h->flags & SESSION_DIRECT)
		direct_rate(h);
	p = session_procs(h) + slot;
	p->status = status;
	p->end = time;
	__atomic_store_n(&p->state, state, __ATOMIC_RELEASE);
}

static uint64_t
session_ticks(const struct session_header *h, uint64_t raw)
{
	uint64_t ticks = raw >> h->tick_shift;

	/* Another core's clock may be a hair behind the origin's. */
	return ticks > h->tick_origin ? ticks - h->tick_origin : 0;
}

uint64_t
session_now(const struct session_header *h)
{
#if defined(__x86_64__)
	if (PW_LIKELY(h->clock == SESSION_TSC))
		return session_ticks(h, __builtin_ia32_rdtsc());
#endif
	return session_ticks(h, os_monotonic_ns());
}

uint64_t
session_now_after(const struct session_header *h)
{
#if defined(__x86_64__)
	if (PW_LIKELY(h->clock == SESSION_TSC)) {
		__builtin_ia32_lfence();
		return session_ticks(h, __builtin_ia32_rdtsc());
	}
#endif
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return session_ticks(h, os_monotonic_ns());
}

void
session_wake(struct session_header *h)
{
	__atomic_add_fetch(&h->wake, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&h->recorder_waits, __ATOMIC_SEQ_CST))
		os_futex_wake(&h->wake, 1);
}
