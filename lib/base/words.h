/*
 * words.h - a string cut into words as a shell would, without memory.
 *
 * Blanks (space, tab, newline) part words.  '...' keeps everything, "..."
 * keeps everything but backslash before one of $ ` " \ and newline; a
 * backslash elsewhere keeps the character after it.  Nothing is expanded.
 *
 * Signal safe; errno is kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_BASE_WORDS_H
#define PW_BASE_WORDS_H

#include <stddef.h>

/*
 * The next word of *text into out, of size bytes, with a NUL; *text moves
 * behind it.  A word never needs more bytes than what is left of the text has,
 * its NUL included.  1: there was one; 0: none is left; -1: *why names the
 * fault ("a quote is not closed"), and the rest can't be read.
 */
int	words_next(const char **text, char *out, size_t size,
	    const char **why);

#endif
