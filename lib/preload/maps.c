/*
 * maps.c - memory that the program maps itself, recorded.
 *
 * mmap and its kin are wrapped, called, and told as events; nothing of theirs
 * is changed.  What libc maps for itself (arenas of malloc, stacks of threads,
 * ld.so's objects) and our own mappings pass none of these names.
 *
 * The order is that of blocks: what is given back is told before the call,
 * and once more with the error if it failed; what is got is told after it.
 * No lane is held over the call, for whoever stands behind us (another
 * wrapper) may ask for memory.
 *
 * Before start, when neither a GOT nor a thread's errno can be relied on, the
 * calls are raw system calls; the break alone is never moved then, for libc
 * keeps it in a variable of its own.
 *
 * Two threads that move the break at once are on their own, as they are with
 * libc: we ask where it is, and then move it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/preload_impl.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/os.h"
#include "preload/body.h"
#include "preload/finding.h"
#include "preload/real.h"
#include "preload/thread.h"
#include "trace/writer.h"

#define HUGE_SHIFT	26	/* where mmap's flags tell a huge page's size */
#define HUGE_MASK	63u
#define HUGE_DEFAULT	21

/* One event, on its way to the trace. */
struct maps_event {
	enum trace_kind kind;
	unsigned call;
	const void *addr;
	size_t length;
	int access;
	int flags;
	int error;
};

static bool
maps_recorded(void)
{
	enum life life = __atomic_load_n(&start_life, __ATOMIC_ACQUIRE);

	if (life < LIFE_RECORDING)
		life = start_try();
	return life_records(life) && process.writing &&
	    process.session->flags & SESSION_MAPPINGS;
}

/* The whole pages that the kernel makes of size bytes. */
static size_t
maps_pages(size_t size, int flags)
{
	unsigned shift = (unsigned)flags >> HUGE_SHIFT & HUGE_MASK;
	size_t page = os_page_size();

	if (flags & MAP_HUGETLB)
		page = (size_t)1 << (shift != 0 ? shift : HUGE_DEFAULT);
	return (size + page - 1) & ~(page - 1);
}

static void
maps_write(struct lane *lane, const struct maps_event *e,
    const struct unwind_start *at)
{
	uint32_t stack = finding_stack(lane, at);
	uint64_t time = session_now_after(process.session);

	if (e->kind == TRACE_MAP)
		writer_map(&lane->writer, time, e->call, (uintptr_t)e->addr,
		    e->length, (unsigned)e->access, (unsigned)e->flags,
		    (unsigned)e->error, stack);
	else
		writer_unmap(&lane->writer, time, e->call,
		    (uintptr_t)e->addr, e->length, (unsigned)e->error, stack);
}

/* No lane is left for it, which is rare: without it figures are not exact. */
static void
maps_lost(void)
{
	struct session_header *s = process.session;

	__atomic_add_fetch(&s->lost, 1, __ATOMIC_RELAXED);
	if (process.slot != ~0u)
		__atomic_add_fetch(&session_procs(s)[process.slot].lost, 1,
		    __ATOMIC_RELAXED);
}

/* errno is kept: nothing below touches it. */
static void
maps_tell(const struct maps_event *e, const struct unwind_start *at)
{
	struct lane *lane;
	struct thread *t;

	if (!maps_recorded())
		return;
	t = thread_enter(&lane);
	if (t == NULL) {
		maps_lost();
		return;
	}
	/* In a child of fork that is not followed it may be over by now. */
	if (process.writing)
		maps_write(lane, e, at);
	thread_leave(t);
}

static void *
maps_result(long result)
{
	if (result < 0 && result >= -4095) {
		body_set_errno((int)-result);
		return MAP_FAILED;
	}
	return (void *)result;
}

static inline void *
maps_mmap(void *addr, size_t size, int prot, int flags, int fd, off_t off,
    const struct unwind_start *at)
{
	struct maps_event e = { .kind = TRACE_MAP, .call = TRACE_CALL_MMAP,
		.addr = addr, .access = prot, .flags = flags };
	void *p;

	maps_recorded();
	p = real.mmap != NULL ? real.mmap(addr, size, prot, flags, fd, off) :
	    maps_result(os_map_at(addr, size, prot, flags, fd, off));
	if (real.mmap == NULL)
		return p;
	e.length = maps_pages(size, flags);
	if (p != MAP_FAILED)
		e.addr = p;
	else
		e.error = errno;
	maps_tell(&e, at);
	return p;
}

PW_EXPORT void *
mmap(void *addr, size_t size, int prot, int flags, int fd, off_t off)
{
	struct unwind_start at = UNWIND_CALLER();

	return maps_mmap(addr, size, prot, flags, fd, off, &at);
}

#ifndef mmap64
PW_EXPORT void *
mmap64(void *addr, size_t size, int prot, int flags, int fd, off64_t off)
{
	struct unwind_start at = UNWIND_CALLER();

	return maps_mmap(addr, size, prot, flags, fd, off, &at);
}
#endif

/* A range that the kernel may take: others fail, and nothing is told before. */
static bool
maps_sound(const void *addr, size_t length)
{
	return length != 0 && ((uintptr_t)addr & (os_page_size() - 1)) == 0;
}

PW_EXPORT int
munmap(void *addr, size_t size)
{
	struct unwind_start at = UNWIND_CALLER();
	struct maps_event e = { .kind = TRACE_UNMAP,
		.call = TRACE_CALL_MUNMAP, .addr = addr };
	int r;

	maps_recorded();
	if (real.munmap == NULL)
		return maps_result(os_unmap(addr, size)) == NULL ? 0 : -1;
	e.length = maps_pages(size, 0);
	if (maps_sound(addr, size))
		maps_tell(&e, &at);
	r = real.munmap(addr, size);
	if (r != 0) {
		e.error = errno;
		maps_tell(&e, &at);
	}
	return r;
}

/*
 * With an old size of 0 a shared mapping is mapped once more; MREMAP_DONTUNMAP
 * leaves the old range mapped.  Neither gives anything back.
 */
static void *
maps_mremap(void *old, size_t size, size_t to, int flags, void *at_addr,
    const struct unwind_start *at)
{
	struct maps_event e = { .kind = TRACE_UNMAP,
		.call = TRACE_CALL_MREMAP, .addr = old,
		.length = maps_pages(size, 0) };
	bool gives = size != 0 && !(flags & MREMAP_DONTUNMAP);
	void *p;

	if (gives && to != 0 && maps_sound(old, size))
		maps_tell(&e, at);
	p = real.mremap(old, size, to, flags, at_addr);
	if (p == MAP_FAILED) {
		e.error = errno;
	} else {
		e.addr = p;
		e.length = maps_pages(to, 0);
	}
	if (p != MAP_FAILED || !gives)
		e.kind = TRACE_MAP;
	if (!gives)
		e.flags = size == 0 ? MAP_SHARED :
		    MAP_PRIVATE | MAP_ANONYMOUS;
	maps_tell(&e, at);
	return p;
}

PW_EXPORT void *
mremap(void *old, size_t size, size_t to, int flags, ...)
{
	struct unwind_start at = UNWIND_CALLER();
	void *fixed = NULL;
	va_list ap;

	va_start(ap, flags);
	if (flags & MREMAP_FIXED)
		fixed = va_arg(ap, void *);
	va_end(ap);
	maps_recorded();
	if (real.mremap == NULL)
		return maps_result(os_syscall(SYS_mremap, (long)old,
		    (long)size, (long)to, flags, (long)fixed, 0));
	return maps_mremap(old, size, to, flags, fixed, &at);
}

/*
 * Before start, but relocated (another thread is at it): libc's own is needed,
 * for it alone knows the break.
 */
static bool
maps_has_break(void)
{
	maps_recorded();
	if ((real.brk == NULL || real.sbrk == NULL) && start_relocated())
		real_init();
	if (real.brk != NULL && real.sbrk != NULL)
		return true;
	body_set_errno(ENOMEM);
	return false;
}

/* The break is about to go from one address to the other. */
static void
maps_break_before(unsigned call, const char *from, const char *to,
    const struct unwind_start *at)
{
	struct maps_event e = { .kind = TRACE_UNMAP, .call = call,
		.addr = to, .length = (size_t)(from - to) };

	/* brk(NULL) asks where it is. */
	if (to < from && to != NULL)
		maps_tell(&e, at);
}

/*
 * It should have gone there; error: the call's, or 0.  The kernel leaves it
 * where it is, and libc calls that a success, when to is no place for it.
 */
static void
maps_break_after(unsigned call, const char *from, const char *to, int error,
    const struct unwind_start *at)
{
	const char *now = real.sbrk(0);
	struct maps_event e = { .kind = TRACE_MAP, .call = call,
		.addr = from, .length = (size_t)(to - from),
		.access = PROT_READ | PROT_WRITE,
		.flags = MAP_PRIVATE | MAP_ANONYMOUS };

	if (to == NULL || to == from || (to < from && now == to))
		return;
	if (now != to)
		e.error = error != 0 ? error : EINVAL;
	if (to < from) {
		e.kind = TRACE_UNMAP;
		e.addr = to;
		e.length = (size_t)(from - to);
	}
	maps_tell(&e, at);
}

PW_EXPORT int
brk(void *end)
{
	struct unwind_start at = UNWIND_CALLER();
	char *from;
	int r;

	if (!maps_has_break())
		return -1;
	from = real.sbrk(0);
	maps_break_before(TRACE_CALL_BRK, from, end, &at);
	r = real.brk(end);
	maps_break_after(TRACE_CALL_BRK, from, end, r != 0 ? errno : 0, &at);
	return r;
}

PW_EXPORT void *
sbrk(intptr_t by)
{
	struct unwind_start at = UNWIND_CALLER();
	char *from, *to;
	void *p;

	if (!maps_has_break())
		return (void *)-1;
	if (by == 0)
		return real.sbrk(0);
	from = real.sbrk(0);
	to = (char *)((uintptr_t)from + (uintptr_t)by);
	if (by < 0 ? to > from : to < from)
		return real.sbrk(by);	/* beyond all addresses: it fails */
	maps_break_before(TRACE_CALL_SBRK, from, to, &at);
	p = real.sbrk(by);
	maps_break_after(TRACE_CALL_SBRK, from, to, p == (void *)-1 ? errno :
	    0, &at);
	return p;
}

/* 0: who attached it may not ask. */
static size_t
maps_segment_size(int id)
{
	struct shmid_ds ds;

	if (os_syscall(SYS_shmctl, id, IPC_STAT, (long)&ds, 0, 0, 0) != 0)
		return 0;
	return maps_pages(ds.shm_segsz, 0);
}

PW_EXPORT void *
shmat(int id, const void *addr, int flags)
{
	struct unwind_start at = UNWIND_CALLER();
	struct maps_event e = { .kind = TRACE_MAP, .call = TRACE_CALL_SHMAT,
		.addr = addr, .flags = MAP_SHARED, .access = PROT_READ };
	void *p;

	maps_recorded();
	if (real.shmat == NULL)
		return maps_result(os_syscall(SYS_shmat, id, (long)addr,
		    flags, 0, 0, 0));
	p = real.shmat(id, addr, flags);
	e.access |= flags & SHM_RDONLY ? 0 : PROT_WRITE;
	if (p == (void *)-1)
		e.error = errno;
	else if (maps_recorded())
		e.length = maps_segment_size(id);
	if (p != (void *)-1)
		e.addr = p;
	maps_tell(&e, &at);
	return p;
}

PW_EXPORT int
shmdt(const void *addr)
{
	struct unwind_start at = UNWIND_CALLER();
	struct maps_event e = { .kind = TRACE_UNMAP,
		.call = TRACE_CALL_SHMDT, .addr = addr };
	int r;

	maps_recorded();
	if (real.shmdt == NULL)
		return maps_result(os_syscall(SYS_shmdt, (long)addr, 0, 0, 0,
		    0, 0)) == NULL ? 0 : -1;
	maps_tell(&e, &at);
	r = real.shmdt(addr);
	if (r != 0) {
		e.error = errno;
		maps_tell(&e, &at);
	}
	return r;
}
