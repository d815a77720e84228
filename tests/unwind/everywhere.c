/*
 * everywhere.c - preloaded: capture at every malloc, calloc and realloc of a
 * real program, and hear what others think of the stack.
 *
 * The opinion that is judged is unwind_capture's, the whole walk.  The others:
 *
 *	again	unwind_capture_again, from what it kept of the capture before;
 *		asked each time
 *	unwind	libunwind's unw_step (oracle.c); asked at one in
 *		EVERYWHERE_EVERY captures, at each when that is not set, never
 *		when it is 0
 *	gcc	libgcc's _Unwind_Backtrace; asked at one in GCC_EVERY of these
 *
 * Appended to the file named EVERYWHERE_OUT are, for each place where an
 * opinion differs, or where a walk ended early (ends), both stacks when it is
 * first met and how often it was at the end:
 *
 *	differs WHO FUNCTION OBJECT ADDRESS
 *	  DEPTH OURS THEIRS
 *	times N WHO FUNCTION OBJECT ADDRESS
 *
 * where the place is that of the outermost frame both have; and for the program
 *
 *	PROGRAM captures N frames N kept N unwind N ends N differ N
 *
 * EVERYWHERE_LIE is an opinion that loses its outermost frame once, so that it
 * is seen how that is told.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

#include "base/compiler.h"
#include "tests/unwind/oracle.h"
#include "trace/session.h"
#include "unwind/unwind.h"

#define FRAMES		2048
#define DEPTH		288u		/* of captures made again */
#define GCC_EVERY	7
#define PLACES		64
#define SHOWN		40		/* frames of a difference */

struct trace {
	size_t n;
	uintptr_t ip[FRAMES];
};

/* Of each thread: the walker's state, and room for two opinions. */
static PW_TLS struct everywhere {
	bool inside;
	unsigned long count;
	struct unwind_thread unwind;
	struct unwind_thread again_unwind;
	struct unwind_memo memo;
	uintptr_t kept[DEPTH];		/* outermost first */
	uintptr_t fresh[DEPTH];
	struct trace ours;
	struct trace theirs;
} thread;

static struct place {
	const char *what;
	uintptr_t ip;
	unsigned long times;
} places[PLACES];

static bool ready;
static const char *lie;
static int out = -1;
static unsigned long every = 1;
static unsigned long loads;
static unsigned long ncaptures;
static unsigned long nframes;
static unsigned long nkept;
static unsigned long nunwind;
static unsigned long nends;
static unsigned long ndiffers;

static void
add(unsigned long *count, unsigned long n)
{
	__atomic_fetch_add(count, n, __ATOMIC_RELAXED);
}

static void
say(const char *line)
{
	if (write(out, line, strlen(line)) < 0)
		_exit(99);
}

/* "FUNCTION OBJECT ADDRESS", as readelf has it, of a return address. */
static const char *
name_of(uintptr_t ip, char *to, size_t size)
{
	Dl_info info = { .dli_fname = "?" };
	struct link_map *map = NULL;

	if (ip & SESSION_NODE_MARK)
		snprintf(to, size, "mark - 0x%lx", ip);
	else if (dladdr1((void *)(ip - 1), &info, (void **)&map,
	    RTLD_DL_LINKMAP) == 0)
		snprintf(to, size, "- ? 0x%lx", ip);
	else
		snprintf(to, size, "%s %s 0x%lx",
		    info.dli_sname ? info.dli_sname : "-", info.dli_fname,
		    ip - map->l_addr);
	return to;
}

/* Count a difference; true when this place of it is a new one. */
static bool
place_met(const char *what, uintptr_t ip)
{
	unsigned i;

	for (i = 0; i < PLACES; i++) {
		uintptr_t none = 0;

		if (__atomic_compare_exchange_n(&places[i].ip, &none, ip,
		    false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			places[i].what = what;
		else if (none != ip || places[i].what != what)
			continue;
		add(&places[i].times, 1);
		return none == 0;
	}
	return false;
}

static void
show(const uintptr_t *a, size_t n, const uintptr_t *b, size_t m)
{
	char line[1200], name[2][512];

	for (size_t i = 0; (i < n || i < m) && i < SHOWN; i++) {
		snprintf(line, sizeof line, "  %-3zu %-40s %s\n", i,
		    i < n ? name_of(a[i], name[0], sizeof name[0]) : "",
		    i < m && (i >= n || a[i] != b[i]) ?
		    name_of(b[i], name[1], sizeof name[1]) : "");
		say(line);
	}
}

static void
differs(const char *who, const uintptr_t *a, size_t n, const uintptr_t *b,
    size_t m)
{
	char line[640], name[512];
	size_t i = 0;

	if (lie != NULL && strcmp(lie, who) == 0 && m > 1) {
		lie = NULL;
		m--;
	}
	while (i < n && i < m && a[i] == b[i])
		i++;
	if (i == n && i == m)
		return;
	add(&ndiffers, 1);
	if (!place_met(who, a[i > 0 ? i - 1 : 0]))
		return;
	snprintf(line, sizeof line, "differs %s %s\n", who,
	    name_of(a[i > 0 ? i - 1 : 0], name, sizeof name));
	say(line);
	show(a, n, b, m);
}

/* Their walk began further in, at a frame of ours. */
static void
compare(const char *who, const struct trace *a, size_t n, const struct trace *b)
{
	size_t skip = 0;

	while (skip < b->n && b->ip[skip] != a->ip[0])
		skip++;
	differs(who, a->ip, n, b->ip + skip, b->n - skip);
}

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
ask_gcc(const struct trace *a, size_t n)
{
	struct trace *b = &thread.theirs;

	b->n = 0;
	_Unwind_Backtrace(take_frame, b);
	compare("gcc", a, n, b);
}

static int
count_loads(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(unsigned long *)arg = (unsigned long)(info->dlpi_adds +
	    info->dlpi_subs);
	return 1;
}

static void
ask_unwind(const struct trace *a, size_t n)
{
	struct trace *b = &thread.theirs;
	unsigned long now = 0;

	dl_iterate_phdr(count_loads, &now);
	if (__atomic_exchange_n(&loads, now, __ATOMIC_RELAXED) != now)
		oracle_forget();
	add(&nunwind, 1);
	b->n = oracle_backtrace(b->ip, FRAMES);
	compare("unwind", a, n, b);
}

/* What DEPTH leaves of a whole stack: the innermost, a mark, the outermost. */
static size_t
cut(const struct trace *a, uintptr_t *to)
{
	size_t left = (a->n - DEPTH + UNWIND_CUT_STEP) /
	    UNWIND_CUT_STEP * UNWIND_CUT_STEP;
	size_t inner = a->n - left - UNWIND_OUTERMOST;

	if (a->n <= DEPTH) {
		memcpy(to, a->ip, a->n * sizeof *to);
		return a->n;
	}
	memcpy(to, a->ip, inner * sizeof *to);
	to[inner] = SESSION_MARK(SESSION_MARK_CUT, left);
	memcpy(to + inner + 1, a->ip + a->n - UNWIND_OUTERMOST,
	    UNWIND_OUTERMOST * sizeof *to);
	return inner + 1 + UNWIND_OUTERMOST;
}

/* The same stack once more, from what is left of the one before. */
static void
ask_again(const struct trace *a, const struct unwind_start *start)
{
	uintptr_t *got = thread.theirs.ip, *wanted = got + DEPTH;
	size_t same, n, i;

	n = unwind_capture_again(&thread.again_unwind, &thread.memo, start,
	    thread.fresh, DEPTH, &same);
	for (i = 0; i < n; i++)
		thread.kept[same + i] = thread.fresh[n - 1 - i];
	unwind_keep(&thread.memo);
	add(&nkept, same);
	for (i = 0; i < same + n; i++)
		got[i] = thread.kept[same + n - 1 - i];
	differs("again", wanted, cut(a, wanted), got, same + n);
}

static void
ended(const struct trace *a)
{
	char line[640], name[512];

	add(&nends, 1);
	if (!place_met("ends", a->ip[a->n - 2]))
		return;
	snprintf(line, sizeof line, "ends - %s\n",
	    name_of(a->ip[a->n - 2], name, sizeof name));
	say(line);
	show(a->ip, a->n - 1, NULL, 0);
}

static PW_NOINLINE void
capture(struct unwind_start start)
{
	struct trace *a = &thread.ours;
	unsigned long count = thread.count++;
	bool end;

	a->n = unwind_capture(&thread.unwind, &start, a->ip, FRAMES);
	ask_again(a, &start);
	end = (a->ip[a->n - 1] & SESSION_NODE_MARK) != 0;
	add(&ncaptures, 1);
	add(&nframes, a->n);
	if (end)
		ended(a);
	if (a->n == FRAMES)
		return;
	if (count % (GCC_EVERY * (every == 0 ? 1 : every)) == 0)
		ask_gcc(a, a->n - end);
	if (every != 0 && count % every == 0)
		ask_unwind(a, a->n - end);
}

static PW_NOINLINE void
look(struct unwind_start start)
{
	int saved = errno;

	if (!ready || thread.inside)
		return;
	thread.inside = true;
	capture(start);
	thread.inside = false;
	errno = saved;
}

/* The allocator behind us, which may be the program's own. */
#define NEXT(name)	do {						\
	if (next == NULL)						\
		*(void **)&next = dlsym(RTLD_NEXT, name);		\
} while (0)

PW_EXPORT void *
malloc(size_t size)
{
	static void *(*next)(size_t);

	NEXT("malloc");
	look(UNWIND_CALLER());
	return next(size);
}

PW_EXPORT void *
calloc(size_t n, size_t size)
{
	static void *(*next)(size_t, size_t);

	NEXT("calloc");
	look(UNWIND_CALLER());
	return next(n, size);
}

PW_EXPORT void *
realloc(void *ptr, size_t size)
{
	static void *(*next)(void *, size_t);

	NEXT("realloc");
	look(UNWIND_CALLER());
	return next(ptr, size);
}

/* A child of fork tells what it did itself. */
static void
begin_child(void)
{
	ncaptures = nframes = nkept = nunwind = nends = ndiffers = 0;
	for (unsigned i = 0; i < PLACES; i++)
		places[i].times = 0;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *name = getenv("EVERYWHERE_OUT");
	const char *often = getenv("EVERYWHERE_EVERY");

	if (name == NULL)
		return;
	lie = getenv("EVERYWHERE_LIE");
	every = often ? strtoul(often, NULL, 10) : 1;
	out = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (out >= 0)
		out = fcntl(out, F_DUPFD_CLOEXEC, 200);
	thread.inside = true;
	_Unwind_Backtrace(take_frame, &thread.theirs);	/* allocates once */
	ready = out >= 0 && unwind_init() == 0 &&
	    (every == 0 || oracle_init() == 0) &&
	    pthread_atfork(NULL, NULL, begin_child) == 0;
	if (every != 0 && ready)
		oracle_cached();
	thread.inside = false;
}

__attribute__((destructor)) static void
finish(void)
{
	char line[640], name[512];

	if (!ready)
		return;
	ready = false;
	for (unsigned i = 0; i < PLACES; i++) {
		if (places[i].times == 0)
			continue;
		snprintf(line, sizeof line, "times %lu %s %s\n",
		    places[i].times, places[i].what,
		    name_of(places[i].ip, name, sizeof name));
		say(line);
	}
	snprintf(line, sizeof line, "%s captures %lu frames %lu kept %lu "
	    "unwind %lu ends %lu differ %lu\n", program_invocation_short_name,
	    ncaptures, nframes, nkept, nunwind, nends, ndiffers);
	say(line);
}
