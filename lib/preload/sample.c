/*
 * sample.c - exponentially distributed steps, in integers.
 *
 * -ln(u) of a random u in (0, 1] is ln 2 times -log2(u); the logarithm comes
 * bit by bit from squaring.  40 bits behind the point are right to a
 * thousandth of a byte at an interval of 1 GB; libm is not at hand here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "preload/sample.h"

#include "base/bits.h"

#define FRACTION	40u			/* bits behind the point */
#define LN2		0xb17217f7d1cf79acull	/* ln 2 * 2^64 */

typedef unsigned __int128 uint128;

/* log2(x) in [0, 64), times 2^FRACTION; x is not 0. */
static uint64_t
sample_log2(uint64_t x)
{
	unsigned whole = bits_log2_floor(x);
	uint64_t m = x << (63 - whole);		/* [1, 2), times 2^63 */
	uint64_t log = whole;

	for (unsigned i = 0; i < FRACTION; i++) {
		uint128 square = (uint128)m * m;
		bool two = square >> 127 != 0;

		m = (uint64_t)(square >> (two ? 64 : 63));
		log = log << 1 | two;
	}
	return log;
}

/* xorshift64*; never 0. */
static uint64_t
sample_random(struct sample *s)
{
	uint64_t x = s->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	s->random = x;
	x *= 0x2545f4914f6cdd1dull;
	return x != 0 ? x : 1;
}

static void
sample_step(struct sample *s, uint64_t interval)
{
	uint64_t bits = (64ull << FRACTION) - sample_log2(sample_random(s));
	uint64_t ln = (uint64_t)((uint128)bits * LN2 >> 64);
	uint64_t step = (uint64_t)((uint128)ln * interval >> FRACTION);

	/* The byte in which it ends. */
	s->left = step + 1;
}

void
sample_begin(struct sample *s, uint64_t interval, uint64_t seed)
{
	s->random = bits_mix64(seed);
	if (s->random == 0)
		s->random = 1;
	sample_step(s, interval);
}

bool
sample_draws(struct sample *s, uint64_t interval, size_t size)
{
	if (sample_passes(s, size))
		return false;
	sample_step(s, interval);
	return true;
}
