/*
 * session.h - the shared file in which a recording is born.
 *
 * One named file (0600) is mapped by every watched process, by the recorder
 * and, after a crash, by readers.  Programs fill it without locks and without
 * system calls; the recorder empties it into the trace.  Layout:
 *
 *	header | process slots | stack nodes | chunks
 *
 * The file is created sparse at its greatest size, but only what the counts
 * chunks_ready, nodes_ready and procs_ready cover has been allocated with
 * fallocate: a store beyond them could meet a full file system and kill the
 * program with SIGBUS.  The recorder raises them when they run low; where it
 * gets no turn, who can't wait makes room itself (MADV_POPULATE_WRITE).
 *
 * Chunks.  FREE -> (a thread, CAS) OWNED -> (the thread) FULL -> (the
 * recorder, when drained) FREE.  OWNED chunks of a process that is dead (its
 * slot says so) become FREE too.  The recorder sets filled and drained to 0
 * before FREE, so a chunk just claimed shows nothing.  A thread appends whole
 * records to the chunk
 * it owns and publishes with a release store to filled; the recorder copies
 * [drained, filled) whenever it likes.  A chunk's identity is its seq, unique
 * in the recording, so a slice (seq, offset) can never be counted twice.  All
 * delta coding starts anew in each chunk.
 *
 * Stack nodes.  A stack is a leaf of a tree of (parent, ip).  Node ids are
 * claimed with an atomic add on nodes_claimed; a node is filled by a plain
 * store of parent and a release store of ip.  A parent is always filled before
 * its child is claimed, so parent < id.  Id 0 is the root (no stack).  A
 * published record names filled nodes only.  ip values with SESSION_NODE_MARK
 * are not addresses but marks (enum session_mark).
 *
 * A direct session (SESSION_DIRECT) has no recorder: its file is the trace
 * (direct.h).  Chunks are taken in order by an add on chunks_claimed, never
 * given back, and made ready by who takes them; so are nodes.
 *
 * Rounds.  The recorder drains in rounds.  Everything published before a
 * round began is in that round or an earlier one.  So an event with a stamp
 * older than the beginning of a fully read round cannot be preceded by
 * anything still to come: this is what lets a reader merge threads exactly,
 * with bounded memory (reader.h).
 *
 * Pauses.  While SESSION_PAUSED is set, an allocation that is no part of a
 * realloc is not recorded (and in profile mode its stack is not taken).  All
 * other events are: so every block that was recorded is followed to its end, and
 * what is live of those is exact.  A free may then be of a block nobody
 * recorded; who judges frees by the events alone stops doing so at the first
 * pause.
 *
 * Tells.  Somebody who may write this file takes tell_lock (by its pid), fills
 * tell_word and tell_name, raises tell_asked and wakes the recorder, which does
 * it after a round and answers in tell_result and tell_done.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_SESSION_H
#define PW_TRACE_SESSION_H

#include <stdint.h>

#define SESSION_MAGIC		"PWSESS\r\n"
#define SESSION_VERSION		3
#define SESSION_ENV		"POOLWATCH_SESSION"	/* path of this file */

#define SESSION_CHUNK_SIZE	16384u
#define SESSION_CHUNK_DATA	(SESSION_CHUNK_SIZE - 64u)
#define SESSION_CHUNKS_MAX	4096u		/* 64 MiB */
#define SESSION_PROCS_MAX	(256u << 10)	/* 16 MiB */
#define SESSION_NODES_MAX	(4u << 20)
#define SESSION_STACKS_MAX	(64u << 20)	/* bytes: that many nodes */
#define SESSION_STACKS_LEAST	(64u << 10)
#define SESSION_QUARANTINE	(512u << 10)	/* bytes: the default ... */
#define SESSION_QUARANTINE_MAX	(1u << 30)	/* ... and the most */
#define SESSION_GUARD_MEMORY	(256u << 20)	/* bytes: the default ... */
#define SESSION_GUARD_LEAST	(1u << 20)	/* ... and the least */
#define SESSION_PATH_MAX	4096u
#define SESSION_LIST_MAX	4096u
#define SESSION_DIRECT_MAX	(4u << 20)	/* chunks of a direct one: 64 GiB */
#define SESSION_DIRECT_PROCS	16384u		/* 1 MiB */
#define SESSION_BOOT_SIZE	40u

enum session_mode { SESSION_CHECK, SESSION_PROFILE, SESSION_GUARD };
enum session_clock { SESSION_TSC, SESSION_MONOTONIC };

/* Where a guarded block's data meet an inaccessible page. */
enum session_guard_side {
	SESSION_GUARD_BACK, SESSION_GUARD_FRONT, SESSION_GUARD_ALTERNATE,
};

/* Marks in place of an ip; low bits carry a number where one is named. */
#define SESSION_NODE_MARK	(1ull << 63)
enum session_mark {
	SESSION_MARK_CUT = 1,	/* N frames left out (depth) */
	SESSION_MARK_FULL,	/* the table is full: innermost frames only */
	SESSION_MARK_END,	/* no unwind information: the stack ends here */
};
#define SESSION_MARK(kind, n) \
	(SESSION_NODE_MARK | (uint64_t)(kind) << 48 | ((n) & 0xffffffffffffull))

enum session_chunk_state { SESSION_FREE, SESSION_OWNED, SESSION_FULL };

struct session_chunk {
	uint32_t state;		/* enum session_chunk_state */
	uint32_t proc;		/* slot of the owner's process image */
	uint32_t tid;
	uint32_t lane;		/* 0 the thread, 1 a handler that interrupted it */
	uint64_t seq;		/* from session_header.chunk_seq, from 1 */
	uint64_t base;		/* ticks; records' times count from here */
	uint32_t filled;	/* bytes of data published (release) */
	uint32_t drained;	/* bytes of data the recorder has stored */
	uint32_t meta;		/* not 0: not only events and HEAP */
	uint32_t pad[5];
	unsigned char data[SESSION_CHUNK_DATA];
};

/* States of a process slot, in rising order. */
enum session_proc_state {
	SESSION_PROC_NONE,
	SESSION_PROC_HELLO,	/* pid is set; the recorder may watch it */
	SESSION_PROC_EXITED,	/* said good-bye: status is exact */
	SESSION_PROC_EXECED,	/* replaced by another image, same pid */
	SESSION_PROC_GONE,	/* the recorder found it dead */
};

struct session_proc {
	uint32_t state;
	uint32_t pid;
	uint32_t ppid;
	uint32_t parent;	/* slot this was forked from; ~0 none: a new image */
	uint64_t start;		/* ticks */
	uint64_t end;		/* ticks, when EXITED, EXECED or GONE */
	int32_t status;		/* exit code when EXITED */
	uint32_t judged;	/* 0: skipped (--only, --skip); nothing recorded */
	uint64_t lost;		/* events dropped by it */
	uint32_t dead;		/* recorder: not 0, nobody writes for it now */
	uint32_t pad[3];
};

struct session_node {
	uint64_t ip;		/* 0 while unfilled */
	uint32_t parent;
	uint32_t unused;	/* 8 bytes each, of its blocks: never written */
};

/* --flags and other switches that the inside must know. */
enum session_flag {
	SESSION_FILL		= 1 << 0,	/* antagonism */
	SESSION_PARANOIA	= 1 << 1,
	SESSION_NOREUSE		= 1 << 2,
	SESSION_TOLERANCE	= 1 << 3,
	SESSION_ABORT		= 1 << 4,	/* --abort-on-error */
	SESSION_FOLLOW		= 1 << 5,
	SESSION_JUDGE_PROGRAM	= 1 << 6,	/* whatever the lists say */
	SESSION_MAPPINGS	= 1 << 7,	/* mmap and kin are events */
	SESSION_LOSSY		= 1 << 8,	/* drop rather than wait */
	SESSION_PAUSED		= 1 << 9,	/* the one that changes; see Pauses */
	SESSION_CALLS		= 1 << 10,	/* libc's calls are held against blocks */
	SESSION_DIRECT		= 1 << 16,	/* nobody drains it */
	SESSION_LOCKED		= 1 << 17,	/* a mapping holds its lock: see
						 * direct.c */
	SESSION_ALLOCATED	= 1 << 18,	/* all of it is there already */
};

/* Why a direct session has stopped before its processes ended. */
enum session_stop { SESSION_GOES_ON, SESSION_STOP_SIZE, SESSION_STOP_DISK };

enum session_tell {
	SESSION_TELL_FLUSH = 1, SESSION_TELL_PAUSE, SESSION_TELL_RESUME,
	SESSION_TELL_MARK, SESSION_TELL_STOP, SESSION_TELL_CHECK,
};
#define SESSION_TELL_NAME	128u	/* bytes of a mark's name, with NUL */

#define SESSION_GUARD_MODULES	64u
#define SESSION_GUARD_SITES	1024u
#define SESSION_GUARD_FRAMES	4096u
#define SESSION_GUARD_DEPTH	8u	/* innermost frames that are looked at */
#define SESSION_BUILD_ID_MAX	32u

struct session_guard_module {
	uint64_t path_hash;	/* session_path_hash, where it has no build-id */
	uint32_t build_id_size;
	uint32_t pad;
	unsigned char build_id[SESSION_BUILD_ID_MAX];
};

/* Calling instructions at [low, high) of the module's file. */
struct session_guard_frame {
	uint64_t low;
	uint64_t high;
	uint32_t module;
	uint32_t pad;
};

/* The n innermost frames of a stack; or one that is anywhere among them. */
struct session_guard_site {
	uint32_t first;
	uint16_t n;
	uint16_t anywhere;
};

/* Whose blocks are guarded; of no sites: all are.  preload/sites.c */
struct session_guards {
	uint32_t nsites;
	uint32_t nmodules;
	uint32_t nframes;
	uint32_t pad;
	struct session_guard_module module[SESSION_GUARD_MODULES];
	struct session_guard_site site[SESSION_GUARD_SITES];
	struct session_guard_frame frame[SESSION_GUARD_FRAMES];
};

struct session_header {
	/* Constant once the file exists under its name. */
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint32_t mode;			/* enum session_mode */
	uint32_t clock;			/* enum session_clock */
	uint32_t tick_shift;		/* tick = raw clock >> tick_shift */
	uint32_t depth;			/* frames kept of a stack */
	uint32_t flags;			/* enum session_flag */
	uint32_t front_pid;
	uint64_t tick_origin;		/* raw >> shift when recording began */
	uint64_t ticks_per_second;
	uint64_t unix_ns;		/* wall clock when recording began */
	uint64_t procs_off;		/* byte offsets in the file */
	uint64_t nodes_off;
	uint64_t chunks_off;
	uint64_t file_size;
	char module[SESSION_PATH_MAX];	/* of the preload library */
	char trace[SESSION_PATH_MAX];	/* the trace file, absolute */
	char only[SESSION_LIST_MAX];	/* globs, each ended by NUL, then NUL */
	char skip[SESSION_LIST_MAX];
	char log[SESSION_PATH_MAX];	/* direct: messages go there, absolute */
	char boot[SESSION_BOOT_SIZE];	/* direct: the kernel's boot_id */
	uint64_t clock_raw;		/* direct: both clocks ... */
	uint64_t clock_ns;		/* ... at one moment (ticks.h) */
	uint64_t sample;		/* bytes between two; 0, 1: all blocks */
	uint64_t quarantine;		/* bytes of freed blocks kept back */
	uint64_t check_every;		/* events between two sweeps; 0: none */
	uint64_t guard_memory;		/* bytes that guards may cost */
	uint32_t guard_rate;		/* one block in so many; 0: none is */
	uint32_t guard_side;		/* enum session_guard_side */
	struct session_guards guards;

	/* Changing: a cache line for programs, one for the recorder. */
	uint64_t chunk_seq __attribute__((aligned(64)));
	uint32_t nodes_claimed;		/* starts at 1 */
	uint32_t procs_claimed;
	uint32_t root_pid;		/* PROGRAM's; set by the front before exec */
	uint32_t wake;			/* futex: bumped to call the recorder */
	uint64_t lost;			/* events dropped, all processes */
	uint32_t stacks_full;		/* captures cut because nodes ran out */
	uint32_t chunks_claimed;	/* direct */
	uint32_t stopped;		/* direct: enum session_stop */

	uint32_t chunks_ready __attribute__((aligned(64)));
	uint32_t nodes_ready;		/* futex: woken when raised */
	uint32_t freed;			/* futex: bumped when chunks came free or
					 * chunks_ready was raised */
	uint32_t recorder_pid;
	uint32_t recorder_waits;	/* 1: asleep on wake */
	uint32_t closed;		/* 1: recording is over; only serve memory */
	uint32_t flush_asked;		/* front: please have all drained */
	uint32_t flush_done;		/* recorder: futex; last ask answered */
	uint32_t root_done;		/* front: PROGRAM has ended ... */
	int32_t root_status;		/* ... with this wait status */
	uint32_t free_hint;		/* lowest chunk freed by the last round */

	/* Of both, and rare. */
	uint32_t starved __attribute__((aligned(64)));	/* freed + 1 when
					 * somebody last found no chunk in vain */
	uint32_t tell_lock;		/* pid of who tells; 0: nobody */
	uint32_t tell_asked;
	uint32_t tell_done;		/* recorder: futex; last tell answered */
	uint32_t tell_word;		/* enum session_tell */
	int32_t tell_result;		/* 0, or an errno */
	char tell_name[SESSION_TELL_NAME];
	/* Images that were to find us, and that did (or were not to be after
	 * all): between the two a process has neither slot nor mapping. */
	uint32_t execs_begun;
	uint32_t execs_ended;
	uint32_t procs_ready;		/* futex, as nodes_ready; not direct */
	uint32_t sweep_asked;		/* raised: look at all blocks, please */
	uint32_t chunks_bound;		/* constant: who waited in vain may raise
					 * chunks_ready so far */
};

static inline uint64_t
session_path_hash(const char *path)
{
	uint64_t h = 0xcbf29ce484222325ull;	/* FNV-1a */

	while (*path != '\0')
		h = (h ^ (unsigned char)*path++) * 0x100000001b3ull;
	return h;
}

/* Where things are, once mapped at base. */
static inline struct session_proc *
session_procs(struct session_header *h)
{
	return (struct session_proc *)((char *)h + h->procs_off);
}

static inline struct session_node *
session_nodes(struct session_header *h)
{
	return (struct session_node *)((char *)h + h->nodes_off);
}

/* How many fit; what is ready of them is another matter. */
static inline uint32_t
session_procs_max(const struct session_header *h)
{
	uint64_t n = (h->nodes_off - h->procs_off) / sizeof(struct session_proc);

	return n < SESSION_PROCS_MAX ? (uint32_t)n : SESSION_PROCS_MAX;
}

static inline uint32_t
session_nodes_max(const struct session_header *h)
{
	uint64_t n = (h->chunks_off - h->nodes_off) /
	    sizeof(struct session_node);

	return n < SESSION_NODES_MAX ? (uint32_t)n : SESSION_NODES_MAX;
}

static inline uint32_t
session_chunks_max(const struct session_header *h)
{
	uint64_t n = (h->file_size - h->chunks_off) / SESSION_CHUNK_SIZE;
	uint32_t max = h->flags & SESSION_DIRECT ?
	    SESSION_DIRECT_MAX : SESSION_CHUNKS_MAX;

	return n < max ? (uint32_t)n : max;
}

static inline struct session_chunk *
session_chunk(struct session_header *h, uint32_t i)
{
	return (struct session_chunk *)((char *)h + h->chunks_off +
	    (uint64_t)i * SESSION_CHUNK_SIZE);
}

_Static_assert(sizeof(struct session_chunk) == SESSION_CHUNK_SIZE, "chunk");
_Static_assert(sizeof(struct session_proc) == 64, "process slot");
_Static_assert(sizeof(struct session_node) == 16, "stack node");

#endif
