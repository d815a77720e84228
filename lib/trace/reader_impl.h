/*
 * reader_impl.h - the parts of a reader, shared by reader*.c.
 *
 * Blocks are read and decompressed (reader_block.c) into buffers; the slices
 * in them become pieces, queued at the source they belong to, one source for
 * each chunk of the recording (reader_source.c); a source decodes one record
 * ahead (reader_decode.c); the sources that have one stand in a heap by time
 * (reader.c).  Tables fill on the way (reader_table.c).
 *
 *	R1	nothing from the file is an index or a length unchecked;
 *	R2	a node's parent is smaller than the node, a process's parent
 *		is looked up only when smaller: walks end;
 *	R3	memory is bounded by READER_HELD_MAX for what is not delivered,
 *		by the layout's maxima for nodes and processes, and by
 *		READER_ARENA_MAX for strings and modules.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_READER_IMPL_H
#define PW_TRACE_READER_IMPL_H

#include <zstd.h>

#include "trace/bytes.h"
#include "trace/coding.h"
#include "trace/format_file.h"
#include "trace/reader.h"
#include "trace/session.h"

/* Twice all chunks, for META repeats them, and what waits for the horizon. */
#define READER_HELD_MAX		(192u << 20)
#define READER_RAW_MAX		(2u * FORMAT_RAW_MAX)
/* That much as frames. */
#define READER_STORED_MAX	(READER_RAW_MAX + READER_RAW_MAX / 128u)
#define READER_ARENA_MAX	(256u << 20)
#define READER_SOURCES_MAX	65536u
#define READER_BUCKETS		8192u
#define READER_MODULES_MAX	8192u		/* of one process */
#define READER_MISSING_MAX	32u
#define READER_FIELDS_MAX	8u
#define READER_SHEDS_MAX	4096u

/* A body, decompressed; freed with its last piece. */
struct buffer {
	struct buffer *next;	/* in the free list */
	size_t room;
	unsigned refs;
	unsigned char data[];
};

struct piece {
	struct piece *next;
	struct buffer *buffer;
	const unsigned char *p;
	const unsigned char *end;
	bool seen;		/* of the round whose beginning a keyframe is */
};

struct reader_string {
	const unsigned char *p;
	size_t size;
};

/* A record decoded but not delivered; strings are in its piece. */
struct record {
	uint64_t time;
	uint64_t addr;
	uint64_t size;
	uint64_t align;
	uint32_t stack;
	uint8_t kind;
	uint8_t call;
	bool by_realloc;
	uint64_t num[READER_FIELDS_MAX];	/* others: numbers in order */
	struct reader_string str[2];
	const unsigned char *body;		/* of an ERROR */
};

struct source {
	struct source *next;		/* in its bucket */
	uint64_t seq;
	uint32_t proc;
	uint32_t tid;
	uint32_t received;		/* of the chunk's bytes, queued or done */
	bool last;			/* nothing more will come */
	bool broken;			/* bytes are missing: rest is unreadable */
	bool waiting;			/* record is filled, source in the heap */
	const unsigned char *p;		/* in the first piece */
	const unsigned char *end;
	struct piece *first;
	struct piece *final;
	struct coding_state state;
	struct record record;
};

struct proc {
	struct trace_process pub;
	struct trace_module **modules;	/* by start, then by time loaded */
	uint64_t *reach;		/* greatest end of modules [0, i] */
	uint32_t nmodules;
	uint32_t crash_signal;
	uint64_t last;			/* time of the last event */
	bool told;			/* PROCESS was seen */
	bool ended;
};

struct arena_part {
	struct arena_part *next;
	size_t used;
	size_t room;
	char data[];
};

struct reader_direct;
struct reader_plan;

/* Where reading can go on: see reader_key.c. */
struct key_note {
	bool valid;
	uint64_t pos;		/* of the first block of a round */
	uint64_t round;		/* the one before */
	uint64_t latest;	/* time of what was queued then */
	uint64_t nsources;
	struct bytes sources;
};

struct reader_key {
	struct key_note noted;	/* at the last mark */
	struct key_note due;	/* at the one before */
	uint64_t time;		/* of the keyframe that is due */
	bool told;		/* KEY_DUE was delivered */
};

struct reader_entry {
	uint64_t offset;
	uint64_t time;		/* of a KEYFRAME; 0: of a part that can't begin */
	uint32_t type;		/* enum format_block_type */
};

struct reader_index {
	struct reader_entry *entry;
	size_t n, room;
};

struct trace_reader {
	int fd;
	struct reader_direct *direct;	/* not NULL: it is a session file */
	unsigned flags;
	struct format_header head;
	char *path;		/* of the trace */
	char *session_path;
	ZSTD_DCtx *zstd;

	/* The file. */
	uint64_t pos;		/* of the next block */
	uint64_t scanned;	/* no block begins in [pos, scanned) */
	uint64_t round;
	uint64_t scan;		/* of that round */
	bool closed;
	bool finished;		/* nothing more will come from anywhere */
	bool told_lost;		/* lost events stand among what is missing */
	bool lost_way;		/* looking for the next block */
	unsigned char *stored;	/* room for a body as it is in the file */
	size_t stored_room;

	/* Beginning in the middle: reader_seek.c. */
	struct reader_key *key;	/* NULL: no keyframes are made */
	struct reader_plan *plan;	/* not NULL: the tables are filled first */
	const unsigned char *state;	/* the heap's part, to be delivered */
	size_t state_size;
	unsigned char *state_bytes;	/* what it is in */
	uint64_t skip;		/* ticks: events before it are old, ... */
	uint64_t skip_round;	/* ... if they are of this round */
	bool seen;		/* the block that is read is */

	/* What is read and not delivered. */
	struct source *buckets[READER_BUCKETS];
	uint32_t nsources;
	struct source **heap;
	uint32_t nheap;
	uint32_t heap_room;
	struct buffer *spare;
	size_t held;
	uint64_t horizon;	/* events before it can be delivered */
	uint64_t time;		/* of the last one delivered */

	/* Tables. */
	uint64_t *ips;		/* of nodes; 0: not there */
	uint32_t *parents;
	uint32_t nnodes;	/* entries */
	struct proc **procs;
	uint32_t nprocs;
	uint32_t procs_room;
	struct arena_part *arena;
	size_t arena_size;
	uint32_t nmodules;
	struct trace_shed *sheds;
	uint32_t nsheds;
	bool no_memory;

	struct trace_error error;	/* lent to the caller */
	char text[CODING_PATH_MAX + 1];
	struct trace_info info;
	struct trace_counts counts;
	const char *missing[READER_MISSING_MAX + 1];	/* and lost events */
};

/* reader_missing.c: what is missing; was stopped before the end; was lost. */
void	reader_tell_stopped(struct trace_reader *);
void	reader_tell_lost(struct trace_reader *);
void	reader_missing(struct trace_reader *, uint64_t offset,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* reader.c */
int	reader_queue(struct trace_reader *, struct source *);

/* reader_block.c: 1 a block was taken, 0 none is whole yet, -1 errno. */
int	reader_block(struct trace_reader *);
int	reader_header(struct trace_reader *, struct trace_status *);
/* Exactly size bytes: 1, fewer are there: 0, -1 errno. */
int	reader_pread(int fd, void *, size_t size, uint64_t off);

/* The same at r->pos, whatever stands there: it is missing if it is bad. */
int	reader_block_here(struct trace_reader *);
bool	reader_block_ok(const struct format_block *);
/* The body of a good block anywhere; NULL: there is none. */
struct buffer *reader_body_at(struct trace_reader *, uint64_t pos,
	    struct format_block *);

/* reader_key.c: a round has ended, the next one begins at pos. */
void	reader_key_mark(struct trace_reader *, uint64_t pos);
/* A block of a round is about to be read: what was due no longer is. */
void	reader_key_pass(struct trace_reader *);
/* KEY_DUE, once for each. */
bool	reader_key_event(struct trace_reader *, struct trace_event *);
int	reader_key_load(struct trace_reader *, const struct format_keyframe *,
	    const unsigned char *p);
/* What was noted is of another file. */
void	reader_key_forget(struct trace_reader *);
void	reader_key_free(struct trace_reader *);

/* reader_index.c */
bool	reader_index(struct trace_reader *, struct reader_index *);
bool	reader_closing(struct trace_reader *, struct format_block *,
	    uint64_t *pos);

/* reader_seek.c */
bool	reader_keyframe_head(struct trace_reader *, uint64_t pos,
	    struct format_keyframe *);
/* One at r->pos is where reading begins: 1, 0 it is bad, -1 no memory. */
int	reader_keyframe_begin(struct trace_reader *);
/* While there is a plan, instead of reader_block. */
int	reader_plan_block(struct trace_reader *);
void	reader_plan_free(struct trace_reader *);
void	reader_keyframe_event(struct trace_reader *, struct trace_event *);

/* reader_ring.c: the file was replaced, and reading goes on in the new one. */
bool	reader_follow_cut(struct trace_reader *);
/* Ticks where a trace begins whose beginning was cut off; else 0. */
uint64_t reader_begins(struct trace_reader *);

/* reader_source.c */
struct buffer *reader_buffer_take(struct trace_reader *, size_t room);
void	reader_buffer_give(struct trace_reader *, struct buffer *);
struct source *reader_source_find(struct trace_reader *, uint64_t seq);
struct source *reader_source_create(struct trace_reader *,
	    const struct format_slice *, uint64_t offset);
/* Nothing is queued any more, and no chunk known. */
void	reader_sources_drop(struct trace_reader *);
void	reader_source_add(struct trace_reader *, const struct format_slice *,
	    struct buffer *, const unsigned char *bytes, uint64_t offset);
/* Decode the next record into source->record.  false: none is there. */
bool	reader_source_next(struct trace_reader *, struct source *);
void	reader_source_settle(struct trace_reader *, struct source *);
void	reader_sources_free(struct trace_reader *);

/* reader_decode.c: the byte behind the record, or NULL: it is damaged. */
const unsigned char *reader_decode(struct coding_state *, struct record *,
	    const unsigned char *p, const unsigned char *end);
const unsigned char *reader_decode_error(struct trace_error *,
	    const unsigned char *p, const unsigned char *end);

/* reader_fill.c: false: nothing is to be delivered. */
bool	reader_fill_other(struct trace_reader *, struct trace_event *,
	    const struct record *, struct proc *);

/* reader_table.c */
int	reader_nodes(struct trace_reader *, const unsigned char *p,
	    const unsigned char *end);
int	reader_node(struct trace_reader *, uint32_t id, uint32_t parent,
	    uint64_t ip);

/* reader_proc.c */
struct proc *reader_proc(struct trace_reader *, uint32_t slot);
void	reader_proc_state(struct trace_reader *, const struct format_proc *);
int	reader_procs(struct trace_reader *, const unsigned char *p,
	    const unsigned char *end);
void	reader_proc_told(struct trace_reader *, struct proc *,
	    const struct record *);
/* SHED; true: nobody else had told it. */
bool	reader_shed(struct trace_reader *, const struct record *,
	    uint64_t time, uint32_t tid);
void	reader_proc_crash(struct proc *, uint32_t signal);
void	reader_proc_exit(struct proc *, const struct record *, uint64_t time);

/* reader_module.c */
const struct trace_module *reader_module(struct trace_reader *,
	    struct proc *, const struct record *, uint64_t time);
const struct trace_module *reader_unload(struct trace_reader *,
	    struct proc *, uint64_t start, uint64_t time);

/* reader_table.c: memory that lives as long as the reader. */
void	*reader_take(struct trace_reader *, size_t size);
char	*reader_string(struct trace_reader *, const void *, size_t size);
void	reader_tables_free(struct trace_reader *);

/*
 * reader_direct.c: a session that is its own trace.  reader_direct_open: 1 it
 * is one, 0 it is none, -1 *status is filled.  reader_direct_more: as
 * reader_block; 0: nothing more now, or r->closed.
 */
int	reader_direct_open(struct trace_reader *, struct trace_status *);
int	reader_direct_more(struct trace_reader *);
void	reader_direct_free(struct trace_reader *);

/* reader_session.c: what nobody drained.  true: there was a session file. */
bool	reader_leftovers(struct trace_reader *);

#endif
