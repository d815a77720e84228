/*
 * escape.h - text of unknown origin made safe to print.
 *
 * Names of symbols, files and threads and the arguments of programs may hold
 * escape sequences that retitle a terminal or forge a line of a report.
 * Escaped are: control bytes (\n \t \x1b ...), bytes that are not UTF-8 (\xff),
 * C1 controls, line separators and the marks that turn the direction of
 * writing (\u202e).  A backslash is doubled, so that the text can be got back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_REPORT_ESCAPE_H
#define PW_REPORT_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/*
 * The n bytes at text, escaped, into buf of size bytes, always ended by NUL
 * (size > 0); what does not fit is left out, never half a character.  Returns
 * the length the whole has.
 */
size_t	escape_text(char *buf, size_t size, const char *text, size_t n);

/* The same to a stream; text ends with NUL.  Returns the bytes printed. */
size_t	escape_print(FILE *, const char *text);

#endif
