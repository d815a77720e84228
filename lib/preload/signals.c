/*
 * signals.c - the calls by which a program sets and asks for its handlers.
 *
 * For the signals of crash.c they speak to its table; for all others they are
 * libc's.  signal and its older kin are made of sigaction here, as libc makes
 * them, because libc's own would find our handler.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/os.h"
#include "preload/crash.h"
#include "preload/real.h"

static void
signals_ready(void)
{
	if (PW_UNLIKELY(real.sigaction == NULL))
		real_init();
}

PW_EXPORT int
sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	signals_ready();
	if (!crash_watches(sig))
		return real.sigaction(sig, act, old);
	return crash_sigaction(sig, act, old);
}

/* The handler there was; SIG_ERR with errno. */
static sighandler_t
signals_set(int sig, sighandler_t handler, int flags)
{
	struct sigaction act, old;

	if (handler == SIG_ERR) {
		errno = EINVAL;
		return SIG_ERR;
	}
	memset(&act, 0, sizeof(act));
	act.sa_handler = handler;
	act.sa_flags = flags;
	if (!(flags & SA_NODEFER))
		sigaddset(&act.sa_mask, sig);
	return crash_sigaction(sig, &act, &old) == 0 ? old.sa_handler :
	    SIG_ERR;
}

#define SIGNALS_SET(name, flags)					\
PW_EXPORT sighandler_t name(int, sighandler_t);				\
PW_EXPORT sighandler_t							\
name(int sig, sighandler_t handler)					\
{									\
	signals_ready();						\
	if (!crash_watches(sig))					\
		return real.name(sig, handler);				\
	return signals_set(sig, handler, flags);			\
}

SIGNALS_SET(signal, SA_RESTART)
SIGNALS_SET(ssignal, SA_RESTART)
SIGNALS_SET(sysv_signal, SA_RESETHAND | SA_NODEFER)
SIGNALS_SET(__sysv_signal, SA_RESETHAND | SA_NODEFER)

/* Holding a signal back leaves its handler alone, and so is libc's to do. */
PW_EXPORT sighandler_t
sigset(int sig, sighandler_t handler)
{
	uint64_t one, before = 0;
	sighandler_t old;

	signals_ready();
	if (!crash_watches(sig) || handler == SIG_HOLD)
		return real.sigset(sig, handler);
	old = signals_set(sig, handler, 0);
	if (old == SIG_ERR)
		return SIG_ERR;
	one = 1ull << (sig - 1);
	os_syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&one, (long)&before,
	    sizeof(one), 0, 0);
	return before & one ? SIG_HOLD : old;
}

PW_EXPORT int
sigaltstack(const stack_t *ss, stack_t *old)
{
	int result;

	signals_ready();
	result = real.sigaltstack(ss, old);
	if (result == 0 && old != NULL && crash_owns(old)) {
		old->ss_sp = NULL;
		old->ss_size = 0;
		old->ss_flags = SS_DISABLE;
	}
	return result;
}
