/*
 * options.h - poolview's command line.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_OPTIONS_H
#define PW_VIEWER_OPTIONS_H

#include "cli/args.h"
#include "heap/moment.h"

#define POOLVIEW_OPTIONS(_)						\
	_(FILTER, "filter", 0, "REGEX", NOW, "Selection",		\
	    "show only the sites that match.")				\
	_(AT, "at", 0, "WHEN", NOW, "Selection",			\
	    "the heap as it was at 1.5s, 40%, peak, end (default).")	\
	_(SYSROOT, "sysroot", 0, "DIR", NOW, "Names",			\
	    "where the programs of the trace are on this machine.")	\
	_(DEBUG_DIR, "debug-dir", 0, "DIR", NOW, "Names",		\
	    "where their debug files are.")				\
	_(ASCII, "ascii", 0, NULL, NOW, "Screen",			\
	    "no characters beyond ASCII.")				\
	_(SCRIPT, "script", 0, "FILE", NOW, "Screen",			\
	    "keys and commands from FILE, one a line.")			\
	_(SIZE, "size", 0, "COLSxROWS", NOW, "Screen",			\
	    "with --script: a screen of this size, and no terminal.")

enum { POOLVIEW_OPTIONS(ARGS_AS_ENUM) };

struct options {
	struct moment at;
	const char *filter;
	const char *sysroot;
	const char *debug_dir;
	const char *script;
	int cols;		/* 0: no --size */
	int rows;
	bool ascii;
	const char *source;	/* NULL: program */
	char **program;		/* behind "--" */
	char found[256];	/* the newest trace here */
};

/*
 * Fill *o.  0; 1: --help or the like is done, exit with 0; -1: one line in
 * why, exit with the usage status.
 */
int	options_parse(struct options *o, int argc, char **argv, char *why,
	    size_t size);

#endif
