/*
 * symbol.h - addresses of a recorded program to function, file and line.
 *
 * Through libdwfl: inlined frames, separate debug files by build-id and
 * debuglink, C++ and Rust demangling.  debuginfod only when DEBUGINFOD_URLS
 * is set, with a short timeout.  Outside only; one symbolizer, one thread.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_SYMBOL_SYMBOL_H
#define PW_SYMBOL_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed strings live as long as the symbolizer; NULL: not known. */
struct symbol_frame {
	uint64_t ip;		/* as looked up: the calling instruction */
	const char *function;	/* demangled */
	const char *symbol;	/* as linked */
	const char *file;
	unsigned line;		/* 0: not known */
	const char *module;	/* path of the object */
	uint64_t module_offset;	/* ip as an address in that file */
	const char *build_id;	/* lower-case hex */
	bool inlined;		/* into the next frame of the result */
};

/* An object as it was mapped when the trace was recorded. */
struct symbol_module {
	const char *path;
	uint64_t start;
	uint64_t end;
	uint64_t bias;
	const unsigned char *build_id;
	size_t build_id_size;
};

struct symbolizer;

struct symbol_options {
	const char *sysroot;	/* NULL: / */
	const char *debug_dir;	/* NULL: /usr/lib/debug */
};

/* NULL without memory. */
struct symbolizer *symbolizer_create(const struct symbol_options *);
void	symbolizer_destroy(struct symbolizer *);

/*
 * The frames at ip (a return address minus 1, or an exact pc), innermost
 * inlined one first, at least one.  module may be NULL: nothing but ip is
 * known.  The file on disk is used only if its build-id is the recorded one.
 * Results are cached by (object, offset); the array lives as long as the
 * symbolizer.  Returns their number.
 */
size_t	symbolizer_frames(struct symbolizer *, const struct symbol_module *,
	    uint64_t ip, const struct symbol_frame **frames);

#endif
