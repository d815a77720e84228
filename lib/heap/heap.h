/*
 * heap.h - replay: a trace's events into live blocks, sites and totals.
 *
 * heap_apply is fed every event in order; afterwards (or in between) the
 * answers below may be asked.  The model of poolleak, of poolview and of the
 * report that poolwatch prints at the end.  Outside only; one heap, one thread.
 * Counting follows the manual's rules (poolleak(1), JSON).
 *
 * Where a trace holds a sample of the blocks, all counts and bytes of blocks
 * below are estimates; temporary is then not known and 0.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_HEAP_HEAP_H
#define PW_HEAP_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/bytes.h"
#include "trace/reader.h"

struct heap;

/* A site: the interned stack of an allocating call, in one process image. */
struct heap_site {
	uint32_t stack;		/* id for trace_stack */
	uint32_t proc;		/* index of the process it was first seen in */
	uint8_t call;		/* enum trace_call */
	uint64_t allocations;
	uint64_t reallocations;	/* blocks that came here by realloc */
	uint64_t bytes_allocated;
	uint64_t live_blocks;
	uint64_t live_bytes;
	uint64_t peak_bytes;	/* greatest live_bytes */
	uint64_t temporary;
	uint64_t never_written;	/* bytes; known at the end of a trace */
	uint64_t first;		/* ticks of the first and last allocation */
	uint64_t last;
};

struct heap_block {
	uint64_t addr;
	uint64_t size;		/* asked */
	uint64_t time;		/* ticks of the allocation */
	uint32_t proc;
	uint32_t tid;
	uint32_t site;		/* index for heap_site */
	uint64_t blocks;	/* what it stands for: 1 and size, but in ... */
	uint64_t bytes;		/* ... a sample more */
};

struct heap_totals {
	uint64_t allocations;
	uint64_t frees;
	uint64_t reallocations;
	uint64_t bytes_allocated;
	uint64_t temporary;
	uint64_t live_blocks;	/* of an ended process: as it ended */
	uint64_t live_bytes;
	uint64_t peak_bytes;	/* highest sum over all processes ... */
	uint64_t peak_blocks;	/* ... blocks at that moment ... */
	uint64_t peak_time;	/* ... in ticks */
	uint64_t last_time;	/* of the last event applied */
	uint64_t events;
};

/*
 * What programs mapped themselves: mmap, brk, shmat and kin.  No call of these
 * is an allocation, a free or a reallocation.
 */
struct heap_mapped {
	uint64_t maps;		/* calls that mapped something */
	uint64_t unmaps;	/* calls that gave something back */
	uint64_t remaps;	/* mremap: neither of the two */
	uint64_t bytes_mapped;	/* by maps; by remaps the growth */
	uint64_t live;		/* mappings; one with a hole is two */
	uint64_t live_bytes;
	uint64_t peak_bytes;	/* highest sum over all processes ... */
	uint64_t peak_live;	/* ... mappings at that moment ... */
	uint64_t peak_time;	/* ... in ticks */
};

/* One finding, deduplicated: same kind, same stacks. */
struct heap_error {
	struct trace_error error;	/* the first of its kind and stacks */
	uint64_t time;
	uint32_t proc;
	uint32_t tid;
	uint64_t count;
};

/* The allocator's figures of one process image (check: poolwatch's layout). */
struct heap_figures {
	uint64_t time;
	uint64_t footprint;
	uint64_t free;
	uint64_t largest;
	uint64_t overhead;
	uint64_t live;		/* bytes asked for and not freed then */
	bool known;
};

/* reader is borrowed for as long as the heap lives.  NULL without memory. */
struct heap *heap_create(struct trace_reader *reader);
void	heap_destroy(struct heap *);

/*
 * 0, or -1 without memory (the heap stays usable, events are missing), or for
 * a keyframe that can't be.
 */
int	heap_apply(struct heap *, const struct trace_event *);

/*
 * Apply all that the reader has, up to the end or as far as a trace that is
 * being written goes.  Returns what trace_next returned last, 0 or -1 with
 * *status; *no_memory: some heap_apply failed.
 */
int	heap_replay(struct heap *, struct trace_status *status,
	    bool *no_memory);

/*
 * How far: up to the events of time, in ticks; where bytes are given, up to the
 * one of them that makes so many live.  The reader has read one more then.
 */
struct heap_until {
	uint64_t time;
	uint64_t bytes;
};
int	heap_replay_until(struct heap *, const struct heap_until *,
	    struct trace_status *status, bool *no_memory);
/* For who applies events himself: is this one behind it? */
bool	heap_is_behind(const struct heap *, const struct heap_until *,
	    const struct trace_event *);

/*
 * The same for a follower that reads TRACE_META_ONLY: it sees some events of
 * blocks but not all, so those are ignored; only findings, names and figures
 * are taken.
 */
int	heap_apply_meta(struct heap *, const struct trace_event *);

/*
 * All of it as bytes behind what is in out, for a keyframe, and back: what was
 * there before is gone.  0, or -1: without memory, or what can't be (the heap is
 * empty then).
 */
int	heap_save(const struct heap *, struct bytes *out);
int	heap_restore(struct heap *, const void *, size_t size);

const struct heap_totals *heap_totals(const struct heap *);
const struct heap_totals *heap_process_totals(const struct heap *,
	    unsigned proc);
/* which: 0 now, 1 at the peak of the footprint. */
const struct heap_figures *heap_process_figures(const struct heap *,
	    unsigned proc, int which);

size_t	heap_nsites(const struct heap *);
const struct heap_site *heap_site(const struct heap *, size_t index);

size_t	heap_nerrors(const struct heap *);
const struct heap_error *heap_error(const struct heap *, size_t index);

/* The thread's own name, NULL when it never told one. */
const char *heap_thread_name(const struct heap *, uint32_t proc, uint32_t tid);

/* Words for the user that came with the trace (NOTE records). */
size_t	heap_nnotes(const struct heap *);
const char *heap_note(const struct heap *, size_t index, uint32_t *proc);

/* Moments that were named while it was recorded (MARK records), in order. */
struct heap_mark {
	char *name;
	uint64_t time;
};
size_t	heap_nmarks(const struct heap *);
const struct heap_mark *heap_mark(const struct heap *, size_t index);

/* When allocations were left out on purpose (PAUSE records). */
struct heap_pauses {
	uint64_t count;
	uint64_t ticks;		/* of those that are over */
	uint64_t since;		/* ticks, while it is paused */
	bool paused;
};
const struct heap_pauses *heap_pauses(const struct heap *);

/* Every live block, in no order; stop when fn returns non-zero (returned). */
int	heap_walk(const struct heap *,
	    int (*fn)(const struct heap_block *, void *arg), void *arg);

/* The block that an address belongs to, and where in it. */
struct heap_found {
	uint64_t block;
	uint64_t size;
	int64_t offset;		/* of the address from block */
	uint64_t time;		/* ticks of its allocation; of its free if freed */
	uint32_t tid;		/* likewise */
	uint32_t proc;		/* whose it is: the one asked for, or a parent */
	uint32_t stack;		/* of its allocation */
	uint8_t call;
	bool freed;
};

/*
 * From here on heap_find knows freed blocks too, some hundred thousand of them.
 */
void	heap_keep_freed(struct heap *);

/*
 * The live block of proc, or the one freed last, that addr lies in; or one whose
 * ends are not farther than reach from it.  false: there is none.  Every block is
 * looked at.  A mapping has no reach, and is forgotten when it is unmapped.
 */
bool	heap_find(const struct heap *, uint32_t proc, uint64_t addr,
	    uint64_t reach, struct heap_found *);
bool	heap_find_mapping(const struct heap *, uint32_t proc, uint64_t addr,
	    struct heap_found *);

/* Mappings: the same questions, with sites of their own. */
const struct heap_mapped *heap_mapped(const struct heap *);
const struct heap_mapped *heap_process_mapped(const struct heap *,
	    unsigned proc);
size_t	heap_nmapping_sites(const struct heap *);
const struct heap_site *heap_mapping_site(const struct heap *, size_t index);
int	heap_walk_mappings(const struct heap *,
	    int (*fn)(const struct heap_block *, void *arg), void *arg);

#endif
