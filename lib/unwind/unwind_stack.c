/*
 * unwind_stack.c - which memory is stack and may be read.
 *
 * A thread's own stack ends at a place that is known without asking: for the
 * main thread at __libc_stack_end, for the others at the thread control block,
 * which glibc puts on top of the stack.  Below that the stack is mapped
 * without a hole, down to the frame that runs now.  Any other stack (a
 * coroutine's, an alternate signal stack, one of a thread that was made
 * without libc) begins as the page that the stack pointer is in, for code ran
 * on it a moment ago, and grows page by page as a walk needs it.
 *
 * Whether a page can be read is asked of the kernel: futex(FUTEX_WAIT) with a
 * timeout of 0 reads one word and says EFAULT when it can't, also for guard
 * pages.  Nothing is opened, nothing changes, and it is a call that malloc
 * makes itself, so that a seccomp filter allows it.  Answers are kept in the
 * thread's two ranges.  A page of a thread's own stack stays mapped.  The other
 * range is forgotten when a walk starts on another stack than it: coroutine
 * stacks may be unmapped, but not by code that runs on them.
 *
 * A range is one word, (lo >> 12) << 19 | pages, so that a signal handler
 * which interrupts an update sees the old or the new one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "unwind/unwind_impl.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/bits.h"
#include "base/os.h"

#define UNIT		4096u		/* of the packed form; pages are not smaller */
#define REACH		(128u << 10)	/* bytes looked over downwards at once */
#define REACH_UP	(16u << 20)	/* a caller's frame may be that large */
#define WORD		sizeof(uintptr_t)

static bool
page_readable(uintptr_t addr)
{
	struct timespec zero = { 0, 0 };
	long ret;

	ret = os_syscall(SYS_futex, (long)(addr & ~(uintptr_t)3),
	    FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0x5a3c96e1, (long)&zero, 0, 0);
	return ret == -EAGAIN || ret == -ETIMEDOUT || ret == -EINTR ||
	    ret == 0;
}

/* Every page of [lo, hi), which are page aligned. */
static bool
pages_readable(const struct unwind_process *p, uintptr_t lo, uintptr_t hi)
{
	for (; lo < hi; lo += p->page)
		if (!page_readable(lo))
			return false;
	return true;
}

static uint64_t
stack_pack(struct stack_range r)
{
	uint64_t pages = (r.hi - r.lo) / UNIT;

	return (uint64_t)(r.lo / UNIT) << 19 | (pages & 0x7ffff);
}

static void
stack_store(uint64_t *word, struct stack_range r)
{
	if (r.hi - r.lo < (uintptr_t)0x7ffff * UNIT)
		__atomic_store_n(word, stack_pack(r), __ATOMIC_RELAXED);
}

static struct stack_range
stack_load(const uint64_t *word)
{
	return stack_unpack(__atomic_load_n(word, __ATOMIC_RELAXED));
}

/* The whole word at addr lies within. */
static bool
range_has(struct stack_range r, uintptr_t addr)
{
	return addr >= r.lo && addr < r.hi && r.hi - addr >= WORD;
}

/* Let [r->lo, r->hi) reach down to addr if all between can be read. */
static bool
range_extend_down(const struct unwind_process *p, struct stack_range *r,
    uintptr_t addr)
{
	uintptr_t lo = bits_align_down(addr, p->page);

	if (addr >= r->lo || r->lo - addr > REACH ||
	    !pages_readable(p, lo, r->lo))
		return false;
	r->lo = lo;
	return true;
}

static bool
range_extend_up(const struct unwind_process *p, struct stack_range *r,
    uintptr_t addr)
{
	uintptr_t hi = bits_align_up(addr + WORD, p->page);

	if (addr < r->lo || addr - r->hi > REACH_UP || hi < addr ||
	    !pages_readable(p, r->hi, hi))
		return false;
	r->hi = hi;
	return true;
}

/* The end of the calling thread's own stack, if addr may be on it. */
static uintptr_t
own_end(const struct unwind_process *p, uintptr_t addr)
{
	uintptr_t tcb = (uintptr_t)__builtin_thread_pointer();
	uintptr_t end = p->stack_end;

	/* The nearer one above addr. */
	if (tcb > addr && (end < addr || tcb - addr < end - addr))
		end = tcb;
	return end < addr ? 0 : bits_align_up(end + 1, p->page);
}

/* addr is not in the range known of the thread's own stack: is it below? */
static bool
own_find(const struct unwind_process *p, struct unwind_thread *th,
    uintptr_t addr, struct stack_range *r)
{
	uintptr_t end = own_end(p, addr);

	*r = stack_load(&th->own);
	if (end == 0)
		return false;
	if (r->hi != end)
		*r = (struct stack_range){ end - p->page, end };
	if (!range_has(*r, addr) && !range_extend_down(p, r, addr))
		return false;
	stack_store(&th->own, *r);
	return true;
}

/*
 * A walk that began too far below the known part of the thread's stack has come
 * up to it: what it walked through was the stack too.
 */
static void
own_join(struct unwind_thread *th, struct stack_range *r)
{
	struct stack_range below = stack_load(&th->other);

	if (below.lo == below.hi || below.hi != r->lo)
		return;
	r->lo = below.lo;
	stack_store(&th->own, *r);
	__atomic_store_n(&th->other, 0, __ATOMIC_RELAXED);
}

bool
stack_find(const struct unwind_process *p, struct unwind_thread *th,
    uintptr_t addr, struct stack_range *r)
{
	if (addr < p->page || addr > UINTPTR_MAX / 2)
		return false;
	*r = stack_load(&th->own);
	if (range_has(*r, addr))
		return true;
	*r = stack_load(&th->other);
	if (range_has(*r, addr))
		return true;
	if (own_find(p, th, addr, r)) {
		own_join(th, r);
		return true;
	}
	*r = stack_load(&th->other);
	if (r->lo == r->hi || (!range_extend_up(p, r, addr) &&
	    !range_extend_down(p, r, addr))) {
		r->lo = bits_align_down(addr, p->page);
		r->hi = bits_align_up(addr + WORD, p->page);
		if (!pages_readable(p, r->lo, r->hi))
			return false;
	}
	stack_store(&th->other, *r);
	return true;
}

bool
stack_enter(const struct unwind_process *p, struct unwind_thread *th,
    uintptr_t sp, struct stack_range *r)
{
	*r = stack_load(&th->own);
	if (PW_LIKELY(range_has(*r, sp))) {
		if (PW_UNLIKELY(th->other != 0))
			__atomic_store_n(&th->other, 0, __ATOMIC_RELAXED);
		return true;
	}
	*r = stack_load(&th->other);
	if (!range_has(*r, sp))
		__atomic_store_n(&th->other, 0, __ATOMIC_RELAXED);
	return stack_find(p, th, sp, r);
}

bool
stack_read(const struct unwind_process *p, struct unwind_thread *th,
    uintptr_t addr, uintptr_t *word)
{
	struct stack_range r;

	if (!stack_find(p, th, addr, &r))
		return false;
	*word = *(const uintptr_t *)addr;
	return true;
}

bool
unwind_read(struct unwind_thread *th, uintptr_t addr, uintptr_t *word)
{
	return unwind_process.ready &&
	    stack_read(&unwind_process, th, addr, word);
}
