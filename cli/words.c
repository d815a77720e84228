/*
 * words.c - a string cut into words as a shell would.
 *
 * One allocation: the array of pointers, then the bytes.  A text of len bytes
 * has at most len / 2 + 1 words, and they never need more bytes than it has.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* The character behind a backslash at p; returns what is left to read. */
static const char *
take_escaped(const char *p, bool in_quotes, char **out)
{
	if (p[1] == '\n')
		return p + 2;
	if (in_quotes && !strchr("$`\"\\", p[1]))
		*(*out)++ = *p;
	*(*out)++ = p[1];
	return p + 2;
}

/* One word from p on; NULL when a quote or a backslash is left open. */
static const char *
take_word(const char *p, char **out, const char **why)
{
	char quote = 0;

	for (; *p && (quote || !is_blank(*p)); ) {
		if (*p == '\\' && quote != '\'') {
			if (!p[1]) {
				*why = "it ends in a backslash";
				return NULL;
			}
			p = take_escaped(p, quote == '"', out);
		} else if (quote ? *p == quote : *p == '\'' || *p == '"') {
			quote = quote ? 0 : *p;
			p++;
		} else {
			*(*out)++ = *p++;
		}
	}
	if (quote) {
		*why = "a quote is not closed";
		return NULL;
	}
	*(*out)++ = '\0';
	return p;
}

char **
words_split(const char *text, const char *first, int *n, const char **why)
{
	size_t len = strlen(text), max = len / 2 + 3;
	size_t extra = first ? strlen(first) + 1 : 0;
	char **words = malloc(max * sizeof(*words) + len + 1 + extra);
	char *out = (char *)(words + max);

	if (!words) {
		*why = "out of memory";
		return NULL;
	}
	*n = 0;
	if (first) {
		words[(*n)++] = out;
		out = stpcpy(out, first) + 1;
	}
	for (;;) {
		while (is_blank(*text))
			text++;
		if (!*text)
			break;
		words[(*n)++] = out;
		text = take_word(text, &out, why);
		if (!text) {
			free(words);
			return NULL;
		}
	}
	words[*n] = NULL;
	return words;
}
