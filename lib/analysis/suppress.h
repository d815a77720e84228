/*
 * suppress.h - findings that the user does not want to hear of.
 *
 * Rules come from files, in either of two syntaxes or both:
 *
 *	{				a block, as memcheck(1) has them
 *	   name
 *	   Memcheck:Free		kind; or poolwatch:double-free
 *	   fun:free			frames from the innermost on:
 *	   fun:conn_*			functions (as linked or demangled),
 *	   obj:/usr/lib/lib*.so.1	objects,
 *	   src:conn.c:131		places,
 *	   ...				any number of frames
 *	}
 *	leak:libfoo.so			a line, as LSan has them: some
 *	heap-overrun:conn_close		function, file or object holds this
 *
 * In a block * and ? stand for any bytes and for one.  A block matches when
 * its frames match the innermost ones of a stack.  memcheck's stacks begin with
 * the function that it replaced, ours with its caller: that frame may be named
 * or left out, and so may inlined ones, which a file made without debug
 * information does not know.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ANALYSIS_SUPPRESS_H
#define PW_ANALYSIS_SUPPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/names.h"
#include "trace/format.h"

/* Beside enum trace_error_kind: blocks that were not freed. */
#define SUPPRESS_LEAK	TRACE_NERRORS

enum suppress_leak_kind {
	SUPPRESS_DEFINITE = 1, SUPPRESS_INDIRECT = 2, SUPPRESS_POSSIBLE = 4,
	SUPPRESS_REACHABLE = 8,
	SUPPRESS_UNJUDGED = 15,		/* may be any of them */
};

enum suppress_frame_kind {
	SUPPRESS_FUN, SUPPRESS_OBJ, SUPPRESS_SRC,
	SUPPRESS_ANY,			/* "...": any number of frames */
};

struct suppress_frame {
	enum suppress_frame_kind kind;
	char *glob;		/* NULL for SUPPRESS_ANY */
	unsigned line;		/* of SUPPRESS_SRC; 0: any */
};

struct suppress_rule {
	char *name;		/* of a block; the text of a line */
	const char *file;	/* where it stands */
	unsigned line;
	uint32_t kinds;		/* 1 << kind */
	unsigned leak_kinds;
	char *call;		/* glob on the call; NULL: any */
	char *anywhere;		/* glob of a line's pattern; NULL: a block */
	struct suppress_frame *frames;
	size_t nframes;
};

struct suppressions;

/* NULL without memory. */
struct suppressions *suppress_create(void);
void	suppress_destroy(struct suppressions *);

/*
 * Add the rules of a file, or of text (n bytes, which are called name).  0, or
 * -1 and in why "FILE:LINE: what is wrong".
 */
int	suppress_read(struct suppressions *, const char *path, char *why,
	    size_t size);
int	suppress_parse(struct suppressions *, const char *name,
	    const char *text, size_t n, char *why, size_t size);

size_t	suppress_count(const struct suppressions *);
const struct suppress_rule *suppress_rule(const struct suppressions *,
	    size_t index);

/* What is held against the rules beside its stack. */
struct suppress_case {
	uint32_t kind;		/* enum trace_error_kind or SUPPRESS_LEAK */
	unsigned leak_kind;	/* enum suppress_leak_kind */
	uint32_t call;		/* that the stack leads to: enum trace_call ...
				 * or trace_checked; TRACE_NCALLS: none */
};

#define SUPPRESS_NONE	((size_t)-1)

/* The first rule that matches, or SUPPRESS_NONE. */
size_t	suppress_match(const struct suppressions *,
	    const struct suppress_case *, const struct names_stack *);

/* Does text match with * for any bytes and ? for one? */
bool	suppress_glob(const char *glob, const char *text);

#endif
