/*
 * process.c - a process from its slot to its end, over fork.
 *
 * Birth.  An image claims a slot in the session and says PROCESS.  A fork's
 * child has the parent's memory, but its events must go to chunks and a slot
 * of its own.  It finds out by a word in a page that the kernel wipes at fork
 * (MADV_WIPEONFORK), looked at by every call: that also catches _Fork and a raw
 * clone, which run no atfork handlers.  The handlers serve the locks only, so
 * that the child finds the heap whole.  The slot is claimed at the child's
 * first event: a child that only execs never shows.  A vfork's child runs in
 * the parent's memory; what it does is the parent's.
 *
 * End.  Exit handlers, _exit and exec come to process_end: it leaves the
 * heap's figures and EXIT, and says good-bye in the slot.  Events that come
 * after it (another thread, a later handler) are recorded nevertheless.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/preload_impl.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/os.h"
#include "preload/finding.h"
#include "preload/sweep.h"
#include "preload/thread.h"
#include "trace/writer.h"
#include "unwind/unwind.h"

/* Asking for the heap's figures takes at most one part in so many. */
#define PROCESS_HEAP_SHARE	256u
#define PROCESS_ARGS_MAX	4096u	/* bytes of argv that are told */

struct process process;

int
process_init(void)
{
	size_t page = os_page_size();

	process.word = os_map(page);
	if (process.word == NULL)
		return -1;
	/* An old kernel refuses; then only fork() proper is noticed. */
	os_advise(process.word, page, MADV_WIPEONFORK);
	*process.word = PROCESS_SAME;
	process.pid = (uint32_t)os_getpid();
	return 0;
}

/* At most size bytes of /proc/self/cmdline, into mapped memory. */
static size_t
process_args(char *to, size_t size)
{
	int fd = os_open("/proc/self/cmdline", O_RDONLY, 0);
	size_t n = 0;
	ssize_t got;

	if (fd < 0)
		return 0;
	while (n < size && (got = os_read(fd, to + n, size - n)) > 0)
		n += (size_t)got;
	os_close(fd);
	return n;
}

/* Read once: a child of fork may not be able to open anything. */
static void
process_tell(struct writer *w, uint32_t parent, uint32_t ppid)
{
	if (process.args == NULL) {
		process.args = os_map(PROCESS_ARGS_MAX);
		process.nargs = process.args == NULL ? 0 :
		    process_args(process.args, PROCESS_ARGS_MAX);
	}
	writer_process(w, session_now(process.session), process.pid, ppid,
	    parent, process.judged, process.exe, process.args != NULL ?
	    process.args : "", process.nargs);
	if (process.sampled != NULL)
		writer_sample(w, session_now(process.session), process.sample);
}

static uint32_t
process_slot(uint32_t parent, bool judged, uint32_t *ppid)
{
	*ppid = (uint32_t)os_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0);
	process.pid = (uint32_t)os_getpid();
	process.judged = judged;
	process.peak = 0;
	process.slot = session_hello(process.session, process.pid, *ppid,
	    parent, judged);
	return process.slot;
}

bool
process_hello(struct thread *t, uint32_t parent, bool judged)
{
	uint32_t ppid;

	process.writing = process_slot(parent, judged, &ppid) != ~0u;
	if (process.writing) {
		thread_start_writers(t);
		process_tell(&t->lane[0].writer, parent, ppid);
		thread_tell(t);
	}
	return process.writing;
}

void
process_skipped(void)
{
	struct writer w = { 0 };
	uint32_t ppid;

	if (process_slot(~0u, false, &ppid) == ~0u)
		return;
	writer_start(&w, process.session, process.slot, process.pid, 0);
	process_tell(&w, ~0u, ppid);
	writer_finish(&w);
}

/* Memory in order; the slot can wait. */
static void
process_reborn(struct thread *t)
{
	process.pid = (uint32_t)os_getpid();
	thread_forked(t, (uint32_t)os_gettid());
	unwind_forked();
	*process.word = PROCESS_CHILD;
}

void
process_changed(struct thread *t)
{
	uint64_t mask;

	thread_block(&mask);
	if (*process.word == PROCESS_WIPED) {
		process.backend->fork_child((uint32_t)os_gettid());
		process_reborn(t);
	}
	if (*process.word == PROCESS_CHILD) {
		if (!process.follow) {
			process.writing = false;
			process.slot = ~0u;
		}
		if (process.writing)
			process_hello(t, process.slot, process.judged);
		*process.word = PROCESS_SAME;
	}
	thread_unblock(&mask);
}

/* Handlers run in the forking thread, which has a block or gets one. */
static struct thread *
process_forker(void)
{
	struct thread *t = thread_find();
	struct lane *lane;

	if (t == NULL && (t = thread_enter(&lane)) != NULL)
		thread_leave(t);
	return t;
}

void
process_fork_prepare(void)
{
	struct thread *t = process_forker();

	if (t != NULL)
		process.backend->fork_prepare(t->tid);
}

void
process_fork_parent(void)
{
	struct thread *t = thread_find();

	if (t != NULL)
		process.backend->fork_parent(t->tid);
}

void
process_fork_child(void)
{
	struct thread *t = thread_find();

	/* prepare locked in the name of the parent's thread. */
	if (t != NULL) {
		process.backend->fork_child(t->tid);
		process_reborn(t);
	}
}

bool
process_borrowed(void)
{
	return process.session != NULL && *process.word == PROCESS_SAME &&
	    process.pid != (uint32_t)os_getpid();
}

/*
 * The next allocator's figures may take its locks, so a handler that may have
 * interrupted it asks nothing.
 */
static void
process_heap_record(struct thread *t, struct lane *lane, bool always)
{
	uint64_t began = session_now(process.session);
	struct backend_figures f;
	uint64_t now;

	if (thread_nested(t) || !process.backend->figures(&f))
		return;
	now = session_now(process.session);
	process.heap_due = now + (now - began) * PROCESS_HEAP_SHARE;
	if (!always && f.footprint <= process.peak)
		return;
	if (f.footprint > process.peak)
		process.peak = f.footprint;
	writer_heap(&lane->writer, now, f.footprint, f.free, f.largest,
	    f.overhead);
}

void
process_heap(struct thread *t)
{
	struct session_header *s = process.session;

	sweep_due(t, &t->lane[t->busy - 1], t->period);
	t->events = t->period;
	if (__atomic_load_n(&s->closed, __ATOMIC_RELAXED))
		process.writing = false;
	else if (session_now(s) >= process.heap_due)
		process_heap_record(t, &t->lane[t->busy - 1], false);
}

/* Nothing is written here; the slot says good-bye, if it is ours. */
static void
process_end_skipped(enum session_proc_state state, int status)
{
	struct session_header *s = process.session;

	if (s == NULL || process.judged || process.slot == ~0u ||
	    *process.word != PROCESS_SAME)
		return;
	session_goodbye(s, process.slot, state, status & 0xff, session_now(s));
}

void
process_end(unsigned how, int status)
{
	enum session_proc_state state = how == WRITER_EXEC ?
	    SESSION_PROC_EXECED : SESSION_PROC_EXITED;
	struct lane *lane;
	struct thread *t;
	uint64_t now;

	if (process_borrowed())
		return;
	if (!process.writing) {
		process_end_skipped(state, status);
		return;
	}
	/* A child that has done nothing yet and becomes another image. */
	if (how == WRITER_EXEC && *process.word != PROCESS_SAME)
		return;
	t = thread_enter(&lane);
	if (t == NULL)
		return;
	if (process.writing) {
		sweep_all(t, lane, TRACE_FOUND_AT_EXIT, NULL);
		if (how != WRITER_EXEC)
			sweep_unused(t);
		finding_word(lane, true);
		process_heap_record(t, lane, true);
		now = session_now(process.session);
		writer_exit(&lane->writer, now, how, status & 0xff);
		writer_finish(&lane->writer);
		session_goodbye(process.session, process.slot, state,
		    status & 0xff, now);
	}
	thread_leave(t);
}

static uint32_t
process_parent(void)
{
	return (uint32_t)os_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0);
}

/* Who is only followed has no writer of his own. */
static void
process_shed_skipped(uint32_t pid, uint32_t ppid, const char *exe)
{
	struct session_header *s = process.session;
	struct writer w = { 0 };

	if (process.slot == ~0u)
		return;
	writer_start(&w, s, process.slot, (uint32_t)os_gettid(), 0);
	writer_shed(&w, session_now(s), pid, ppid, exe);
	writer_finish(&w);
}

void
process_shed(uint32_t pid, const char *exe)
{
	uint32_t self = process_borrowed() ? process.pid :
	    (uint32_t)os_getpid();
	uint32_t ppid = pid != self ? self : process_parent();
	struct lane *lane;
	struct thread *t;

	if (!process.writing) {
		process_shed_skipped(pid, ppid, exe);
		return;
	}
	t = thread_enter(&lane);
	if (t == NULL)
		return;
	if (process.writing)
		writer_shed(&lane->writer, session_now(process.session), pid,
		    ppid, exe);
	thread_leave(t);
}

void
process_goes_on(void)
{
	struct session_proc *p;

	if (process.session == NULL || process.slot == ~0u ||
	    process_borrowed() || *process.word != PROCESS_SAME)
		return;
	p = &session_procs(process.session)[process.slot];
	p->end = 0;
	__atomic_store_n(&p->state, SESSION_PROC_HELLO, __ATOMIC_RELEASE);
}
