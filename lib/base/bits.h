/*
 * bits.h - alignment, powers of two, arithmetic that tells when it overflows.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_BASE_BITS_H
#define PW_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool
bits_is_pow2(size_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* align is a power of two; the caller has ruled out overflow. */
static inline size_t
bits_align_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

static inline size_t
bits_align_down(size_t n, size_t align)
{
	return n & ~(align - 1);
}

/* Position of the highest set bit; n is not 0. */
static inline unsigned
bits_log2_floor(uint64_t n)
{
	return 63u - (unsigned)__builtin_clzll(n);
}

/* true: the sum or product does not fit, *out is not to be used. */
static inline bool
bits_add_overflows(size_t a, size_t b, size_t *out)
{
	return __builtin_add_overflow(a, b, out);
}

static inline bool
bits_mul_overflows(size_t a, size_t b, size_t *out)
{
	return __builtin_mul_overflow(a, b, out);
}

/* A mixing step good enough for open hash tables (murmur3's finisher). */
static inline uint64_t
bits_mix64(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ull;
	x ^= x >> 33;
	return x;
}

#endif
