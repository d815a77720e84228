/*
 * oracle.c - compare a capture with libunwind's opinion.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include "tests/unwind/oracle.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

unsigned oracle_checks;
unsigned long oracle_frames;

static struct {
	int (*getcontext)(unw_tdep_context_t *);
	int (*init)(unw_cursor_t *, unw_context_t *);
	int (*step)(unw_cursor_t *);
	int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
	int (*is_signal)(unw_cursor_t *);
	int (*set_caching_policy)(unw_addr_space_t, unw_caching_policy_t);
	void (*flush_cache)(unw_addr_space_t, unw_word_t, unw_word_t);
	unw_addr_space_t *here;
} unw;

#define TEXT(x)		#x
#define NAME(x)		TEXT(x)		/* what libunwind's macros make of x */

int
oracle_init(void)
{
	void *lib = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL)
		return -1;
	*(void **)&unw.getcontext = dlsym(lib, "_Ux86_64_getcontext");
	*(void **)&unw.init = dlsym(lib, NAME(unw_init_local));
	*(void **)&unw.step = dlsym(lib, NAME(unw_step));
	*(void **)&unw.get_reg = dlsym(lib, NAME(unw_get_reg));
	*(void **)&unw.is_signal = dlsym(lib, NAME(unw_is_signal_frame));
	*(void **)&unw.set_caching_policy = dlsym(lib,
	    NAME(unw_set_caching_policy));
	*(void **)&unw.flush_cache = dlsym(lib, NAME(unw_flush_cache));
	unw.here = dlsym(lib, NAME(unw_local_addr_space));
	if (!unw.set_caching_policy || !unw.flush_cache || !unw.here)
		return -1;
	/* Its cache does not notice objects that come where others were. */
	unw.set_caching_policy(*unw.here, UNW_CACHE_NONE);
	return unw.getcontext && unw.init && unw.step && unw.get_reg &&
	    unw.is_signal ? 0 : -1;
}

/* Frames of libunwind as return addresses, those of ctx's frame left out. */
static size_t
oracle_walk(unw_context_t *ctx, uintptr_t *ips, size_t max)
{
	unw_cursor_t c;
	unw_word_t ip;
	size_t n = 0;

	if (unw.init(&c, ctx) != 0)
		return 0;
	while (n < max) {
		if (unw.step(&c) <= 0 || unw.get_reg(&c, UNW_REG_IP, &ip) < 0 ||
		    ip == 0)
			break;
		/* True of the frame that a signal interrupted. */
		ips[n++] = ip + (unw.is_signal(&c) > 0);
	}
	return n;
}

void
oracle_cached(void)
{
	unw.set_caching_policy(*unw.here, UNW_CACHE_PER_THREAD);
}

void
oracle_forget(void)
{
	unw.flush_cache(*unw.here, 0, 0);
}

__attribute__((noinline)) size_t
oracle_backtrace(uintptr_t *ips, size_t max)
{
	unw_context_t ctx;

	unw.getcontext(&ctx);
	return oracle_walk(&ctx, ips, max);
}

static void
oracle_print(const uintptr_t *a, size_t na, const uintptr_t *b, size_t nb)
{
	Dl_info info;
	size_t i;

	for (i = 0; i < na || i < nb; i++) {
		printf("  #%-3zu %16lx %16lx", i, i < na ? a[i] : 0,
		    i < nb ? b[i] : 0);
		if (i < nb && dladdr((void *)b[i], &info) != 0)
			printf("  %s %s", info.dli_fname,
			    info.dli_sname ? info.dli_sname : "?");
		printf("\n");
	}
}

static int
oracle_compare(const uintptr_t *ours, size_t n, const uintptr_t *theirs,
    size_t m)
{
	size_t i;

	oracle_checks++;
	oracle_frames += n;
	for (i = 0; i < n && i < m; i++)
		if (ours[i] != theirs[i])
			return -1;
	return n == m ? (int)n : -1;
}

/* What was captured before, and the stack that it was, outermost first. */
static struct {
	struct unwind_thread unwind;
	struct unwind_memo memo;
	uintptr_t kept[UNWIND_MEMO_MAX];
	bool busy;		/* handlers and other threads do without */
} again;

/* The same stack by way of the one before: 0, or -1 if it differs. */
static int
oracle_again(const struct unwind_start *start, const uintptr_t *ips, size_t n)
{
	uintptr_t fresh[UNWIND_MEMO_MAX];
	size_t same, m, i;

	if (n > UNWIND_MEMO_MAX || gettid() != getpid() || again.busy)
		return 0;
	again.busy = true;
	m = unwind_capture_again(&again.unwind, &again.memo, start, fresh,
	    UNWIND_MEMO_MAX, &same);
	for (i = 0; i < m; i++)
		again.kept[same + i] = fresh[m - 1 - i];
	unwind_keep(&again.memo);
	again.busy = false;
	for (i = 0; i < n && same + m == n; i++)
		if (again.kept[n - 1 - i] != ips[i])
			return -1;
	return same + m == n ? 0 : -1;
}

__attribute__((noinline)) int
oracle_check(struct unwind_thread *th)
{
	uintptr_t ours[ORACLE_MAX];
	uintptr_t theirs[ORACLE_MAX];
	struct unwind_start start = UNWIND_CALLER();
	unw_context_t ctx;
	size_t n;
	size_t m;
	int same;

	unw.getcontext(&ctx);
	n = unwind_capture(th, &start, ours, ORACLE_MAX);
	m = oracle_walk(&ctx, theirs, ORACLE_MAX);
	same = oracle_compare(ours, n, theirs, m);
	if (oracle_again(&start, ours, n) != 0)
		same = -1;
	if (same < 0)
		oracle_print(ours, n, theirs, m);
	return same;
}

__attribute__((noinline)) int
oracle_check_quietly(struct unwind_thread *th, uintptr_t *ours,
    uintptr_t *theirs, size_t *nours, size_t *ntheirs)
{
	struct unwind_start start = UNWIND_CALLER();
	unw_context_t ctx;

	unw.getcontext(&ctx);
	*nours = unwind_capture(th, &start, ours, ORACLE_MAX);
	*ntheirs = oracle_walk(&ctx, theirs, ORACLE_MAX);
	return oracle_compare(ours, *nours, theirs, *ntheirs);
}
