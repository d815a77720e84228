/*
 * start.c - from the first call to a recording.
 *
 * Two steps.  The first runs at the first call that finds libc initialised
 * (a constructor of another library, usually) or in our own constructor:
 * find the session, claim a slot, choose who serves, hide our words in the
 * environment, tell what was allocated before.  It may run inside malloc,
 * inside dlsym, inside a lock of libc's, so it takes no such lock: the
 * second, in our constructor, registers exit and fork handlers.
 *
 * Constructors of libraries run before ours, their destructors and all exit
 * handlers before our exit handler: it was registered before main's start-up
 * code registers ld.so's, which runs the destructors.
 *
 * Without a session a process that was given us by hand makes one (byhand.c);
 * any other is inert from the beginning.  One that is
 * skipped (--skip, --only) has a slot and becomes inert.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/preload_impl.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/os.h"
#include "preload/bootstrap.h"
#include "preload/byhand.h"
#include "preload/calls.h"
#include "preload/child.h"
#include "preload/crash.h"
#include "preload/environ.h"
#include "preload/exits.h"
#include "preload/real.h"
#include "preload/sites.h"
#include "preload/thread.h"
#include "trace/writer.h"
#include "unwind/unwind.h"

enum life start_life;
static uint32_t start_tid;

/* A RELATIVE relocation fills it: its own address once we are relocated. */
static void *volatile start_self = (void *)&start_self;

bool
start_relocated(void)
{
	return start_self == (void *)&start_self;
}

bool
start_is_mine(void)
{
	return start_tid == (uint32_t)os_gettid();
}

/* An assertion of ours failed: the program is not to suffer from it. */
void
check_failed(const char *what PW_UNUSED, const char *file PW_UNUSED,
    int line PW_UNUSED)
{
	process.writing = false;
}

static void
start_read_exe(void)
{
	long n = os_syscall(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe",
	    (long)process.exe, sizeof(process.exe) - 1, 0, 0);

	process.exe[n > 0 ? n : 0] = '\0';
}

/* Does one of the globs (each ended by NUL, then NUL) match exe? */
static bool
start_listed(const char *globs)
{
	const char *name = strrchr(process.exe, '/');

	name = name != NULL ? name + 1 : process.exe;
	for (; *globs != '\0'; globs += strlen(globs) + 1)
		if (glob_match(globs, process.exe) || glob_match(globs, name))
			return true;
	return false;
}

/* Is this the first image of PROGRAM? */
static bool
start_is_program(struct session_header *s)
{
	uint32_t pid = (uint32_t)os_getpid();
	uint32_t n = s->procs_claimed;

	if (pid != s->root_pid)
		return false;
	for (uint32_t i = 0; i < n && i < SESSION_PROCS_MAX; i++)
		if (session_procs(s)[i].pid == pid)
			return false;
	return true;
}

static bool
start_judged(struct session_header *s)
{
	if (s->flags & SESSION_JUDGE_PROGRAM && start_is_program(s))
		return true;
	if (s->only[0] != '\0' && !start_listed(s->only))
		return false;
	return !start_listed(s->skip);
}

static void
start_seen(const struct unwind_object *o, void *arg PW_UNUSED)
{
	struct thread *t = thread_find();

	sites_seen(o);
	if (t != NULL && process.writing)
		writer_module(&t->lane[t->busy > 1].writer,
		    session_now(process.session), o->start, o->end, o->bias,
		    o->build_id, o->build_id_size, o->path);
}

static void
start_gone(uintptr_t start, void *arg PW_UNUSED)
{
	struct thread *t = thread_find();

	sites_gone(start);
	if (t != NULL && process.writing)
		writer_unload(&t->lane[t->busy > 1].writer,
		    session_now(process.session), start);
}

/* Blocks from before are events of the beginning; their stacks are not known. */
static void
start_tell_early(void *ptr, size_t size, unsigned call, bool freed, void *arg)
{
	struct writer *w = arg;
	uint64_t now = session_now(process.session);

	if (process.session->flags & SESSION_PAUSED)
		return;
	if (process.sampled != NULL && (!sample_hits(thread_find(), size) ||
	    (!freed && !sampled_add(process.sampled, ptr))))
		return;
	writer_alloc(w, now, call, (uintptr_t)ptr, size, 0, 0);
	if (freed)
		writer_free(w, now, TRACE_CALL_FREE_CALL, (uintptr_t)ptr, 0);
}

static void
start_backend(struct session_header *s)
{
	process.backend = s->mode == SESSION_PROFILE ?
	    &backend_next : &backend_pool;
	if (process.backend->start(s) != 0) {
		process.backend = &backend_next;
		process.backend->start(s);
	}
}

/* The slot and everything that a recorded process has. */
static bool
start_recording(struct session_header *s)
{
	struct lane *lane;
	struct thread *t;

	process.stacks = stacks_create(s);
	if (process.stacks == NULL)
		return false;
	start_backend(s);
	process.sites = process.backend == &backend_pool && sites_start(s);
	process.turns = s->guard_side == SESSION_GUARD_ALTERNATE;
	if (s->sample > 1 && process.backend == &backend_next &&
	    !sample_start(s))
		return false;
	t = thread_enter(&lane);
	if (t == NULL)
		return false;
	if (process_hello(t, ~0u, true)) {
		unwind_on_object(start_seen, start_gone, NULL);
		unwind_init();
		bootstrap_tell(start_tell_early, &lane->writer);
		crash_init();
	}
	thread_leave(t);
	return process.writing;
}

static enum life
start_with(struct session_header *s)
{
	enum life life = LIFE_INERT;

	process.session = s;
	process.slot = ~0u;
	process.follow = s->flags & SESSION_FOLLOW;
	process.free_stacks = s->mode != SESSION_PROFILE;
	/* The mark that says what is missing is none of them. */
	process.depth = 1 + (s->depth < STACKS_FRAMES_MAX ? s->depth :
	    STACKS_FRAMES_MAX);
	if (process.depth >= UNWIND_CUT_MIN - UNWIND_CUT_STEP + 1)
		process.depth += UNWIND_CUT_STEP - 1;
	start_read_exe();
	if (!start_judged(s))
		process_skipped();
	else if (start_recording(s))
		life = process.sampled != NULL ? LIFE_SAMPLING :
		    LIFE_RECORDING;
	return life;
}

/* The file that we are, by the name that ld.so has for it. */
static const char *
start_module(void)
{
	Dl_info info;

	return dladdr(&start_life, &info) != 0 && info.dli_fname != NULL ?
	    info.dli_fname : "";
}

/* Where the user put us, children have us too. */
static void
start_place(const char *module)
{
	const char *list = environ_find(environ, ENVIRON_PRELOAD);
	int place = list != NULL ? environ_place(list, module) : -1;

	process.before = place > 0 ? place : 0;
}

/* NULL: none; *ours: the environment holds words of ours. */
static struct session_header *
start_session(const char *module, bool *ours)
{
	const char *path = environ_find(environ, SESSION_ENV);
	struct session_header *s;

	*ours = path != NULL;
	if (path == NULL)
		return byhand_start(environ, module, ours);
	s = session_attach(path);
	if (s == NULL)
		return NULL;
	child_set_session(path);
	__atomic_add_fetch(&s->execs_ended, 1, __ATOMIC_RELAXED);
	return s;
}

static enum life
start_now(void)
{
	const char *module = start_module();
	enum life life = LIFE_INERT;
	struct session_header *s;
	bool ours;

	start_place(module);
	s = start_session(module, &ours);
	real_init();
	backend_next.start(s);
	if (s != NULL && process_init() == 0)
		life = start_with(s);
	if (ours)
		environ_hide(environ, module);
	calls_start(life == LIFE_RECORDING &&
	    process.backend == &backend_pool && (s->flags & SESSION_CALLS));
	return life;
}

enum life
start_try(void)
{
	enum life life = __atomic_load_n(&start_life, __ATOMIC_ACQUIRE);
	enum life none = LIFE_NONE;

	if (life != LIFE_NONE || !start_relocated() || environ == NULL)
		return life;
	if (!__atomic_compare_exchange_n(&start_life, &none, LIFE_STARTING,
	    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return none;
	start_tid = (uint32_t)os_gettid();
	life = start_now();
	__atomic_store_n(&start_life, life, __ATOMIC_RELEASE);
	return life;
}

__attribute__((constructor)) static void
start_constructor(void)
{
	if (life_records(start_try())) {
		pthread_atfork(process_fork_prepare, process_fork_parent,
		    process_fork_child);
		exits_init();
	} else if (process.session != NULL) {
		exits_init();
	}
}
