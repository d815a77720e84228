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

#include <stdbool.h>
#include <stddef.h>
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
 * Returns the bytes taken, or -1 with errno (disk full): the file ends in a
 * whole block, only what is in it was given back, and the next call goes on
 * with the same round.
 */
int64_t	trace_file_round(struct trace_file *, struct session_header *);

/*
 * The file may not grow beyond limit bytes: a round that would fails with
 * ENOSPC, and trace_file_is_full says that this was why.  ~0: no limit.
 */
void	trace_file_limit(struct trace_file *, uint64_t limit);
bool	trace_file_is_full(const struct trace_file *);

/*
 * Recording ends here, programs go on: a closing record that says why (enum
 * format_stop), past the limit if need be, and nothing else is stored.  0 or -1
 * with errno: then the trace ends without one.  The trace_file is gone.
 */
int	trace_file_stop(struct trace_file *, struct session_header *,
	    uint32_t why);

/* Bytes by which a closing record may pass the limit. */
uint64_t trace_file_closing_size(const struct session_header *);

/*
 * From the next round on leave out what leak and error reports do not need
 * (file_thin.c), or don't.
 */
void	trace_file_thin(struct trace_file *, bool on);

/*
 * Store a record of the recorder's own, of now: MARK with a name (at most
 * CODING_NAME_MAX bytes are kept), PAUSE.  It belongs to slot 0, PROGRAM's
 * usually, and to no thread.  0, or -1 with errno: it is not stored.
 */
int	trace_file_mark(struct trace_file *, struct session_header *,
	    const char *name);
int	trace_file_pause(struct trace_file *, struct session_header *,
	    bool paused);

/* SHED: process pid, a child of ppid, runs exe and is not recorded. */
int	trace_file_shed(struct trace_file *, struct session_header *,
	    uint32_t pid, uint32_t ppid, const char *exe);

/*
 * A keyframe (keyframe.h), between rounds.  0, or -1 with errno: what of it is
 * in the file is no harm, and readers know that it is not whole.
 */
int	trace_file_keyframe(struct trace_file *, const void *, size_t size);

/*
 * What is before a keyframe goes, and that is where reading begins from now on;
 * between rounds.  path: of the trace, whose file is replaced by another.  0, or
 * -1 with errno: all is as before.
 */
int	trace_file_cut(struct trace_file *, const char *path, const void *,
	    size_t size);

/* Closing record with the end state of every process slot; then fsync is the
 * caller's wish.  0 or -1 with errno. */
int	trace_file_close(struct trace_file *, struct session_header *);

/* Bytes written so far. */
uint64_t trace_file_size(const struct trace_file *);

#endif
