/*
 * figures.c - what a program may ask its allocator about itself.
 *
 * Where the next allocator serves, it answers.  Where our pool serves, the
 * answers are made from the backend's figures: arena is what was obtained
 * from the system, uordblks what live blocks take with their headers, fordblks
 * the rest, keepcost the largest free run.
 *
 * malloc_stats and malloc_info print where libc's do; nothing else in this
 * module prints at all.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "base/say.h"
#include "preload/preload_impl.h"
#include "preload/real.h"
#include "preload/thread.h"

/* The deprecated mallinfo is part of the family nevertheless. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* Does the next allocator serve? */
static bool
figures_are_next(void)
{
	if (life_records(start_try()) && process.backend != &backend_next)
		return false;
	if (real.fputs == NULL && start_relocated())
		real_init();
	return true;
}

static struct backend_figures
figures_get(void)
{
	struct backend_figures f;

	if (!process.backend->figures(&f))
		memset(&f, 0, sizeof(f));
	return f;
}

PW_EXPORT int
malloc_trim(size_t pad)
{
	struct lane *lane;
	struct thread *t;
	int some;

	if (figures_are_next())
		return real.malloc_trim != NULL ? real.malloc_trim(pad) : 0;
	t = thread_enter(&lane);
	if (t == NULL)
		return 0;
	some = process.backend->trim(&t->backend, pad);
	thread_leave(t);
	return some;
}

/* Our pool has no such knobs: accepted, without effect. */
PW_EXPORT int
mallopt(int param, int value)
{
	if (figures_are_next())
		return real.mallopt != NULL ? real.mallopt(param, value) : 0;
	return 1;
}

PW_EXPORT struct mallinfo2
mallinfo2(void)
{
	struct mallinfo2 m;
	struct backend_figures f;

	memset(&m, 0, sizeof(m));
	if (figures_are_next())
		return real.mallinfo2 != NULL ? real.mallinfo2() : m;
	f = figures_get();
	m.arena = f.footprint;
	m.uordblks = f.live + f.overhead;
	m.fordblks = f.free;
	m.keepcost = f.largest;
	return m;
}

static int
figures_int(size_t n)
{
	return n < INT_MAX ? (int)n : INT_MAX;
}

PW_EXPORT struct mallinfo
mallinfo(void)
{
	struct mallinfo m;
	struct backend_figures f;

	memset(&m, 0, sizeof(m));
	if (figures_are_next())
		return real.mallinfo != NULL ? real.mallinfo() : m;
	f = figures_get();
	m.arena = figures_int(f.footprint);
	m.uordblks = figures_int(f.live + f.overhead);
	m.fordblks = figures_int(f.free);
	m.keepcost = figures_int(f.largest);
	return m;
}

PW_EXPORT void
malloc_stats(void)
{
	struct backend_figures f;
	char text[160];

	if (figures_are_next()) {
		if (real.malloc_stats != NULL)
			real.malloc_stats();
		return;
	}
	f = figures_get();
	say_format(text, sizeof(text),
	    "Arena 0:\nsystem bytes     = %10llu\nin use bytes     = %10llu\n",
	    (unsigned long long)f.footprint,
	    (unsigned long long)(f.live + f.overhead));
	real.fputs(text, stderr);
}

PW_EXPORT int
malloc_info(int options, FILE *file)
{
	struct backend_figures f;
	char text[320];

	if (figures_are_next())
		return real.malloc_info != NULL ?
		    real.malloc_info(options, file) : EINVAL;
	if (options != 0)
		return EINVAL;
	f = figures_get();
	say_format(text, sizeof(text), "<malloc version=\"1\">\n"
	    "<heap nr=\"0\">\n<total type=\"rest\" count=\"1\" size=\"%llu\"/>\n"
	    "<system type=\"current\" size=\"%llu\"/>\n</heap>\n"
	    "<system type=\"current\" size=\"%llu\"/>\n</malloc>\n",
	    (unsigned long long)f.free, (unsigned long long)f.footprint,
	    (unsigned long long)f.footprint);
	real.fputs(text, file);
	return 0;
}
