/*
 * ticks.h - the clock of a recording: which it is, and its rate.
 *
 * A tick is the raw clock >> shift, at most 16 ns.  The raw clock is the TSC
 * where the processor says it never stops or changes its rate and the kernel
 * itself trusts it; else CLOCK_MONOTONIC in nanoseconds.  Its rate is
 * measured between ticks_begin and ticks_settle, and better the longer a
 * recording lasts (ticks_rate).  No call allocates; errno is kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_TRACE_TICKS_H
#define PW_TRACE_TICKS_H

#include <stdint.h>

struct ticks {
	uint32_t clock;		/* enum session_clock */
	uint32_t shift;
	uint64_t raw;		/* at ticks_begin ... */
	uint64_t ns;		/* ... CLOCK_MONOTONIC at the same moment */
};

void	ticks_begin(struct ticks *);
/*
 * Measure the rate, waiting until 2 ms have gone by since ticks_begin, and
 * choose shift.  ticks_settle_now waits for nothing: what lies between must do
 * (25 us give the rate to a part in 500).
 */
void	ticks_settle(struct ticks *);
void	ticks_settle_now(struct ticks *);
/* Ticks per second, by all the time since ticks_begin. */
uint64_t ticks_rate(const struct ticks *);
uint64_t ticks_now(const struct ticks *);

#endif
