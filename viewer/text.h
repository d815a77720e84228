/*
 * text.h - figures for reading, in few columns.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef PW_VIEWER_TEXT_H
#define PW_VIEWER_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* "512 B", "12.3 KiB", "1023 MiB": at most 8 columns. */
void	text_size(char *buf, size_t size, uint64_t bytes);
/* "12,345", "12.3 M": at most 7 columns. */
void	text_count(char *buf, size_t size, uint64_t n);
/* "1,234,567": all digits. */
void	text_number(char *buf, size_t size, uint64_t n);
/* "0.0204 s", "12.30 s", "1h 02m 03s" */
void	text_time(char *buf, size_t size, double seconds);
/* A bar of width columns, part of whole of it filled. */
void	text_bar(char *buf, size_t size, int width, uint64_t part,
	    uint64_t whole, int ascii);
/* text with all that is not printable escaped. */
void	text_safe(char *buf, size_t size, const char *text);
/*
 * The name of a function; a long one without the arguments of its templates
 * and its parameters: "std::map<>::operator[]()".
 */
void	text_function(char *buf, size_t size, const char *name);
/* The part of path behind the last slash. */
const char *text_base(const char *path);

#endif
