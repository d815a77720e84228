/*
 * record_watch.c - the processes of the recording, and how the recorder sees
 * them end.
 *
 * A process takes a slot of the session when it begins; the recorder holds a
 * pidfd of each until it is dead.  What it said itself before it went (EXITED,
 * EXECED) is exact and stays; a slot still at HELLO becomes GONE.
 *
 * A slot is not enough to know that all have ended: a child of a raw clone
 * takes one only at its first event.  So the end of the recording is told by
 * the session file: as long as another process has it mapped, the kernel
 * refuses us a write lease.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/record_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t
proc_state(const struct session_proc *p)
{
	return __atomic_load_n(&p->state, __ATOMIC_ACQUIRE);
}

/* An image that replaced another one of the same process. */
static void
end_replaced(struct record_watch *w, struct session_header *h, pid_t pid,
    uint64_t now)
{
	struct session_proc *p;
	size_t i;

	for (i = 0; i < w->nlive; i++) {
		p = &session_procs(h)[w->live[i].slot];
		if (w->live[i].pid == pid && proc_state(p) ==
		    SESSION_PROC_HELLO) {
			p->end = now;
			__atomic_store_n(&p->state, SESSION_PROC_EXECED,
			    __ATOMIC_RELEASE);
		}
		if (w->live[i].pid == pid)
			__atomic_store_n(&p->dead, 1, __ATOMIC_RELEASE);
	}
}

static void
add_live(struct record_watch *w, uint32_t slot, pid_t pid)
{
	struct record_watched *grown;
	size_t room = w->room ? w->room * 2 : 16;

	if (w->nlive == w->room) {
		grown = realloc(w->live, room * sizeof(*grown));
		if (!grown) {
			w->broken = true;
			return;
		}
		w->live = grown;
		w->room = room;
	}
	w->live[w->nlive++] = (struct record_watched){ .slot = slot,
	    .pid = pid, .pidfd = (int)syscall(SYS_pidfd_open, pid, 0) };
}

static bool
take_slot(struct record_watch *w, struct session_header *h, uint32_t slot)
{
	struct session_proc *p = &session_procs(h)[slot];

	if (proc_state(p) == SESSION_PROC_NONE)
		return false;
	end_replaced(w, h, (pid_t)p->pid, p->start);
	add_live(w, slot, (pid_t)p->pid);
	return true;
}

/* Claimed, but filled when its owner gets to it, or never: it was killed. */
static void
add_hole(struct record_watch *w, uint32_t slot)
{
	uint32_t *grown;

	if ((w->nholes & (w->nholes - 1)) == 0) {
		grown = realloc(w->holes, (w->nholes ? w->nholes * 2 : 1) *
		    sizeof(*grown));
		if (!grown) {
			w->broken = true;
			return;
		}
		w->holes = grown;
	}
	w->holes[w->nholes++] = slot;
}

static bool
take_holes(struct record_watch *w, struct session_header *h)
{
	size_t i, kept = 0;
	bool any;

	for (i = 0; i < w->nholes; i++)
		if (!take_slot(w, h, w->holes[i]))
			w->holes[kept++] = w->holes[i];
	any = kept != w->nholes;
	w->nholes = kept;
	return any;
}

static bool
take_new(struct record_watch *w, struct record_setup *s)
{
	struct session_header *h = s->session;
	uint32_t claimed = __atomic_load_n(&h->procs_claimed, __ATOMIC_ACQUIRE);
	uint32_t first = w->nslots;
	bool news = take_holes(w, h);

	if (claimed > session_procs_max(h))
		claimed = session_procs_max(h);
	for (; w->nslots < claimed; w->nslots++)
		if (!take_slot(w, h, w->nslots))
			add_hole(w, w->nslots);
	return news || w->nslots != first;
}

bool
record_is_dead(int pidfd)
{
	struct pollfd p = { pidfd, POLLIN, 0 };

	return pidfd < 0 || poll(&p, 1, 0) > 0;
}

static bool
watched_is_dead(const struct record_watched *one)
{
	if (one->pidfd >= 0)
		return record_is_dead(one->pidfd);
	return kill(one->pid, 0) < 0 && errno == ESRCH;
}

static void
bury(struct record_setup *s, const struct record_watched *one)
{
	struct session_proc *p = &session_procs(s->session)[one->slot];

	if (proc_state(p) == SESSION_PROC_HELLO) {
		p->end = ticks_now(&s->ticks) - s->session->tick_origin;
		__atomic_store_n(&p->state, SESSION_PROC_GONE,
		    __ATOMIC_RELEASE);
	}
	/* What it owned is complete: the next round takes and frees it. */
	__atomic_store_n(&p->dead, 1, __ATOMIC_RELEASE);
	if (one->pidfd >= 0)
		close(one->pidfd);
}

static bool
bury_dead(struct record_watch *w, struct record_setup *s)
{
	size_t i, kept = 0;
	bool any;

	for (i = 0; i < w->nlive; i++) {
		if (watched_is_dead(&w->live[i]))
			bury(s, &w->live[i]);
		else
			w->live[kept++] = w->live[i];
	}
	any = kept != w->nlive;
	w->nlive = kept;
	return any;
}

uint32_t
record_count(const struct record_watch *w)
{
	uint32_t count = 0;
	size_t i, j;

	/* The images of one process have its pid; count the last. */
	for (i = 0; i < w->nlive; i++) {
		for (j = i + 1; j < w->nlive; j++)
			if (w->live[j].pid == w->live[i].pid)
				break;
		count += j == w->nlive;
	}
	return count;
}

bool
record_watch(struct record_watch *w, struct record_setup *s)
{
	bool news = take_new(w, s);

	return bury_dead(w, s) || news;
}

int
record_is_shared(int session_fd)
{
	if (fcntl(session_fd, F_SETLEASE, F_WRLCK) == 0) {
		fcntl(session_fd, F_SETLEASE, F_UNLCK);
		return 0;
	}
	return errno == EAGAIN ? 1 : -1;
}
