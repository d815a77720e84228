/*
 * pool_create.c - a pool with everything preset: poolcreate, pooldestroy.
 *
 * The struct and its name stand in a page of their own.  Without a source the
 * memory is anonymous, in chunks that grow with the pool: one eighth of what it
 * has, so that a pool of n bytes was built by some 8 log n calls and wastes an
 * eighth at most.
 *
 * The lock is a futex of three values: 0 free, 1 taken, 2 taken and somebody
 * may sleep.  It knows no owner, so it needs no thread id, and a signal handler
 * that interrupted its owner, or a print hook that calls its own pool, waits
 * for ever: pool(3) says so.  While the C library says that there is one thread
 * it is taken and given without an atomic exchange, which costs more than
 * finding a small block does.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include "alloc/pool_impl.h"
#include "base/bits.h"
#include "base/lock.h"
#include "base/os.h"
#include "base/say.h"

#define CHUNK_MIN	((size_t)64 << 10)
#define CHUNK_MAX	((size_t)64 << 20)
#define CHUNK_SHIFT	3	/* an eighth of the pool */
#define LINE_MAX_BYTES	512
#define LOCK_SPINS	100
#define ALL_FLAGS	((POOL_NOREUSE << 1) - 1)

struct made {
	Pool pool;
	char name[64];
};

_Static_assert(sizeof(struct made) <= OS_PAGE_MIN, "a pool fits a page");

static void
made_lock(Pool *p)
{
	uint32_t free = 0;

	if (PW_LIKELY(lock_is_alone() &&
	    __atomic_load_n(&p->futex, __ATOMIC_RELAXED) == 0)) {
		__atomic_store_n(&p->futex, 1, __ATOMIC_RELAXED);
		return;
	}
	for (int i = 0; i < LOCK_SPINS; i++, free = 0)
		if (__atomic_compare_exchange_n(&p->futex, &free, 1, false,
		    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return;
	while (__atomic_exchange_n(&p->futex, 2, __ATOMIC_ACQUIRE) != 0)
		os_futex_wait(&p->futex, 2, 0);
}

static void
made_unlock(Pool *p)
{
	if (PW_LIKELY(lock_is_alone() &&
	    __atomic_load_n(&p->futex, __ATOMIC_RELAXED) == 1)) {
		__atomic_store_n(&p->futex, 0, __ATOMIC_RELAXED);
		return;
	}
	if (__atomic_exchange_n(&p->futex, 0, __ATOMIC_RELEASE) == 2)
		os_futex_wake(&p->futex, 1);
}

/* One write, so that lines of several threads stay whole. */
static void
made_say(const char *before, const char *fmt, va_list args, const char *after)
{
	char line[LINE_MAX_BYTES];
	size_t n = say_format(line, sizeof(line), "%s", before);

	n += say_vformat(line + n, sizeof(line) - n, fmt, args);
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	n += say_format(line + n, sizeof(line) - n, "%s", after);
	os_write_all(2, line, n);
}

static void
print_default(Pool *p, const char *fmt, ...)
{
	va_list args;

	(void)p;
	va_start(args, fmt);
	made_say("", fmt, args, "");
	va_end(args);
}

static void
end_process(void)
{
	os_syscall(SYS_tgkill, os_getpid(), os_gettid(), SIGABRT, 0, 0, 0);
	os_syscall(SYS_exit_group, 128 + SIGABRT, 0, 0, 0, 0, 0);
}

static void
panic_default(Pool *p, const char *fmt, ...)
{
	va_list args;

	(void)p;
	va_start(args, fmt);
	made_say("panic: ", fmt, args, "\n");
	va_end(args);
	end_process();
}

/* The next chunk, as far as maxsize leaves room for it. */
static void
plan_next(Pool *p, size_t size)
{
	size_t have = p->cursize + size, next = have >> CHUNK_SHIFT;

	if (next < CHUNK_MIN)
		next = CHUNK_MIN;
	if (next > CHUNK_MAX)
		next = CHUNK_MAX;
	if (p->maxsize != 0 && next > p->maxsize - have)
		next = p->maxsize - have;
	p->minarena = bits_align_down(next, OS_PAGE_MIN);
}

static void *
chunk_grow(Pool *p, size_t size)
{
	void *at = os_map(size);

	if (at != NULL)
		plan_next(p, size);
	return at;
}

static void
chunk_shrink(Pool *p, void *at, size_t size)
{
	(void)p;
	os_unmap(at, size);
}

static const struct pool_ops chunk_ops = {
	.grow = chunk_grow,
	.shrink = chunk_shrink,
};

Pool *
poolcreate(const char *name, vmem_t *source, int flags)
{
	struct made *m;

	if (flags & ~ALL_FLAGS) {
		errno = EINVAL;
		return NULL;
	}
	m = os_map(sizeof(*m));
	if (m == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	say_format(m->name, sizeof(m->name), "%s", name != NULL ? name : "?");
	m->pool.name = m->name;
	m->pool.flags = flags;
	m->pool.minarena = CHUNK_MIN;
	m->pool.source = source;
	m->pool.ops = source == NULL ? &chunk_ops : NULL;
	m->pool.lock = made_lock;
	m->pool.unlock = made_unlock;
	m->pool.print = print_default;
	m->pool.panic = panic_default;
	return &m->pool;
}

void
pooldestroy(Pool *p)
{
	if (p == NULL)
		return;
	poolreset(p);
	os_unmap(PW_CONTAINER_OF(p, struct made, pool), sizeof(struct made));
}
