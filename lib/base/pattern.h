/*
 * pattern.h - the name of an output file, from a pattern, without memory.
 *
 * %p pid, %e program name, %h host, %t unix time, %n sequence number,
 * %q{VAR} environment, %% a percent sign.
 *
 * Signal safe; errno is kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_BASE_PATTERN_H
#define PW_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pattern_facts {
	int64_t pid;
	int64_t now;		/* unix time */
	const char *program;	/* argv[0] or a path: its last part counts */
	char *const *env;	/* NAME=value, NULL at its end */
};

/*
 * The text for number n (from 1) into buf, of size bytes.  0, or -1 with a
 * sentence in why, of why_size bytes.
 */
int	pattern_expand(char *buf, size_t size, const char *pattern,
	    const struct pattern_facts *, unsigned n, char *why,
	    size_t why_size);

/* Has it %n, so that another number gives another name? */
bool	pattern_counts(const char *pattern);

#endif
