/*
 * exits.c - every orderly way out of a process.
 *
 * exit (and return from main) comes to our on_exit handler, the first that
 * was registered and so the last that runs; quick_exit likewise, but its
 * handlers are not told the status, so the call is wrapped; _exit and _Exit run
 * no handler and are wrapped.  abort is left alone: it ends by a signal.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/exits.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/os.h"
#include "preload/preload_impl.h"
#include "preload/real.h"
#include "trace/writer.h"

static int exits_quick_status;

static void
exits_at_exit(int status, void *arg PW_UNUSED)
{
	process_end(WRITER_EXIT, status);
}

static void
exits_at_quick_exit(void)
{
	process_end(WRITER_QUICK_EXIT, exits_quick_status);
}

void
exits_init(void)
{
	on_exit(exits_at_exit, NULL);
	at_quick_exit(exits_at_quick_exit);
}

static PW_NORETURN void
exits_now(int status)
{
	process_end(WRITER__EXIT, status);
	for (;;)
		os_syscall(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

PW_EXPORT PW_NORETURN void
_exit(int status)
{
	exits_now(status);
}

PW_EXPORT PW_NORETURN void
_Exit(int status)
{
	exits_now(status);
}

PW_EXPORT PW_NORETURN void
quick_exit(int status)
{
	exits_quick_status = status;
	if (real.quick_exit == NULL)
		real_init();
	if (real.quick_exit != NULL)
		real.quick_exit(status);
	exits_now(status);
}
