/*
 * words.h - numbers, sizes and times as people read them, and as commands.
 *
 * Each function fills buf (size bytes, always ended by NUL) and returns it, so
 * that it can stand among the arguments of printf.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_REPORT_WORDS_H
#define PW_REPORT_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX	64	/* enough for any of them but words_quoted */

/* 1,204,331 */
char	*words_number(char *buf, size_t size, uint64_t n);
/* 1 block, 12 blocks */
char	*words_count(char *buf, size_t size, uint64_t n, const char *one,
	    const char *many);
/* 40 bytes, 16.0 KiB */
char	*words_size(char *buf, size_t size, uint64_t bytes);
/* 1.8 ms, 4.21 s */
char	*words_duration(char *buf, size_t size, double seconds);
/* As one word of a shell, control bytes escaped. */
char	*words_quoted(char *buf, size_t size, const char *text);

#endif
