/*
 * everywhere.c - preloaded: capture at every malloc of a real program, and
 * compare with libgcc's unwinder.
 *
 * Every capture must come to the outermost frame, and be what
 * unwind_capture_again makes of the capture before.  One in SAMPLE is held
 * against _Unwind_Backtrace, which reads the same .eh_frame in its own, slow
 * way.  The result is one line appended to the file named EVERYWHERE_OUT:
 *
 *	PROGRAM captures N frames N kept N ends N differ N
 *
 * and before it one for each place where a walk ended early or differed.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "base/compiler.h"
#include "trace/session.h"
#include "unwind/unwind.h"

#define SAMPLE		7
#define FRAMES		512
#define PLACES		64

extern void *__libc_malloc(size_t);

struct trace {
	uintptr_t ip[FRAMES];
	size_t n;
};

/* Of each thread: the walker's state, and room for both opinions. */
static PW_TLS struct everywhere {
	struct unwind_thread unwind;
	struct trace ours;
	struct trace theirs;
	struct unwind_thread again_unwind;
	struct unwind_memo memo;
	uintptr_t kept[UNWIND_MEMO_MAX];	/* outermost first */
	uintptr_t fresh[UNWIND_MEMO_MAX];
	unsigned long count;
	bool inside;
} thread;

static bool ready;
static int out = -1;
static unsigned long ncaptures;
static unsigned long nframes;
static unsigned long nkept;
static unsigned long nends;
static unsigned long ndiffers;
static uintptr_t told[PLACES];

static _Unwind_Reason_Code
take_frame(struct _Unwind_Context *c, void *arg)
{
	struct trace *t = arg;
	int exact = 0;
	uintptr_t ip = _Unwind_GetIPInfo(c, &exact);

	if (ip == 0 || t->n == FRAMES)
		return _URC_END_OF_STACK;
	t->ip[t->n++] = ip + (exact != 0);
	return _URC_NO_REASON;
}

static void
tell(const char *what, uintptr_t ip)
{
	Dl_info info = { .dli_fname = "?" };
	char line[512];
	unsigned i;

	for (i = 0; i < PLACES && told[i] != 0; i++)
		if (told[i] == ip)
			return;
	if (i == PLACES)
		return;
	told[i] = ip;
	dladdr((void *)ip, &info);
	snprintf(line, sizeof line, "%s after %s+0x%lx\n", what,
	    info.dli_fname, ip - (uintptr_t)info.dli_fbase);
	if (write(out, line, strlen(line)) < 0)
		ndiffers++;
}

/* Skip the frames of libgcc's walk that are ours, then compare to the end. */
static void
compare(const struct trace *a, size_t n, const struct trace *b)
{
	size_t skip = 0;
	size_t i;

	while (skip < b->n && b->ip[skip] != a->ip[0])
		skip++;
	for (i = 0; i < n && skip + i < b->n; i++)
		if (a->ip[i] != b->ip[skip + i])
			break;
	if (i == n && skip + i == b->n)
		return;
	__atomic_fetch_add(&ndiffers, 1, __ATOMIC_RELAXED);
	tell("differs", a->ip[i > 0 ? i - 1 : 0]);
}

/* The same stack once more, from what is left of the one before. */
static void
compare_again(const struct trace *a, const struct unwind_start *start)
{
	size_t same, n, i;

	n = unwind_capture_again(&thread.again_unwind, &thread.memo, start,
	    thread.fresh, UNWIND_MEMO_MAX, &same);
	for (i = 0; i < n; i++)
		thread.kept[same + i] = thread.fresh[n - 1 - i];
	unwind_keep(&thread.memo);
	__atomic_fetch_add(&nkept, same, __ATOMIC_RELAXED);
	if (a->n > UNWIND_MEMO_MAX)
		return;
	for (i = 0; i < a->n && same + n == a->n; i++)
		if (thread.kept[a->n - 1 - i] != a->ip[i])
			break;
	if (i == a->n)
		return;
	__atomic_fetch_add(&ndiffers, 1, __ATOMIC_RELAXED);
	tell("differs", a->ip[i]);
}

static PW_NOINLINE void
capture(struct unwind_start start)
{
	struct trace *a = &thread.ours;
	bool end;

	a->n = unwind_capture(&thread.unwind, &start, a->ip, FRAMES);
	compare_again(a, &start);
	end = (a->ip[a->n - 1] & SESSION_NODE_MARK) != 0;
	__atomic_fetch_add(&ncaptures, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&nframes, a->n, __ATOMIC_RELAXED);
	if (end) {
		__atomic_fetch_add(&nends, 1, __ATOMIC_RELAXED);
		tell("ends", a->ip[a->n - 2]);
	}
	if (thread.count++ % SAMPLE != 0 || a->n == FRAMES)
		return;
	thread.theirs.n = 0;
	_Unwind_Backtrace(take_frame, &thread.theirs);
	compare(a, a->n - end, &thread.theirs);
}

PW_EXPORT void *
malloc(size_t size)
{
	int saved = errno;

	if (ready && !thread.inside) {
		thread.inside = true;
		capture(UNWIND_CALLER());
		thread.inside = false;
		errno = saved;
	}
	return __libc_malloc(size);
}

__attribute__((constructor)) static void
begin(void)
{
	const char *name = getenv("EVERYWHERE_OUT");

	if (name == NULL)
		return;
	out = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (out >= 0)
		out = fcntl(out, F_DUPFD_CLOEXEC, 200);
	thread.inside = true;
	_Unwind_Backtrace(take_frame, &thread.theirs);	/* allocates once */
	ready = out >= 0 && unwind_init() == 0;
	thread.inside = false;
}

__attribute__((destructor)) static void
finish(void)
{
	char line[256];

	if (!ready)
		return;
	ready = false;
	snprintf(line, sizeof line, "%s captures %lu frames %lu kept %lu "
	    "ends %lu differ %lu\n", program_invocation_short_name, ncaptures,
	    nframes, nkept, nends, ndiffers);
	if (write(out, line, strlen(line)) < 0)
		_exit(99);
}
