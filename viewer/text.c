/*
 * text.c - figures for reading, in few columns.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "viewer/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "report/escape.h"

#define LONG_NAME	44	/* bytes of a function's name kept as it is */

/* n in steps of step with a unit: one decimal below 100. */
static void
scaled(char *buf, size_t size, uint64_t n, unsigned step,
    const char *const *units)
{
	double value = (double)n;

	for (; value >= (double)step && units[1] != NULL; units++)
		value /= step;
	/* 99.95 would print as 100.0. */
	snprintf(buf, size, value < 99.95 ? "%.1f %s" : "%.0f %s", value,
	    *units);
}

void
text_size(char *buf, size_t size, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB",
		"PiB", "EiB", NULL };

	if (bytes < 1024)
		snprintf(buf, size, "%" PRIu64 " B", bytes);
	else if (bytes < 1024 * 1024)
		snprintf(buf, size, bytes < 102349 ? "%.1f KiB" : "%.0f KiB",
		    (double)bytes / 1024);
	else
		scaled(buf, size, bytes >> 10, 1024, units);
}

void
text_count(char *buf, size_t size, uint64_t n)
{
	static const char *const units[] = { "k", "M", "G", "T", NULL };

	if (n < 1000000)
		text_number(buf, size, n);
	else
		scaled(buf, size, n / 1000, 1000, units);
}

void
text_number(char *buf, size_t size, uint64_t n)
{
	char digits[24];
	size_t len, i, out = 0;

	len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n);
	for (i = 0; i < len && out + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
}

void
text_time(char *buf, size_t size, double s)
{
	unsigned long whole = (unsigned long)s;

	if (s < 10)
		snprintf(buf, size, "%.4f s", s);
	else if (s < 3600)
		snprintf(buf, size, "%.2f s", s);
	else
		snprintf(buf, size, "%luh %02lum %02lus", whole / 3600,
		    whole / 60 % 60, whole % 60);
}

/* Eighths of a column where the terminal has them. */
void
text_bar(char *buf, size_t size, int width, uint64_t part, uint64_t whole,
    int ascii)
{
	static const char *const eighths[] = { "", "\u258f", "\u258e",
		"\u258d", "\u258c", "\u258b", "\u258a", "\u2589" };
	double share = whole ? (double)part / (double)whole : 0;
	int n = (int)(share * width * 8 + 0.5), i;
	char *end = buf;

	*buf = '\0';
	if (n > width * 8)
		n = width * 8;
	for (i = 0; i < n / 8 && end + 8 < buf + size; i++)
		end = stpcpy(end, ascii ? "#" : "\u2588");
	if (n % 8 != 0 && end + 8 < buf + size)
		stpcpy(end, !ascii ? eighths[n % 8] : n % 8 >= 4 ? "=" : "");
}

void
text_safe(char *buf, size_t size, const char *text)
{
	escape_text(buf, size, text, strlen(text));
}

/* Behind the bracket that closes the one at p, or at the end. */
static const char *
skip_brackets(const char *p)
{
	char open = *p, close = open == '<' ? '>' : ')';
	int depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == open)
			depth++;
		else if (*p == close && p[-1] != '-' && --depth == 0)
			return p + 1;
	}
	return p;
}

/* operator<, operator(), (anonymous namespace): brackets that are a name. */
static size_t
name_of_brackets(const char *name, const char *p)
{
	static const char anonymous[] = "(anonymous namespace)";

	if (strncmp(p, anonymous, sizeof(anonymous) - 1) == 0)
		return sizeof(anonymous) - 1;
	if (p - name >= 8 && memcmp(p - 8, "operator", 8) == 0)
		return *p == '(' ? 2 : strspn(p, "<=>");
	return p == name ? 1 : 0;	/* <T as Trait>::f of Rust */
}

void
text_function(char *buf, size_t size, const char *name)
{
	const char *p = name;
	size_t out = 0, n;

	if (strlen(name) <= LONG_NAME) {
		snprintf(buf, size, "%s", name);
		return;
	}
	while (*p != '\0' && out + 24 < size) {
		n = *p == '<' || *p == '(' ? name_of_brackets(name, p) : 1;
		if (n > 0) {
			memcpy(buf + out, p, n);
			out += n;
			p += n;
			continue;
		}
		buf[out++] = *p;
		buf[out++] = *p == '<' ? '>' : ')';
		p = skip_brackets(p);
	}
	buf[out] = '\0';
}

const char *
text_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
