/*
 * format_file.h - a trace file: a header, then blocks.
 *
 * All numbers are in the byte order of the machine that recorded; the
 * header's mark tells it.  A block is its header and stored bytes of body: one
 * zstd frame or more, each with its own checksum.  The header's crc (CRC-32, polynomial
 * 0xedb88320 reflected, as in zip) covers the bytes in front of it, so a
 * reader that lost its way finds the next block by magic and crc.  Types a
 * reader does not know are skipped; what it must know is a feature bit in the
 * file's header.
 *
 * Bodies:
 *	NODES	runs: varint first id, varint count, then for each node varint
 *		(id - parent) and zigzag varint (ip - previous ip in this
 *		block, modulo 2^64).  Ids rise within a block.
 *	EVENTS	slices: struct format_slice and its bytes, which are records.
 *		With FORMAT_COLUMNS (version 2): struct columns_head and the
 *		columns of these slices, see columns.h.
 *	META	as EVENTS; chunks with other records than events and HEAP.  When a
 *		chunk becomes one of these, META repeats it from offset 0.
 *	PROCS	struct format_totals, then struct format_proc for each slot
 *		that changed.
 *	CLOSING	as PROCS, of all slots; the recording ended in order (flags 0),
 *		or was stopped before its time (flags: enum format_stop).
 *	MARK	nothing is stored: the round ends here.
 *	KEYFRAME  the state of a replay at one moment, in parts of one block
 *		each, one behind the other (count: which, from 0; parts: of how
 *		many): struct format_keyframe, the reader's state
 *		(reader_key.c) and the heap's (heap_state.c).
 *	INDEX	where blocks other than EVENTS and MARK stand: for each varints
 *		of its type, of its offset from the one before it, and of the
 *		time of a KEYFRAME (of other types 0).  first is the offset of
 *		the INDEX before it, or 0; that of a CLOSING the last one's.
 *
 * The last two are in no round.  They are for readers that begin in the middle;
 * others step over them, unless a KEYFRAME has the flag FORMAT_BEGIN.
 *
 * Rounds are told in session.h.  scan is the stamp at which the round began.
 * A round that was broken off by a full disk goes on under the same number
 * with a later scan, and may repeat slices and nodes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_FORMAT_FILE_H
#define PW_TRACE_FORMAT_FILE_H

#include <stddef.h>
#include <stdint.h>

/* A byte above 127, and both line ends, show what a text transfer broke. */
#define FORMAT_FILE_MAGIC	"\x89PWT\r\n\x1a\n"
#define FORMAT_BLOCK_MAGIC	"\x89PWB\r\n\x1a\n"
#define FORMAT_ORDER		0x01020304u

/* Features a reader must know: the beginning is a KEYFRAME (FORMAT_BEGIN). */
#define FORMAT_FEATURE_BEGIN	1ull
#define FORMAT_FEATURES_KNOWN	FORMAT_FEATURE_BEGIN

struct format_header {
	char magic[8];
	uint32_t order;		/* FORMAT_ORDER */
	uint32_t version;	/* TRACE_VERSION */
	uint32_t header_size;	/* this struct and the path behind it */
	uint32_t path_size;	/* of the session file's path, without NUL */
	uint64_t features;
	uint32_t mode;		/* enum session_mode */
	uint32_t clock;		/* enum session_clock */
	uint32_t tick_shift;
	uint32_t depth;
	uint32_t flags;		/* enum session_flag */
	uint32_t front_pid;
	uint64_t ticks_per_second;
	uint64_t unix_ns;	/* wall clock when the recording began */
	uint32_t cuts;		/* how often its oldest part was cut off */
	uint32_t crc;		/* of all header_size bytes, this one as 0 */
};

enum format_block_type {
	FORMAT_NODES = 1, FORMAT_EVENTS, FORMAT_META, FORMAT_PROCS,
	FORMAT_CLOSING, FORMAT_MARK, FORMAT_KEYFRAME, FORMAT_INDEX,
};

/* Flag of EVENTS and META: the body is columns. */
#define FORMAT_COLUMNS	1u

/*
 * Flag of KEYFRAME: what was before it is gone but for stacks, names and
 * findings; this is where reading begins.
 */
#define FORMAT_BEGIN	1u

/* Why a recording was stopped while programs went on: flags of CLOSING. */
enum format_stop {
	FORMAT_STOP_SIZE = 1,	/* the bound of the trace */
	FORMAT_STOP_DISK,	/* the rest of the file system is left alone */
	FORMAT_STOP_WRITE,	/* the file could not be written */
	FORMAT_STOP_ASKED,	/* by the user */
};

/* A body before compression; a recorder starts a new block beyond it. */
#define FORMAT_RAW_MAX		(1u << 20)

struct format_block {
	char magic[8];
	uint32_t type;		/* enum format_block_type */
	uint32_t flags;		/* CLOSING: enum format_stop; FORMAT_COLUMNS */
	uint32_t stored;	/* bytes behind this header */
	uint32_t raw;		/* bytes after decompression */
	uint64_t round;		/* from 1 */
	uint64_t scan;		/* ticks when the round began */
	uint64_t first;		/* NODES: lowest id; INDEX, CLOSING: an
				 * offset; else lowest base */
	uint32_t count;		/* nodes, slices or slots in the body */
	uint32_t parts;		/* KEYFRAME */
	uint32_t pad2;
	uint32_t crc;		/* of the bytes before */
};

/* All events before time are in a keyframe, and it is read on at pos. */
struct format_keyframe {
	uint64_t time;		/* ticks */
	uint64_t pos;		/* offset in the file, where a round begins;
				 * FORMAT_BEGIN: in the one before the cut */
	uint64_t round;		/* the one before */
	uint64_t reader_size;	/* bytes of the reader's state */
};

#define FORMAT_SLICE_LAST	1u	/* nothing more comes of this chunk */
/* Bytes of the chunk that this slice stands for beyond its size. */
#define FORMAT_SLICE_LESS(flags)	((flags) >> 8)

struct format_slice {
	uint64_t seq;		/* of the chunk */
	uint64_t base;		/* ticks; times count from here */
	uint32_t proc;		/* slot */
	uint32_t tid;
	uint32_t lane;
	uint32_t flags;
	uint32_t offset;	/* in the chunk's data */
	uint32_t size;		/* bytes behind this struct */
};

struct format_totals {
	uint64_t lost;		/* events dropped, all processes */
	uint32_t stacks_full;
	uint32_t root_pid;
	uint32_t root_done;
	int32_t root_status;	/* wait status */
};

struct format_proc {
	uint32_t slot;
	uint32_t state;		/* enum session_proc_state */
	uint32_t pid;
	uint32_t ppid;
	uint32_t parent;	/* slot, or ~0 */
	int32_t status;
	uint32_t judged;
	uint32_t pad;
	uint64_t start;
	uint64_t end;
	uint64_t lost;
};

_Static_assert(sizeof(struct format_header) == 80, "file header");
_Static_assert(sizeof(struct format_block) == 64, "block header");
_Static_assert(sizeof(struct format_slice) == 40, "slice");
_Static_assert(sizeof(struct format_keyframe) == 32, "keyframe");
_Static_assert(sizeof(struct format_totals) == 24, "totals");
_Static_assert(sizeof(struct format_proc) == 56, "slot");

/* crc is 0 at first, or what a call for the bytes before gave. */
static inline uint32_t
format_crc(uint32_t crc, const void *data, size_t size)
{
	const unsigned char *p = data;

	crc = ~crc;
	while (size-- > 0) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1));
	}
	return ~crc;
}

#endif
