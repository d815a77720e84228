/*
 * thread.c - the blocks of threads: attached at a first call, taken over later.
 *
 * Threads have no destructor of ours (a key would cost the program one of
 * its own, and handlers run in an order nobody controls).  So a thread that
 * attaches looks at a few of the other blocks: one whose owner the kernel does
 * not know any more is buried, its chunks handed over and its caches given
 * back, and used again.  All blocks stand in one list that only grows; who
 * moves tid from the owner to THREAD_CLAIMED has it.  No lock.
 *
 * A block is attached with signals blocked, so a handler never sees half
 * of one.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/thread.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/os.h"
#include "preload/crash.h"
#include "preload/sweep.h"

#define THREAD_LOOKS	8	/* others asked after at each attach ... */
#define THREAD_FEW	8	/* ... once there are so many blocks */

static PW_TLS struct thread *thread_self;
static struct thread *thread_all;
static struct thread *thread_next_look;
static uint64_t thread_told_before;	/* by threads now buried */
static uint32_t thread_blocks;
static uint32_t thread_attached;	/* how often, with those before forks */
uint32_t thread_alone = 1;
uint64_t *thread_hands;

#define SIGNAL_BIT(s)	(1ull << ((s) - 1))
#define FAULTS		(SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | \
	SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP))

void
thread_block(uint64_t *old)
{
	uint64_t all = ~FAULTS;

	os_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)old,
	    sizeof(all), 0, 0);
}

void
thread_unblock(const uint64_t *old)
{
	os_syscall(SYS_rt_sigprocmask, SIG_SETMASK, (long)old, 0,
	    sizeof(*old), 0, 0);
}

struct thread *
thread_find(void)
{
	return thread_self;
}

static bool
thread_claim(struct thread *t, uint32_t tid)
{
	return tid != 0 && tid != THREAD_CLAIMED &&
	    __atomic_compare_exchange_n(&t->tid, &tid, THREAD_CLAIMED, false,
	    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* As if it were new; the frames of memos are nothing once dropped. */
static void
thread_wipe(struct thread *t)
{
	memset((char *)t + offsetof(struct thread, busy), 0,
	    offsetof(struct thread, lane) - offsetof(struct thread, busy));
	for (int i = 0; i < 2; i++) {
		memset(&t->lane[i], 0, offsetof(struct lane, again));
		unwind_drop(&t->lane[i].again);
	}
}

/* The owner of t, which we have claimed, is dead. */
static void
thread_bury(struct thread *t)
{
	if (process.writing) {
		writer_finish(&t->lane[0].writer);
		writer_finish(&t->lane[1].writer);
	}
	process.backend->thread_gone(&t->backend);
	__atomic_fetch_add(&thread_told_before, t->told, __ATOMIC_RELAXED);
	thread_wipe(t);
	__atomic_store_n(&t->tid, 0, __ATOMIC_RELEASE);
}

static bool
thread_is_dead(uint32_t tid)
{
	return os_syscall(SYS_tgkill, process.pid, tid, 0, 0, 0, 0) == -ESRCH;
}

/* Bury namesakes of ours, and of some others those that are dead. */
static void
thread_look_around(uint32_t me)
{
	struct thread *t;
	uint32_t tid;

	for (t = thread_all; t != NULL; t = t->next)
		if (__atomic_load_n(&t->tid, __ATOMIC_RELAXED) == me &&
		    thread_claim(t, me))
			thread_bury(t);
	/* A sandboxed program with few threads makes no call for this. */
	if (__atomic_load_n(&thread_blocks, __ATOMIC_RELAXED) < THREAD_FEW)
		return;
	t = thread_next_look;
	for (int i = 0; i < THREAD_LOOKS; i++) {
		if (t == NULL)
			t = thread_all;
		if (t == NULL)
			break;
		tid = __atomic_load_n(&t->tid, __ATOMIC_RELAXED);
		if (tid != 0 && tid != THREAD_CLAIMED && thread_is_dead(tid) &&
		    thread_claim(t, tid))
			thread_bury(t);
		t = t->next;
	}
	thread_next_look = t;
}

static struct thread *
thread_take_free(uint32_t me)
{
	struct thread *t;
	uint32_t none;

	for (t = thread_all; t != NULL; t = t->next) {
		none = 0;
		if (__atomic_load_n(&t->tid, __ATOMIC_RELAXED) == 0 &&
		    __atomic_compare_exchange_n(&t->tid, &none, me, false,
		    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return t;
	}
	return NULL;
}

static struct thread *
thread_create(uint32_t me)
{
	struct thread *t = os_map(sizeof(*t));

	if (t == NULL)
		return NULL;
	__atomic_fetch_add(&thread_blocks, 1, __ATOMIC_RELAXED);
	t->tid = me;
	t->next = __atomic_load_n(&thread_all, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&thread_all, &t->next, t, false,
	    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return t;
}

void
thread_start_writers(struct thread *t)
{
	writer_start(&t->lane[0].writer, process.session, process.slot,
	    t->tid, 0);
	writer_start(&t->lane[1].writer, process.session, process.slot,
	    t->tid, 1);
}

void
thread_tell(struct thread *t)
{
	char name[17] = "";

	os_syscall(SYS_prctl, PR_GET_NAME, (long)name, 0, 0, 0, 0);
	writer_thread(&t->lane[0].writer, session_now(process.session),
	    t->tid, name);
}

/* The second thread to come ends the time when one was alone. */
static uint64_t
thread_count(void)
{
	uint32_t before = __atomic_fetch_add(&thread_attached, 1,
	    __ATOMIC_SEQ_CST);

	if (before == 0)
		return 1ull << THREAD_HAND_SHIFT;
	if (__atomic_load_n(&thread_alone, __ATOMIC_RELAXED)) {
		if (thread_hands == NULL)
			__atomic_store_n(&thread_hands, os_map(THREAD_HANDS *
			    sizeof(*thread_hands)), __ATOMIC_RELEASE);
		__atomic_store_n(&thread_alone, 0, __ATOMIC_SEQ_CST);
	}
	return before < 0xffff ? (before + 1ull) << THREAD_HAND_SHIFT : 0;
}

static struct thread *
thread_attach(void)
{
	uint32_t me = (uint32_t)os_gettid();
	uint64_t mask;
	uint64_t hand;
	struct thread *t;

	thread_block(&mask);
	hand = thread_count();
	if (*process.word == PROCESS_SAME)
		thread_look_around(me);
	t = thread_take_free(me);
	if (t == NULL)
		t = thread_create(me);
	if (t != NULL) {
		t->backend.tid = me;
		t->hand = hand;
		t->events = t->period = sweep_events(THREAD_EVENTS);
		if (process.writing && *process.word == PROCESS_SAME) {
			thread_start_writers(t);
			thread_tell(t);
		}
		thread_self = t;
		crash_thread(t);
	}
	thread_unblock(&mask);
	return t;
}

struct thread *
thread_enter(struct lane **lane)
{
	struct thread *t = thread_self;
	uint64_t mask;

	if (PW_UNLIKELY(t == NULL) && (t = thread_attach()) == NULL)
		return NULL;
	if (PW_UNLIKELY(*process.word != PROCESS_SAME))
		process_changed(t);
	if (PW_LIKELY(t->busy == 0)) {
		t->busy = 1;
		__atomic_signal_fence(__ATOMIC_SEQ_CST);
		*lane = &t->lane[0];
		return t;
	}
	thread_block(&mask);
	if (t->busy != 1) {
		thread_unblock(&mask);
		return NULL;
	}
	t->mask = mask;
	t->busy = 2;
	*lane = &t->lane[1];
	return t;
}

void
thread_leave(struct thread *t)
{
	uint64_t mask = t->mask;

	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (PW_LIKELY(t->busy == 1)) {
		t->busy = 0;
		return;
	}
	t->busy = 1;
	thread_unblock(&mask);
}

/*
 * The others are gone.  Whoever was in the middle of something left its
 * caches in no good state: they are dropped.
 */
void
thread_forked(struct thread *me, uint32_t tid)
{
	for (struct thread *t = thread_all; t != NULL; t = t->next) {
		writer_forget(&t->lane[0].writer);
		writer_forget(&t->lane[1].writer);
		if (t == me || t->tid == 0)
			continue;
		if (t->busy == 0 && t->tid != THREAD_CLAIMED)
			process.backend->thread_gone(&t->backend);
		thread_wipe(t);
		t->tid = 0;
	}
	thread_next_look = NULL;
	thread_told_before = 0;
	thread_alone = 1;
	me->told = 0;
	me->sample = (struct sample){ 0 };	/* not its parent's numbers */
	me->tid = tid;
	me->backend.tid = tid;
}

void
thread_expect(unsigned call, size_t size)
{
	struct thread *t = thread_self;

	if (t != NULL) {
		t->as_call = call;
		t->as_size = size;
	}
}

uint64_t
thread_told(void)
{
	uint64_t sum = __atomic_load_n(&thread_told_before, __ATOMIC_RELAXED);
	struct thread *t;

	t = __atomic_load_n(&thread_all, __ATOMIC_ACQUIRE);
	for (; t != NULL; t = t->next)
		sum += __atomic_load_n(&t->told, __ATOMIC_RELAXED);
	return sum;
}
