/*
 * ticks.c - the clock of a recording: which it is, and its rate.
 *
 * The two clocks are read together three times and the closest pair is kept:
 * an interrupt between the two reads would spoil the rate.  2 ms apart and
 * 50 ns sharp that is 25 ppm, until ticks_rate does better.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "trace/ticks.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

#include "base/os.h"
#include "trace/session.h"

#define SETTLE_NS	2000000u
#define TICK_NS_MAX	16u
#define NS_PER_S	1000000000ull

#if defined(__x86_64__)
/* The kernel stops using a TSC that it has caught going wrong. */
static bool
kernel_trusts_tsc(void)
{
	char name[32] = "";
	int fd = os_open("/sys/devices/system/clocksource/clocksource0/"
	    "current_clocksource", O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return false;
	n = os_read(fd, name, sizeof(name) - 1);
	os_close(fd);
	return n > 0 && (!strncmp(name, "tsc", 3) ||
	    !strncmp(name, "kvm-clock", 9) || !strncmp(name, "hyperv", 6));
}

static bool
tsc_is_invariant(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && d & 1u << 8 &&
	    kernel_trusts_tsc();
}

static uint64_t
read_raw(uint32_t clock)
{
	return clock == SESSION_TSC ? __rdtsc() : os_monotonic_ns();
}
#else
static bool
tsc_is_invariant(void)
{
	return false;
}

static uint64_t
read_raw(uint32_t clock)
{
	(void)clock;
	return os_monotonic_ns();
}
#endif

/* Both clocks at one moment, as nearly as can be. */
static void
read_both(uint32_t clock, uint64_t *raw, uint64_t *ns)
{
	uint64_t best = UINT64_MAX, before, middle, after;
	int i;

	*raw = *ns = 0;
	for (i = 0; i < 3; i++) {
		before = os_monotonic_ns();
		middle = read_raw(clock);
		after = os_monotonic_ns();
		if (after - before < best) {
			best = after - before;
			*raw = middle;
			*ns = before + best / 2;
		}
	}
}

void
ticks_begin(struct ticks *t)
{
	memset(t, 0, sizeof(*t));
	t->clock = tsc_is_invariant() ? SESSION_TSC : SESSION_MONOTONIC;
	read_both(t->clock, &t->raw, &t->ns);
}

static uint64_t
raw_rate(const struct ticks *t)
{
	uint64_t raw, ns;

	if (t->clock == SESSION_MONOTONIC)
		return NS_PER_S;
	read_both(t->clock, &raw, &ns);
	if (ns <= t->ns || raw <= t->raw)
		return NS_PER_S;
	return (uint64_t)((unsigned __int128)(raw - t->raw) * NS_PER_S /
	    (ns - t->ns));
}

void
ticks_settle(struct ticks *t)
{
	uint64_t gone = os_monotonic_ns() - t->ns;
	struct timespec rest = { 0, 0 };

	if (t->clock == SESSION_TSC && gone < SETTLE_NS) {
		rest.tv_nsec = (long)(SETTLE_NS - gone);
		os_syscall(SYS_nanosleep, (long)&rest, 0, 0, 0, 0, 0);
	}
	ticks_settle_now(t);
}

void
ticks_settle_now(struct ticks *t)
{
	uint64_t rate = raw_rate(t);

	while (t->shift < 16 &&
	    (NS_PER_S << (t->shift + 1)) <= TICK_NS_MAX * rate)
		t->shift++;
}

uint64_t
ticks_rate(const struct ticks *t)
{
	return raw_rate(t) >> t->shift;
}

uint64_t
ticks_now(const struct ticks *t)
{
	return read_raw(t->clock) >> t->shift;
}
