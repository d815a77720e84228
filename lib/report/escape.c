/*
 * escape.c - text of unknown origin made safe to print.
 *
 * One character is decoded at a time; what is not the shortest form of a
 * Unicode character is escaped byte by byte.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "report/escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PIECE_MAX	12	/* the longest escape, \U0010ffff, and a NUL */

/*
 * The character at p of n > 0 bytes: its length and *code; 1 with *code ~0
 * when the first byte begins no character.
 */
static size_t
decode(const unsigned char *p, size_t n, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 :
	    p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
	uint32_t c = len == 1 ? p[0] : p[0] & (0x7fu >> len);
	size_t i;

	*code = ~0u;
	if (!len || len > n)
		return 1;
	for (i = 1; i < len; i++) {
		if (p[i] >> 6 != 2)
			return 1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 1;
	*code = c;
	return len;
}

static bool
is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

/* The escaped form of the first character; *used bytes of it. */
static size_t
piece(char out[PIECE_MAX], const unsigned char *p, size_t n, size_t *used)
{
	static const char letters[] = "abtnvfr";	/* from 7 on */
	uint32_t c;

	*used = decode(p, n, &c);
	if (c == '\\')
		return (size_t)snprintf(out, PIECE_MAX, "\\\\");
	if (c >= 7 && c <= 13)
		return (size_t)snprintf(out, PIECE_MAX, "\\%c", letters[c - 7]);
	if (c == ~0u || (is_unsafe(c) && c < 0x80))
		return (size_t)snprintf(out, PIECE_MAX, "\\x%02x", p[0]);
	if (is_unsafe(c))
		return (size_t)snprintf(out, PIECE_MAX, "\\u%04x", c);
	memcpy(out, p, *used);
	return *used;
}

size_t
escape_text(char *buf, size_t size, const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t total = 0, at = 0, len, used;
	char out[PIECE_MAX];
	bool full = false;

	while (n > 0) {
		len = piece(out, p, n, &used);
		if (!full && at + len < size) {
			memcpy(buf + at, out, len);
			at += len;
		} else {
			full = true;
		}
		total += len;
		p += used;
		n -= used;
	}
	if (size)
		buf[at] = '\0';
	return total;
}

size_t
escape_print(FILE *file, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = strlen(text), total = 0, len, used;
	char out[PIECE_MAX];

	while (n > 0) {
		len = piece(out, p, n, &used);
		fwrite(out, 1, len, file);
		total += len;
		p += used;
		n -= used;
	}
	return total;
}
