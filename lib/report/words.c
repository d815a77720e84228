/*
 * words.c - see words.h.  Nothing here depends on the locale.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "report/words.h"

#include <stdio.h>
#include <string.h>

#include "base/compiler.h"
#include "report/escape.h"

char *
words_number(char *buf, size_t size, uint64_t n)
{
	char digits[32];
	int len = snprintf(digits, sizeof digits, "%llu",
	    (unsigned long long)n);
	size_t out = 0;

	for (int i = 0; i < len && out + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

char *
words_count(char *buf, size_t size, uint64_t n, const char *one,
    const char *many)
{
	char number[WORDS_MAX];

	snprintf(buf, size, "%s %s", words_number(number, sizeof number, n),
	    n == 1 ? one : many);
	return buf;
}

char *
words_size(char *buf, size_t size, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double v = (double)bytes;
	int unit = -1;

	if (bytes < 1024)
		return words_count(buf, size, bytes, "byte", "bytes");
	/* 1023.95 would be printed as 1024.0 of the smaller unit. */
	while (v >= 1023.95 && units[unit + 1] != '\0') {
		v /= 1024;
		unit++;
	}
	snprintf(buf, size, "%.1f %ciB", v, units[unit < 0 ? 0 : unit]);
	return buf;
}

char *
words_duration(char *buf, size_t size, double seconds)
{
	if (seconds < 1e-6)
		snprintf(buf, size, "%.0f ns", seconds * 1e9);
	else if (seconds < 1e-3)
		snprintf(buf, size, "%.1f us", seconds * 1e6);
	else if (seconds < 1)
		snprintf(buf, size, "%.1f ms", seconds * 1e3);
	else
		snprintf(buf, size, "%.2f s", seconds);
	return buf;
}

/* What no shell touches. */
static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./%+=:@,-";

char *
words_quoted(char *buf, size_t size, const char *text)
{
	size_t out = 0;

	if (*text != '\0' && text[strspn(text, plain)] == '\0') {
		snprintf(buf, size, "%s", text);
		return buf;
	}
	if (size < 3) {
		buf[0] = '\0';
		return buf;
	}
	buf[out++] = '\'';
	for (const char *p = text; *p != '\0' && out + 8 < size;) {
		size_t part = strcspn(p, "'");

		escape_text(buf + out, size - out - 1, p, part);
		out += strlen(buf + out);
		p += part;
		if (*p == '\'' && out + 8 < size) {
			memcpy(buf + out, "'\\''", 4);
			out += 4;
			p++;
		}
	}
	buf[out++] = '\'';
	buf[out] = '\0';
	return buf;
}
