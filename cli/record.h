/*
 * record.h - the recorder: the process that empties the session into the trace.
 *
 * It has its own session, so that no key on the terminal stops it, holds no
 * descriptor it does not need, and lives until the last watched process has
 * ended.  See record.c for its rounds.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_RECORD_H
#define PW_CLI_RECORD_H

#include <limits.h>
#include <stdint.h>

#include "trace/session.h"
#include "trace/ticks.h"

struct trace_file;

enum record_phase {
	RECORD_RUNS,
	RECORD_LINGERS,		/* PROGRAM has ended, others of the tree not */
	RECORD_CLOSED,		/* the trace is whole and closed */
	RECORD_STOPPED,		/* gave up: why and error say it */
};

enum record_why {
	RECORD_WHY_NOTHING,
	RECORD_WHY_WRITE,	/* the trace could not be written: error */
	RECORD_WHY_DISK,	/* the rest of the file system is left alone */
	RECORD_WHY_SIZE,	/* --max-size */
	RECORD_WHY_ASKED,	/* --tell=PID:stop */
};

/* One shared page between front and recorder. */
struct record_shared {
	uint32_t phase;		/* enum record_phase; futex */
	uint32_t why;		/* enum record_why; set before phase */
	int32_t error;		/* errno */
	uint32_t survivors;	/* processes that go on when it lingers */
	uint64_t size;		/* bytes of the trace */
};

struct record_setup {
	struct session_header *session;
	struct record_shared *shared;
	const char *session_path;
	int session_fd;		/* the recorder's from here on, as the next */
	int trace_fd;
	struct trace_file *file;	/* begun; NULL: file_error says why not */
	int file_error;
	int notify_fd;		/* eventfd: written when the trace has grown */
	int front_pidfd;	/* of the front and of PROGRAM; -1: no such */
	int root_pidfd;
	uint64_t max_size;	/* bytes; 0: no bound of its own */
	const char *ring;	/* absolute path: at max_size the oldest part
				 * goes; NULL: recording stops */
	struct ticks ticks;
};

/*
 * Be the recorder; never returns.  Called in a process forked for it, whose
 * mapping of the session comes from session_fd.
 */
_Noreturn void record_run(struct record_setup *);

/*
 * How many bytes a trace may take beside what is on the file system of fd:
 * the last 1 GB, or the last 5% of a small one, is never taken.  UINT64_MAX
 * for devices and when it can't be told.
 */
uint64_t record_room(int fd);

#endif
