/*
 * names.h - stacks of ids to stacks of names, as a reader wants to see them.
 *
 * A stack in a trace is a chain of return addresses.  names_stack finds the
 * object each lay in at that time, asks the symbolizer (ip is the return
 * address minus 1) and hides what tells nothing: frames of our own module, and
 * the operator new or delete of the library that allocates (its name stands
 * in the sentence above the stack).
 *
 * An id that is stable from build to build is made of the kind of a finding
 * and the names of its functions, normalised: no arguments of templates, no
 * clone suffixes (.part.0, .constprop.1), no addresses.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_ANALYSIS_NAMES_H
#define PW_ANALYSIS_NAMES_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol/symbol.h"
#include "trace/reader.h"

struct names;

/* mark: not a frame but a word ("12 frames left out"); then frame is empty. */
struct names_frame {
	struct symbol_frame frame;
	const char *mark;
};

/* A stack, owned by its user; strings live as long as the names. */
struct names_stack {
	struct names_frame *frames;
	size_t n;
};

/* Both are borrowed.  symbolizer may be NULL.  NULL without memory. */
struct names *names_create(struct trace_reader *, struct symbolizer *);
void	names_destroy(struct names *);

/*
 * Leave out what calls main.  It is the same in every program, and to name it
 * libc's debug file is read, which takes a tenth of a second.
 */
void	names_stop_at_main(struct names *);

/*
 * The stack with that id as process proc had it at time (ticks).  Without
 * memory or for id 0 the stack is empty.
 */
void	names_resolve(struct names *, uint32_t proc, uint32_t stack,
	    uint64_t time, struct names_stack *out);
void	names_free(struct names_stack *);

/*
 * The first frame that is not of our module, before hiding.  Its symbol, or
 * NULL when it can't be named or the stack is empty.
 */
const char *names_caller(struct names *, uint32_t proc, uint32_t stack,
	    uint64_t time);

/* What lies at that address, code or data: false, in no object. */
bool	names_address(struct names *, uint32_t proc, uint64_t address,
	    uint64_t time, struct symbol_frame *out);

/* true: some function, file or module of it matches. */
bool	names_match(const struct names_stack *, const regex_t *);

/* 16 hex digits and NUL. */
void	names_id(const char *kind, const struct names_stack *, char id[17]);

#endif
