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

#include <stdlib.h>
#include <string.h>

#include "base/words.h"

char **
words_split(const char *text, const char *first, int *n, const char **why)
{
	size_t len = strlen(text), max = len / 2 + 3;
	size_t extra = first ? strlen(first) + 1 : 0;
	char **words = malloc(max * sizeof(*words) + len + 1 + extra);
	char *out = (char *)(words + max), *end = out + len + 1 + extra;
	int got;

	if (!words) {
		*why = "out of memory";
		return NULL;
	}
	*n = 0;
	if (first) {
		words[(*n)++] = out;
		out = stpcpy(out, first) + 1;
	}
	while ((got = words_next(&text, out, (size_t)(end - out), why)) > 0) {
		words[(*n)++] = out;
		out += strlen(out) + 1;
	}
	if (got < 0) {
		free(words);
		return NULL;
	}
	words[*n] = NULL;
	return words;
}
