/*
 * file.h - the recorder's end: slices of chunks into the trace file.
 *
 * The recorder fills a round with slices, ends it, and repeats.  Slices are
 * gathered into blocks, compressed with zstd and checksummed; slices of
 * chunks that hold other records than events go into blocks of their own, so
 * that a follower interested in those can skip the rest.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_FILE_H
#define PW_TRACE_FILE_H

#include <stdint.h>

#include "trace/session.h"

struct trace_file;

/*
 * Takes fd (closed by trace_file_close), writes the header from the session.
 * session_path is stored so that readers can find leftovers.  NULL with errno.
 */
struct trace_file *trace_file_create(int fd, const struct session_header *,
	    const char *session_path);

/*
 * Drain all that is published: one round.  Chunks that are FULL and drained
 * become FREE.  Stack nodes are stored before the slices that name them.
 * Returns the bytes taken, or -1 with errno (disk full): nothing of that
 * round was given back, the file ends in a whole block.
 */
int64_t	trace_file_round(struct trace_file *, struct session_header *);

/* Closing record with the end state of every process slot; then fsync is the
 * caller's wish.  0 or -1 with errno. */
int	trace_file_close(struct trace_file *, struct session_header *);

/* Bytes written so far. */
uint64_t trace_file_size(const struct trace_file *);

#endif
