/*
 * reader_direct.h - what the files that read a direct session share.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_READER_DIRECT_H
#define PW_TRACE_READER_DIRECT_H

#include "trace/reader_impl.h"

struct reader_direct {
	struct session_header *head;	/* as of the last look */
	uint64_t *least;	/* [i]: no record of chunk i or later is older */
	uint32_t known;		/* chunks at the last look */
	uint32_t next;		/* the first that was not read yet */
	uint32_t *open;		/* those read that were not full */
	uint32_t nopen;
	uint32_t open_room;
	uint32_t hole;		/* nodes below it are known */
	uint64_t scan;		/* when the last look began */
	uint64_t looked;	/* ns, when its chunks had been read; 0: not yet */
	bool alive;		/* at the last look */
	bool over;		/* the last look was the last */
};

/* reader_direct_open.c: offsets in order and inside of size bytes. */
bool	direct_layout_ok(const struct session_header *, uint64_t size);
/* Was it made since this machine was started? */
bool	direct_is_of_today(const struct session_header *);
/* Has a process mapped it that may write to it? */
bool	direct_is_written(struct trace_reader *);
/* What the inside's clock says. */
uint64_t direct_now(const struct session_header *);

#endif
