/*
 * poolleak.h - what the user asked of a report; shared by poolleak's files.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_POOLLEAK_H
#define PW_CLI_POOLLEAK_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "cli/args.h"
#include "heap/moment.h"
#include "report/report.h"
#include "trace/reader.h"

/* The first that applies. */
enum {
	LEAK_OK = 0,
	LEAK_OUTPUT = 1,	/* the report could not be written */
	LEAK_USAGE = 2,
	LEAK_UNREADABLE = 3,
	/* --error-exitcode's N stands here */
	LEAK_INCOMPLETE = 4,
};

/* One row an option; see args.h.  The manual has the same ones. */
#define LEAK_OPTIONS(_)							       \
	_(REPORT, "report", 0, "LIST", NOW, "Report",			       \
	    "of summary,errors,leaks,sites,frag (default "		       \
	    "summary,errors,leaks; json: all)")				       \
	_(FORMAT, "format", 0, "FORMAT", NOW, "Report",			       \
	    "text (default) or json")					       \
	_(OUTPUT, "output", 'o', "FILE", NOW, "Report",			       \
	    "where the report goes (default stdout)")			       \
	_(FRAMES, "frames", 0, "N|all", NOW, "Report",			       \
	    "frames printed per stack (default 12; json: all)")		       \
	_(NUM_CALLERS, "num-callers", 0, "N", HIDDEN, "Report",		       \
	    "the same as --frames")					       \
	_(BY, "by", 0, "live|blocks|bytes|allocations|peak|temporary|unused",      \
	    NOW,							       \
	    "Report", "order of the sites (default live)")		       \
	_(TOP, "top", 0, "N", NOW, "Report",				       \
	    "print the N worst sites and blocks not freed; 0: all (default "   \
	    "10; json: 1000 sites, all blocks)")			       \
	_(AT, "at", 0, "WHEN", NOW, "Report",				       \
	    "the heap as it was at 1.5s, 40%, peak, end (default)")	       \
	_(DIFF, "diff", 0, "OLD", LATER, "Report",			       \
	    "against an older trace")					       \
	_(FILTER, "filter", 0, "REGEX", NOW, "Selection",		       \
	    "findings and sites with a function, file or object that matches") \
	_(PROCESS, "process", 0, "PID", NOW, "Selection",		       \
	    "this process only")					       \
	_(THREAD, "thread", 0, "TID", LATER, "Selection",		       \
	    "this thread only")						       \
	_(POOL, "pool", 0, "NAME", LATER, "Selection",			       \
	    "this pool only")						       \
	_(SHOW_LEAK_KINDS, "show-leak-kinds", 0, "LIST", LATER, "Selection",   \
	    "definite,indirect,possible,reachable,all,none")		       \
	_(SUPPRESSIONS, "suppressions", 0, "FILE", NOW, "Selection",	       \
	    "leave out findings that match this file, in the syntax of "       \
	    "memcheck or LSan; may repeat")				       \
	_(VERBOSE, "verbose", 'v', NULL, NOW, "Selection",		       \
	    "also tell how often each suppression was used")		       \
	_(BASELINE, "baseline", 0, "FILE", LATER, "Selection",		       \
	    "findings of this JSON report are known")			       \
	_(ERROR_EXITCODE, "error-exitcode", 0, "N", NOW, "Exit status",	       \
	    "exit with N (1 to 255) if an error was found")		       \
	_(ERRORS_FOR_LEAK_KINDS, "errors-for-leak-kinds", 0, "LIST", LATER,    \
	    "Exit status", "which leaks count for it")			       \
	_(TRACE, "trace", 0, "FILE", NOW, "Source",			       \
	    "SOURCE is this trace, whatever its name")			       \
	_(PID, "pid", 'p', "PID", LATER, "Source",			       \
	    "SOURCE is this running process")				       \
	_(CORE, "core", 0, "FILE", LATER, "Source",			       \
	    "SOURCE is this core file")					       \
	_(SYSROOT, "sysroot", 0, "DIR", NOW, "Source",			       \
	    "where the programs of the trace are on this machine")	       \
	_(DEBUG_DIR, "debug-dir", 0, "DIR", NOW, "Source",		       \
	    "where their debug files are (default /usr/lib/debug)")	       \
	_(ROOTS, "roots", 0, "LIST", LATER, "Source",			       \
	    "where pointers are looked for")				       \
	_(EVERY, "every", 0, "TIME", LATER, "Source",			       \
	    "ask a process again and again")				       \
	_(CHECK, "check", 0, NULL, NOW, "Instead of a report",		       \
	    "verify the trace: every chunk, every reference")		       \
	_(DUMP, "dump", 0, NULL, NOW, "Instead of a report",		       \
	    "the events as text, one a line")				       \
	_(EXPLAIN, "explain", 0, "VALUE", NOW, "Instead of a report",	       \
	    "what an address or a value seen in a crash is")		       \
	_(GEN_SUPPRESSIONS, "gen-suppressions", 0, NULL, NOW,		       \
	    "Instead of a report", "a suppression for each finding, as "       \
	    "--suppressions reads it")					       \
	_(PACK, "pack", 0, NULL, LATER, "Instead of a report",		       \
	    "a copy of the trace with functions, files and lines in it")       \
	_(PUSH, "push", 0, "URL", LATER, "Instead of a report",		       \
	    "send a pprof profile")					       \
	_(ALL, "all", 'a', NULL, NOW, "As leak(1) has them",		       \
	    "all allocated blocks (of a heap file)")			       \
	_(FREE, "free", 'd', NULL, NOW, "As leak(1) has them",		       \
	    "free blocks (of a heap file)")				       \
	_(SUMMARY, "sites", 's', NULL, LATER, "As leak(1) has them",	       \
	    "one line per allocation site with counts")			       \
	_(COUNTS, "counts", 'c', NULL, LATER, "As leak(1) has them",	       \
	    "the same with bytes and a total")				       \
	_(IMAGE, "image", 'b', NULL, LATER, "As leak(1) has them",	       \
	    "the heap as an image")					       \
	_(PNG, "png", 0, "FILE", LATER, "As leak(1) has them",		       \
	    "the image as a PNG")					       \
	_(RES, "resolution", 'r', "RES", LATER, "As leak(1) has them",	       \
	    "bytes of the heap per pixel")				       \
	_(WIDTH, "width", 'x', "WIDTH", LATER, "As leak(1) has them",	       \
	    "pixels of a row")						       \
	_(BINARY, "binary", 'f', "BINARY", LATER, "As leak(1) has them",       \
	    "symbols from there")					       \
	_(GDB, "gdb", 0, NULL, LATER, "As leak(1) has them",		       \
	    "with -s: commands for gdb instead of acid")		       \
	_(UMEM, "umem", 0, NULL, LATER, "As leak(1) has them",		       \
	    "umem(1)'s table")

struct leak_options {
	struct report_options report;
	const struct report_format *format;
	const char *output;	/* NULL: stdout */
	const char *trace;	/* --trace */
	const char *sysroot;
	const char *debug_dir;
	struct moment at;
	bool top_given;
	bool check;
	bool dump;
	bool gen_suppressions;
	bool explain;
	uint64_t value;		/* to explain */
	struct suppressions *suppressions;	/* NULL: none */
	bool all;		/* -a */
	bool free;		/* -d */
	unsigned error_exitcode;	/* 0: not asked for */
	regex_t filter;
	bool has_filter;
};

extern const struct args_program leak_program;

/* ARGS_END: go on; ARGS_DONE: exit 0; ARGS_BAD: a->message, exit 2. */
enum args_result leak_parse(struct leak_options *, struct args *);
void	leak_options_free(struct leak_options *);

/* "poolleak: ..." and a newline on stderr. */
void	leak_say(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
/* "poolleak: PATH: WHAT", both escaped. */
void	leak_say_about(const char *path, const char *what);

/*
 * Find out what the words after the options are.  LEAK_OK and the path of a
 * trace in path, or a status, with the reason told.
 */
int	leak_source(const struct leak_options *, int n, char **words,
	    char *path, size_t size);

/* --check and --dump: exit statuses. */
int	leak_check(const char *path, FILE *);
int	leak_dump(struct trace_reader *, const char *path,
	    const struct leak_options *, FILE *);

/* Is it a heap of mmalloc's?  Its report: an exit status. */
bool	leak_is_stored(const char *path);
int	leak_stored(const char *path, const struct leak_options *, FILE *);

/*
 * Tell what is missing from a trace that was read to its end.  LEAK_OK or
 * LEAK_INCOMPLETE.
 */
int	leak_tell_missing(struct trace_reader *, const char *path);

#endif
