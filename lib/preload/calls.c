/*
 * calls.c - how checked calls of libc begin, and how a bad one is told.
 *
 * Until the real functions are known the range is everything, so no entry goes
 * on to a pointer that is not there yet.  They are looked up once, by dlsym, at
 * start or at the first call that comes before it when libc is ready; calls of
 * IFUNC resolvers, earlier than that, are served by calls_plain.c or not at all.
 *
 * A bad call may stand in a loop: of those with one return address no more than
 * CALLS_SAME are told.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/calls.h"

#include <dlfcn.h>
#include <errno.h>

#include "base/bits.h"
#include "preload/finding.h"

#define CALLS_SAME	1000u
#define CALLS_PLACES	256u

struct calls_real calls_real;
struct calls_range calls_range = { 0, SIZE_MAX };

/* Of a return address, how often it was told; places may share an entry. */
static struct {
	uintptr_t pc;
	uint32_t n;
} calls_told[CALLS_PLACES];

static void
find_all(void)
{
#define FIND(name)							\
	calls_real.name = (__typeof__(name) *)(uintptr_t)		\
	    dlsym(RTLD_NEXT, #name);
	CALLS(FIND)
#undef FIND
	/* Programs linked before glibc 2.14 may copy overlapping ranges. */
	calls_real.memcpy = calls_real.memmove;
}

bool
calls_find(void)
{
	static bool found;

	if (__atomic_load_n(&found, __ATOMIC_ACQUIRE))
		return true;
	if (!start_relocated() || environ == NULL)
		return false;
	find_all();
	__atomic_store_n(&found, true, __ATOMIC_RELEASE);
	return true;
}

void
calls_start(bool hold)
{
	uintptr_t base = 0;
	size_t size = hold ? backend_held_range(&base) : 0;

	if (!calls_find())
		return;
	__atomic_store_n(&calls_range.base, base, __ATOMIC_RELEASE);
	__atomic_store_n(&calls_range.size, size, __ATOMIC_RELEASE);
}

static bool
told_enough(uintptr_t pc)
{
	__typeof__(*calls_told) *at = &calls_told[bits_mix64(pc) %
	    CALLS_PLACES];

	if (at->pc != pc) {
		at->pc = pc;
		at->n = 0;
	}
	return at->n++ >= CALLS_SAME;
}

PW_NOINLINE void
calls_tell(const struct backend_held_range *range, unsigned call,
    const void *frame)
{
	const uintptr_t *fp = frame;
	struct unwind_start caller = {
		.pc = fp[1], .sp = (uintptr_t)(fp + 2), .bp = fp[0],
	};
	int error = errno;
	struct lane *lane;
	struct thread *t;

	if (start_life != LIFE_RECORDING || process_borrowed() ||
	    (t = thread_enter(&lane)) == NULL)
		return;
	if (process.writing && backend_judge(&t->backend, thread_nested(t),
	    &lane->claim.error, range) && !told_enough(caller.pc)) {
		lane->claim.call = call;
		finding_tell(lane, &caller);
	}
	thread_leave(t);
	errno = error;
}
