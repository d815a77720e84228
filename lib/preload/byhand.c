/*
 * byhand.c - a recording without the runner: the session made inside.
 *
 * All of it happens at the first call of a process, when libc is there but
 * main is not: files can be opened, for nobody could have closed the door yet.
 * What is needed later is mapped by then.
 *
 * Nothing of it happens to a process that merely has the module in it (linked,
 * dlopened, /etc/ld.so.preload): LD_PRELOAD must name it, or POOLWATCH_OPTIONS
 * be set.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/byhand.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/os.h"
#include "base/say.h"
#include "preload/child.h"
#include "preload/environ.h"
#include "trace/direct.h"
#include "trace/ticks.h"

#define FIRST_NODES	1024u	/* 16 KiB */

static bool
byhand_meant(char *const *env, const char *module)
{
	const char *list = environ_find(env, ENVIRON_PRELOAD);

	if (getauxval(AT_SECURE) != 0)
		return false;
	return environ_find(env, ENVIRON_OPTIONS) != NULL ||
	    (list != NULL && environ_place(list, module) >= 0);
}

static void
byhand_boot(char boot[SESSION_BOOT_SIZE])
{
	int fd = os_open("/proc/sys/kernel/random/boot_id", O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return;
	n = os_read(fd, boot, SESSION_BOOT_SIZE - 1);
	os_close(fd);
	boot[n > 0 ? n : 0] = '\0';
	boot[strcspn(boot, "\n")] = '\0';
}

static void
byhand_fill(struct byhand *b, struct session_header *s,
    const struct ticks *ticks)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	s->mode = b->mode;
	s->clock = ticks->clock;
	s->tick_shift = ticks->shift;
	s->depth = b->depth;
	s->sample = b->sample;
	s->quarantine = b->quarantine;
	s->check_every = b->check_every;
	s->guard_memory = b->guard_memory;
	s->guard_rate = b->guard_rate;
	s->guard_side = b->guard_side;
	s->flags |= b->flags;
	s->ticks_per_second = ticks_rate(ticks);
	s->unix_ns = (uint64_t)now.tv_sec * 1000000000u +
	    (uint64_t)now.tv_nsec;
	s->tick_origin = ticks_now(ticks);
	s->clock_raw = ticks->raw;
	s->clock_ns = ticks->ns;
	s->root_pid = (uint32_t)os_getpid();
	memcpy(s->trace, b->path, strlen(b->path) + 1);
	memcpy(s->log, b->log, strlen(b->log) + 1);
	memcpy(s->only, b->only, sizeof(s->only));
	memcpy(s->skip, b->skip, sizeof(s->skip));
	byhand_boot(s->boot);
}

/* For %e, as the runner has it: the word by which it was called. */
static void
byhand_program(struct byhand *b)
{
	const char *name = program_invocation_name;
	long n;

	b->program = name;
	if (name != NULL && name[0] != '\0')
		return;
	n = os_syscall(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe",
	    (long)b->name, sizeof(b->name) - 1, 0, 0);
	b->program = n > 0 ? b->name : "program";
}

/* The file is still empty. */
static struct session_header *
byhand_make(struct byhand *b, int fd)
{
	uint64_t bound = direct_bound(fd, b->max_size);
	struct session_header *s;
	struct ticks ticks;
	int error = ENOSPC;

	ticks_begin(&ticks);
	s = bound != 0 ? direct_create(fd, bound, b->stacks, &error) : NULL;
	if (s == NULL || !direct_nodes(s, FIRST_NODES - 1)) {
		say_format(b->why, sizeof(b->why), "%s", bound != 0 ?
		    byhand_error(error) : "a trace needs 1 MiB, which disk or "
		    "limits do not give");
		if (s != NULL)
			os_unmap(s, s->file_size);
		return NULL;
	}
	byhand_log_name(b);
	if (b->max_size > bound)
		byhand_say(b, "recording stops at %llu bytes, not at "
		    "--max-size: the disk, or a limit, gives no more",
		    (unsigned long long)bound);
	ticks_settle_now(&ticks);
	byhand_fill(b, s, &ticks);
	return s;
}

/* Is the lock there when the descriptor is gone? */
static void
byhand_try_lock(struct session_header *s)
{
	int fd = os_open(s->trace, O_RDONLY | O_NOFOLLOW | O_NOCTTY, 0);

	if (fd < 0)
		return;
	if (direct_is_locked(fd))
		s->flags |= SESSION_LOCKED;
	os_close(fd);
}

/* A child may be elsewhere, or have us beside another program. */
static void
byhand_complete(struct byhand *b, struct session_header *s,
    const char *module)
{
	size_t n = strlen(module);

	if (n < sizeof(b->name)) {
		memcpy(b->name, module, n + 1);
		if (byhand_absolute(b, b->name))
			memcpy(s->module, b->name, strlen(b->name) + 1);
	}
	byhand_try_lock(s);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(s->magic, SESSION_MAGIC, sizeof(s->magic));
}

static struct session_header *
byhand_record(struct byhand *b)
{
	byhand_options(b);
	if (strcmp(b->output, "none") != 0)
		return byhand_open(b, byhand_make);
	byhand_say(b, "--output=none: without the runner there is nothing to "
	    "record to");
	return NULL;
}

struct session_header *
byhand_start(char *const *env, const char *module, bool *by_hand)
{
	struct session_header *s;
	struct byhand *b;

	*by_hand = byhand_meant(env, module);
	b = *by_hand ? os_map(sizeof(*b)) : NULL;
	if (b == NULL)
		return NULL;
	b->env = env;
	byhand_program(b);
	s = byhand_record(b);
	if (s != NULL) {
		byhand_complete(b, s, module);
		child_set_session(s->trace);
	} else {
		byhand_tell_anywhere(b);
	}
	byhand_tell(b);
	os_unmap(b, sizeof(*b));
	return s;
}
