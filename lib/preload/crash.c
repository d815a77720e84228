/*
 * crash.c - the signals of a crash: told before the program dies of them.
 *
 * SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT come to crash_signal.  It asks
 * the backend what the address and the registers have to do with its blocks,
 * tells the finding, and lets happen what would have happened: the program's
 * handler is called as the kernel would call it, with its flags, its mask and
 * on the stack it asked for; without one the default action is put back and the
 * faulting instruction, on return, raises the signal again, so that a core
 * shows the registers of the crash.  A signal that somebody sent is sent again.
 *
 * The program sees nothing of it: sigaction and its kin (signals.c) answer with
 * what the program set.  What the kernel has of a handler is ours with the
 * program's flags; the table below has the rest.
 *
 * A program that lives on its faults (a collector, a virtual machine) has a
 * handler, and only such faults are told that are certain to be in a freed
 * block or a guard.  Kind crash is for a signal that ends the program.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/crash.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "base/os.h"
#include "preload/finding.h"
#include "preload/real.h"
#include "preload/sweep.h"

#define CRASH_SIGNALS(_) _(SIGSEGV) _(SIGBUS) _(SIGFPE) _(SIGILL) _(SIGABRT)

typedef void crash_handler(int, siginfo_t *, void *);

/* What the program has set; NULL: the default action. */
struct crash_act {
	crash_handler *handler;
	bool plain;		/* without SA_SIGINFO */
};

#define CRASH_MAX	16	/* all of them are below */

static struct crash_act crash_acts[CRASH_MAX];
static bool crash_active;
static bool crash_told;		/* what killed the process was told */

/* So much of what follows the handler's address is the kernel's own. */
static const struct sigaction crash_default;

static bool
crash_is_one(int sig)
{
#define CRASH_CASE(s)	case s:
	switch (sig) {
	CRASH_SIGNALS(CRASH_CASE)
		return true;
	}
#undef CRASH_CASE
	return false;
}

bool
crash_watches(int sig)
{
	return crash_active && crash_is_one(sig);
}

void
crash_expected(void)
{
	crash_told = true;
}

/*
 * The stack of the instruction that was interrupted, without the frame of the
 * kernel's return.  A jump to nowhere has no row: then the walk begins where
 * the call came from.
 */
static uint32_t
crash_stack(struct lane *lane, const struct unwind_start *at,
    const greg_t *regs, bool jumped)
{
	struct unwind_start from = *at;
	size_t n, drop = 1;

	if (jumped && unwind_read(&lane->unwind, (uintptr_t)regs[REG_RSP],
	    &from.pc)) {
		from.sp = (uintptr_t)regs[REG_RSP] + sizeof(from.pc);
		from.bp = (uintptr_t)regs[REG_RBP];
		drop = 0;
	}
	unwind_forget(&lane->again);
	n = unwind_capture(&lane->unwind, &from, lane->ips, process.depth);
	if (n <= drop)
		return 0;
	return stacks_intern(process.stacks, &lane->memo, lane->ips + drop,
	    n - drop);
}

/* The address is the kernel's word for a fault it knows the place of. */
static bool
crash_has_address(int sig, const siginfo_t *info)
{
	return sig != SIGABRT && info->si_code > 0 &&
	    info->si_code != SI_KERNEL;
}

static bool
crash_explained(struct thread *t, struct trace_error *e, int sig,
    const siginfo_t *info, const greg_t *regs)
{
	struct backend_fault f = {
		.known = crash_has_address(sig, info),
		.write = regs[REG_ERR] & 2,
		.regs = regs, .nregs = REG_RIP,
	};

	f.address = f.known ? (uintptr_t)info->si_addr : 0;
	memset(e, 0, sizeof(*e));
	e->fault_address = f.address;
	if ((sig != SIGSEGV && sig != SIGBUS) || info->si_code <= 0 ||
	    process.backend->fault == NULL)
		return false;
	return process.backend->fault(&t->backend, &f, e);
}

static void
crash_error(struct trace_error *e, int sig, const siginfo_t *info,
    const greg_t *regs)
{
	bool page = (sig == SIGSEGV || sig == SIGBUS) &&
	    crash_has_address(sig, info);

	e->access = !page ? TRACE_ACCESS_NONE : regs[REG_ERR] & 2 ?
	    TRACE_ACCESS_WRITE : TRACE_ACCESS_READ;
	e->kind = TRACE_ERROR_CRASH;
	e->found = info->si_code > 0 ? TRACE_FOUND_AT_FAULT :
	    TRACE_FOUND_AT_CALL;
	if (e->block == 0)
		e->address = e->fault_address;
	e->requested = (uint64_t)regs[REG_RSP];
	if (e->block == 0)
		e->allocated_by = e->freed_by = TRACE_NCALLS;
	e->call = TRACE_NCALLS;
}

static void
crash_tell(int sig, siginfo_t *info, const ucontext_t *uc, bool ends,
    const struct unwind_start *at)
{
	const greg_t *regs = uc->uc_mcontext.gregs;
	struct lane *lane;
	struct thread *t = thread_enter(&lane);
	struct trace_error *e;
	bool explained;

	if (t == NULL)
		return;
	e = &lane->claim.error;
	explained = crash_explained(t, e, sig, info, regs);
	if (explained || (ends && !crash_told)) {
		if (!explained)
			crash_error(e, sig, info, regs);
		e->signal = (uint32_t)sig;
		e->stack = crash_stack(lane, at, regs, ends && sig == SIGSEGV &&
		    e->fault_address == (uint64_t)regs[REG_RIP]);
		crash_told = true;
		finding_raise(lane, e);
	}
	if (ends)
		sweep_all(t, lane, TRACE_FOUND_SWEEP, NULL);
	thread_leave(t);
}

/* The program dies of sig, as it would have without us. */
static void
crash_end(int sig, siginfo_t *info)
{
	real.sigaction(sig, &crash_default, NULL);
	if (info->si_code <= 0)
		os_syscall(SYS_rt_tgsigqueueinfo, os_getpid(), os_gettid(),
		    sig, (long)info, 0, 0);
}

static void
crash_signal(int sig, siginfo_t *info, void *context)
{
	struct unwind_start at = UNWIND_CALLER();
	crash_handler *handler = __atomic_load_n(&crash_acts[sig].handler,
	    __ATOMIC_RELAXED);
	int saved = errno;

	if (process.writing && !process_borrowed())
		crash_tell(sig, info, context, handler == NULL, &at);
	if (handler == NULL)
		crash_end(sig, info);
	errno = saved;
	/* As a tail: the program's handler returns to the kernel's frame. */
	if (handler != NULL)
		handler(sig, info, context);
}

static void
crash_ours(struct sigaction *act)
{
	memset(act, 0, sizeof(*act));
	act->sa_sigaction = crash_signal;
	act->sa_flags = SA_SIGINFO | SA_ONSTACK;
	memset(&act->sa_mask, 0xff, sizeof(act->sa_mask));
}

/* What the kernel is given for what the program wants. */
static void
crash_want(struct sigaction *to, const struct sigaction *act)
{
	if (act->sa_handler == SIG_DFL)
		crash_ours(to);
	else
		*to = *act;
	if (act->sa_handler != SIG_IGN) {
		to->sa_sigaction = crash_signal;
		to->sa_flags |= SA_SIGINFO;
	}
}

/* What the program is told of what the kernel has. */
static void
crash_show(struct sigaction *act, const struct crash_act *was)
{
	if (!(act->sa_flags & SA_SIGINFO) || act->sa_sigaction != crash_signal)
		return;
	if (was->handler == NULL) {
		*act = crash_default;
		return;
	}
	act->sa_sigaction = was->handler;
	if (was->plain)
		act->sa_flags &= ~SA_SIGINFO;
}

int
crash_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct crash_act *have = &crash_acts[sig], was = *have;
	struct sigaction to;
	int result;

	/* Until exec the table is our parent's. */
	if (act != NULL && process_borrowed()) {
		result = real.sigaction(sig, act, old);
	} else if (act != NULL) {
		crash_want(&to, act);
		have->plain = !(act->sa_flags & SA_SIGINFO);
		if (act->sa_handler != SIG_IGN)
			__atomic_store_n(&have->handler,
			    act->sa_handler == SIG_DFL ? NULL :
			    act->sa_sigaction, __ATOMIC_RELAXED);
		result = real.sigaction(sig, &to, old);
	} else {
		result = real.sigaction(sig, NULL, old);
	}
	if (result == 0 && old != NULL)
		crash_show(old, &was);
	return result;
}

bool
crash_owns(const stack_t *s)
{
	struct thread *t = thread_find();

	return t != NULL && s->ss_sp == (void *)t->stack;
}

/*
 * A new thread makes the call only where no filter can end the process for
 * it.
 */
void
crash_thread(struct thread *t)
{
	stack_t have, ours = { .ss_sp = t->stack, .ss_size = sizeof(t->stack) };

	if (!crash_active ||
	    os_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0) != 0 ||
	    os_syscall(SYS_sigaltstack, 0, (long)&have, 0, 0, 0, 0) != 0 ||
	    !(have.ss_flags & SS_DISABLE))
		return;
	os_syscall(SYS_sigaltstack, (long)&ours, 0, 0, 0, 0, 0);
}

void
crash_init(void)
{
	struct sigaction now, ours;

	if (real.sigaction == NULL)
		return;
	crash_ours(&ours);
#define CRASH_TAKE(sig)							\
	if (real.sigaction(sig, NULL, &now) == 0 &&			\
	    now.sa_handler == SIG_DFL)					\
		real.sigaction(sig, &ours, NULL);
	CRASH_SIGNALS(CRASH_TAKE)
#undef CRASH_TAKE
	crash_active = true;
	crash_thread(thread_find());
}
