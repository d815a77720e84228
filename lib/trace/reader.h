/*
 * reader.h - the outside's end of the trace: any bytes to events.
 *
 * A trace is hostile until shown otherwise.  Every function returns clearly:
 * an event, the end, or a status that says what is wrong at which offset.
 * Damage costs the block it is in; the reader goes on behind it and remembers
 * what was missed.  One reader belongs to one thread.
 *
 * If the trace has no closing record, nobody writes it any more (the recorder
 * holds a lock, flock(2), on it) and its session file still exists, what nobody
 * drained is read from there.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_READER_H
#define PW_TRACE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/format.h"

enum trace_result {
	TRACE_OK,
	TRACE_SYSTEM,		/* errno says */
	TRACE_EMPTY,
	TRACE_NOT_A_TRACE,
	TRACE_VERSION_NEWER,
	TRACE_TRUNCATED,
	TRACE_DAMAGED,
	TRACE_NO_MEMORY,
};

struct trace_status {
	enum trace_result result;
	int error;		/* errno when TRACE_SYSTEM */
	uint64_t offset;	/* in the file */
	char what[160];		/* one line for people, no newline */
};

/*
 * One image of a process; borrowed, strings included, as long as the reader.
 * pid 0: nothing is known of this index.
 */
struct trace_process {
	uint32_t index;		/* its slot; a parent's is lower */
	uint32_t pid;
	uint32_t ppid;
	uint32_t parent;	/* index it was forked from, ~0u: none */
	bool judged;
	bool recorded;		/* at least one event was seen */
	const char *exe;
	const char *const *argv;	/* NULL-terminated */
	uint64_t start;		/* ticks */
	uint64_t end;		/* ticks; last event when not ended */
	enum { TRACE_RUNNING, TRACE_EXITED, TRACE_KILLED, TRACE_EXECED,
	    TRACE_GONE } ended;
	int status;		/* exit code or signal number */
	uint64_t lost;
};

struct trace_module {
	uint32_t proc;		/* index */
	uint64_t start;		/* [start, end) addresses in the process */
	uint64_t end;
	uint64_t bias;		/* address - bias = address in the file */
	uint64_t loaded;	/* ticks */
	uint64_t unloaded;	/* ticks; ~0 still there */
	const char *path;	/* as the program had it; "" the program's exe */
	const unsigned char *build_id;
	size_t build_id_size;
};

/*
 * A process that goes on as a program in which nothing can be recorded: static,
 * of another class, with other privileges, in another root folder.
 */
struct trace_shed {
	uint32_t pid;		/* 0: nobody knows */
	uint32_t ppid;		/* of who started it, or of who it was before */
	uint64_t time;		/* ticks */
	const char *exe;	/* borrowed, as long as the reader */
};

struct trace_event {
	enum trace_kind kind;
	uint64_t time;		/* ticks since the recording began */
	uint32_t proc;		/* index of a trace_process */
	uint32_t tid;
	uint8_t call;		/* enum trace_call */
	bool by_realloc;
	uint64_t addr;
	uint64_t size;
	uint64_t align;
	uint32_t stack;
	/* SAMPLE: the interval in size.  MAP, UNMAP: size is the length; mmap's prot and flags, an errno */
	uint32_t access, flags, failed;
	union {
		/* HEAP */
		struct { uint64_t footprint, free, largest, overhead; };
		/* PAIRS: blocks left out; size is their bytes */
		struct { uint64_t pairs, temporary; };
	};
	/* LOST */
	uint64_t lost;
	/* EXIT: how (enum writer_exit) in call, status here; PAUSE: 1 or 0 */
	int status;
	/* ERROR: borrowed until the next call */
	const struct trace_error *error;
	/* NOTE, THREAD (its name), MARK, SHED (the program, its pid in size):
	 * borrowed until the next call */
	const char *text;
	/* MODULE, UNLOAD: borrowed, as long as the reader */
	const struct trace_module *module;
	/* KEYFRAME: heap_restore's bytes, borrowed until the next call */
	const void *state;
	size_t state_size;
};

struct trace_info {
	uint32_t mode;		/* enum session_mode */
	uint32_t depth;		/* frames that were wanted of a stack */
	bool mappings;		/* what programs map themselves is told */
	uint64_t sample;	/* blocks are a sample: its interval; 0: all */
	uint64_t ticks_per_second;
	uint64_t unix_ns;	/* when the recording began */
	bool complete;		/* closing record seen, nothing damaged or lost */
	bool closed;		/* closing record seen */
	bool paused;		/* it began paused */
	uint64_t pairs;		/* blocks left out near a bound, so far */
	uint64_t begins;	/* ticks; of events before only what they
				 * came to is there (a ring); or 0 */
	uint32_t stopped;	/* enum format_stop; 0: it was not */
	bool lost_known;
	uint64_t lost;		/* events dropped, when lost_known */
	uint32_t root_pid;
	bool root_done;
	int root_status;	/* wait status of PROGRAM */
	uint64_t file_size;	/* bytes */
	unsigned nmissing;	/* reasons why it is not complete ... */
	const char *const *missing;	/* ... each one line */
};

/* What was read, for who wants to know the trace itself. */
struct trace_counts {
	uint64_t events;	/* ALLOC, FREE, RESIZE, CANCEL delivered */
	uint64_t records;	/* all kinds, delivered (or left out) */
	uint64_t blocks;
	uint64_t rounds;
	uint64_t slices;
	uint64_t nodes;		/* of stacks */
	uint64_t keyframes;
	uint64_t slice_bytes;	/* records before compression */
	uint64_t event_bytes;	/* stored bytes of blocks that hold records */
	uint64_t node_bytes;	/* stored bytes of blocks with stack nodes */
	uint64_t late;		/* delivered after younger ones; raised */
	uint64_t damaged;	/* places that could not be read */
	uint64_t leftover_bytes;	/* taken from the session file */
};

struct trace_reader;

enum trace_open_flags {
	TRACE_META_ONLY = 1,	/* skip blocks of events and HEAP alone */
	TRACE_MAKE_KEYS = 2,	/* see keyframe.h */
	TRACE_EVERY_BLOCK = 4,	/* what is only stepped over is verified too */
};

/* NULL with *status filled on failure.  Close with trace_close. */
struct trace_reader *trace_open(const char *path, unsigned flags,
	    struct trace_status *status);
void	trace_close(struct trace_reader *);

/*
 * The next event of all threads and processes, in order of time (a block's
 * free before the next allocation of its address).  Under TRACE_META_ONLY
 * ALLOC, FREE, RESIZE, CANCEL and UNSAMPLED are left out.  1: *event is filled; 0:
 * nothing more now (a trace that is being written: call again later; trace_info
 * tells closed); -1: *status is filled and reading can't go on.
 */
int	trace_next(struct trace_reader *, struct trace_event *event,
	    struct trace_status *status);

/*
 * Begin at the last keyframe before time, in ticks: to be called before anything
 * was read.  The next event is then KEYFRAME, which stands for all before it;
 * findings and names of before are not delivered again.  false: there is no such
 * keyframe (or no memory for it), and reading begins at the beginning.
 */
bool	trace_seek(struct trace_reader *, uint64_t time);

/*
 * No more events are wanted: read on behind them all, where the closing record
 * is.  trace_info then says what became of the recording; blocks that were not
 * read are not known to be whole.  0, or -1: *status is filled.
 */
int	trace_skip_rest(struct trace_reader *, struct trace_status *status);

/* Ticks from the beginning to the end, where a closing record tells; or 0. */
uint64_t trace_duration(struct trace_reader *);

const struct trace_counts *trace_counts(const struct trace_reader *);

/* What is known so far; all after trace_next returned 0 on a closed trace. */
const struct trace_info *trace_info(struct trace_reader *);

unsigned trace_nprocesses(const struct trace_reader *);
const struct trace_process *trace_process(const struct trace_reader *,
	    unsigned index);

unsigned trace_nsheds(const struct trace_reader *);
const struct trace_shed *trace_shed(const struct trace_reader *, unsigned i);

/* The object of proc that held addr at time; NULL: none known. */
const struct trace_module *trace_module_find(const struct trace_reader *,
	    unsigned proc, uint64_t addr, uint64_t time);

/*
 * The frames of a stack, innermost first, at most max.  Returns how many it
 * has in all.  Values with SESSION_NODE_MARK are marks (session.h).
 */
size_t	trace_stack(const struct trace_reader *, uint32_t stack,
	    uint64_t *ips, size_t max);
/* One node: its ip, and its parent in *parent.  0: no such node. */
uint64_t trace_node(const struct trace_reader *, uint32_t stack,
	    uint32_t *parent);

const char *trace_call_name(unsigned call);
const char *trace_error_name(unsigned kind);
enum trace_class trace_call_class(unsigned call);

#endif
