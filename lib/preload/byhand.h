/*
 * byhand.h - a recording without the runner.
 *
 * LD_PRELOAD names the module and no session is in the environment: then the
 * first process of the tree makes one itself, a direct session (trace/direct.h)
 * in the file that --output of POOLWATCH_OPTIONS names.  Its children find it
 * as those of a run do.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_PRELOAD_BYHAND_H
#define PW_PRELOAD_BYHAND_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "preload/environ.h"
#include "trace/format.h"
#include "trace/session.h"

#pragma GCC visibility push(hidden)

#define BYHAND_OUTPUT	"%e.%p.pwt"
#define BYHAND_TOLD_MAX	8192u

/* Mapped while a process starts, for none of it fits on a stack. */
struct byhand {
	char *const *env;

	/* byhand_options.c */
	char output[PATH_MAX];	/* the pattern; "" recording is refused */
	char log_file[PATH_MAX];	/* the pattern; "": beside the trace */
	uint32_t mode;		/* enum session_mode */
	uint32_t flags;		/* enum session_flag */
	bool flags_given;
	bool force;
	bool only_given;
	bool skip_given;
	uint32_t depth;
	uint64_t stacks;	/* bytes */
	uint64_t max_size;	/* bytes; 0: by the free space */
	uint64_t sample;	/* bytes; 0, 1: all blocks */
	uint64_t quarantine;	/* bytes */
	uint64_t check_every;	/* events; 0: not given */
	uint64_t guard_memory;	/* bytes */
	uint32_t guard_rate;	/* 0: no block is guarded */
	uint32_t guard_side;	/* enum session_guard_side */
	char only[SESSION_LIST_MAX];
	char skip[SESSION_LIST_MAX];

	/* byhand_file.c */
	const char *program;	/* for %e */
	char name[PATH_MAX];
	char path[PATH_MAX];	/* of the trace, absolute */
	char log[PATH_MAX];	/* absolute */
	char buf[PATH_MAX];	/* for whoever needs one for a moment */
	char word[PATH_MAX];
	char why[256];

	/* byhand_say.c */
	char told[BYHAND_TOLD_MAX];	/* lines that wait for a file */
	size_t ntold;
};

/*
 * Was this process given module by hand (*by_hand)?  Then make the recording.
 * The session; or NULL, why is told in a file.  At start only: opens files.
 */
struct session_header *byhand_start(char *const *env, const char *module,
	    bool *by_hand);

/* byhand_options.c: read POOLWATCH_OPTIONS; what is wrong in it is told. */
void	byhand_options(struct byhand *);

/*
 * byhand_file.c: open the trace, by its pattern or in another folder, and call
 * make until that has a use for the file; b->path is its name.  NULL, told.
 */
struct session_header *byhand_open(struct byhand *,
	    struct session_header *(*make)(struct byhand *, int fd));

/* byhand_file.c: path so that it holds after a chdir; false: too long. */
bool	byhand_absolute(struct byhand *, char path[PATH_MAX]);

/* byhand_file.c: the file of messages: b->log. */
void	byhand_log_name(struct byhand *);

/* byhand_file.c: there is no trace: say it beside where it would have been. */
void	byhand_tell_anywhere(struct byhand *);

/* byhand_say.c: a line for the file beside the trace, ==PID== before it. */
void	byhand_say(struct byhand *, const char *fmt, ...) PW_PRINTF(2, 3);
/* Append what was said to b->log; false: it can't be. */
bool	byhand_tell(struct byhand *);
/*
 * A line for a finding.  Opens the file for a moment; safe in a handler, and
 * below malloc.
 */
void	byhand_finding(const struct session_header *,
	    const struct trace_error *);
/* What errno means, in C. */
const char *byhand_error(int error);

#pragma GCC visibility pop

#endif
