/*
 * words.h - a string cut into words as a shell would (base/words.h), all at
 * once.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_CLI_WORDS_H
#define PW_CLI_WORDS_H

/*
 * The words of text, NULL at their end, in one piece of memory that the
 * caller frees; *n is their number.  first (may be NULL) becomes word 0.
 * NULL with *why naming a fault ("a quote is not closed") or, without memory,
 * "out of memory".
 */
char	**words_split(const char *text, const char *first, int *n,
	    const char **why);

#endif
