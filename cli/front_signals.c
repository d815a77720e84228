/*
 * front_signals.c - the front stands in for PROGRAM towards signals.
 *
 * All signals but the synchronous ones are blocked and read from a signalfd.
 * What was meant for the program and reached only us is passed on:
 *
 *	from the terminal (INT, QUIT, TSTP, WINCH ...)	it went to the whole
 *		process group, PROGRAM included: not passed on
 *	from an alarm set before we were executed	timers stay with the
 *		process that has them: passed on
 *	from PROGRAM or a child of it			it signalled its group:
 *		not passed on
 *	from anybody else				passed on
 *
 * A signal that somebody else sends to the whole group reaches PROGRAM twice;
 * the kernel does not tell such a signal from one sent to us alone.
 *
 * When PROGRAM stops, we stop with the same signal, so that the shell sees
 * its job stopped; when we are continued and PROGRAM is not, it is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANCESTORS_MAX	64

void
front_claim_children(struct front *f)
{
	struct sigaction act, old;

	memset(&act, 0, sizeof(act));
	act.sa_handler = SIG_DFL;
	/* Ignored, children would vanish without telling how they ended. */
	sigaction(SIGCHLD, &act, &old);
	f->chld_was_ignored = old.sa_handler == SIG_IGN;
}

void
front_give_signals_back(struct front *f)
{
	if (f->chld_was_ignored)
		signal(SIGCHLD, SIG_IGN);
}

void
front_take_signals(struct front *f)
{
	static const int synchronous[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
	    SIGTRAP, SIGABRT, SIGSYS };
	sigset_t all;
	size_t i;

	sigfillset(&all);
	for (i = 0; i < sizeof(synchronous) / sizeof(synchronous[0]); i++)
		sigdelset(&all, synchronous[i]);
	sigprocmask(SIG_SETMASK, &all, NULL);
	f->signal_fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* State letter and parent of a process, from its stat file; 0: it is gone. */
static char
process_state(pid_t pid, pid_t *parent)
{
	char path[64], line[512], *p, state = 0;
	FILE *file;
	int ppid;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	/* The name may hold anything; what follows its last ) is regular. */
	if (fgets(line, sizeof(line), file) && (p = strrchr(line, ')')) &&
	    sscanf(p + 1, " %c %d", &state, &ppid) == 2)
		*parent = ppid;
	else
		state = 0;
	fclose(file);
	return state;
}

static bool
comes_from(pid_t pid, pid_t root)
{
	int i;

	for (i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
		if (pid == root)
			return true;
		if (!process_state(pid, &pid))
			return false;
	}
	return false;
}

static bool
is_for_program(const struct front *f, const struct signalfd_siginfo *s)
{
	pid_t sender = (pid_t)s->ssi_pid;

	if (s->ssi_code > 0)
		return s->ssi_signo == SIGALRM || s->ssi_signo == SIGVTALRM ||
		    s->ssi_signo == SIGPROF;
	if (s->ssi_code == SI_TIMER)
		return false;
	return sender != getpid() && sender != f->recorder &&
	    !comes_from(sender, f->root);
}

static void
pass_on(const struct front *f, const struct signalfd_siginfo *s)
{
	union sigval value = { .sival_ptr = (void *)(uintptr_t)s->ssi_ptr };

	if (f->root_ended || !is_for_program(f, s))
		return;
	if (s->ssi_code == SI_QUEUE)
		sigqueue(f->root, (int)s->ssi_signo, value);
	else
		kill(f->root, (int)s->ssi_signo);
}

static void
continue_program(const struct front *f)
{
	pid_t parent;

	if (!f->root_ended && process_state(f->root, &parent) == 'T')
		kill(f->root, SIGCONT);
}

/* Deliver sig to ourselves, by its default action. */
static void
take_by_default(int sig)
{
	sigset_t one;

	signal(sig, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, sig);
	kill(getpid(), sig);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	sigprocmask(SIG_BLOCK, &one, NULL);
}

static void
reap(struct front *f)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, WNOHANG | WUNTRACED);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			return;
		if (pid == f->root && WIFSTOPPED(status)) {
			take_by_default(WSTOPSIG(status));
		} else if (pid == f->root) {
			f->root_ended = true;
			f->root_status = status;
		} else if (pid == f->recorder && !WIFSTOPPED(status)) {
			f->recorder_ended = true;
			f->recorder_status = status;
		}
	}
}

void
front_handle_signals(struct front *f)
{
	struct signalfd_siginfo s;

	while (read(f->signal_fd, &s, sizeof(s)) == sizeof(s)) {
		if (s.ssi_signo == SIGCHLD)
			continue;
		if (s.ssi_signo == SIGCONT)
			continue_program(f);
		else
			pass_on(f, &s);
	}
	reap(f);
}

_Noreturn void
front_end_as_program(struct front *f)
{
	const struct rlimit none = { 0, 0 };
	int sig;

	if (WIFEXITED(f->root_status))
		_exit(WEXITSTATUS(f->root_status));
	sig = WTERMSIG(f->root_status);
	/* The core that counts is the program's: ours would replace it. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	take_by_default(sig);
	_exit(128 + sig);	/* the first process of a container lives on */
}
