/*
 * text_crash.c - what a signal that ended a program, or nearly, has to say.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "report/text_impl.h"

#define NULL_REACH	4096u		/* bytes of a struct at NULL */
#define STACK_BELOW	(1u << 20)	/* of a frame that did not fit */
#define STACK_ABOVE	(64u << 10)

/* The value that was taken for an address was read from a block's fill. */
static bool
is_fill(const struct trace_error *te)
{
	return te->block != 0 && te->fault_address != te->address;
}

static void
say_signal(const struct text *t, const struct trace_error *te)
{
	const char *name = sigabbrev_np((int)te->signal);

	text_line(t, "  Found at the instruction that did it, which raised "
	    "signal %u (%s).", te->signal, name ? name : "unknown");
}

static void
say_fill(const struct text *t, const struct trace_error *te)
{
	text_line(t, "  The value 0x%llx was used as an address.",
	    (unsigned long long)te->fault_address);
	if (te->kind == TRACE_ERROR_USE_AFTER_FREE)
		text_line(t, "  It is what fills the block at 0x%llx since it "
		    "was freed.", (unsigned long long)te->address);
	else
		text_line(t, "  It is what fills the block at 0x%llx: that "
		    "was never written.", (unsigned long long)te->address);
}

static bool
is_stack(const struct trace_error *te)
{
	uint64_t sp = te->requested, at = te->fault_address;

	return sp != 0 && at + STACK_BELOW >= sp && at < sp + STACK_ABOVE;
}

static void
say_address(const struct text *t, const struct trace_error *te)
{
	unsigned long long at = te->fault_address;

	if (te->access == TRACE_ACCESS_NONE)
		text_line(t, "  The pointer was no address at all; the "
		    "processor does not say which.");
	else if (at == 0)
		text_line(t, "  A NULL pointer was used.");
	else if (at < NULL_REACH)
		text_line(t, "  A NULL pointer was used, for a member %llu "
		    "bytes into its struct.", at);
	else if (is_stack(te))
		text_line(t, "  The stack overflowed: deep recursion, or a "
		    "large local variable.");
	else
		text_line(t, "  The address lies in no block that poolwatch "
		    "knows of.");
}

void
text_fault(const struct text *t, const struct trace_error *te)
{
	if (is_fill(te))
		say_fill(t, te);
	say_signal(t, te);
}

void
text_crash(const struct text *t, const struct trace_error *te)
{
	if (is_fill(te))
		say_fill(t, te);
	else if (te->found != TRACE_FOUND_AT_FAULT)
		text_line(t, "  The signal was sent by %s.", te->signal ==
		    SIGABRT ? "abort(), or kill()" : "kill() or raise()");
	else if (te->signal == SIGSEGV || te->signal == SIGBUS)
		say_address(t, te);
	text_line(t, "  The program dies of it, as it would by itself.");
}
