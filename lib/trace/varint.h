/*
 * varint.h - numbers in as few bytes as they need.
 *
 * A varint holds seven bits a byte, the lowest first; bit 7 says that another
 * byte follows.  At most VARINT_MAX bytes.  Zigzag folds the sign into bit 0,
 * so that small negative numbers are short as well.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_VARINT_H
#define PW_TRACE_VARINT_H

#include <stdint.h>

#include "base/compiler.h"

#define VARINT_MAX	10	/* ceil(64 / 7) */

static inline uint64_t
zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}

static inline int64_t
zigzag_back(uint64_t v)
{
	return (int64_t)(v >> 1 ^ -(v & 1));
}

/* p has room for VARINT_MAX bytes; returns the byte behind the number. */
static PW_ALWAYS_INLINE unsigned char *
varint_put(unsigned char *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (unsigned char)(v | 0x80);
		v >>= 7;
	}
	*p++ = (unsigned char)v;
	return p;
}

/* NULL when [p, end) does not hold a whole number of at most 64 bits. */
static PW_ALWAYS_INLINE const unsigned char *
varint_get(const unsigned char *p, const unsigned char *end, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (p >= end)
			return NULL;
		v |= (uint64_t)(*p & 0x7f) << shift;
		if (*p++ < 0x80) {
			*out = v;
			return shift == 63 && p[-1] > 1 ? NULL : p;
		}
	}
	return NULL;
}

#endif
