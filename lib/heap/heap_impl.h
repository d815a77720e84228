/*
 * heap_impl.h - what the files of the replay share.
 *
 * Two sums are kept.  The totals of a process, and of all, go on for ever: a
 * process that ended with blocks keeps them as "not freed".  running_* is what
 * exists at this moment, processes that ended left out: its highest value is
 * the peak.
 *
 * Invariants (tests/unit/t_heap.c):
 *	H1  totals.live_* is the sum of the processes' live_*;
 *	H2  a process' live_* is the sum over its live blocks, and of its sites;
 *	H3  running_* is the sum over processes that have not ended;
 *	H4  the same three for mappings, and their ranges (ranges.h).
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_HEAP_HEAP_IMPL_H
#define PW_HEAP_HEAP_IMPL_H

#include "base/compiler.h"
#include "heap/blocks.h"
#include "heap/heap.h"
#include "heap/map.h"
#include "heap/ranges.h"

/* A thread may be in a realloc, and a handler that interrupted it, and ... */
#define HEAP_PENDING_MAX	4

/* The how of an EXIT record that announces an exec (writer_exit). */
#define HEAP_EXIT_EXEC		3

struct heap_pending {
	uint64_t addr;
	uint64_t size;
	uint64_t time;
	uint32_t tid;
	uint32_t site;
	bool known;	/* it was live here (else inherited, or lost) */
};

/* What an UNMAP took, until nobody can say any more that it failed. */
struct heap_unmapping {
	uint32_t call;		/* enum trace_call */
	uint64_t addr;
	uint64_t length;
	struct range *pieces;
	size_t npieces, pieces_size;
};

struct heap_unmappings {
	unsigned n;		/* the newest is last */
	struct heap_unmapping at[HEAP_PENDING_MAX];
};

struct heap_thread {
	uint64_t last;		/* its newest block, 0: none yet */
	char *name;
	struct heap_unmappings *unmappings;	/* NULL: none yet */
	unsigned npending;
	struct heap_pending pending[HEAP_PENDING_MAX];
};

struct heap_proc {
	struct blocks blocks;
	struct heap_totals totals;
	struct ranges ranges;
	struct heap_mapped mapped;
	uint64_t longest_segment;	/* bytes, of shmat */
	struct heap_figures figures[2];
	uint32_t parent;	/* ~0u: it began as a new image */
	uint64_t start;
	bool ended;
	bool execed;		/* ended, but an exec may fail */
	bool lossy;		/* events are missing: judge nothing */
};

struct heap_sites {
	struct heap_site *site;
	size_t n, size;
	struct map index;
};

struct heap_note {
	char *text;
	uint32_t proc;
};

struct heap {
	struct trace_reader *reader;
	bool profile;		/* free errors are found here */
	bool keeps_freed;	/* asked for; in profile mode they are anyway */
	bool gaps;		/* it was paused: a block may be unknown */
	struct heap_pauses pauses;
	struct heap_mark *marks;
	size_t nmarks, marks_size;
	uint64_t sample;	/* blocks are a sample: its interval; else 0 */
	struct heap_totals totals;
	uint64_t running_bytes;
	uint64_t running_blocks;
	struct heap_mapped mapped;
	uint64_t running_mapped_bytes;
	uint64_t running_mappings;

	struct heap_proc **procs;	/* by index; NULL: no event yet */
	size_t nprocs;
	uint32_t *running;	/* those below listed that have not ended, and
				 * perhaps some that have */
	size_t nrunning, running_size;
	size_t listed;

	struct heap_sites sites;
	struct heap_sites mapping_sites;

	struct heap_thread *threads;
	size_t nthreads, threads_size;
	struct map thread_map;
	uint64_t thread_key;	/* the thread of the previous event ... */
	uint32_t thread_value;	/* ... MAP_NONE: none */

	struct heap_error *errors;
	size_t nerrors, errors_size;
	struct map error_map;

	struct map unused_map;	/* the first site of a stack ... */
	bool unused_ready;	/* ... once that was asked for */

	struct heap_note *notes;
	size_t nnotes, notes_size;
};

/* UNUSED, of which nothing but its like follows. */
int	heap_apply_unused(struct heap *, const struct trace_event *);

/* PAIRS: blocks that came and went, and are not among the events. */
int	heap_apply_pairs(struct heap *, struct heap_proc *,
	    const struct trace_event *);

/* NOTE, MARK and PAUSE.  0, or -1 without memory. */
int	heap_apply_note(struct heap *, const struct trace_event *);
int	heap_apply_mark(struct heap *, const struct trace_event *);
void	heap_apply_pause(struct heap *, uint64_t time, bool paused);

/* Room for one more of n elements.  0, or -1 without memory. */
int	heap_room(void **array, size_t n, size_t *size, size_t each);

/* As it was when it was created. */
void	heap_empty(struct heap *);
/* heap_procs.c: PROCESS; the end of one, after which an exec may fail. */
int	heap_apply_process(struct heap *, const struct trace_event *);
void	heap_end_proc(struct heap *, struct heap_proc *, bool execed);
/* It failed.  0, or -1 without memory. */
int	heap_go_on(struct heap *, struct heap_proc *, uint32_t proc);
/* Room for the process in the table.  0, or -1 without memory. */
int	heap_no_proc(struct heap *, uint32_t proc);
/* Site i, which was put there, will be found.  0, or -1: no. */
int	heap_index_site(struct heap_sites *, size_t i);
/* NULL without memory. */
struct heap_proc *heap_proc(struct heap *, uint32_t proc);
struct heap_thread *heap_thread(struct heap *, uint32_t proc, uint32_t tid);
/* MAP_NONE without memory. */
uint32_t heap_find_site(struct heap_sites *, const struct trace_event *);

/* What a block stands for: itself, but in a sample (weight.c). */
struct heap_weight {
	uint64_t blocks;
	uint64_t bytes;
};

double	heap_factor(const struct heap *, uint64_t size);
struct heap_weight heap_weigh_sampled(const struct heap *,
	    const struct block *);
/* In a sample that holds both the block of from bytes and that of to. */
uint64_t heap_weigh_growth(const struct heap *, uint64_t from, uint64_t to);

static inline struct heap_weight
heap_weigh(const struct heap *h, const struct block *b)
{
	return PW_LIKELY(h->sample == 0) ?
	    (struct heap_weight){ 1, b->size } : heap_weigh_sampled(h, b);
}

/* MAP and UNMAP.  0, or -1 without memory. */
int	heap_apply_map(struct heap *, struct heap_proc *,
	    const struct trace_event *);
int	heap_apply_unmap(struct heap *, struct heap_proc *,
	    const struct trace_event *);
void	heap_free_unmappings(struct heap_unmappings *);

/* Note a finding.  0, or -1 without memory. */
int	heap_add_error(struct heap *, const struct trace_event *,
	    const struct trace_error *);

/*
 * What the event stream itself shows in profile mode: a free of addr, at
 * which block (dead) or nothing is; or of a live block of another class.
 */
int	heap_judge_free(struct heap *, struct heap_proc *,
	    const struct trace_event *, const struct block *);

#endif
