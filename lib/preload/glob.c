/*
 * glob.c - does a name match a pattern?  * ? [abc] [a-z] [!a], nothing else.
 *
 * A backtrack point is kept for the last * only, which is enough: an earlier
 * one can never help when a later one can't.  Bounded by the product of the
 * two lengths.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/preload_impl.h"

/* *glob stands behind the [; leaves it behind the ].  No ]: a plain [. */
static bool
glob_set(const char **glob, char c)
{
	const char *g = *glob;
	bool not = *g == '!' || *g == '^';
	bool in = false;
	const char *first;

	g += not;
	first = g;
	while (*g != '\0' && (*g != ']' || g == first)) {
		if (g[1] == '-' && g[2] != ']' && g[2] != '\0') {
			in |= g[0] <= c && c <= g[2];
			g += 3;
		} else {
			in |= *g++ == c;
		}
	}
	if (*g == '\0')
		return c == '[';
	*glob = g + 1;
	return in != not;
}

/* One character of text against one element of the pattern. */
static bool
glob_step(const char **glob, char c)
{
	char g = *(*glob)++;

	if (g == '?')
		return true;
	if (g == '[')
		return glob_set(glob, c);
	return g == c;
}

bool
glob_match(const char *glob, const char *text)
{
	const char *star = NULL;
	const char *mark = text;

	while (*text != '\0') {
		if (*glob == '*') {
			star = ++glob;
			mark = text;
			continue;
		}
		if (*glob != '\0' && glob_step(&glob, *text)) {
			text++;
			continue;
		}
		if (star == NULL)
			return false;
		glob = star;
		text = ++mark;
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}
