/*
 * front.h - the front: what the shell started, standing in for PROGRAM.
 *
 * It judges PROGRAM, makes the files, starts recorder and PROGRAM, prints
 * findings as they come, stops and ends as PROGRAM does.  One thread, one
 * struct front.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_FRONT_H
#define PW_CLI_FRONT_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/poolwatch.h"
#include "cli/record.h"
#include "cli/refuse.h"
#include "trace/ticks.h"

struct follow;
struct symbolizer;

struct front {
	struct watch_options options;
	struct refuse_verdict verdict;	/* on PROGRAM, before the start */
	struct ticks ticks;
	char module[PATH_MAX];

	/* Messages (front_say.c). */
	int log_fd;		/* -1: nobody hears us */
	pid_t say_pid;		/* whom a line is about */

	/* Files. */
	char program[PATH_MAX];	/* as it is executed */
	char trace[PATH_MAX];	/* absolute; "" none is kept */
	char trace_name[PATH_MAX];	/* as it was asked for */
	char trace_open[PATH_MAX];	/* by which a reader opens it; "" none */
	int trace_fd;
	char session_path[PATH_MAX];
	int session_fd;
	struct session_header *session;
	struct record_shared *shared;

	/* Processes. */
	pid_t root;		/* PROGRAM */
	int go_fd;		/* a byte lets PROGRAM be executed */
	int exec_fd;		/* says errno when that failed */
	pid_t recorder;
	int notify_fd;
	bool root_ended;
	int root_status;	/* wait status */
	bool recorder_ended;
	int recorder_status;

	/* Signals (front_signals.c). */
	int signal_fd;
	bool chld_was_ignored;

	struct session_guards guards;	/* whose blocks are guarded */
	struct follow *follow;	/* front_follow.c; NULL: not begun */
	struct symbolizer *symbols;	/* NULL: not yet needed */
};

/*
 * front_say.c: one message, each line "==PID== text".  Only a newline in it
 * begins another line: scripts look for sentences.
 */
void	front_say(struct front *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Bytes as they are, all of them; failures are nobody's. */
void	front_write(struct front *, const char *text, size_t n);
/* Keep descriptors 0 to 2 from being given to files of ours. */
void	front_plug_descriptors(void);
/* The log file in place of stderr.  0 or -1, told. */
int	front_open_log(struct front *);

/* front_module.c: the preload library that belongs to this poolwatch. */
int	front_find_module(char module[PATH_MAX]);

/* front_output.c: the trace file, with its fallbacks.  0 or -1, told. */
int	front_open_trace(struct front *);

/* front_session.c: the shared file.  0 or -1, told. */
int	front_create_session(struct front *);

/*
 * front_child.c: front_fork_child forks PROGRAM, which waits; then either
 * front_start_child lets it go, or front_drop_child makes it vanish.
 * front_start_child gives 0, or the errno of a failed exec.
 */
int	front_fork_child(struct front *);
int	front_start_child(struct front *);
void	front_drop_child(struct front *);
int	front_fork_recorder(struct front *);

/*
 * front_signals.c.  front_claim_children comes before PROGRAM is forked (which
 * takes it back by front_give_signals_back), front_take_signals after: a key
 * on the terminal meanwhile does to both what it does to one.
 */
void	front_claim_children(struct front *);
void	front_give_signals_back(struct front *);
void	front_take_signals(struct front *);
/* Read what came: forward, reap.  Never waits. */
void	front_handle_signals(struct front *);
/* End as PROGRAM did. */
_Noreturn void front_end_as_program(struct front *);

/* front_follow.c: the trace, as it grows. */
void	front_follow(struct front *);		/* print what is new */
/* While nothing else is to do: open debug files.  true: there is more. */
bool	front_warm_up(struct front *);
/*
 * Replay all of it, print the end report; the verdict for --error-exitcode:
 * 1 something was found, 0 nothing, -1 it can't be told (why is printed).
 */
int	front_report_end(struct front *, const char *not_judged);

/* front.c: run PROGRAM; returns a status only when it never ran. */
int	front_run(struct front *);

/* doctor.c: --doctor and -p; the exit status. */
int	doctor_program(struct front *);
int	doctor_pid(struct front *);

/* tell.c: --tell; the exit status. */
int	tell_run(struct front *);

#endif
