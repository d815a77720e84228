/*
 * file_impl.h - what the recorder's files share: the block being made.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_FILE_IMPL_H
#define PW_TRACE_FILE_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zstd.h>

#include "trace/bytes.h"
#include "trace/columns.h"
#include "trace/file.h"
#include "trace/format_file.h"

/* Of one chunk in one round: take [from, to). */
struct file_note {
	uint32_t chunk;
	uint32_t from;
	uint32_t to;
	bool last;		/* the chunk is to be freed */
	bool meta;
	bool stored;
};

/* Claimed and never filled; a process that is killed leaves at most one. */
#define FILE_HOLES_MAX	65536u

/* Blocks that the next INDEX will name. */
struct file_index {
	struct bytes entries;
	uint32_t n;
	uint64_t before;	/* offset of the newest */
	uint64_t last;		/* of the last INDEX in the file, or 0 */
};

struct trace_file {
	int fd;
	uint64_t size;		/* of the whole blocks */
	uint64_t limit;		/* size may not pass it */
	bool full;		/* a block would have */
	uint32_t stopped;	/* enum format_stop, for the closing record */
	ZSTD_CCtx *zstd;

	struct format_block block;	/* being made */
	unsigned char *raw;
	size_t raw_size;
	size_t raw_room;
	struct columns columns;	/* the body's, where it has some */
	unsigned char *out;	/* header and compressed body */
	size_t out_room;

	uint64_t round;
	uint64_t scan;
	uint64_t blocks_in_round;
	bool active;		/* the last round held something */

	struct file_note notes[SESSION_CHUNKS_MAX];
	uint32_t nnotes;
	uint32_t put;		/* notes [0, put) were put into blocks ... */
	uint32_t committed;	/* ... [0, committed) of them are in the file */
	int64_t taken;
	uint64_t meta_seq[SESSION_CHUNKS_MAX];	/* last one stored as META */

	struct file_index index;
	uint64_t keyframe_time;	/* of the block being made, if it is one */

	struct file_thin *thin;	/* NULL: never was asked for */
	bool thinning;
	uint64_t noted;		/* ticks when the last round had noted all */

	uint32_t next_node;	/* ids below are stored or holes */
	uint32_t *holes;
	uint32_t nholes;

	struct format_proc *procs;	/* as last stored */
	uint32_t nprocs;
	uint32_t *open;		/* slots that may still change */
	uint32_t nopen;
	struct format_totals totals;
};

/* What the inside's clock says, in the session's ticks. */
uint64_t file_now(const struct session_header *);
void	file_free(struct trace_file *);

/* Make the block's body grow by size bytes.  -1 with errno. */
int	file_room(struct trace_file *, size_t size);
void	file_put(struct trace_file *, const void *, size_t size);
void	file_begin_block(struct trace_file *, uint32_t type);
/* Compress and write.  -1 with errno: the file is as before. */
int	file_end_block(struct trace_file *);

/* At the file's end, or leave it as it was: -1 with errno. */
int	file_append(struct trace_file *, const void *, size_t size);
/* The parts of a keyframe. */
int	file_put_keyframe(struct trace_file *, const unsigned char *,
	    size_t size, uint32_t flags);

/* The block being made is in the file, at offset. */
void	file_index_note(struct trace_file *, uint64_t offset, uint64_t time);
/* After a round; -1 with errno. */
int	file_index_round(struct trace_file *);
/* Before the closing record: what that tells as first. */
uint64_t file_index_close(struct trace_file *);

int	file_put_nodes(struct trace_file *, struct session_header *);
int	file_put_procs(struct trace_file *, struct session_header *,
	    bool closing);

/* file_own.c: at the end, what blocks never used. */
int	file_put_unused(struct trace_file *, struct session_header *);

#endif
