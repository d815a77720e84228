/*
 * record_impl.h - shared by the recorder's files only.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_RECORD_IMPL_H
#define PW_CLI_RECORD_IMPL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cli/record.h"
#include "trace/file.h"

/* A process image that said hello and has not been seen dead. */
struct record_watched {
	uint32_t slot;
	pid_t pid;
	int pidfd;		/* -1: none could be had; kill(pid, 0) asks */
	dev_t dev;		/* record_kin: the program that has us, ... */
	ino_t ino;		/* ... 0: not known yet */
};

struct record_watch {
	struct record_watched *live;
	size_t nlive;
	size_t room;
	uint32_t nslots;	/* slots [0, nslots) are known ... */
	uint32_t *holes;	/* ... but for these, which nobody filled yet */
	size_t nholes;
	bool broken;		/* no memory: judged by the session file */
};

/*
 * Take note of new slots and of deaths; slots of the dead become GONE unless
 * they said how they ended, and their chunks nobody's.  Returns true if anything
 * happened.
 */
bool	record_watch(struct record_watch *, struct record_setup *);

/* Processes alive, however many images each has had. */
uint32_t record_count(const struct record_watch *);

/* Is that process dead?  -1: it never was. */
bool	record_is_dead(int pidfd);

/*
 * Does another process hold the session file open or mapped?  1, 0, or -1
 * when the kernel can't say.
 */
int	record_is_shared(int session_fd);

/*
 * Raise chunks_ready, nodes_ready and procs_ready when under half is free; taken: bytes of
 * all rounds so far; ring: bytes of a ring, in which a round is to be small, or
 * 0.
 */
void	record_grow(struct session_header *, int session_fd, uint64_t taken,
	    uint64_t ring);

/*
 * After a round: start the maker of keyframes when it is time (x is NULL until
 * then), and put what it has made into the trace.  ring: bytes that the trace
 * may take where its oldest part is to go; else 0.  Returns the new x.
 */
struct record_index;
struct record_index *record_index_round(struct record_index *,
	    struct trace_file *, int trace_fd, uint64_t ring);
/*
 * What is before the last keyframe goes.  0, or -1: EAGAIN there is none yet,
 * ENOTSUP there will be none.
 */
int	record_index_cut(struct record_index *, struct trace_file *,
	    const char *path);
/* Of a ring: let the maker come near, for so long at most.  false: it is not. */
bool	record_index_wait(struct record_index *, const struct trace_file *,
	    uint64_t ns);
void	record_index_end(struct record_index *);

/* record_kin.c */
struct record_kin_one {
	pid_t pid;
	pid_t ppid;
	uint64_t seen;		/* the first look without the session */
	bool told;
};

struct record_kin {
	struct record_kin_one *all;
	size_t n;
	size_t next;		/* of the watched, whose turn it is, ... */
	size_t next_kin;	/* ... and of these */
	uint64_t look;
	uint64_t looked;	/* ns */
};

/*
 * Now and then: put into the trace what runs of the tree and is not recorded.  0,
 * or -1 with errno: it could not be stored.
 */
int	record_kin(struct record_kin *, struct record_watch *,
	    struct record_setup *, struct trace_file *, uint64_t now);

/*
 * record_tell.c: do what session_header.tell_word asks; 0 or an errno.  Then
 * answer who asked, if nobody has yet.
 */
int	record_tell(struct trace_file *, struct record_setup *);
void	record_tell_answer(struct session_header *, uint32_t asked,
	    int result);

#endif
