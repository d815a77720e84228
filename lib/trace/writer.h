/*
 * writer.h - the inside's end of the trace: events into chunks.
 *
 * Nothing here allocates, takes a lock or calls libc (but clock_gettime where
 * the session's clock is SESSION_MONOTONIC).  A writer belongs to
 * one thread; a second one (lane 1) serves a signal handler that interrupted
 * the first in the middle of a record.  All functions keep errno.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_WRITER_H
#define PW_TRACE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/format.h"
#include "trace/session.h"

/* Zeroed memory is a writer without a chunk. */
struct writer {
	struct session_header *session;
	struct session_chunk *chunk;
	uint32_t proc;		/* slot */
	uint32_t tid;
	uint32_t lane;
	uint32_t fill;		/* bytes written and published */
	uint64_t time;		/* of the previous record, in any chunk */
	uint64_t addr;		/* previous address, for the deltas */
	uint32_t stack;		/* previous stack id */
	uint32_t pending_lost;	/* events to be told in a LOST record */
	uint32_t hint;		/* chunk to look at first */
	uint32_t freed_seen;	/* session's freed when hint was good */
	uint32_t window;	/* direct: chunks this image may touch */
};

/*
 * Map the session file named by path; NULL when it can't be opened, is not
 * ours or has another version.  The descriptor is closed again.
 */
struct session_header *session_attach(const char *path);

/* Claim a process slot; ~0u when all are taken (then nothing is recorded). */
uint32_t session_hello(struct session_header *, uint32_t pid, uint32_t ppid,
	    uint32_t parent_slot, bool judged);
void	session_goodbye(struct session_header *, uint32_t slot,
	    enum session_proc_state, int status, uint64_t time);

/* Ticks since the recording began.  _after is for stamps that must not be
 * read before the instructions in front of them (rdtscp). */
uint64_t session_now(const struct session_header *);
uint64_t session_now_after(const struct session_header *);

/* Wake the recorder: something wants to be drained at once. */
void	session_wake(struct session_header *);

/* Forgets whatever the writer was before: finish (or forget) it first. */
void	writer_start(struct writer *, struct session_header *, uint32_t proc,
	    uint32_t tid, uint32_t lane);
/* Hand the chunk over (thread end, exec).  The writer may go on afterwards. */
void	writer_finish(struct writer *);
/* In a fork's child: the chunk is the parent's; forget it. */
void	writer_forget(struct writer *);

/*
 * Append one record and publish it.  time is from session_now; one older than
 * the writer's previous record is raised to it.  When no chunk can be had
 * within 100 ms (SESSION_LOSSY: at once) the record is dropped, counted and told
 * later; until the recorder gives chunks back the next ones, of any writer, are
 * dropped without waiting.  After
 * session_header.closed nothing is recorded or counted.  call may have
 * TRACE_BY_REALLOC or'ed in.  align 0: the default.  Long strings are cut.
 */
void	writer_alloc(struct writer *, uint64_t time, unsigned call,
	    uintptr_t addr, size_t size, size_t align, uint32_t stack);
void	writer_free(struct writer *, uint64_t time, unsigned call,
	    uintptr_t addr, uint32_t stack);
void	writer_resize(struct writer *, uint64_t time, unsigned call,
	    uintptr_t addr, size_t size, uint32_t stack);
void	writer_cancel(struct writer *, uint64_t time, uintptr_t addr);
void	writer_unsampled(struct writer *, uint64_t time, uintptr_t addr);
void	writer_process(struct writer *, uint64_t time, uint32_t pid,
	    uint32_t ppid, uint32_t parent, bool judged, const char *exe,
	    const char *args, size_t args_size);	/* args: NUL-separated */
void	writer_thread(struct writer *, uint64_t time, uint32_t tid,
	    const char *name);
void	writer_module(struct writer *, uint64_t time, uint64_t start,
	    uint64_t end, uint64_t bias, const void *build_id,
	    size_t build_id_size, const char *path);
void	writer_unload(struct writer *, uint64_t time, uint64_t start);
void	writer_exit(struct writer *, uint64_t time, unsigned how, int status);
/* pid 0: nobody knows. */
void	writer_shed(struct writer *, uint64_t time, uint32_t pid,
	    uint32_t ppid, const char *exe);
void	writer_error(struct writer *, uint64_t time, const struct trace_error *);
void	writer_heap(struct writer *, uint64_t time, uint64_t footprint,
	    uint64_t free, uint64_t largest, uint64_t overhead);
/* error 0: the memory is there; else the call failed with it. */
void	writer_map(struct writer *, uint64_t time, unsigned call,
	    uintptr_t addr, size_t length, unsigned access, unsigned flags,
	    unsigned error, uint32_t stack);
/* error 0: before the call; else it failed, and nothing is gone. */
void	writer_unmap(struct writer *, uint64_t time, unsigned call,
	    uintptr_t addr, size_t length, unsigned error, uint32_t stack);
/* interval: bytes, more than 1. */
void	writer_sample(struct writer *, uint64_t time, uint64_t interval);
void	writer_note(struct writer *, uint64_t time, const char *note);

/* writer_exit's how */
enum writer_exit {
	WRITER_EXIT, WRITER_QUICK_EXIT, WRITER__EXIT, WRITER_EXEC,
	WRITER_SIGNAL,		/* status is the signal's number */
};

#endif
