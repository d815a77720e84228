/*
 * words.c - a string cut into words as a shell would, without memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "base/words.h"

#include <stdbool.h>
#include <string.h>

struct out {
	char *p;
	char *end;		/* the NUL's place at the latest */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* What does not fit is counted: p goes on, the byte is not stored. */
static void
put(struct out *o, char c)
{
	if (o->p < o->end)
		*o->p = c;
	o->p++;
}

/* The character behind a backslash at p; returns what is left to read. */
static const char *
take_escaped(const char *p, bool in_quotes, struct out *o)
{
	if (p[1] == '\n')
		return p + 2;
	if (in_quotes && strchr("$`\"\\", p[1]) == NULL)
		put(o, *p);
	put(o, p[1]);
	return p + 2;
}

/* One word from p on; NULL when a quote or a backslash is left open. */
static const char *
take_word(const char *p, struct out *o, const char **why)
{
	char quote = 0;

	while (*p != '\0' && (quote != 0 || !is_blank(*p))) {
		if (*p == '\\' && quote != '\'') {
			if (p[1] == '\0') {
				*why = "it ends in a backslash";
				return NULL;
			}
			p = take_escaped(p, quote == '"', o);
		} else if (quote ? *p == quote : *p == '\'' || *p == '"') {
			quote = quote ? 0 : *p;
			p++;
		} else {
			put(o, *p++);
		}
	}
	if (quote != 0) {
		*why = "a quote is not closed";
		return NULL;
	}
	return p;
}

int
words_next(const char **text, char *out, size_t size, const char **why)
{
	struct out o = { out, out + size - 1 };
	const char *p = *text;

	while (is_blank(*p))
		p++;
	if (*p == '\0') {
		*text = p;
		return 0;
	}
	p = take_word(p, &o, why);
	if (p == NULL)
		return -1;
	if (o.p > o.end) {
		*why = "a word is too long";
		return -1;
	}
	*o.p = '\0';
	*text = p;
	return 1;
}
