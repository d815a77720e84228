/*
 * poolwatch.h - what the user asked of a run; shared by the runner's files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_POOLWATCH_H
#define PW_CLI_POOLWATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/args.h"
#include "trace/session.h"

/* Exit statuses that are ours, as env(1) and nohup(1) have them. */
enum {
	WATCH_FAILED = 125,	/* poolwatch itself, or PROGRAM was refused */
	WATCH_CANNOT_RUN = 126,
	WATCH_NOT_FOUND = 127,
};

/*
 * group "Recording", "Checking", "Report", "Which processes", "Instead".
 * One row an option; see args.h.
 */
#define WATCH_OPTIONS(_)						       \
	_(OUTPUT, "output", 'o', "FILE", NOW, "Recording",		       \
	    "trace file; %p pid, %e program, %h host, %t unix time, "	       \
	    "%n number, %q{VAR} environment, %% (default %e.%p.pwt); "	       \
	    "none keeps no file")					       \
	_(FORCE, "force", 0, NULL, NOW, "Recording",			       \
	    "replace an existing trace file")				       \
	_(MODE, "mode", 'm', "check|profile|guard", NOW, "Recording",	       \
	    "check (default): our heap, corruption is found; profile: the "    \
	    "program's own allocator; guard: an inaccessible page at each "    \
	    "block")							       \
	_(FLAGS, "flags", 0, "LIST", NOW, "Recording",			       \
	    "pool(2) flags: [+-]antagonism,noreuse,tolerance")	       \
	_(MAX_SIZE, "max-size", 0, "SIZE", NOW, "Recording",		       \
	    "the trace never grows beyond SIZE (default a tenth of the free "  \
	    "space, at most 10G): recording stops there; with ,ring the oldest "	       \
	    "events go instead")					       \
	_(DEPTH, "depth", 0, "N", NOW, "Recording",			       \
	    "frames recorded of a stack, at most 256 (default)")			       \
	_(STACKS, "stacks", 0, "SIZE", NOW, "Recording",		       \
	    "room for call stacks, 64K to 64M (default); when it is full new " \
	    "ones keep their 8 innermost frames")			       \
	_(MAPPINGS, "mappings", 0, "yes|no", NOW, "Recording",		       \
	    "record what the program maps itself by mmap and brk (default "    \
	    "yes)")							       \
	_(ABORT_ON_ERROR, "abort-on-error", 0, NULL, NOW, "Recording",	       \
	    "stop at the first corruption, leaving a core")		       \
	_(START, "start", 0, "paused", NOW, "Recording",		       \
	    "begin paused; --tell=PID:resume goes on")			       \
	_(PASS_THROUGH, "pass-through", 0, "yes|no", NOW, "Recording",	       \
	    "no: set the variables that make known allocators above malloc "   \
	    "use it")							       \
	_(QUARANTINE, "quarantine", 0, "SIZE", NOW, "Recording",	       \
	    "bytes of freed blocks of over 1,000 bytes kept back (default "    \
	    "512K, 0: none)")						       \
	_(SAMPLE, "sample", 0, "BYTES", NOW, "Recording",		       \
	    "record one block in so many bytes allocated, in the mean; "       \
	    "figures are estimates (profile mode)")			       \
	_(LOSSY, "lossy", 0, NULL, NOW, "Recording",			       \
	    "drop events, counted, rather than hold the program up when the "  \
	    "recorder can't keep up")					       \
	_(CHECK_EVERY, "check-every", 0, "N", NOW, "Checking",	       \
	    "look at all blocks every N events of a thread")			       \
	_(CHECK_CALLS, "check-calls", 0, "yes|no", NOW, "Checking",	       \
	    "hold what memcpy, read and other calls of libc read and write "   \
	    "against blocks (default yes, in check mode)")		       \
	_(GUARD_RATE, "guard-rate", 0, "N", NOW, "Checking",		       \
	    "guard one block in N, in check mode too")			       \
	_(GUARD_SITE, "guard-site", 0, "GLOB", NOW, "Checking",		       \
	    "guard the blocks that these functions allocate")		       \
	_(GUARD_SIDE, "guard-side", 0, "back|front|alternate", NOW,	       \
	    "Checking", "which end of a block lies against an inaccessible "   \
	    "page (default back)")					       \
	_(GUARD_MEMORY, "guard-memory", 0, "SIZE", NOW, "Checking",	       \
	    "memory a process may spend on guarded blocks (default 256M)")     \
	_(GUARD_FROM, "guard-from", 0, "TRACE", NOW, "Checking",	       \
	    "guard only what an earlier run accused")			       \
	_(MARK_EVERY, "mark-every", 0, "TIME|BYTES", LATER, "Checking",	       \
	    "periodic reachability marks")				       \
	_(ROOTS, "roots", 0, "LIST", LATER, "Checking",			       \
	    "where pointers are looked for")				       \
	_(LEAK_CHECK_TIMEOUT, "leak-check-timeout", 0, "TIME", LATER,	       \
	    "Checking", "how long the leak check may take")		       \
	_(LEAK_CHECK, "leak-check", 0, "no|summary|top|full|yes", NOW,	       \
	    "Report", "at exit: nothing, totals, the ten worst sites "	       \
	    "(default), all")						       \
	_(SHOW_LEAK_KINDS, "show-leak-kinds", 0, "LIST", LATER, "Report",      \
	    "definite,indirect,possible,reachable,all,none")		       \
	_(ERROR_EXITCODE, "error-exitcode", 0, "N", NOW, "Report",	       \
	    "exit with N (1 to 255) when an error was found; 125 when that "   \
	    "could not be told")					       \
	_(ERRORS_FOR_LEAK_KINDS, "errors-for-leak-kinds", 0, "LIST", LATER,    \
	    "Report", "which leaks count for --error-exitcode")		       \
	_(SUPPRESSIONS, "suppressions", 0, "FILE", NOW, "Report",	       \
	    "leave out findings that match this file, in the syntax of "       \
	    "memcheck or LSan; may repeat")				       \
	_(FRAMES, "frames", 0, "N|all", NOW, "Report",			       \
	    "frames printed of a stack (default 12)")			       \
	_(LOG_FILE, "log-file", 0, "FILE", NOW, "Report",		       \
	    "messages go there instead of stderr; % letters as in --output")   \
	_(LOG_STYLE, "log-style", 0, "memcheck", LATER, "Report",	       \
	    "messages worded as memcheck's")				       \
	_(QUIET, "quiet", 'q', NULL, NOW, "Report",			       \
	    "findings only, and the verdict if there are any")		       \
	_(VERBOSE, "verbose", 'v', NULL, NOW, "Report",			       \
	    "also what was installed, followed and skipped")		       \
	_(INHERITED, "inherited", 0, "yes|no", LATER, "Report",		       \
	    "count blocks inherited at fork for the child too")		       \
	_(FOLLOW, "follow", 0, "yes|no", NOW, "Which processes",	       \
	    "children too (default yes): one trace for the process tree")      \
	_(ONLY, "only", 0, "GLOB", NOW, "Which processes",		       \
	    "judge only these programs, by path or name; may repeat")	       \
	_(SKIP, "skip", 0, "GLOB", NOW, "Which processes",		       \
	    "do not judge these (default: shells and coreutils, unless they "  \
	    "are PROGRAM); may repeat")					       \
	_(WAIT, "wait", 0, "all", LATER, "Which processes",		       \
	    "return when the last process of the tree has ended")	       \
	_(DOCTOR, "doctor", 0, NULL, NOW, "Instead",			       \
	    "do not run: say whether PROGRAM or -p PID can be watched, and "   \
	    "the cure for what is in the way")				       \
	_(PID, "pid", 'p', "PID", NOW, "Instead",			       \
	    "recording can't start in a running process: says what can")       \
	_(TELL, "tell", 0, "PID:WORD", NOW, "Instead",			       \
	    "steer the recording that PID is of: flush, pause, resume, "       \
	    "mark=NAME, check (all blocks are looked at), stop")				       \
	_(TOOL, "tool", 0, "NAME", HIDDEN, "memcheck", "memcheck")	       \
	_(NUM_CALLERS, "num-callers", 0, "N", HIDDEN, "memcheck", "--frames")  \
	_(TRACE_CHILDREN, "trace-children", 0, "yes|no", HIDDEN, "memcheck",   \
	    "--follow")							       \
	_(SHOW_REACHABLE, "show-reachable", 0, "yes|no", HIDDEN, "memcheck",   \
	    "--show-leak-kinds")					       \
	_(LEAK_RESOLUTION, "leak-resolution", 0, "low|med|high", HIDDEN,       \
	    "memcheck", "sites are whole stacks")			       \
	_(XML, "xml", 0, "yes|no", HIDDEN, "memcheck", "poolleak")	       \
	_(XML_FILE, "xml-file", 0, "FILE", HIDDEN, "memcheck", "poolleak")     \
	_(GEN_SUPPRESSIONS, "gen-suppressions", 0, "yes|no|all", HIDDEN,       \
	    "memcheck", "poolleak")					       \
	_(TRACK_ORIGINS, "track-origins", 0, "yes|no", HIDDEN, "memcheck",     \
	    "no uninitialised values")					       \
	_(UNDEF_VALUE, "undef-value-errors", 0, "yes|no", HIDDEN, "memcheck",  \
	    "no uninitialised values")					       \
	_(TRACK_FDS, "track-fds", 0, "yes|no|all", HIDDEN, "memcheck",	       \
	    "no descriptors")						       \
	_(READ_VAR_INFO, "read-var-info", 0, "yes|no", HIDDEN, "memcheck",     \
	    "no variables")						       \
	_(VGDB, "vgdb", 0, "yes|no|full", HIDDEN, "memcheck", "gdb")

enum watch_option { WATCH_OPTIONS(ARGS_AS_ENUM) OPT_COUNT };

enum watch_leak_check {
	WATCH_LEAK_NO, WATCH_LEAK_SUMMARY, WATCH_LEAK_TOP, WATCH_LEAK_FULL,
};

#define WATCH_RING_LEAST	(2u << 20)	/* bytes */

struct suppressions;

struct watch_options {
	const char *output;		/* NULL: the default */
	const char *log_file;
	bool force;
	uint32_t mode;			/* enum session_mode */
	uint32_t flags;			/* enum session_flag */
	bool flags_given;		/* --flags */
	uint32_t depth;
	uint64_t stacks;		/* bytes */
	uint64_t max_size;		/* bytes; 0: by the free space */
	bool ring;			/* at it the oldest part goes */
	uint64_t sample;		/* bytes; 0: not given */
	uint64_t quarantine;		/* bytes */
	uint64_t check_every;		/* events; 0: not given */
	uint32_t guard_rate;		/* 0: no block is guarded */
	uint32_t guard_side;		/* enum session_guard_side */
	uint64_t guard_memory;		/* bytes */
	const char *guard_from;		/* a trace, or NULL */
	const char *guard_site;		/* a glob, or NULL */
	bool guard_side_given;
	bool guard_memory_given;
	bool pass_through;
	enum watch_leak_check leak_check;
	unsigned error_exitcode;	/* 0: not given */
	unsigned frames;		/* ~0u: all */
	struct suppressions *suppressions;	/* NULL: none */
	bool quiet;
	bool verbose;
	bool doctor;
	pid_t pid;			/* -p, 0: not given */
	pid_t tell_pid;			/* --tell, 0: not given ... */
	enum session_tell tell_word;
	const char *tell_name;		/* ... of a mark, else "" */
	char only[SESSION_LIST_MAX];	/* as in struct session_header */
	char skip[SESSION_LIST_MAX];
	bool skip_given;
	char notes[512];		/* answers to memcheck's words, by line */

	int argc;			/* PROGRAM and its arguments */
	char **argv;
};

/*
 * POOLWATCH_OPTIONS, then the command line.  ARGS_END: filled; ARGS_DONE:
 * exit 0; ARGS_BAD: message (of size bytes) says why.
 */
enum args_result watch_options_parse(struct watch_options *, int argc,
	    char **argv, char *message, size_t size);

/* An option of memcheck's (poolwatch_memcheck.c). */
enum args_result watch_answer_memcheck(struct watch_options *, struct args *);

/* --guard-*, and what they come to together (poolwatch_guard.c). */
enum args_result watch_set_guard(struct watch_options *, struct args *);
int	watch_settle_guard(struct watch_options *, char *message, size_t size);

/* Writes "no option was understood" style usage to the caller's message. */
extern const struct args_program watch_program;

#endif
